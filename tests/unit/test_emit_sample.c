/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

#define OM PROMC_FORMAT_OPENMETRICS
#define OM2 PROMC_FORMAT_OPENMETRICS_2

typedef void script(promc_emitter *e);

static script *running;

static void collector(promc_emitter *e, void *arg)
{
    (void)arg;
    running(e);
}

static int with_collector(void **state)
{
    return set_up(state) != 0 ||
           promc_collector_register(reg, collector, NULL, NULL) != 0;
}

#define EMIT(f) cmocka_unit_test_setup_teardown(f, with_collector, tear_down)

static promc_samples *family(promc_emitter *e, promc_type type, const char *name)
{
    return promc_emit_family(e, type, name, "Help.", PROMC_NO_LABELS);
}

/* What is emitted, as a page with its comments, and how much was left out. */
static void emitted(script *fn, promc_format format, const char *want, size_t left_out)
{
    running = fn;
    assert_string_equal(render(format), want);
    assert_int_equal(promc_page_error(page, NULL), left_out);
}

/* As above, with the times of creation. */
static void with_created(script *fn, promc_format format, const char *want)
{
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;

    running = fn;
    opts.created = 1;
    assert_int_equal(promc_render_with(reg, format, &opts, page, NULL), 0);
    assert_string_equal(promc_page_data(page), want);
    assert_int_equal(promc_page_error(page, NULL), 0);
}

/* --- times ------------------------------------------------------------------------------ */

static void times(promc_emitter *e)
{
    promc_samples *g = promc_emit_family(e, PROMC_TYPE_GAUGE, "g", "Help.", L("l"));
    promc_samples *c =
        promc_emit_family(e, PROMC_TYPE_COUNTER, "c_total", "Help.", L("l"));
    promc_sample s = PROMC_SAMPLE_INIT;

    s.value = 1.5;
    s.has_timestamp = 1;
    s.timestamp_ms = 1520879607789;
    s.created_ms = 1520430000007;
    promc_emit_sample(g, L("1"), &s);
    promc_emit_sample(c, L("1"), &s);
    s.timestamp_ms = 0;
    promc_emit_sample(g, L("2"), &s);
    s.timestamp_ms = -1; /* Prometheus cannot read it */
    promc_emit_sample(g, L("3"), &s);
    s.has_timestamp = 0;
    s.timestamp_ms = 5;
    promc_emit_sample(g, L("4"), &s);
    promc_emit_sample(c, L("2"), &s);
    promc_emit_sample(NULL, L("2"), &s);
    promc_emit_sample(c, L("2"), NULL);
}

static void timestamps(void **state)
{
    (void)state;
    emitted(times, PROMC_FORMAT_TEXT,
            "# HELP c_total Help.\n# TYPE c_total counter\n"
            "c_total{l=\"1\"} 1.5 1520879607789\nc_total{l=\"2\"} 1.5\n"
            "# HELP g Help.\n# TYPE g gauge\ng{l=\"1\"} 1.5 1520879607789\n"
            "g{l=\"2\"} 1.5 0\ng{l=\"3\"} 1.5\ng{l=\"4\"} 1.5\n",
            0);
    emitted(times, OM,
            "# TYPE c counter\n# HELP c Help.\n"
            "c_total{l=\"1\"} 1.5 1520879607.789\nc_total{l=\"2\"} 1.5\n"
            "# TYPE g gauge\n# HELP g Help.\ng{l=\"1\"} 1.5 1520879607.789\n"
            "g{l=\"2\"} 1.5 0.000\ng{l=\"3\"} 1.5\ng{l=\"4\"} 1.5\n# EOF\n",
            0);
    with_created(times, OM,
                 "# TYPE c counter\n# HELP c Help.\n"
                 "c_total{l=\"1\"} 1.5 1520879607.789\n"
                 "c_created{l=\"1\"} 1520430000.007 1520879607.789\n"
                 "c_total{l=\"2\"} 1.5\nc_created{l=\"2\"} 1520430000.007\n"
                 "# TYPE g gauge\n# HELP g Help.\ng{l=\"1\"} 1.5 1520879607.789\n"
                 "g{l=\"2\"} 1.5 0.000\ng{l=\"3\"} 1.5\ng{l=\"4\"} 1.5\n# EOF\n");
    emitted(times, OM2,
            "# TYPE c_total counter\n# HELP c_total Help.\n"
            "c_total{l=\"1\"} 1.5 1520879607.789 st@1520430000.007\n"
            "c_total{l=\"2\"} 1.5 st@1520430000.007\n"
            "# TYPE g gauge\n# HELP g Help.\ng{l=\"1\"} 1.5 1520879607.789\n"
            "g{l=\"2\"} 1.5 0.000\ng{l=\"3\"} 1.5\ng{l=\"4\"} 1.5\n# EOF\n",
            0);
}

