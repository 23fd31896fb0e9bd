/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formats.c - print a registry in one format: "formats text", "formats openmetrics" or
 * "formats protobuf". All types, registered and collected, with the nastiest labels, helps and
 * values there are. formats_test.py and protobuf_test.py have the same lists and compare.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <promc/promc.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define L(...) PROMC_LABELS(__VA_ARGS__)

static const char *const texts[] = {
    "",
    "plain",
    "a b",
    "\\",
    "\"",
    "\n",
    "\\n",
    "\\\\\"\n\"",
    "}",
    "{a=\"b\"}",
    ",",
    "a=\"b\",c=\"d",
    "# EOF",
    "\t",
    "\r\n",
    "\x01\x7f",
    "\xc3\xa4\xe2\x82\xac",
    "\xf0\x9f\x98\x80",
    "\xff",
    "a\xc3",
    "\xed\xa0\x80x",
    " 1 ",
    "'`$",
    "\xe2\x80\xa8",
};

static const double values[] = {
    0,
    -0.0,
    1,
    -1,
    .1,
    1.0 / 3,
    123456,
    1e6,
    1e21,
    1e-5,
    5e-324,
    1.7976931348623157e308,
    2.2250738585072014e-308,
    INFINITY,
    -INFINITY,
    NAN,
    9007199254740992,
    .30000000000000004,
};

static void number(char *buf, size_t i)
{
    snprintf(buf, 12, "%zu", i);
}

static double half(void *arg)
{
    (void)arg;
    return .5;
}

static void collect(promc_emitter *e, void *arg)
{
    promc_samples *f =
        promc_emit_family(e, PROMC_TYPE_UNTYPED, "emitted", "Help.", L("i", "v"));

    (void)arg;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char index[12];

        number(index, i);
        promc_emit(f, L(index, texts[i]), (double)i);
    }
    f = promc_emit_family(e, PROMC_TYPE_HISTOGRAM, "emitted_histogram", "Help.", L("v"));
    promc_emit_histogram(f, L("a"), (const double[]){ -1, 1, 1e10 },
                         (const uint64_t[]){ 1, 2, 3 }, 3, -5, 4);
    promc_emit_histogram(f, L("b"), (const double[]){ 0, 1e-9 },
                         (const uint64_t[]){ 1, 2 }, 2, NAN, 4);
    promc_emit_histogram(f, L("c"), NULL, NULL, 0, 2, 3);
    f = promc_emit_family(e, PROMC_TYPE_SUMMARY, "emitted_summary", "Help.", L("v"));
    promc_emit_summary(f, L("a"), (const double[]){ 0, .5, 1 },
                       (const double[]){ -1, 2, NAN }, 3, 7, 3);
    promc_emit_summary(f, L("b"), NULL, NULL, 0, -7, 3);
    /* what must be left out or go under another type for the page to be read at all */
    f = promc_emit_family(e, PROMC_TYPE_COUNTER, "emitted_counter_total", "Help.",
                          L("v"));
    promc_emit(f, L("a"), 1);
    promc_emit(f, L("a"), 2);
    promc_emit(f, L("b"), -1);
    promc_emit(f, L("\xff"), 3);
    promc_emit(f, L("\xfe"), 4);
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, "histogram_count", "Help.",
                                 PROMC_NO_LABELS),
               PROMC_NO_LABELS, 1);
}

/* Samples with all that they can have. */
static void collect_full(promc_emitter *e, void *arg)
{
    const double at[] = { -1, .1, 10 }, counts[] = { 1, 2, 4 };
    promc_samples *f =
        promc_emit_family(e, PROMC_TYPE_COUNTER, "full_seconds_total", "Help.", L("v"));
    promc_exemplar x[2] = { { L("trace_id", "b"), L(texts[7], texts[16]), .05, 0 },
                            { L("a"), L("1"), 4, 1520879607789 } };
    promc_sample s = PROMC_SAMPLE_INIT;

    (void)arg;
    promc_emit_unit(f, "seconds");
    s.value = 2.5;
    s.has_timestamp = 1;
    s.timestamp_ms = 1520879607001;
    s.created_ms = 1520430000010;
    s.exemplars = x;
    s.n_exemplars = 1;
    promc_emit_sample(f, L("a"), &s);
    s.has_timestamp = 0;
    s.n_exemplars = 2;
    promc_emit_sample(f, L("b"), &s);
    s.n = 3;
    s.at = at;
    s.buckets = counts;
    s.count = 5;
    s.sum = -2;
    promc_emit_sample(promc_emit_family(e, PROMC_TYPE_GAUGEHISTOGRAM, "full_current",
                                        "Help.", PROMC_NO_LABELS),
                      PROMC_NO_LABELS, &s);
    s.at++;
    s.buckets++;
    s.n = 2;
    s.sum = 2;
    promc_emit_sample(
        promc_emit_family(e, PROMC_TYPE_HISTOGRAM, "full_histogram", "Help.", L("v")),
        L(texts[7]), &s);
}

