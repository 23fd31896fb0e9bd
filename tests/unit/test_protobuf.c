/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "encoder.h"
#include "protowalk.h"

static struct promc__buf out, text;
static struct promc__encoder e;

static void family(promc_type type, const char *name)
{
    const struct promc__meta meta = { type, name, strlen(name), "H.", NULL, 0 };

    e.ops->family(&e, &meta);
}

static int begin(void **state)
{
    (void)state;
    e = (struct promc__encoder){ .ops = &promc__protobuf_encoder,
                                 .out = &out,
                                 .format = PROMC_FORMAT_PROTOBUF };
    return 0;
}

static int end(void **state)
{
    (void)state;
    promc__alloc_hook(NULL);
    promc__buf_free(&out);
    promc__buf_free(&text);
    promc__buf_free(&e.scratch);
    return 0;
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* End the family and take the page, which begins anew. Good until the next call. */
static const char *page_text(void)
{
    e.ops->family_end(&e);
    promc__buf_reset(&text);
    assert_false(out.oom);
    assert_true(walk_page(out.data, out.len, &text));
    promc__buf_put(&text, "", 1);
    assert_false(text.oom);
    promc__buf_reset(&out);
    return text.data;
}

static struct promc__point point(const char *labels)
{
    return (struct promc__point){ .labels = labels, .labels_len = strlen(labels) };
}

#define assert_page(want) assert_string_equal(page_text(), want)

static void single_values(void **state)
{
    static const struct {
        promc_type type;
        const char *want;
    } rows[] = {
        { PROMC_TYPE_UNTYPED, "3 metric{untyped{value:2.5}}" },
        { PROMC_TYPE_COUNTER, "0 metric{counter{value:2.5}}" },
        { PROMC_TYPE_GAUGE, "1 metric{gauge{value:2.5}}" },
        { PROMC_TYPE_INFO, "1 metric{gauge{value:2.5}}" },
    };
    struct promc__point p = point("");

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char want[100];

        family(rows[i].type, "m");
        assert_int_equal(e.ops->value(&e, &p, 2.5), 0);
        snprintf(want, sizeof want, "name:\"m\" help:\"H.\" type:%s\n", rows[i].want);
        assert_page(want);
    }
    family(PROMC_TYPE_GAUGE, "m");
    e.ops->value(&e, &p, NAN);
    e.ops->value(&e, &p, -0.0);
    e.ops->value(&e, &p, 5e-324);
    e.ops->integer(&e, &p, (uint64_t)1 << 60);
    assert_page("name:\"m\" help:\"H.\" type:1 metric{gauge{value:NaN}} "
                "metric{gauge{value:-0}} metric{gauge{value:5e-324}} "
                "metric{gauge{value:1.152921504606847e+18}}\n");
}

static void metadata(void **state)
{
    struct promc__meta meta = { PROMC_TYPE_COUNTER,    "x_seconds_total", 15,
                                "A\\ \"b\"\n\xc3\xa4", "seconds",         1 };

    (void)state;
    e.ops->family(&e, &meta);
    e.ops->family_end(&e);
    meta.help = "\xff"
                "a\xc3"; /* mended */
    meta.unit = NULL;
    e.ops->family(&e, &meta);
    assert_page("name:\"x_seconds_total\" help:\"A\\\\ \\\"b\\\"\\n\xc3\xa4\" type:0 "
                "unit:\"seconds\"\n"
                "name:\"x_seconds_total\" help:\"\xef\xbf\xbd"
                "a\xef\xbf\xbd\" type:0\n");
}