static void created_script(promc_emitter *e)
{
    const double at[] = { .5 }, one[] = { 1 };
    promc_sample s = PROMC_SAMPLE_INIT;

    s.created_ms = 1000;
    s.n = 1;
    s.at = at;
    s.buckets = s.values = one;
    s.count = 1;
    s.sum = 2;
    promc_emit_sample(family(e, PROMC_TYPE_HISTOGRAM, "a"), PROMC_NO_LABELS, &s);
    promc_emit_sample(family(e, PROMC_TYPE_SUMMARY, "b"), PROMC_NO_LABELS, &s);
    promc_emit_sample(family(e, PROMC_TYPE_COUNTER, "c"), PROMC_NO_LABELS, &s);
    promc_emit_sample(family(e, PROMC_TYPE_GAUGEHISTOGRAM, "d"), PROMC_NO_LABELS, &s);
}

/* Behind a series stands its time, if its type has one and the format knows of it. */
static void created(void **state)
{
    (void)state;
    with_created(created_script, PROMC_FORMAT_TEXT,
                 "# HELP a Help.\n# TYPE a histogram\na_bucket{le=\"0.5\"} 1\n"
                 "a_bucket{le=\"+Inf\"} 1\na_sum 2\na_count 1\n"
                 "# HELP b Help.\n# TYPE b summary\nb{quantile=\"0.5\"} 1\nb_sum 2\n"
                 "b_count 1\n# HELP c Help.\n# TYPE c counter\nc 0\n"
                 "# HELP d Help.\n# TYPE d histogram\nd_bucket{le=\"0.5\"} 1\n"
                 "d_bucket{le=\"+Inf\"} 1\nd_sum 2\nd_count 1\n");
    with_created(created_script, OM,
                 "# TYPE a histogram\n# HELP a Help.\na_bucket{le=\"0.5\"} 1\n"
                 "a_bucket{le=\"+Inf\"} 1\na_sum 2\na_count 1\na_created 1.000\n"
                 "# TYPE b summary\n# HELP b Help.\nb{quantile=\"0.5\"} 1\nb_sum 2\n"
                 "b_count 1\nb_created 1.000\n# TYPE c unknown\n# HELP c Help.\nc 0\n"
                 "# TYPE d gaugehistogram\n# HELP d Help.\nd_bucket{le=\"0.5\"} 1\n"
                 "d_bucket{le=\"+Inf\"} 1\nd_gsum 2\nd_gcount 1\n# EOF\n");
    emitted(created_script, OM2,
            "# TYPE a histogram\n# HELP a Help.\n"
            "a {count:1,sum:2,bucket:[0.5:1,+Inf:1]} st@1.000\n"
            "# TYPE b summary\n# HELP b Help.\n"
            "b {count:1,sum:2,quantile:[0.5:1]} st@1.000\n"
            "# TYPE c counter\n# HELP c Help.\nc 0 st@1.000\n"
            "# TYPE d gaugehistogram\n# HELP d Help.\n"
            "d {gcount:1,gsum:2,bucket:[0.5:1,+Inf:1]}\n# EOF\n",
            0);
}

/* --- exemplars -------------------------------------------------------------------------- */

static char long_value[200];

static void exemplars_script(promc_emitter *e)
{
    const double at[] = { 1, 10 }, buckets[] = { 1, 4 };
    promc_exemplar x[] = {
        { L("trace_id"), L("a"), .5, 1520879607789 },
        { L("trace_id"), L("b"), 1, 2000 },
        { PROMC_NO_LABELS, PROMC_NO_LABELS, 11, 0 },
        { L("b", "a"), L("1", "\""), 12, 1 },
        { L("l"), L("7"), -INFINITY, 1 },
    };
    promc_sample s = PROMC_SAMPLE_INIT;

    s.n = 2;
    s.at = at;
    s.buckets = buckets;
    s.count = 5;
    s.sum = 30;
    s.exemplars = x;
    s.n_exemplars = 4;
    promc_emit_sample(family(e, PROMC_TYPE_HISTOGRAM, "h"), PROMC_NO_LABELS, &s);
    s.n_exemplars = 5;
    promc_emit_sample(family(e, PROMC_TYPE_GAUGEHISTOGRAM, "i"), PROMC_NO_LABELS, &s);
    s.n_exemplars = 1;
    s.value = 3;
    promc_emit_sample(family(e, PROMC_TYPE_COUNTER, "c_total"), PROMC_NO_LABELS, &s);
    promc_emit_sample(family(e, PROMC_TYPE_COUNTER, "d"), PROMC_NO_LABELS, &s);
    promc_emit_sample(family(e, PROMC_TYPE_GAUGE, "g"), PROMC_NO_LABELS, &s);
}

