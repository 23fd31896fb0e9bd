/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_yaml.c - strict reading of YAML by tables of keys, on libyaml.
 */
#include "config.h"

#include "common/web_yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/web_config.h"

#define MAX_NAME 50

static int fail_at(const char *file, const yaml_mark_t *mark, const char *text,
                   promc_error *err)
{
    size_t len = strlen(file);

    /* The end of a long path says more than its beginning. */
    if (len > MAX_NAME)
        file += len - MAX_NAME;
    err->code = -EINVAL;
    snprintf(err->text, sizeof(err->text), "%.50s:%u:%u: %.85s", file,
             (unsigned)mark->line + 1, (unsigned)mark->column + 1, text);
    return -EINVAL;
}

int yaml_fail(struct yaml_reader *r, const yaml_node_t *node, const char *format, ...)
{
    char text[86];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return fail_at(r->file, &node->start_mark, text, r->err);
}

int yaml_no_memory(struct yaml_reader *r)
{
    r->err->code = -ENOMEM;
    snprintf(r->err->text, sizeof(r->err->text), "out of memory");
    return -ENOMEM;
}

static const char *raw_text(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

int yaml_is_null(const yaml_node_t *node)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL" };

    if (node->type != YAML_SCALAR_NODE ||
        node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (!strcmp(raw_text(node), words[i]))
            return 1;
    }
    return 0;
}

const char *yaml_text(struct yaml_reader *r, const yaml_node_t *value, const char *what)
{
    if (value->type != YAML_SCALAR_NODE) {
        yaml_fail(r, value, "want %s here", what);
        return NULL;
    }
    if (memchr(raw_text(value), '\0', value->data.scalar.length)) {
        yaml_fail(r, value, "a NUL in the text");
        return NULL;
    }
    return raw_text(value);
}

/* ------------------------------------------------------------------------------------
 * Values
 */
int yaml_read_string(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    const char *text;
    char **to = target;

    if (yaml_is_null(value))
        return 0;
    text = yaml_text(r, value, "text");
    if (!text)
        return -EINVAL;
    free(*to);
    *to = strdup(text);
    return *to ? 0 : yaml_no_memory(r);
}

int yaml_read_bool(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    static const char *const words[2][12] = {
        { "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N",
          NULL },
        { "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y", NULL },
    };
    const char *text;

    if (yaml_is_null(value))
        return 0;
    text = yaml_text(r, value, "true or false");
    if (!text)
        return -EINVAL;
    for (int i = 0; i < 2; i++) {
        for (const char *const *word = words[i]; *word; word++) {
            if (!strcmp(text, *word)) {
                *(int *)target = i;
                return 0;
            }
        }
    }
    return yaml_fail(r, value, "\"%.40s\" is not true or false", text);
}

int yaml_read_strings(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    struct web_strings *list = target;
    size_t n;

    if (yaml_is_null(value))
        return 0;
    if (value->type != YAML_SEQUENCE_NODE)
        return yaml_fail(r, value, "want a list here");
    n = (size_t)(value->data.sequence.items.top - value->data.sequence.items.start);
    list->v = calloc(n + 1, sizeof(*list->v));
    if (!list->v)
        return yaml_no_memory(r);
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item =
            yaml_document_get_node(r->doc, value->data.sequence.items.start[i]);
        const char *text = yaml_text(r, item, "text");

        if (!text)
            return -EINVAL;
        list->v[list->n] = strdup(text);
        if (!list->v[list->n])
            return yaml_no_memory(r);
        list->n++;
    }
    return 0;
}

int yaml_read_count(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    const char *text;
    long n = 0;

    if (yaml_is_null(value))
        return 0;
    text = yaml_text(r, value, "a number");
    if (!text)
        return -EINVAL;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9' || n > 100000000)
            return yaml_fail(r, value, "\"%.40s\" is not a number from 0 to 1000000000",
                             text);
        n = n * 10 + (*p - '0');
    }
    if (!*text)
        return yaml_fail(r, value, "want a number here");
    *(long *)target = n;
    return 0;
}