static void labels(void **state)
{
    static char value[300], in[400], want[500];
    struct promc__point p;

    (void)state;
    family(PROMC_TYPE_UNTYPED, "m");
    p = point("a=\"\",bb=\"{}=,\",c=\"\\\\n\\n\\\"\"");
    e.ops->value(&e, &p, 0);
    assert_page(
        "name:\"m\" help:\"H.\" type:3 metric{label{name:\"a\" value:\"\"} "
        "label{name:\"bb\" value:\"{}=,\"} label{name:\"c\" value:\"\\\\n\\n\\\"\"} "
        "untyped{value:0}}\n");
    /* every length that a prefix of one byte can hold, and more */
    for (size_t n = 0; n < sizeof value - 1; n++) {
        memset(value, 'v', n);
        value[n] = '\0';
        snprintf(in, sizeof in, "name=\"%s\",z=\"z\"", value);
        snprintf(want, sizeof want,
                 "name:\"m\" help:\"H.\" type:3 metric{label{name:\"name\" "
                 "value:\"%s\"} label{name:\"z\" value:\"z\"} untyped{value:0}}\n",
                 value);
        family(PROMC_TYPE_UNTYPED, "m");
        p = point(in);
        e.ops->value(&e, &p, 0);
        assert_page(want);
        if (n == 0)
            continue;
        /* the same in the text with an escape: a byte more there than here */
        value[n - 1] = '\0';
        snprintf(in, sizeof in, "name=\"%s\\\\\",z=\"z\"", value);
        snprintf(want, sizeof want,
                 "name:\"m\" help:\"H.\" type:3 metric{label{name:\"name\" "
                 "value:\"%s\\\\\"} label{name:\"z\" value:\"z\"} untyped{value:0}}\n",
                 value);
        family(PROMC_TYPE_UNTYPED, "m");
        p = point(in);
        e.ops->value(&e, &p, 0);
        assert_page(want);
    }
}

/* Names and values of all short lengths, in memory that ends with them. */
static void short_labels(void **state)
{
    (void)state;
    for (size_t n = 1; n < 20; n++)
        for (size_t k = 0; k < 20; k++) {
            static const char all[] = "abcdefghijklmnopqrstuvwxyz";
            int name = (int)n, value = (int)k;
            char in[60], want[200];
            struct promc__point p;

            snprintf(in, sizeof in, "%.*s=\"%.*s\"", name, all, value, all);
            snprintf(want, sizeof want,
                     "name:\"m\" help:\"H.\" type:3 metric{label{name:\"%.*s\" "
                     "value:\"%.*s\"} untyped{value:0}}\n",
                     name, all, value, all);
            p = point(in);
            p.labels = memcpy(malloc(p.labels_len), in, p.labels_len);
            family(PROMC_TYPE_UNTYPED, "m");
            e.ops->value(&e, &p, 0);
            assert_page(want);
            free((void *)(uintptr_t)p.labels);
        }
}

static void times_and_exemplars(void **state)
{
    const struct promc__exemplar_view x = { "id=\"7\"", 6, .5, 1700000000123 };
    const struct promc__exemplar_view bare = { "", 0, 1, 0 };
    struct promc__point p = point("");

    (void)state;
    p.created_ms = 1600000000999;
    p.has_timestamp = 1;
    p.timestamp_ms = 1600000000001;
    p.exemplar = &x;
    family(PROMC_TYPE_COUNTER, "m");
    e.ops->value(&e, &p, 1);
    p.exemplar = &bare;
    p.timestamp_ms = 0;
    p.created_ms = -1;
    e.ops->integer(&e, &p, 2);
    assert_page("name:\"m\" help:\"H.\" type:0 metric{counter{value:1 "
                "created{seconds:1600000000 nanos:999000000} exemplar{label{name:\"id\" "
                "value:\"7\"} value:0.5 timestamp{seconds:1700000000 nanos:123000000}}} "
                "ms:1600000000001} metric{counter{value:2 "
                "created{seconds:18446744073709551615 nanos:999000000} "
                "exemplar{value:1}} ms:0}\n");
    /* before all times */
    p.created_ms = INT64_MIN;
    p.exemplar = NULL;
    family(PROMC_TYPE_COUNTER, "m");
    e.ops->integer(&e, &p, 2);
    assert_page("name:\"m\" help:\"H.\" type:0 metric{counter{value:2 "
                "created{seconds:18437520701672696840 nanos:192000000}} ms:0}\n");
    /* gauges have neither */
    family(PROMC_TYPE_GAUGE, "m");
    e.ops->value(&e, &p, 1);
    assert_page("name:\"m\" help:\"H.\" type:1 metric{gauge{value:1} ms:0}\n");
}

