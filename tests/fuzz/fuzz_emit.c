/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_emit.c - whatever collectors emit, every format's page can be read: the input is a
 * program for promc_emit_family() and promc_emit_sample(), with good and bad arguments.
 */
#include "config.h"
#include "fuzz.h"

#include <math.h>

#include "promc/promc.h"
#include "promc/testing.h"
#include "protowalk.h"

struct input {
    const uint8_t *p, *end;
};

static uint8_t byte(struct input *in)
{
    return in->p < in->end ? *in->p++ : 0;
}

static double value(struct input *in)
{
    static const double some[] = { 0,    -0.0, 1,        2,         .5,  -1,    1e-300,
                                   1e21, NAN,  INFINITY, -INFINITY, 1e6, 5e-324 };
    uint8_t b = byte(in);
    double v;

    if (b < sizeof some / sizeof *some)
        return some[b];
    if (b < 0xf0)
        return b;
    if (in->end - in->p < (ptrdiff_t)sizeof v)
        return 7;
    memcpy(&v, in->p, sizeof v);
    in->p += sizeof v;
    return v;
}

enum { MAX_TEXT = 20, MAX = 8 };

/* A string of the input's own bytes; good for 64 more calls. */
static const char *text(struct input *in)
{
    static char texts[64][MAX_TEXT + 1];
    static unsigned next;
    char *s = texts[next++ % 64];
    size_t len = byte(in) % (MAX_TEXT + 1);

    for (size_t i = 0; i < len; i++)
        s[i] = (char)byte(in);
    /* our own reader of text takes one before a line feed for a fault in the file */
    for (char *cr = s; (cr = memchr(cr, '\r', len - (size_t)(cr - s))) != NULL;)
        *cr = 'r';
    s[len] = '\0';
    return s;
}

static const char *name(struct input *in)
{
    static const char *const some[] = { "m",   "m_total", "m_info",
                                        "le",  "m_sum",   "m_count",
                                        "a.b", "x:y",     "m_bucket" };
    uint8_t b = byte(in);

    return b < sizeof some / sizeof *some ? some[b] : text(in);
}

static size_t doubles(struct input *in, double *v)
{
    size_t n = byte(in) % (MAX + 1);

    for (size_t i = 0; i < MAX; i++)
        v[i] = i < n ? value(in) : 0;
    return n;
}

static size_t spans(struct input *in, promc_span *v)
{
    size_t n = byte(in) % 4;

    for (size_t i = 0; i < n; i++)
        v[i] = (promc_span){ (int8_t)byte(in), byte(in) % 5u };
    return n;
}

static void emit_sample(struct input *in, promc_samples *f, promc_labels labels)
{
    const char *names[2] = { name(in), name(in) }, *values[2] = { text(in), text(in) };
    const char *states[MAX];
    double at[MAX], buckets[MAX], quantiles[MAX], positive[MAX], negative[MAX];
    int on[MAX];
    promc_span positive_spans[4], negative_spans[4];
    promc_exemplar exemplars[2];
    promc_native native = { 0, 0,       0, positive_spans, 0, positive, negative_spans,
                            0, negative };
    promc_sample s = PROMC_SAMPLE_INIT;
    uint8_t what = byte(in);

    s.value = value(in);
    s.sum = value(in);
    s.count = value(in);
    s.n = doubles(in, at);
    doubles(in, buckets);
    doubles(in, quantiles);
    for (size_t i = 0; i < MAX; i++) {
        states[i] = i < s.n ? text(in) : "";
        on[i] = byte(in) & 1;
    }
    s.at = at;
    s.buckets = buckets;
    s.values = quantiles;
    s.states = states;
    s.on = on;
    s.has_timestamp = what & 1;
    s.timestamp_ms = what & 2 ? -5 : (int64_t)byte(in) << (byte(in) % 56);
    s.created_ms = (int64_t)byte(in) << (byte(in) % 56);
    if (what & 4) {
        native.schema = (int8_t)byte(in) % 12;
        native.zero_threshold = value(in);
        native.zero_count = value(in);
        doubles(in, positive);
        doubles(in, negative);
        native.n_positive_spans = spans(in, positive_spans);
        native.n_negative_spans = spans(in, negative_spans);
        /* a caller gives as many counts as its spans say */
        for (size_t i = 0, n = 0; i < native.n_positive_spans; i++)
            if ((n += positive_spans[i].length) > MAX)
                native.n_positive_spans = i;
        for (size_t i = 0, n = 0; i < native.n_negative_spans; i++)
            if ((n += negative_spans[i].length) > MAX)
                native.n_negative_spans = i;
        s.native = &native;
    }
    s.n_exemplars = (what >> 3) % 3;
    for (size_t i = 0; i < s.n_exemplars; i++)
        exemplars[i] = (promc_exemplar){
            { names, 2 }, { values, 2 }, value(in), (int64_t)byte(in) << (byte(in) % 56)
        };
    s.exemplars = exemplars;
    promc_emit_sample(f, labels, &s);
}