static void exemplars(void **state)
{
    (void)state;
    running = exemplars_script;
    assert_samples("c_total 3\nd 3\ng 3\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"10\"} 4\n"
                   "h_bucket{le=\"+Inf\"} 5\nh_sum 30\nh_count 5\n"
                   "i_bucket{le=\"1\"} 1\ni_bucket{le=\"10\"} 4\n"
                   "i_bucket{le=\"+Inf\"} 5\ni_sum 30\ni_count 5\n");
    assert_om_samples("c_total 3 # {trace_id=\"a\"} 0.5 1520879607.789\nd 3\ng 3\n"
                      "h_bucket{le=\"1.0\"} 1 # {trace_id=\"b\"} 1 2.000\n"
                      "h_bucket{le=\"10.0\"} 4\n"
                      "h_bucket{le=\"+Inf\"} 5 # {a=\"\\\"\",b=\"1\"} 12 0.001\n"
                      "h_sum 30\nh_count 5\n"
                      "i_bucket{le=\"1.0\"} 1 # {l=\"7\"} -Inf 0.001\n"
                      "i_bucket{le=\"10.0\"} 4\n"
                      "i_bucket{le=\"+Inf\"} 5 # {a=\"\\\"\",b=\"1\"} 12 0.001\n"
                      "i_gsum 30\ni_gcount 5\n");
    assert_int_equal(promc_page_error(page, NULL), 0);
    /* a name in an exemplar is escaped as others are */
    assert_non_null(
        strstr(render(OM | PROMC_ESCAPE_DOTS), "{trace__id=\"b\"} 1 2.000\n"));
    assert_string_equal(samples_of(OM2),
                        "c_total 3 # {trace_id=\"a\"} 0.5 1520879607.789\n"
                        "d 3 # {trace_id=\"a\"} 0.5 1520879607.789\ng 3\n"
                        "h {count:5,sum:30,bucket:[1.0:1,10.0:4,+Inf:5]} "
                        "# {trace_id=\"b\"} 1 2.000 # {a=\"\\\"\",b=\"1\"} 12 0.001\n"
                        "i {gcount:5,gsum:30,bucket:[1.0:1,10.0:4,+Inf:5]} "
                        "# {l=\"7\"} -Inf 0.001 # {a=\"\\\"\",b=\"1\"} 12 0.001\n");
}

/* An exemplar that cannot be shown is left out alone. */
static void bad_exemplars_script(promc_emitter *e)
{
    promc_exemplar x[] = {
        { L("l"), L(long_value), 1, 1 },     { L("l"), PROMC_NO_LABELS, 1, 1 },
        { L("l"), L(NULL), 1, 1 },           { L("l"), L("v"), NAN, 1 },
        { L("l", "l"), L("1", "2"), 1, 1 },  { L("__l"), L("v"), 1, 1 },
        { L("l"), L(long_value + 1), 1, 1 }, { L("l"), { NULL, 1 }, 1, 1 },
    };
    promc_samples *f =
        promc_emit_family(e, PROMC_TYPE_COUNTER, "c_total", "Help.", L("n"));
    promc_sample s = PROMC_SAMPLE_INIT;

    memset(long_value, 0, sizeof long_value);
    for (size_t i = 0; i < 128; i++)
        strcat(long_value, i < 60 ? "x" : i < 61 ? "\"" : i < 94 ? "\u00e9" : "");
    s.n_exemplars = 1;
    for (size_t i = 0; i < COUNT(x); i++) {
        char n[2] = { (char)('0' + i), '\0' };

        s.exemplars = &x[i];
        if (i == 0)
            memset(long_value + strlen(long_value), 'y', 34);
        promc_emit_sample(f, L(n), &s);
    }
}

static void bad_exemplars(void **state)
{
    promc_error err;

    (void)state;
    running = bad_exemplars_script;
    /* 1 + 127 characters, the quote counts once, whatever stands in the page for it */
    assert_non_null(strstr(render(OM), "c_total{n=\"6\"} 0 # {l=\"xxx"));
    assert_non_null(
        strstr(promc_page_data(page),
               "c_total{n=\"0\"} 0\nc_total{n=\"1\"} 0\nc_total{n=\"2\"} 0\n"
               "c_total{n=\"3\"} 0\nc_total{n=\"4\"} 0\nc_total{n=\"5\"} 0\n"));
    assert_non_null(strstr(promc_page_data(page), "c_total{n=\"7\"} 0\n"));
    assert_int_equal(promc_page_error(page, &err), 7);
    assert_non_null(strstr(err.text, "128"));
}

/* --- types ------------------------------------------------------------------------------ */