static void statesets(void **state)
{
    static const char *const states[] = { "a", "b \"\\" };
    const struct promc__stateset_view s = { states, 2, 2 };
    struct promc__point p = point("l=\"v\"");

    (void)state;
    family(PROMC_TYPE_STATESET, "m");
    assert_int_equal(e.ops->stateset(&e, &p, &s), 0);
    assert_page("name:\"m\" help:\"H.\" type:1 metric{label{name:\"l\" value:\"v\"} "
                "label{name:\"m\" value:\"a\"} gauge{value:0}} metric{label{name:\"l\" "
                "value:\"v\"} label{name:\"m\" value:\"b \\\"\\\\\"} gauge{value:1}}\n");
}

static void summaries(void **state)
{
    const struct promc__summary_view s = { (const double[]){ .5, .99 },
                                           { NULL, NULL },
                                           (const double[]){ 1, NAN },
                                           2,
                                           3.5,
                                           300 };
    struct promc__point p = point("");

    (void)state;
    p.created_ms = 1000;
    family(PROMC_TYPE_SUMMARY, "m");
    assert_int_equal(e.ops->summary(&e, &p, &s), 0);
    assert_page("name:\"m\" help:\"H.\" type:2 metric{summary{count:300 sum:3.5 "
                "quantile{quantile:0.5 value:1} quantile{quantile:0.99 value:NaN} "
                "created{seconds:1 nanos:0}}}\n");
}

static void classic_histograms(void **state)
{
    const struct promc__exemplar_view x = { "", 0, 3, 5000 };
    const struct promc__exemplar_view *exemplars[] = { NULL, NULL, &x };
    const double bounds[] = { -1, .5 };
    struct promc__histogram_view h = { .bounds = bounds,
                                       .n = 2,
                                       .counts = (const uint64_t[]){ 1, 2, 3 },
                                       .count = 6,
                                       .sum = -4 };
    struct promc__point p = point("");

    (void)state;
    family(PROMC_TYPE_HISTOGRAM, "m");
    assert_int_equal(e.ops->histogram(&e, &p, &h), 0);
    h.cumulative = 1;
    h.exemplars = exemplars;
    e.ops->histogram(&e, &p, &h);
    h = (struct promc__histogram_view){ .count = 4, .sum = NAN };
    p.created_ms = 2500;
    e.ops->histogram(&e, &p, &h);
    assert_page("name:\"m\" help:\"H.\" type:4 metric{histogram{count:6 sum:-4 "
                "bucket{count:1 le:-1} bucket{count:3 le:0.5} bucket{count:6 le:+Inf}}} "
                "metric{histogram{count:6 sum:-4 bucket{count:1 le:-1} bucket{count:2 "
                "le:0.5} bucket{count:6 le:+Inf exemplar{value:3 timestamp{seconds:5 "
                "nanos:0}}}}} "
                "metric{histogram{count:4 sum:NaN bucket{count:4 le:+Inf} "
                "created{seconds:2 nanos:500000000}}}\n");
    /* counts that may fall have no beginning */
    h.count = 0;
    h.count_float = 2.5;
    h.counts_float = (const double[]){ .25, 1 };
    h.bounds = bounds;
    h.n = 2;
    h.is_float = 1;
    h.sum = 1;
    family(PROMC_TYPE_GAUGEHISTOGRAM, "m");
    e.ops->histogram(&e, &p, &h);
    /* an empty one goes as integers */
    h.count_float = 0;
    h.sum = 0;
    h.counts_float = (const double[]){ 0, 0 };
    e.ops->histogram(&e, &p, &h);
    assert_page("name:\"m\" help:\"H.\" type:5 metric{histogram{float:2.5 sum:1 "
                "bucket{float:0.25 le:-1} bucket{float:1 le:0.5} bucket{float:2.5 "
                "le:+Inf}}} metric{histogram{count:0 sum:0 bucket{count:0 le:-1} "
                "bucket{count:0 le:0.5} bucket{count:0 le:+Inf}}}\n");
}

