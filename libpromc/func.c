/* SPDX-License-Identifier: Apache-2.0 */
/*
 * func.c - metrics whose value is asked for at each scrape.
 */
#include "config.h"
#include "metrics.h"

#include <errno.h>

#include "error.h"
#include "registry.h"

int promc__func_new(promc_registry *reg, const struct promc__type_ops *ops,
                    const char *name, const char *help, double (*fn)(void *arg),
                    void *arg, promc_error *err)
{
    struct promc__family *f;
    promc_error why = { 0 };

    if (fn == NULL) {
        promc__error(&why, -EINVAL, "%s: no function given",
                     name != NULL ? name : "(null)");
        promc__registry_failed(promc__registry(reg), &why);
        if (err != NULL)
            *err = why;
        return why.code;
    }
    f = promc__family_new(reg, ops, sizeof *f, name, help, PROMC_NO_LABELS, NULL, &why);
    if (f == NULL) {
        if (err != NULL)
            *err = why;
        return why.code;
    }
    f->fn = fn;
    f->fn_arg = arg;
    if (promc__family_register(f, &why) == NULL && err != NULL)
        *err = why;
    return why.code;
}

int promc_unknown_func_new(promc_registry *reg, const char *name, const char *help,
                           double (*fn)(void *arg), void *arg, promc_error *err)
{
    /* such a family has no series of its own */
    static const struct promc__type_ops ops = { .type = PROMC_TYPE_UNTYPED };

    return promc__func_new(reg, &ops, name, help, fn, arg, err);
}