static void types_script(promc_emitter *e)
{
    const double at[] = { -1, 1 }, buckets[] = { 1, 2 };
    const char *const states[] = { "on", "\"off\"" };
    const int on[] = { 0, 7 };
    promc_sample s = PROMC_SAMPLE_INIT;

    promc_emit_sample(promc_emit_family(e, PROMC_TYPE_INFO, "b_info", "Help.", L("v")),
                      L("1.2"), &s);
    promc_emit(promc_emit_family(e, PROMC_TYPE_INFO, "b_info", "Help.", L("v")), L("1.3"),
               5);
    s.sum = -2;
    s.count = 3;
    s.n = 2;
    s.at = at;
    s.buckets = buckets;
    promc_emit_sample(family(e, PROMC_TYPE_GAUGEHISTOGRAM, "g"), PROMC_NO_LABELS, &s);
    promc_emit_histogram(family(e, PROMC_TYPE_GAUGEHISTOGRAM, "g2"), PROMC_NO_LABELS,
                         (const double[]){ 1 }, (const uint64_t[]){ 2 }, 1, -2, 3);
    s.states = states;
    s.on = on;
    promc_emit_sample(promc_emit_family(e, PROMC_TYPE_STATESET, "s", "Help.", L("z")),
                      L("1"), &s);
    promc_emit(family(e, PROMC_TYPE_UNKNOWN, "u"), PROMC_NO_LABELS, -1);
}

static void types(void **state)
{
    (void)state;
    emitted(types_script, PROMC_FORMAT_TEXT,
            "# HELP b_info Help.\n# TYPE b_info gauge\n"
            "b_info{v=\"1.2\"} 1\nb_info{v=\"1.3\"} 1\n"
            "# HELP g Help.\n# TYPE g histogram\ng_bucket{le=\"-1\"} 1\n"
            "g_bucket{le=\"1\"} 2\ng_bucket{le=\"+Inf\"} 3\ng_sum -2\ng_count 3\n"
            "# HELP g2 Help.\n# TYPE g2 histogram\ng2_bucket{le=\"1\"} 2\n"
            "g2_bucket{le=\"+Inf\"} 3\ng2_sum -2\ng2_count 3\n"
            "# HELP s Help.\n# TYPE s gauge\ns{z=\"1\",s=\"on\"} 0\n"
            "s{z=\"1\",s=\"\\\"off\\\"\"} 1\n# HELP u Help.\n# TYPE u untyped\nu -1\n",
            0);
    emitted(types_script, OM,
            "# TYPE b info\n# HELP b Help.\nb_info{v=\"1.2\"} 1\nb_info{v=\"1.3\"} 1\n"
            "# TYPE g gaugehistogram\n# HELP g Help.\ng_bucket{le=\"-1.0\"} 1\n"
            "g_bucket{le=\"1.0\"} 2\ng_bucket{le=\"+Inf\"} 3\ng_gsum -2\ng_gcount 3\n"
            "# TYPE g2 gaugehistogram\n# HELP g2 Help.\ng2_bucket{le=\"1.0\"} 2\n"
            "g2_bucket{le=\"+Inf\"} 3\n"
            "# TYPE s stateset\n# HELP s Help.\ns{z=\"1\",s=\"on\"} 0\n"
            "s{z=\"1\",s=\"\\\"off\\\"\"} 1\n# TYPE u unknown\n# HELP u Help.\nu -1\n"
            "# EOF\n",
            0);
    emitted(types_script, OM2,
            "# TYPE b_info info\n# HELP b_info Help.\n"
            "b_info{v=\"1.2\"} 1\nb_info{v=\"1.3\"} 1\n"
            "# TYPE g gaugehistogram\n# HELP g Help.\n"
            "g {gcount:3,gsum:-2,bucket:[-1.0:1,1.0:2,+Inf:3]}\n"
            "# TYPE g2 gaugehistogram\n# HELP g2 Help.\n"
            "g2 {gcount:3,gsum:-2,bucket:[1.0:2,+Inf:3]}\n"
            "# TYPE s stateset\n# HELP s Help.\ns{z=\"1\",s=\"on\"} 0\n"
            "s{z=\"1\",s=\"\\\"off\\\"\"} 1\n# TYPE u unknown\n# HELP u Help.\nu -1\n"
            "# EOF\n",
            0);
}

static void refused_families(promc_emitter *e)
{
    promc_emit(family(e, PROMC_TYPE_INFO, "b"), PROMC_NO_LABELS, 1);
    promc_emit(family(e, PROMC_TYPE_INFO, "_info"), PROMC_NO_LABELS, 1);
    promc_emit(family(e, PROMC_TYPE_STATESET, "a:b"), PROMC_NO_LABELS, 1);
    family(e, PROMC_TYPE_STATESET, "__name__");
    promc_emit_family(e, PROMC_TYPE_STATESET, "s", "", L("s"));
    promc_emit_family(e, PROMC_TYPE_GAUGEHISTOGRAM, "s", "", L("le"));
    promc_emit(family(e, PROMC_TYPE_STATESET, "s"), PROMC_NO_LABELS, 1);
}

static void no_such_families(void **state)
{
    (void)state;
    emitted(refused_families, PROMC_FORMAT_TEXT, "", 7);
}

