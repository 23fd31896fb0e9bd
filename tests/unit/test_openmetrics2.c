/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

#define OM2 PROMC_FORMAT_OPENMETRICS_2

/* A metric of each type that can be registered. */
static void registered(void **state)
{
    const double bounds[] = { .01, 1 }, quantiles[] = { .5, 1 };
    promc_histogram *h = promc_histogram_new(reg, "h", "Help.", bounds, 2, NULL);
    promc_summary *s = promc_summary_new(reg, "s", "Help.", quantiles, 2, NULL);

    (void)state;
    promc_counter_add_u64(promc_counter_new(reg, "c_total", "Help.", NULL), UINT64_MAX);
    promc_counter_add(promc_counter_new(reg, "plain", "Says \"\\\n.", NULL), .5);
    promc_gauge_set(promc_gauge_new(reg, "g", "Help.", NULL), -INFINITY);
    promc_histogram_observe(h, .01);
    promc_histogram_observe(h, 5);
    promc_summary_observe(s, 2);
    promc_info_new(reg, "x_info", "Help.", L("v"), L("1"), NULL);
    promc_stateset_new(reg, "z", "Help.", L("a", "b"), NULL);
    assert_string_equal(
        without_times(render(OM2)),
        "# TYPE c_total counter\n# HELP c_total Help.\n"
        "c_total 18446744073709551615\n"
        "# TYPE g gauge\n# HELP g Help.\ng -Inf\n"
        "# TYPE h histogram\n# HELP h Help.\n"
        "h {count:2,sum:5.01,bucket:[0.01:1,1.0:1,+Inf:2]}\n"
        "# TYPE plain counter\n# HELP plain Says \\\"\\\\\\n.\nplain 0.5\n"
        "# TYPE s summary\n# HELP s Help.\n"
        "s {count:1,sum:2,quantile:[0.5:2,1.0:2]}\n"
        "# TYPE x_info info\n# HELP x_info Help.\nx_info{v=\"1\"} 1\n"
        "# TYPE z stateset\n# HELP z Help.\nz{z=\"a\"} 0\nz{z=\"b\"} 0\n"
        "# EOF\n");
    assert_int_equal(promc_page_error(page, NULL), 0);
    /* names need no suffix, so nothing gives way to another */
    promc_gauge_new(reg, "c", "Help.", NULL);
    promc_gauge_new(reg, "h_created", "Help.", NULL);
    assert_non_null(strstr(render(OM2), "# TYPE c_total counter\n"));
    assert_non_null(strstr(promc_page_data(page), "# TYPE h_created gauge\n"));
    assert_int_equal(promc_page_error(page, NULL), 0);
}

static void empty(void **state)
{
    (void)state;
    assert_string_equal(render(OM2), "# EOF\n");
    promc_summary_new(reg, "s", "Help.", NULL, 0, NULL);
    assert_string_equal(without_times(samples_of(OM2)),
                        "s {count:0,sum:0,quantile:[]}\n");
}

/* --- the examples of the specification -------------------------------------------------- */

static const promc_span negative[] = { { 1, 2 } }, positive[] = { { -1, 2 }, { 3, 4 } },
                        start[] = { { 0, 2 } };
static const double down[] = { 5, 7 }, up[] = { 5, 7, 10, 9, 8, 8 }, both[] = { 5, 12 };
static const double wide[] = { 0, 1e-5, 1e-4, .1, 1, 10, 1e5, 1e6, 1e23, 1.1e23 };
static const double wide_counts[] = { 0, 0, 5, 8, 10, 11, 11, 15, 16, 17 };
static const double few[] = { .01, .1, 1, 10 }, few_counts[] = { 0, 8, 11, 17 };
static const double ranks[] = { .95, .99 }, at_ranks[] = { 123.7, 150 };

static void emit(promc_emitter *e, promc_type type, const char *name, promc_sample s)
{
    promc_emit_sample(promc_emit_family(e, type, name, "Help.", PROMC_NO_LABELS),
                      PROMC_NO_LABELS, &s);
}

