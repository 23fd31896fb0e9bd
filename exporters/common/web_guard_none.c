/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_guard_none.c - in place of web_guard.c, in builds without what it needs.
 */
#include "config.h"

#include "common/web_guard.h"

#include <errno.h>
#include <stdio.h>

int web_guard_new(const char *file, struct web_guard **out, promc_error *err)
{
    (void)file;
    *out = NULL;
    err->code = -ENOTSUP;
    snprintf(
        err->text, sizeof(err->text),
        "--web.config.file: this build has no libyaml, libxcrypt or GnuTLS, and cannot "
        "keep to it");
    return -ENOTSUP;
}

void web_guard_free(struct web_guard *g)
{
    (void)g;
}

void web_guard_reload(struct web_guard *g)
{
    (void)g;
}

void web_guard_use(struct web_guard *g, promc_http_opts *opts)
{
    (void)g;
    (void)opts;
}