static void fill(promc_registry *reg)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_gauge_family *labels =
        promc_gauge_family_new(reg, "labels", "Help.", L("i", "v"), NULL);
    promc_gauge_family *numbers =
        promc_gauge_family_new(reg, "numbers", "Help.", L("i"), NULL);
    promc_counter *c = promc_counter_new(reg, "whole_total", "Help.", NULL);
    promc_gauge_family *open;
    promc_histogram *h;
    promc_summary *s;

    for (size_t i = 0; i < COUNT(texts); i++) {
        char name[40], index[12];

        number(index, i);
        promc_gauge_family_set(labels, L(index, texts[i]), (double)i);
        snprintf(name, sizeof name, "help_%zu", i);
        promc_gauge_new(reg, name, texts[i], NULL); /* refused where it is not UTF-8 */
    }
    for (size_t i = 0; i < COUNT(values); i++) {
        char index[12];

        number(index, i);
        promc_gauge_family_set(numbers, L(index), values[i]);
    }
    promc_counter_add_u64(c, UINT64_MAX);
    promc_counter_add(promc_counter_new(reg, "plain", "Help.", NULL), 2.5);
    promc_counter_new(reg, "both_total", "Help.", NULL);
    promc_gauge_new(reg, "both", "Help.", NULL);
    promc_counter_new(reg, "histogram_count_total", "Help.", NULL);
    promc_counter_func_new(reg, "asked_total", "Help.", half, NULL, NULL);
    h = promc_histogram_new(reg, "histogram", "Help.", NULL, 0, NULL);
    promc_histogram_observe(h, .3);
    promc_histogram_observe(h, 1e9);
    h = promc_histogram_new(reg, "negative", "Help.", (const double[]){ -1.5, 0 }, 2,
                            NULL);
    promc_histogram_observe(h, -2);
    s = promc_summary_new(reg, "summary", "Help.", (const double[]){ 0, .5, .99, 1 }, 4,
                          NULL);
    promc_summary_new(reg, "empty", "Help.", (const double[]){ .5 }, 1, NULL);
    for (int i = 0; i < 20; i++)
        promc_summary_observe(s, i / 4.0);
    promc_counter_add(c, -1); /* dropped, which shows */
    opts.open_labels = 1;
    opts.const_labels = (const char *const[]){ "zone", "\"z\"" };
    opts.n_const_labels = 1;
    open =
        promc_gauge_family_new_with(reg, "open", "Help.", PROMC_NO_LABELS, &opts, NULL);
    promc_gauge_set(promc_gauge_labelset(open, L("zz", "b"), L("1", "2")), 3);
    promc_gauge_set(promc_gauge_labels(open, PROMC_NO_LABELS), 4);
    promc_collector_register(reg, collect, NULL, NULL);
    promc_collector_register(reg, collect_full, NULL, NULL);
}

/* All texts in the labels of an info, and all that may be one as states. */
static void fill_states(promc_registry *reg)
{
    static char names[COUNT(texts)][12];
    const char *labels[COUNT(texts)];
    const char *states[COUNT(texts)];
    promc_stateset *s;
    size_t n = 0;

    for (size_t i = 0; i < COUNT(texts); i++) {
        snprintf(names[i], sizeof names[i], "v%zu", i);
        labels[i] = names[i];
        if (*texts[i] != '\0' && promc_utf8_valid(texts[i], strlen(texts[i])))
            states[n++] = texts[i];
    }
    promc_info_new(reg, "nasty_info", "Help.", (promc_labels){ labels, COUNT(labels) },
                   (promc_labels){ texts, COUNT(texts) }, NULL);
    s = promc_stateset_new(reg, "state", "Help.", (promc_labels){ states, n }, NULL);
    for (size_t i = 0; i < n; i += 2)
        promc_stateset_set(s, i, 1);
    promc_unknown_func_new(reg, "anything", "Help.", half, NULL, NULL);
}

static promc_format format_of(const char *name)
{
    if (strcmp(name, "protobuf") == 0)
        return PROMC_FORMAT_PROTOBUF | PROMC_ESCAPE_ALLOW_UTF8;
    return strcmp(name, "openmetrics") == 0 ? PROMC_FORMAT_OPENMETRICS
                                            : PROMC_FORMAT_TEXT;
}

int main(int argc, char **argv)
{
    promc_format format = argc > 1 ? format_of(argv[1]) : PROMC_FORMAT_TEXT;
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;
    promc_registry *reg = promc_registry_new(NULL);
    promc_page *page = promc_page_new(NULL);
    promc_error err;
    size_t left_out;

    fill(reg);
    fill_states(reg);
    opts.created = 1;
    if (promc_render_with(reg, format, &opts, page, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    left_out = promc_page_error(page, &err);
    fprintf(stderr, "%zu left out%s%s\n", left_out, left_out != 0 ? ", first: " : "",
            left_out != 0 ? err.text : "");
    fwrite(promc_page_data(page), 1, promc_page_size(page), stdout);
    promc_page_free(page);
    promc_registry_free(reg);
    return 0;
}