/* Seconds of the unit that *p begins with, stepping over it; 0 when there is none. */
static double unit(const char **p)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = { { "ns", 1e-9 },        { "us", 1e-6 }, { "\302\265s", 1e-6 },
                  { "\316\274s", 1e-6 }, { "ms", 1e-3 }, { "s", 1 },
                  { "m", 60 },           { "h", 3600 } };

    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        size_t len = strlen(units[i].name);

        if (!strncmp(*p, units[i].name, len)) {
            *p += len;
            return units[i].seconds;
        }
    }
    return 0;
}

/* Seconds, or a negative number. */
static double duration(const char *text)
{
    double sum = 0, v, seconds;
    const char *p = text;
    size_t len = strspn(p, "0123456789");

    if (len > 0 && !p[len]) /* a number alone is nanoseconds */
        return promc_number_parse(p, len, &v) == 0 ? v * 1e-9 : -1;
    do {
        len = strspn(p, "0123456789.");
        if (len == 0 || promc_number_parse(p, len, &v) != 0)
            return -1;
        p += len;
        seconds = unit(&p);
        if (!(seconds > 0))
            return -1;
        sum += v * seconds;
    } while (*p);
    return sum;
}

int yaml_read_duration(struct yaml_reader *r, const yaml_node_t *value, void *target)
{
    const char *text;
    double seconds;

    if (yaml_is_null(value))
        return 0;
    text = yaml_text(r, value, "a duration");
    if (!text)
        return -EINVAL;
    seconds = duration(text);
    if (!(seconds >= 0 && seconds <= 1e9))
        return yaml_fail(r, value, "\"%.40s\" is not a duration such as 500ms or 1m30s",
                         text);
    *(double *)target = seconds;
    return 0;
}

/* ------------------------------------------------------------------------------------
 * Mappings
 */
int yaml_read_map(struct yaml_reader *r, const yaml_node_t *node,
                  const struct yaml_key *keys, size_t n_keys, void *target)
{
    unsigned seen = 0;

    if (yaml_is_null(node))
        return 0;
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(r, node, "want keys and values here");
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
        const char *name = yaml_text(r, key, "a key");
        size_t i;
        int rc;

        if (!name)
            return -EINVAL;
        for (i = 0; i < n_keys && strcmp(name, keys[i].name) != 0; i++)
            continue;
        if (i == n_keys)
            return yaml_fail(r, key, "unknown key \"%.60s\"", name);
        if (seen & (1u << i))
            return yaml_fail(r, key, "\"%.60s\" is there twice", name);
        seen |= 1u << i;
        rc = keys[i].read(r, yaml_document_get_node(r->doc, pair->value),
                          (char *)target + keys[i].offset);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* ------------------------------------------------------------------------------------
 * Documents
 */
/* Load one document. Returns 0, or a negative errno value with *err filled. */
static int load(const char *file, yaml_parser_t *parser, yaml_document_t *doc,
                promc_error *err)
{
    if (yaml_parser_load(parser, doc))
        return 0;
    if (parser->error == YAML_MEMORY_ERROR) {
        *err = (promc_error){ -ENOMEM, "out of memory" };
        return -ENOMEM;
    }
    return fail_at(file, &parser->problem_mark,
                   parser->problem ? parser->problem : "not YAML", err);
}

int yaml_read_text(const char *file, const char *text, size_t len,
                   int (*read)(struct yaml_reader *r, const yaml_node_t *root, void *arg),
                   void *arg, promc_error *err)
{
    struct yaml_reader r = { .file = file, .err = err };
    yaml_document_t doc, more;
    const yaml_node_t *root;
    yaml_parser_t parser;
    int rc;

    r.doc = &doc;
    if (!yaml_parser_initialize(&parser))
        return yaml_no_memory(&r);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    rc = load(file, &parser, &doc, err);
    if (rc != 0)
        goto out;
    root = yaml_document_get_root_node(&doc);
    if (root)
        rc = read(&r, root, arg);
    if (rc == 0 && root) {
        rc = load(file, &parser, &more, err);
        if (rc == 0) {
            root = yaml_document_get_root_node(&more);
            if (root)
                rc = yaml_fail(&r, root, "more than one document");
            yaml_document_delete(&more);
        }
    }
    yaml_document_delete(&doc);
out:
    yaml_parser_delete(&parser);
    return rc;
}
