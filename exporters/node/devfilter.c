/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devfilter.c - which devices to show: a pattern to include or one to exclude, each of
 * which may have come by the name that its flag had once.
 */
#include "config.h"

#include "node/devfilter.h"

#include <errno.h>

#include "common/log.h"
#include "node/fail.h"

void devfilter_declare(struct flags *flags, struct devfilter_flag *f)
{
    flags_string(flags, f->name + 2, f->help, &f->value, NULL);
    flags_string(flags, f->old_name + 2, f->help, &f->old_value, NULL);
    flags_hide(flags);
}

static int given(const char *value)
{
    return value && value[0];
}

static int refuse(const char *one, const char *other, promc_error *err)
{
    return node_fail(err, -EINVAL, "%s and %s are mutually exclusive", one, other);
}

/* Move what came by the old name to the new one. */
static int settle(struct devfilter_flag *f, promc_error *err)
{
    if (!given(f->old_value))
        return 0;
    if (given(f->value))
        return refuse(f->old_name, f->name, err);
    log_warn("this flag has a new name", "flag", f->old_name, "use", f->name);
    f->value = f->old_value;
    f->old_value = NULL;
    return 0;
}

int devfilter_make(struct devfilter_flag *include, struct devfilter_flag *exclude,
                   struct filter **filter, promc_error *err)
{
    promc_error why = { 0, "" };
    int rc = settle(include, err);

    if (rc == 0)
        rc = settle(exclude, err);
    if (rc)
        return rc;
    if (given(include->value) && given(exclude->value))
        return refuse(include->name, exclude->name, err);
    *filter = filter_new(given(include->value) ? include->name : exclude->name,
                         include->value, exclude->value, &why);
    return *filter ? 0 : node_fail(err, why.code, "%s", why.text);
}
