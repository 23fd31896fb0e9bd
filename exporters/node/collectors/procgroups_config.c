/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_config.c - rules from YAML:
 *
 *   process_names:
 *     - name: "{{.Matches.What}}"
 *       exe: [java]
 *       cmdline: ['-jar\s+(?P<What>\S+)']
 *
 * It is read strictly, one event of libyaml at a time: a key that is unknown or comes
 * twice would mean that somebody relies on what does not happen.
 */
#include "config.h"

#include "node/collectors/procgroups_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "node/fail.h"

struct config {
    yaml_parser_t parser;
    yaml_event_t event;
    const char *file;
    struct procgroups_rules *rules;
    promc_error *err;
};

static int fail_at(struct config *c, const yaml_mark_t *mark, int rc, const char *why)
{
    return node_fail(c->err, rc, "%s:%zu:%zu: %s", c->file, mark->line + 1,
                     mark->column + 1, why);
}

/* An error about where we are. */
static int fail(struct config *c, const char *why)
{
    return fail_at(c, &c->event.start_mark, -EINVAL, why);
}

static int next(struct config *c)
{
    yaml_event_delete(&c->event);
    if (yaml_parser_parse(&c->parser, &c->event)) {
        if (c->event.type == YAML_ALIAS_EVENT)
            return fail(c, "aliases are not supported");
        return 0;
    }
    memset(&c->event, 0, sizeof(c->event));
    if (c->parser.error == YAML_MEMORY_ERROR)
        return node_fail(c->err, -ENOMEM, "out of memory");
    /* Errors of the encoding have an offset alone. */
    if (c->parser.error == YAML_READER_ERROR)
        return node_fail(c->err, -EINVAL, "%s: byte %zu: %s", c->file,
                         c->parser.problem_offset, c->parser.problem);
    return fail_at(c, &c->parser.problem_mark, -EINVAL, c->parser.problem);
}

/* The next event must be of this type. */
static int expect(struct config *c, yaml_event_type_t type, const char *why)
{
    int rc = next(c);

    return rc == 0 && c->event.type != type ? fail(c, why) : rc;
}

/* The scalar that we are at as a string. NULL: it is something else, or has a NUL in it. */
static const char *scalar(const struct config *c)
{
    const char *s = (const char *)c->event.data.scalar.value;

    return c->event.type == YAML_SCALAR_EVENT && strlen(s) == c->event.data.scalar.length
               ? s
               : NULL;
}

typedef int add_fn(struct procgroups_rules *r, const char *text, promc_error *err);

/* Hand a text to the rules, and say where it stood if they refuse it. */
static int hand(struct config *c, const yaml_mark_t *mark, add_fn *add, const char *text)
{
    promc_error why = { 0, "" };
    int rc = add(c->rules, text, &why);

    return rc ? fail_at(c, mark, rc, why.text) : 0;
}

/* [a, b]: the list of a key, handed over one by one. */
static int list(struct config *c, add_fn *add)
{
    size_t n = 0;
    int rc = expect(c, YAML_SEQUENCE_START_EVENT, "expected a list");

    while (rc == 0 && (rc = next(c)) == 0 && c->event.type != YAML_SEQUENCE_END_EVENT) {
        const char *text = scalar(c);

        rc = text && text[0] ? hand(c, &c->event.start_mark, add, text)
                             : fail(c, "expected a text");
        n++;
    }
    return rc == 0 && n == 0 ? fail(c, "an empty list matches nothing") : rc;
}

/* The lists of a rule, by key; its name is not one of them. */
static const struct {
    const char *key;
    add_fn *add;
} lists[] = {
    { "comm", procgroups_rules_comm },
    { "exe", procgroups_rules_exe },
    { "cmdline", procgroups_rules_cmdline },
};
enum { LISTS = sizeof(lists) / sizeof(lists[0]), KEY_NAME = LISTS };

/* Which key we are at; -EINVAL: none, or one that was there before. */
static int rule_key(struct config *c, unsigned *seen)
{
    const char *key = scalar(c);
    int k = 0;

    while (key && k < LISTS && strcmp(key, lists[k].key) != 0)
        k++;
    if (!key || (k == KEY_NAME && strcmp(key, "name") != 0))
        return fail(c, "expected one of name, comm, exe and cmdline");
    if (*seen & 1U << k)
        return fail(c, "this key comes twice");
    *seen |= 1U << k;
    return k;
}

/* We are at the start of a rule; the name waits for the patterns. */
static int rule(struct config *c)
{
    yaml_mark_t mark = c->event.start_mark;
    char *name = NULL;
    unsigned seen = 0;
    int rc;

    if (c->event.type != YAML_MAPPING_START_EVENT)
        return fail(c, "expected a rule: name, comm, exe, cmdline");
    rc = procgroups_rules_add(c->rules, c->err);
    while (rc == 0 && (rc = next(c)) == 0 && c->event.type != YAML_MAPPING_END_EVENT) {
        int k = rule_key(c, &seen);

        if (k < 0) {
            rc = k;
        } else if (k < LISTS) {
            rc = list(c, lists[k].add);
        } else if ((rc = next(c)) == 0) {
            const char *text = scalar(c);

            mark = c->event.start_mark;
            if (!text)
                rc = fail(c, "expected a text");
            else if (!(name = strdup(text)))
                rc = node_fail(c->err, -ENOMEM, "out of memory");
        }
    }
    if (rc == 0)
        rc = hand(c, &mark, procgroups_rules_name, name ? name : "{{.ExeBase}}");
    free(name);
    return rc;
}

static int document(struct config *c)
{
    static const char wanted[] = "expected the key process_names, and no other";
    const char *key;
    size_t n = 0;
    int rc = expect(c, YAML_STREAM_START_EVENT, "expected YAML");

    if (rc == 0)
        rc = expect(c, YAML_DOCUMENT_START_EVENT, wanted);
    if (rc == 0)
        rc = expect(c, YAML_MAPPING_START_EVENT, wanted);
    if (rc == 0)
        rc = expect(c, YAML_SCALAR_EVENT, wanted);
    if (rc)
        return rc;
    key = scalar(c);
    if (!key || strcmp(key, "process_names") != 0)
        return fail(c, wanted);
    rc = expect(c, YAML_SEQUENCE_START_EVENT, "expected a list of rules");
    while (rc == 0 && (rc = next(c)) == 0 && c->event.type != YAML_SEQUENCE_END_EVENT) {
        rc = rule(c);
        n++;
    }
    if (rc == 0 && n == 0)
        return fail(c, "no rules");
    if (rc == 0)
        rc = expect(c, YAML_MAPPING_END_EVENT, wanted);
    if (rc == 0)
        rc = expect(c, YAML_DOCUMENT_END_EVENT, wanted);
    return rc ? rc : expect(c, YAML_STREAM_END_EVENT, "one document is enough");
}

struct procgroups_rules *procgroups_config(const char *file, const char *text, size_t len,
                                           promc_error *err)
{
    struct config c = { .file = file, .err = err };
    int rc;

    c.rules = procgroups_rules_new();
    if (!c.rules || !yaml_parser_initialize(&c.parser)) {
        procgroups_rules_free(c.rules);
        node_fail(err, -ENOMEM, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&c.parser, (const unsigned char *)(len ? text : ""),
                                 len);
    rc = document(&c);
    yaml_event_delete(&c.event);
    yaml_parser_delete(&c.parser);
    if (rc) {
        procgroups_rules_free(c.rules);
        return NULL;
    }
    return c.rules;
}
