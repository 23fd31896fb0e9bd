/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A datagram of StatsD lines. The first byte says which dialects are on. What the parser
 * reports must lie inside its input, and each sample must end as an event or as an error.
 */
#include "config.h"

#include "fuzz.h"

#include "statsd/escape.h"
#include "statsd/line.h"

struct context {
    const char *start, *end;
    uint64_t events;
};

static void check_inside(const struct context *c, struct text t)
{
    FUZZ_CHECK(t.n == 0 || (t.p >= c->start && t.p + t.n <= c->end));
}

static void check_escaped(struct text t)
{
    struct escape e = { 0 };
    char *out = malloc(t.n + 1);
    size_t n;

    FUZZ_CHECK(out != NULL);
    n = escape_name(&e, t.p, t.n, out);
    FUZZ_CHECK(n <= t.n + 1);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK((out[i] >= 'a' && out[i] <= 'z') || (out[i] >= 'A' && out[i] <= 'Z') ||
                   out[i] == '_' || (i > 0 && out[i] >= '0' && out[i] <= '9'));
    free(out);
}

static void on_event(void *arg, const struct line *l, const struct line_event *e)
{
    struct context *c = arg;

    c->events++;
    check_inside(c, l->name[0]);
    check_inside(c, l->name[1]);
    FUZZ_CHECK(e->type < EVENT_N_TYPES && e->times >= 1 && e->times <= LINE_MAX_TIMES);
    FUZZ_CHECK(l->n_tags <= LINE_MAX_TAGS);
    for (size_t i = 0; i < l->n_tags; i++) {
        FUZZ_CHECK(l->key[i].n > 0 && l->value[i].n > 0);
        check_inside(c, l->value[i]);
        check_escaped(l->key[i]);
    }
    check_escaped(l->name[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line l;
    struct line_options o;
    const char *s, *end;

    if (size == 0)
        return 0;
    o = (struct line_options){ !(data[0] & 1), !(data[0] & 2), !(data[0] & 4),
                               !(data[0] & 8) };
    s = (const char *)data + 1;
    end = (const char *)data + size;
    while (s < end) {
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        struct context c = { .start = s, .end = newline != NULL ? newline : end };
        struct line_counts counts = { 0 };
        uint64_t errors = 0;

        line_parse(&o, s, (size_t)(c.end - c.start), &l, &counts, on_event, &c);
        for (int i = 0; i < LINE_N_ERRORS; i++)
            errors += counts.errors[i];
        FUZZ_CHECK(c.events <= counts.samples);
        FUZZ_CHECK(counts.samples <= c.events + errors);
        s = c.end + 1;
    }
    return 0;
}
