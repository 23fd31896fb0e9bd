/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fail.c - how a collector says why it failed.
 */
#include "config.h"

#include "node/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int node_fail(promc_error *err, int rc, const char *format, ...)
{
    va_list args;

    if (!err)
        return rc;
    err->code = rc;
    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return rc;
}

int node_fail_read(promc_error *err, int rc, const char *dir, const char *name)
{
    char buf[64];

    return node_fail(err, rc, "cannot read %s/%s: %s", dir, name,
                     strerror_r(-rc, buf, sizeof(buf)));
}

int node_fail_line(promc_error *err, const char *file, size_t line, const char *reason)
{
    return node_fail(err, -EINVAL, "%s line %zu: %s", file, line, reason);
}

int node_fail_netlink(promc_error *err, int rc, const char *what)
{
    char buf[64];

    return node_fail(err, rc, "cannot list %s by netlink: %s", what,
                     strerror_r(-rc, buf, sizeof(buf)));
}