/* Names that only OpenMetrics gives to others. */
static void info_beside(promc_emitter *e)
{
    promc_emit(family(e, PROMC_TYPE_INFO, "x_info"), PROMC_NO_LABELS, 1);
    promc_emit(family(e, PROMC_TYPE_COUNTER, "x_total"), PROMC_NO_LABELS, 1);
    promc_emit(family(e, PROMC_TYPE_INFO, "y_info"), PROMC_NO_LABELS, 1);
    promc_emit(family(e, PROMC_TYPE_GAUGE, "y"), PROMC_NO_LABELS, 1);
    promc_emit_histogram(family(e, PROMC_TYPE_GAUGEHISTOGRAM, "z"), PROMC_NO_LABELS, NULL,
                         NULL, 0, 1, 1);
    promc_emit(family(e, PROMC_TYPE_GAUGE, "z_gcount"), PROMC_NO_LABELS, 1);
    promc_emit(family(e, PROMC_TYPE_GAUGE, "z_count"), PROMC_NO_LABELS, 1);
    promc_emit(family(e, PROMC_TYPE_GAUGE, "z_created"), PROMC_NO_LABELS, 1);
}

static void names(void **state)
{
    (void)state;
    emitted(info_beside, OM,
            "# TYPE x_info gauge\n# HELP x_info Help.\nx_info 1\n"
            "# TYPE x counter\n# HELP x Help.\nx_total 1\n"
            "# TYPE y gauge\n# HELP y Help.\ny 1\n"
            "# TYPE y_info gauge\n# HELP y_info Help.\ny_info 1\n"
            "# TYPE z gaugehistogram\n# HELP z Help.\nz_bucket{le=\"+Inf\"} 1\nz_gsum 1\n"
            "z_gcount 1\n# TYPE z_created gauge\n# HELP z_created Help.\nz_created 1\n"
            "# EOF\n",
            2);
}

/* --- native buckets --------------------------------------------------------------------- */

static void native_script(promc_emitter *e)
{
    const promc_span positive[] = { { -1, 2 }, { 3, 4 } }, negative[] = { { 1, 2 } };
    const double up[] = { 5, 7, 10, 9, 8, 8 }, down[] = { 5, 7 };
    const double halves[] = { 5, 7, 10, 9, 8, 7.5 };
    const double at[] = { 1 }, buckets[] = { 20 };
    promc_exemplar x[] = { { L("t"), L("1"), 1, 1000 }, { L("t"), L("2"), 1, 0 } };
    promc_native native = { 7, 1e-4, 0, positive, 2, up, negative, 1, down };
    promc_samples *f = promc_emit_family(e, PROMC_TYPE_HISTOGRAM, "h", "Help.", L("l"));
    promc_sample s = PROMC_SAMPLE_INIT;

    s.count = 59;
    s.sum = 120;
    s.native = &native;
    s.created_ms = 1520430000123;
    s.exemplars = x;
    s.n_exemplars = 2;
    promc_emit_sample(f, L("1"), &s);
    s.n = 1;
    s.at = at;
    s.buckets = buckets;
    s.n_exemplars = s.created_ms = 0;
    promc_emit_sample(f, L("2"), &s);
    native.positive = halves;
    s.count = 58.5;
    promc_emit_sample(f, L("3"), &s);
    native = (promc_native){ 3, 1e-4, 0, NULL, 0, NULL, NULL, 0, NULL };
    s.count = s.sum = s.n = 0;
    promc_emit_sample(f, L("4"), &s);
}

static void native(void **state)
{
    promc_error err;

    (void)state;
    running = native_script;
    assert_string_equal(
        samples_of(OM2),
        "h{l=\"1\"} {count:59,sum:120,schema:7,zero_threshold:0.0001,zero_count:0,"
        "negative_spans:[1:2],negative_buckets:[5,7],positive_spans:[-1:2,3:4],"
        "positive_buckets:[5,7,10,9,8,8]} st@1520430000.123 # {t=\"1\"} 1 1.000\n"
        "h{l=\"2\"} {count:59,sum:120,schema:7,zero_threshold:0.0001,zero_count:0,"
        "negative_spans:[1:2],negative_buckets:[5,7],positive_spans:[-1:2,3:4],"
        "positive_buckets:[5,7,10,9,8,8],bucket:[1.0:20,+Inf:59]}\n"
        "h{l=\"3\"} {count:58.5,sum:120,schema:7,zero_threshold:0.0001,zero_count:0,"
        "negative_spans:[1:2],negative_buckets:[5,7],positive_spans:[-1:2,3:4],"
        "positive_buckets:[5,7,10,9,8,7.5],bucket:[1.0:20,+Inf:58.5]}\n"
        "h{l=\"4\"} {count:0,sum:0,schema:3,zero_threshold:0.0001,zero_count:0}\n");
    assert_int_equal(promc_page_error(page, NULL), 0);
    assert_samples("h_bucket{l=\"1\",le=\"+Inf\"} 59\nh_sum{l=\"1\"} 120\n"
                   "h_count{l=\"1\"} 59\n"
                   "h_bucket{l=\"2\",le=\"1\"} 20\nh_bucket{l=\"2\",le=\"+Inf\"} 59\n"
                   "h_sum{l=\"2\"} 120\nh_count{l=\"2\"} 59\n"
                   "h_bucket{l=\"3\",le=\"1\"} 20\nh_bucket{l=\"3\",le=\"+Inf\"} 58.5\n"
                   "h_sum{l=\"3\"} 120\nh_count{l=\"3\"} 58.5\n"
                   "h_bucket{l=\"4\",le=\"+Inf\"} 0\nh_sum{l=\"4\"} 0\n"
                   "h_count{l=\"4\"} 0\n");
    /* OpenMetrics 1.0 has no fractions in counts */
    assert_null(strstr(render(OM), "l=\"3\""));
    assert_int_equal(promc_page_error(page, &err), 1);
    assert_non_null(strstr(err.text, "fractions"));
}

