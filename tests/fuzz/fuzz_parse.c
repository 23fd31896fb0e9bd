/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_parse.c - the text format: what was read, written again, must read the same.
 */
#include "config.h"
#include "fuzz.h"

#include <errno.h>
#include <inttypes.h>

#include "promc/promc.h"

struct output {
    char *data;
    size_t len;
    size_t cap;
};

static void put(struct output *o, const char *s, size_t len)
{
    if (len > o->cap - o->len) {
        o->cap = 2 * (o->cap + len);
        o->data = realloc(o->data, o->cap);
        FUZZ_CHECK(o->data);
    }
    memcpy(o->data + o->len, s, len);
    o->len += len;
}

static void put_text(struct output *o, const char *s)
{
    put(o, s, strlen(s));
}

static void put_escaped(struct output *o, const char *s)
{
    for (; *s; s++) {
        if (*s == '\n')
            put_text(o, "\\n");
        else if (*s == '\\' || *s == '"')
            put(o, *s == '"' ? "\\\"" : "\\\\", 2);
        else
            put(o, s, 1);
    }
}

static int on_help(void *arg, const char *name, const char *help)
{
    put_text(arg, "# HELP ");
    put_text(arg, name);
    put_text(arg, " ");
    put_escaped(arg, help);
    put_text(arg, "\n");
    return 0;
}

static int on_type(void *arg, const char *name, promc_type type)
{
    static const char *const types[] = { "untyped", "counter", "gauge", "histogram",
                                         "summary" };
    FUZZ_CHECK((size_t)type < sizeof types / sizeof types[0]);
    put_text(arg, "# TYPE ");
    put_text(arg, name);
    put_text(arg, " ");
    put_text(arg, types[type]);
    put_text(arg, "\n");
    return 0;
}

static int on_sample(void *arg, const char *name, promc_labels names, promc_labels values,
                     double v, const int64_t *ms)
{
    char number[PROMC_NUMBER_SIZE], time[32];

    FUZZ_CHECK(names.n == values.n);
    put_text(arg, name);
    put_text(arg, "{");
    for (size_t i = 0; i < names.n; i++) {
        FUZZ_CHECK(promc_utf8_valid(values.v[i], strlen(values.v[i])));
        put_text(arg, names.v[i]);
        put_text(arg, "=\"");
        put_escaped(arg, values.v[i]);
        put_text(arg, "\",");
    }
    put_text(arg, "} ");
    put(arg, number, promc_number_format(v, number));
    if (ms) {
        snprintf(time, sizeof time, " %" PRId64, *ms);
        put_text(arg, time);
    }
    put_text(arg, "\n");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const promc_text_handler writer = { on_help, on_type, on_sample };
    struct output first = { NULL, 0, 0 }, second = { NULL, 0, 0 };
    promc_error err = { 0, "" };
    size_t line = 0;
    int rc = promc_text_parse((const char *)data, size, &writer, &first, &line, &err);

    FUZZ_CHECK(line >= 1);
    if (rc) {
        FUZZ_CHECK(rc == -EINVAL && err.code == rc && strncmp(err.text, "line ", 5) == 0);
        FUZZ_CHECK(strlen(err.text) < sizeof err.text);
    }
    /* Also what stood before the line that was refused. */
    rc = promc_text_parse(first.data, first.len, &writer, &second, &line, &err);
    if (rc)
        fprintf(stderr, "%s\n", err.text);
    FUZZ_CHECK(rc == 0);
    FUZZ_CHECK(first.len == second.len);
    FUZZ_CHECK(first.len == 0 || memcmp(first.data, second.data, first.len) == 0);
    free(first.data);
    free(second.data);
    return 0;
}
