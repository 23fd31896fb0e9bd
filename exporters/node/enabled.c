/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enabled.c - which collectors run: by the flags, and by what a single request asks for.
 */
#include "config.h"

#include "node/enabled.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int node_enabled_flags(struct node_enabled *e, const struct node_collector *const *table,
                       struct flags *f)
{
    size_t i;

    memset(e, 0, sizeof(*e));
    e->table = table;
    flags_group(f, "Collectors");
    flags_bool(f, "collector.disable-defaults",
               "Run only the collectors that are switched on by name.",
               &e->disable_defaults, NULL);
    for (i = 0; table[i]; i++) {
        struct node_switch *s = &e->v[i];

        if (i == NODE_MAX_COLLECTORS)
            return -E2BIG;
        snprintf(s->flag, sizeof(s->flag), "collector.%s", table[i]->name);
        snprintf(s->help, sizeof(s->help), "%s", table[i]->help);
        s->on = table[i]->default_on;
        flags_bool(f, s->flag, s->help, &s->on, &s->given);
    }
    e->n = i;
    flags_group(f, "Settings of single collectors");
    for (i = 0; i < e->n; i++) {
        if (table[i]->flags)
            table[i]->flags(f);
    }
    return 0;
}

void node_enabled_set(const struct node_enabled *e, struct node_set *set)
{
    size_t i;

    memset(set, 0, sizeof(*set));
    for (i = 0; i < e->n; i++)
        set->on[i] = e->v[i].on && (e->v[i].given || !e->disable_defaults);
}

static int refuse(promc_error *err, const char *reason, const char *name)
{
    if (err) {
        err->code = -EINVAL;
        snprintf(err->text, sizeof(err->text),
                 "Couldn't create filtered metrics handler: couldn't create collector: "
                 "%s collector: %.40s",
                 reason, name);
    }
    return 400;
}

/* The place of a name in the table, or n. */
static size_t find(const struct node_enabled *e, const char *name)
{
    size_t i;

    for (i = 0; i < e->n; i++) {
        if (strcmp(e->table[i]->name, name) == 0)
            break;
    }
    return i;
}

int node_select(const struct node_enabled *e, node_query_fn *query,
                const promc_http_request *req, struct node_set *set, promc_error *err)
{
    struct node_set asked = { { 0 } };
    const char *name;
    size_t i, at, left = 0;

    if (query(req, "collect[]", 0) && query(req, "exclude[]", 0)) {
        if (err) {
            err->code = -EINVAL;
            snprintf(err->text, sizeof(err->text),
                     "Combined collect and exclude queries are not allowed.");
        }
        return 400;
    }
    if (query(req, "collect[]", 0)) {
        for (i = 0; (name = query(req, "collect[]", i)); i++) {
            at = find(e, name);
            if (at == e->n)
                return refuse(err, "missing", name);
            if (!set->on[at])
                return refuse(err, "disabled", name);
            asked.on[at] = 1;
        }
        *set = asked;
        return 0;
    }
    asked = *set;
    for (i = 0; (name = query(req, "exclude[]", i)); i++) {
        at = find(e, name);
        if (at < e->n)
            asked.on[at] = 0;
    }
    for (i = 0; i < e->n; i++)
        left += asked.on[i];
    /* With all of them excluded the peer ends up with an empty filter, which is none. */
    if (left > 0)
        *set = asked;
    return 0;
}