static promc_sample bad;

static void bad_script(promc_emitter *e)
{
    promc_emit_sample(family(e, PROMC_TYPE_HISTOGRAM, "h"), PROMC_NO_LABELS, &bad);
}

static void bad_histograms(void **state)
{
    static const promc_span one = { 0, 1 }, back[] = { { 0, 1 }, { -1, 1 } },
                            wide[] = { { 0, 4000000000u }, { 0, 4000000000u } };
    static const double n1[] = { 1 }, n12[] = { 1, 2 }, n21[] = { 2, 1 }, nan[] = { NAN },
                        minus[] = { -1 }, n13[] = { 1, 3 }, inf[] = { INFINITY },
                        n05[] = { .5 }, n53[] = { 0x1p53 }, n62[] = { 0x1p62 };
    static const promc_native rows[] = {
        { 9, 0, 0, NULL, 0, NULL, NULL, 0, NULL },
        { -5, 0, 0, NULL, 0, NULL, NULL, 0, NULL },
        { -53, 0, 0, &one, 1, n1, NULL, 0, NULL },
        { 0, -1, 1, NULL, 0, NULL, NULL, 0, NULL },
        { 0, NAN, 1, NULL, 0, NULL, NULL, 0, NULL },
        { 0, 0, -1, NULL, 0, NULL, NULL, 0, NULL },
        { 0, 0, 0, NULL, 0, NULL, NULL, 0, NULL }, /* fewer than the count */
        { 0, 0, 1, &one, 1, n1, NULL, 0, NULL },   /* more */
        { 0, 0, 0, &one, 1, NULL, NULL, 0, NULL },
        { 0, 0, 0, NULL, 1, n1, NULL, 0, NULL },
        { 0, 0, 0, NULL, 0, NULL, &one, 1, minus },
        { 0, 0, 0, NULL, 0, NULL, &one, 1, nan },
        { 0, 0, 0, back, 2, n12, NULL, 0, NULL },
        { 0, 0, 0, wide, 2, n12, NULL, 0, NULL },
    };
    /* one more than the count, where doubles are two apart */
    static const promc_native large[] = {
        { 0, 0, 1, &one, 1, n53, NULL, 0, NULL },
        { 0, 0, 0, &one, 1, n53, &one, 1, n1 },
        { 0, 0, 1, &one, 1, n62, NULL, 0, NULL },
    };
    static const promc_native half = { 0, 0, 0, &one, 1, n05, NULL, 0, NULL };
    const struct {
        size_t n;
        const double *at, *buckets;
        double count;
    } classic[] = {
        { 2, n21, n12, 2 },    { 2, n12, n21, 2 },     { 2, n12, n13, 2 },
        { 1, nan, n1, 1 },     { 1, inf, n1, 1 },      { 1, n1, minus, 1 },
        { 1, n1, nan, 1 },     { 1, NULL, n1, 1 },     { 1, n1, NULL, 1 },
        { 0, NULL, NULL, -1 }, { 0, NULL, NULL, NAN }, { 0, NULL, NULL, INFINITY },
    };

    (void)state;
    bad = (promc_sample)PROMC_SAMPLE_INIT;
    bad.count = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bad.native = &rows[i];
        emitted(bad_script, PROMC_FORMAT_TEXT, "", 1);
    }
    for (size_t i = 0; i < COUNT(large); i++) {
        bad.native = &large[i];
        bad.count = i < 2 ? 0x1p53 : 0x1p62;
        emitted(bad_script, PROMC_FORMAT_TEXT, "", 1);
    }
    bad.native = &half; /* without a count nothing tells that there are fractions */
    bad.count = 0;
    emitted(bad_script, PROMC_FORMAT_TEXT, "", 1);
    bad.native = NULL;
    for (size_t i = 0; i < COUNT(classic); i++) {
        bad.n = classic[i].n;
        bad.at = classic[i].at;
        bad.buckets = classic[i].buckets;
        bad.count = classic[i].count;
        emitted(bad_script, PROMC_FORMAT_TEXT, "", 1);
    }
}

