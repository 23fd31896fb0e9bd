/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push_check.c - what a Pushgateway would refuse is found before it is sent, where the metric
 * can be named.
 */
#include "config.h"
#include "push_internal.h"

#include <errno.h>
#include <string.h>

#include "error.h"

struct check {
    const promc_push *push;
    promc_error *err;
};

static int in_group(const promc_push *p, const char *name)
{
    if (strcmp(name, "job") == 0)
        return 1;
    for (size_t i = 0; i < p->n_group; i++)
        if (strcmp(name, p->group[i]->name) == 0)
            return 1;
    return 0;
}

static int sample(void *arg, const char *name, promc_labels names, promc_labels values,
                  double v, const int64_t *timestamp_ms)
{
    const struct check *c = arg;

    (void)values;
    (void)v;
    if (timestamp_ms != NULL)
        return promc__error(c->err, -EINVAL,
                            "push: %s has a timestamp, which a Pushgateway refuses",
                            name);
    for (size_t i = 0; i < names.n; i++)
        if (in_group(c->push, names.v[i]))
            return promc__error(c->err, -EINVAL,
                                "push: %s has the label \"%s\", which is the group's",
                                name, names.v[i]);
    return 0;
}

int promc__push_check(const promc_push *p, const char *text, size_t len, promc_error *err)
{
    static const promc_text_handler handler = { NULL, NULL, sample };
    struct check c = { p, err };

    return promc_text_parse(text, len, &handler, &c, NULL, err);
}