static void native_histograms(void **state)
{
    const promc_span positive[] = { { -2, 8 }, { 300, 1 } };
    const promc_span negative[] = { { 0, 1 } };
    const struct promc__exemplar_view exemplars[] = { { "", 0, 1, 1000 },
                                                      { "", 0, 2, 0 },
                                                      { "a=\"b\"", 5, 3, 2000 } };
    struct promc__native_view v = { .schema = -1,
                                    .zero_threshold = 1e-9,
                                    .zero_count = 2,
                                    .positive_spans = positive,
                                    .n_positive_spans = 2,
                                    .positive =
                                        (const uint64_t[]){ 3, 5, 0, 0, 1, 0, 3, 2, 300 },
                                    .n_positive = 9,
                                    .negative_spans = negative,
                                    .n_negative_spans = 1,
                                    .negative = (const uint64_t[]){ 7 },
                                    .n_negative = 1,
                                    .exemplars = exemplars,
                                    .n_exemplars = 3 };
    struct promc__histogram_view h = { .count = 323, .sum = 10, .native = &v };
    struct promc__point p = point("");

    (void)state;
    p.created_ms = 1;
    family(PROMC_TYPE_HISTOGRAM, "m");
    e.ops->histogram(&e, &p, &h);
    assert_page("name:\"m\" help:\"H.\" type:4 metric{histogram{count:323 sum:10 "
                "schema:-1 threshold:1e-09 zeros:2 nspan{offset:0 length:1} ndelta[7] "
                "span{offset:-2 length:8} span{offset:300 length:1} "
                "delta[3,2,-5,0,1,-1,3,-1,298] created{seconds:0 nanos:1000000} "
                "exemplar{value:1 timestamp{seconds:1 nanos:0}} "
                "exemplar{label{name:\"a\" value:\"b\"} value:3 timestamp{seconds:2 "
                "nanos:0}}}}\n");
    /* beside classic buckets; and with nothing in it */
    h.n = 1;
    h.bounds = (const double[]){ 1 };
    h.counts = (const uint64_t[]){ 0, 0 };
    h.count = 0;
    h.sum = 0;
    v = (struct promc__native_view){ .schema = 8 };
    p.created_ms = 0;
    family(PROMC_TYPE_HISTOGRAM, "m");
    e.ops->histogram(&e, &p, &h);
    v.zero_threshold = 1;
    e.ops->histogram(&e, &p, &h);
    assert_page("name:\"m\" help:\"H.\" type:4 metric{histogram{count:0 sum:0 "
                "bucket{count:0 le:1} bucket{count:0 le:+Inf} schema:8 threshold:0 "
                "zeros:0 span{offset:0 length:0}}} metric{histogram{count:0 sum:0 "
                "bucket{count:0 le:1} bucket{count:0 le:+Inf} schema:8 threshold:1 "
                "zeros:0}}\n");
    /* fractions; and the same when all are zero */
    h = (struct promc__histogram_view){
        .count_float = 1.5, .sum = 2, .is_float = 1, .native = &v
    };
    v = (struct promc__native_view){ .schema = 0,
                                     .zero_count_float = .25,
                                     .negative_spans = negative,
                                     .n_negative_spans = 1,
                                     .negative_float = (const double[]){ .5 },
                                     .n_negative = 1,
                                     .positive_spans = negative,
                                     .n_positive_spans = 1,
                                     .positive_float = (const double[]){ .75 },
                                     .n_positive = 1 };
    family(PROMC_TYPE_HISTOGRAM, "m");
    e.ops->histogram(&e, &p, &h);
    h.count_float = 0; /* does not agree, and is said as it is */
    e.ops->histogram(&e, &p, &h);
    v.zero_count_float = 0;
    v.negative_float = v.positive_float = (const double[]){ 0 };
    e.ops->histogram(&e, &p, &h);
    assert_page("name:\"m\" help:\"H.\" type:4 metric{histogram{float:1.5 sum:2 schema:0 "
                "threshold:0 zeros_float:0.25 nspan{offset:0 length:1} ncount[0.5] "
                "span{offset:0 length:1} pcount[0.75]}} metric{histogram{float:0 sum:2 "
                "schema:0 "
                "threshold:0 zeros_float:0.25 nspan{offset:0 length:1} ncount[0.5] "
                "span{offset:0 length:1} pcount[0.75]}} metric{histogram{count:0 sum:2 "
                "schema:0 threshold:0 zeros:0 nspan{offset:0 length:1} ndelta[0] "
                "span{offset:0 length:1} delta[0]}}\n");
}