static void nan_script(promc_emitter *e)
{
    const promc_native native = { 0, 0, 1, NULL, 0, NULL, NULL, 0, NULL };
    promc_sample s = PROMC_SAMPLE_INIT;

    s.native = &native;
    s.count = 2; /* one of them was NaN: it is in no bucket */
    s.sum = NAN;
    promc_emit_sample(family(e, PROMC_TYPE_HISTOGRAM, "h"), PROMC_NO_LABELS, &s);
    /* fractions never add up exactly */
    s.sum = 1;
    s.count = .3;
    promc_emit_sample(family(e, PROMC_TYPE_HISTOGRAM, "i"), PROMC_NO_LABELS, &s);
}

static void nan_observed(void **state)
{
    (void)state;
    emitted(nan_script, OM2,
            "# TYPE h histogram\n# HELP h Help.\n"
            "h {count:2,sum:NaN,schema:0,zero_threshold:0,zero_count:1}\n"
            "# TYPE i histogram\n# HELP i Help.\n"
            "i {count:0.3,sum:1,schema:0,zero_threshold:0,zero_count:1}\n# EOF\n",
            0);
}

/* --- statesets and summaries ------------------------------------------------------------ */

static promc_type bad_type;

static void bad_any_script(promc_emitter *e)
{
    promc_emit_sample(family(e, bad_type, "x"), PROMC_NO_LABELS, &bad);
}

static void bad_others(void **state)
{
    static const char *const twice[] = { "a", "a" }, *const not_utf8[] = { "\xff" },
                             *const missing[] = { NULL }, *const empty[] = { "a", "" };
    static const int on[65] = { 0 };
    static const double n1[] = { 1 };
    const char *many[65];
    const struct {
        const char *const *states;
        const int *on;
        size_t n;
    } rows[] = { { twice, on, 2 }, { not_utf8, on, 1 }, { missing, on, 1 },
                 { twice, on, 0 }, { NULL, on, 1 },     { twice, NULL, 1 },
                 { many, on, 65 }, { empty, on, 2 } };

    (void)state;
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = "x";
    bad = (promc_sample)PROMC_SAMPLE_INIT;
    bad_type = PROMC_TYPE_STATESET;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bad.states = rows[i].states;
        bad.on = rows[i].on;
        bad.n = rows[i].n;
        emitted(bad_any_script, PROMC_FORMAT_TEXT, "", 1);
    }
    bad_type = PROMC_TYPE_SUMMARY;
    bad = (promc_sample)PROMC_SAMPLE_INIT;
    bad.count = 1.5;
    emitted(bad_any_script, PROMC_FORMAT_TEXT, "", 1);
    bad.count = 1;
    bad.n = 1;
    emitted(bad_any_script, PROMC_FORMAT_TEXT, "", 1);
    bad.at = n1;
    emitted(bad_any_script, PROMC_FORMAT_TEXT, "", 1);
    bad.values = n1;
    emitted(bad_any_script, OM2,
            "# TYPE x summary\n# HELP x Help.\n"
            "x {count:1,sum:0,quantile:[1.0:1]}\n# EOF\n",
            0);
}

/* The struct of an older header is shorter. */
static void old_script(promc_emitter *e)
{
    promc_sample s = PROMC_SAMPLE_INIT;

    s.size = offsetof(promc_sample, sum);
    s.value = 4;
    s.exemplars = (const promc_exemplar *)(uintptr_t)1; /* not to be looked at */
    s.n_exemplars = 99;
    promc_emit_sample(family(e, PROMC_TYPE_COUNTER, "c_total"), PROMC_NO_LABELS, &s);
}

static void old_header(void **state)
{
    (void)state;
    emitted(old_script, PROMC_FORMAT_TEXT,
            "# HELP c_total Help.\n# TYPE c_total counter\nc_total 4\n", 0);
}

/* --- units ------------------------------------------------------------------------------ */

static void units_script(promc_emitter *e)
{
    promc_samples *f = family(e, PROMC_TYPE_COUNTER, "a_seconds_total");

    promc_emit_unit(f, "seconds");
    promc_emit(f, PROMC_NO_LABELS, 1);
    f = family(e, PROMC_TYPE_GAUGE, "b_bytes");
    promc_emit_unit(f, "bytes");
    promc_emit_unit(f, NULL);
    promc_emit_unit(NULL, "bytes");
    promc_emit(f, PROMC_NO_LABELS, 1);
}

static void bad_units_script(promc_emitter *e)
{
    promc_emit_unit(family(e, PROMC_TYPE_GAUGE, "a"), "seconds");
    promc_emit_unit(family(e, PROMC_TYPE_GAUGE, "seconds"), "seconds");
    promc_emit_unit(family(e, PROMC_TYPE_GAUGE, "_seconds"), "seconds");
    promc_emit_unit(family(e, PROMC_TYPE_GAUGE, "a_seconds_total"), "seconds");
    promc_emit_unit(family(e, PROMC_TYPE_GAUGE, "a_b c"), "b c");
    promc_emit_unit(family(e, PROMC_TYPE_GAUGE, "a_"), "");
    promc_emit_unit(family(e, PROMC_TYPE_INFO, "a_info"), "info");
    promc_emit_unit(family(e, PROMC_TYPE_STATESET, "a_b"), "b");
}