static void collect(promc_emitter *e, void *arg)
{
    struct input in = *(struct input *)arg;

    while (in.p < in.end) {
        const char *names[2] = { name(&in), name(&in) };
        size_t n = byte(&in) % 3;
        promc_samples *f = promc_emit_family(e, (promc_type)(byte(&in) % 9), name(&in),
                                             text(&in), (promc_labels){ names, n });

        if (byte(&in) & 1)
            promc_emit_unit(f, text(&in));
        for (unsigned k = byte(&in) % 4; k > 0; k--) {
            const char *values[2] = { text(&in), text(&in) };

            emit_sample(&in, f, (promc_labels){ values, n });
        }
    }
}

static void on_finding(void *arg, const promc_lint_finding *f)
{
    /* of infos with timestamps and without readers think as of one series */
    if (!f->severe || strcmp(f->rule, "timestamp-order") == 0)
        return;
    fprintf(stderr, "%zu:%zu: %s: %s: %s\n%s\n", f->line, f->column, f->rule, f->name,
            f->text, promc_page_data(arg));
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const promc_text_handler nothing = { NULL, NULL, NULL };
    struct input in = { data, data + size };
    promc_registry *reg = promc_registry_new(NULL);
    promc_page *page = promc_page_new(NULL);
    struct promc__buf walked = { 0 };
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;

    FUZZ_CHECK(reg != NULL && page != NULL);
    FUZZ_CHECK(promc_collector_register(reg, collect, &in, NULL) == 0);
    opts.created = 1;
    for (unsigned syntax = 0; syntax <= PROMC_FORMAT_OPENMETRICS_2; syntax++)
        for (unsigned escaping = 0; escaping < 4; escaping++) {
            const char *text_of;
            promc_error err;
            size_t len;

            FUZZ_CHECK(
                promc_render_with(reg, syntax | escaping << 8, &opts, page, &err) == 0);
            text_of = promc_page_data(page);
            len = promc_page_size(page);
            promc__buf_reset(&walked);
            if (syntax == PROMC_FORMAT_PROTOBUF)
                FUZZ_CHECK(walk_page(text_of, len, &walked));
            else
                FUZZ_CHECK(promc_utf8_valid(text_of, len));
            if (syntax == PROMC_FORMAT_TEXT &&
                promc_text_parse(text_of, len, &nothing, NULL, NULL, &err) != 0) {
                fprintf(stderr, "%s\n%s\n", err.text, text_of);
                abort();
            }
            /* the classic formats say what they are told, this one has rules */
            if (syntax == PROMC_FORMAT_OPENMETRICS)
                FUZZ_CHECK(promc_lint_text(text_of, len, syntax | escaping << 8,
                                           on_finding, page) >= 0);
            if (syntax == PROMC_FORMAT_OPENMETRICS ||
                syntax == PROMC_FORMAT_OPENMETRICS_2)
                FUZZ_CHECK(len >= 6 && memcmp(text_of + len - 6, "# EOF\n", 6) == 0);
        }
    promc__buf_free(&walked);
    promc_page_free(page);
    promc_registry_free(reg);
    return 0;
}