static void collector(promc_emitter *e, void *arg)
{
    static const promc_native full = { 7, 1e-4, 0, positive, 2, up, negative, 1, down };
    static const promc_native none = { 3, 1e-4, 0, NULL, 0, NULL, NULL, 0, NULL };
    static const promc_native small = { 0, 1e-4, 0, start, 1, both, NULL, 0, NULL };
    const promc_exemplar x[] = {
        { PROMC_NO_LABELS, PROMC_NO_LABELS, .054, 1520879607700 },
        { L("trace_id"), L("KOO5S4vxi0o"), .67, 1520879602890 },
        { L("trace_id"), L("oHg5SJYRHA0"), 9.8, 1520879607789 },
    };
    promc_sample s = PROMC_SAMPLE_INIT;

    (void)arg;
    s.created_ms = 1520430000123;
    s.count = 17;
    s.sum = 324789.3;
    s.n = COUNT(wide);
    s.at = wide;
    s.buckets = wide_counts;
    emit(e, PROMC_TYPE_HISTOGRAM, "a", s);
    s.n = COUNT(few);
    s.at = few;
    s.buckets = few_counts;
    s.exemplars = x;
    s.n_exemplars = COUNT(x);
    emit(e, PROMC_TYPE_HISTOGRAM, "b", s);
    s.native = &small;
    emit(e, PROMC_TYPE_HISTOGRAM, "c", s);
    s.n = 0;
    emit(e, PROMC_TYPE_HISTOGRAM, "d", s);
    s.exemplars = NULL;
    s.count = 59;
    s.sum = 120;
    s.native = &full;
    emit(e, PROMC_TYPE_HISTOGRAM, "e", s);
    emit(e, PROMC_TYPE_GAUGEHISTOGRAM, "f", s);
    s.native = &none;
    s.count = s.sum = 0;
    emit(e, PROMC_TYPE_HISTOGRAM, "g", s);
    s.count = 0;
    s.n = 2;
    s.at = ranks;
    s.values = at_ranks;
    s.has_timestamp = 1;
    s.timestamp_ms = 1520879607789;
    emit(e, PROMC_TYPE_SUMMARY, "h", s);
}

static void examples(void **state)
{
    (void)state;
    assert_int_equal(promc_collector_register(reg, collector, NULL, NULL), 0);
    assert_string_equal(
        samples_of(OM2),
        "a {count:17,sum:324789.3,bucket:[0.0:0,1e-05:0,0.0001:5,0.1:8,1.0:10,10.0:11,"
        "100000.0:11,1e+06:15,1e+23:16,1.1e+23:17,+Inf:17]} st@1520430000.123\n"
        "b {count:17,sum:324789.3,bucket:[0.01:0,0.1:8,1.0:11,10.0:17,+Inf:17]} "
        "st@1520430000.123 # {} 0.054 1520879607.700 # {trace_id=\"KOO5S4vxi0o\"} 0.67 "
        "1520879602.890 # {trace_id=\"oHg5SJYRHA0\"} 9.8 1520879607.789\n"
        "c {count:17,sum:324789.3,schema:0,zero_threshold:0.0001,zero_count:0,"
        "positive_spans:[0:2],positive_buckets:[5,12],"
        "bucket:[0.01:0,0.1:8,1.0:11,10.0:17,+Inf:17]} "
        "st@1520430000.123 # {} 0.054 1520879607.700 # {trace_id=\"KOO5S4vxi0o\"} 0.67 "
        "1520879602.890 # {trace_id=\"oHg5SJYRHA0\"} 9.8 1520879607.789\n"
        "d {count:17,sum:324789.3,schema:0,zero_threshold:0.0001,zero_count:0,"
        "positive_spans:[0:2],positive_buckets:[5,12]} "
        "st@1520430000.123 # {} 0.054 1520879607.700 # {trace_id=\"KOO5S4vxi0o\"} 0.67 "
        "1520879602.890 # {trace_id=\"oHg5SJYRHA0\"} 9.8 1520879607.789\n"
        "e {count:59,sum:120,schema:7,zero_threshold:0.0001,zero_count:0,"
        "negative_spans:[1:2],negative_buckets:[5,7],positive_spans:[-1:2,3:4],"
        "positive_buckets:[5,7,10,9,8,8]} st@1520430000.123\n"
        "f {gcount:59,gsum:120,schema:7,zero_threshold:0.0001,zero_count:0,"
        "negative_spans:[1:2],negative_buckets:[5,7],positive_spans:[-1:2,3:4],"
        "positive_buckets:[5,7,10,9,8,8]}\n"
        "g {count:0,sum:0,schema:3,zero_threshold:0.0001,zero_count:0} "
        "st@1520430000.123\n"
        "h {count:0,sum:0,quantile:[0.95:123.7,0.99:150]} 1520879607.789 "
        "st@1520430000.123\n");
    assert_int_equal(promc_page_error(page, NULL), 0);
}

/* --- what it forbids -------------------------------------------------------------------- */

static void forbidden_script(promc_emitter *e, void *arg)
{
    promc_sample s = PROMC_SAMPLE_INIT;
    const double at[] = { -1, 0, 1, 2 }, values[] = { 1, -1, NAN, 4 };

    (void)arg;
    s.value = -1;
    emit(e, PROMC_TYPE_COUNTER, "a", s);
    s.value = NAN;
    emit(e, PROMC_TYPE_COUNTER, "b", s);
    s.sum = -1;
    emit(e, PROMC_TYPE_SUMMARY, "c", s);
    s.sum = 1;
    s.n = 4;
    s.at = at;
    s.values = values;
    emit(e, PROMC_TYPE_SUMMARY, "d", s);
}

static void forbidden(void **state)
{
    (void)state;
    promc_collector_register(reg, forbidden_script, NULL, NULL);
    assert_string_equal(without_times(samples_of(OM2)),
                        "d {count:0,sum:1,quantile:[1.0:NaN]}\n");
    assert_int_equal(promc_page_error(page, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(registered),
        TEST(empty),
        TEST(examples),
        TEST(forbidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