/* strstr() again and again measures the whole rest each time under AddressSanitizer, which takes
 * minutes for a page of megabytes. */
static size_t count_metrics(const char *at)
{
    static const char word[] = "metric{";
    size_t n = 0;

    for (; *at != '\0'; at++)
        n += *at == *word && strncmp(at, word, sizeof word - 1) == 0;
    return n;
}

/* Families whose length takes one byte to four. */
static void lengths(void **state)
{
    static const size_t series[] = {
        0, 1, 3, 4, 5, 6, 7, 8, 100, 800, 900, 1000, 120000
    };

    (void)state;
    for (size_t i = 0; i < COUNT(series); i++) {
        struct promc__point p = point("a=\"b\"");

        family(PROMC_TYPE_GAUGE, "first");
        e.ops->family_end(&e);
        family(PROMC_TYPE_GAUGE, "m");
        for (size_t k = 0; k < series[i]; k++)
            e.ops->integer(&e, &p, k);
        e.ops->family_end(&e);
        family(PROMC_TYPE_GAUGE, "last");
        assert_int_equal(count_metrics(page_text()), series[i]);
        assert_non_null(strstr(text.data, "\nname:\"m\" "));
        assert_non_null(strstr(text.data, "\nname:\"last\" "));
    }
}

/* Whichever allocation fails, the page says so, and nothing is written beside it. */
static void without_memory(void **state)
{
    char labels[] = "name=\"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\\n\"";
    const struct promc__exemplar_view x = { labels, sizeof labels - 1, 1, 1 };
    const struct promc__exemplar_view *exemplars[] = { &x, &x };
    struct promc__histogram_view h = { .bounds = (const double[]){ 1 },
                                       .n = 1,
                                       .counts = (const uint64_t[]){ 0, 0 },
                                       .exemplars = exemplars };
    struct promc__point p = point(labels);
    size_t n = 1;

    (void)state;
    for (int failed = 1; failed; n++) {
        promc__buf_free(&out);
        refuse_from = n;
        count_allocations();
        family(PROMC_TYPE_HISTOGRAM, "m");
        for (int i = 0; i < 50; i++)
            e.ops->histogram(&e, &p, &h);
        e.ops->family_end(&e);
        counted_allocations();
        failed = out.oom;
    }
    refuse_from = SIZE_MAX;
    assert_true(n > 5);
    promc__buf_reset(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(single_values),
        UNIT(metadata),
        UNIT(labels),
        UNIT(short_labels),
        UNIT(times_and_exemplars),
        UNIT(statesets),
        UNIT(summaries),
        UNIT(classic_histograms),
        UNIT(native_histograms),
        UNIT(lengths),
        UNIT(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