static void units(void **state)
{
    (void)state;
    emitted(units_script, OM,
            "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds Help.\n"
            "a_seconds_total 1\n# TYPE b_bytes gauge\n# UNIT b_bytes bytes\n"
            "# HELP b_bytes Help.\nb_bytes 1\n# EOF\n",
            0);
    emitted(units_script, OM2,
            "# TYPE a_seconds_total counter\n# UNIT a_seconds_total seconds\n"
            "# HELP a_seconds_total Help.\na_seconds_total 1\n# TYPE b_bytes gauge\n"
            "# UNIT b_bytes bytes\n# HELP b_bytes Help.\nb_bytes 1\n# EOF\n",
            0);
    emitted(bad_units_script, OM, "# EOF\n", 8);
}

/* --- all or nothing --------------------------------------------------------------------- */

static void fails_script(promc_emitter *e)
{
    promc_samples *f = family(e, PROMC_TYPE_GAUGE, "a");
    promc_emitter *other = promc_emit_arg(e);

    promc_emit(f, PROMC_NO_LABELS, 1);
    promc_emitter_append(e, other);
    promc_emit_fail(e, "cannot read %s", "it");
    promc_emit(f, PROMC_NO_LABELS, 2);
    promc_emit(family(e, PROMC_TYPE_GAUGE, "b"), PROMC_NO_LABELS, 3);
    promc_emitter_append(e, other);
}

static void before(promc_emitter *e, void *arg)
{
    (void)arg;
    promc_emit(family(e, PROMC_TYPE_GAUGE, "before"), PROMC_NO_LABELS, 1);
}

static void after(promc_emitter *e, void *arg)
{
    (void)arg;
    promc_emit(family(e, PROMC_TYPE_GAUGE, "after"), PROMC_NO_LABELS, 1);
}

static double one(void *arg)
{
    (void)arg;
    return 1;
}

/* A collector that fails costs what it has emitted, and nobody else's. */
static void fails(void **state)
{
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;
    promc_emitter *other = promc_emitter_new(NULL);
    promc_error err;

    (void)state;
    promc_emit(family(other, PROMC_TYPE_GAUGE, "other"), PROMC_NO_LABELS, 1);
    promc_collector_unregister(reg, collector, NULL);
    promc_collector_register(reg, before, NULL, NULL);
    promc_collector_register(reg, collector, NULL, NULL);
    promc_collector_register(reg, after, NULL, NULL);
    promc_gauge_func_new(reg, "func", "Help.", one, NULL, NULL);
    opts.scrape_arg = other;
    running = fails_script;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(promc_render_with(reg, PROMC_FORMAT_TEXT, &opts, page, NULL), 0);
        assert_string_equal(promc_page_data(page),
                            "# HELP after Help.\n# TYPE after gauge\nafter 1\n"
                            "# HELP before Help.\n# TYPE before gauge\nbefore 1\n"
                            "# HELP func Help.\n# TYPE func gauge\nfunc 1\n");
        assert_int_equal(promc_page_error(page, &err), 1);
        assert_string_equal(err.text, "cannot read it");
    }
    promc_emit_fail(other, "gone");
    assert_null(family(other, PROMC_TYPE_GAUGE, "x"));
    promc_emitter_reset(other);
    assert_non_null(family(other, PROMC_TYPE_GAUGE, "x"));
    promc_emit_fail(NULL, "x");
    promc_emitter_free(other);
}

/* --- memory ----------------------------------------------------------------------------- */

static void everything(promc_emitter *e)
{
    times(e);
    exemplars_script(e);
    types_script(e);
    native_script(e);
    units_script(e);
}

/* Whatever allocation fails, the page is empty or its samples are whole; the next is good. */
static void no_memory(void **state)
{
    char *want;

    (void)state;
    running = everything;
    want = strdup(render(OM2));
    for (size_t n = 1;; n++) {
        promc_page *fresh = promc_page_new(NULL);
        size_t asked;
        int rc;

        refuse_from = refuse_to = n;
        count_allocations();
        rc = promc_render(reg, OM2, fresh, NULL);
        asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        if (rc != 0)
            assert_int_equal(promc_page_size(fresh), 0);
        else
            assert_string_equal(promc_page_data(fresh) + promc_page_size(fresh) - 6,
                                "# EOF\n");
        assert_int_equal(promc_render(reg, OM2, fresh, NULL), 0);
        assert_string_equal(promc_page_data(fresh), want);
        promc_page_free(fresh);
        if (asked < n)
            break;
    }
    free(want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EMIT(timestamps),    EMIT(created),    EMIT(exemplars),
        EMIT(bad_exemplars), EMIT(types),      EMIT(no_such_families),
        EMIT(names),         EMIT(native),     EMIT(bad_histograms),
        EMIT(nan_observed),  EMIT(bad_others), EMIT(old_header),
        EMIT(units),         EMIT(fails),      EMIT(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
