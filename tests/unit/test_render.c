/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

static double half(void *arg)
{
    (void)arg;
    return .5;
}

/* Families by name, series by number of labels and then by values, whatever came first.
 */
static void order(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_gauge_family *f;

    (void)state;
    f = promc_gauge_family_new(reg, "b", "Help.", L("z", "a"), NULL);
    promc_gauge_family_set(f, L("1", "2"), 12);
    promc_gauge_family_set(f, L("2", "1"), 21);
    promc_gauge_family_set(f, L("1", "1"), 11);
    promc_gauge_family_set(f, L("1", "10"), 110);
    promc_gauge_family_set(f, L("1", ""), 10);
    promc_gauge_new(reg, "a_b", "Help.", NULL);
    promc_gauge_new(reg, "aB", "Help.", NULL);
    promc_gauge_new(reg, "a", "Help.", NULL);
    promc_gauge_new(reg, "a:", "Help.", NULL);
    opts.open_labels = 1;
    f = promc_gauge_family_new_with(reg, "c", "Help.", PROMC_NO_LABELS, &opts, NULL);
    promc_gauge_labelset(f, L("a", "b"), L("1", "1"));
    promc_gauge_labelset(f, L("b"), L("2"));
    promc_gauge_labelset(f, L("c"), L("1"));
    promc_gauge_labels(f, PROMC_NO_LABELS);
    assert_samples("a 0\na: 0\naB 0\na_b 0\n"
                   "b{a=\"\",z=\"1\"} 10\nb{a=\"1\",z=\"1\"} 11\nb{a=\"1\",z=\"2\"} 21\n"
                   "b{a=\"10\",z=\"1\"} 110\nb{a=\"2\",z=\"1\"} 12\n"
                   "c 0\nc{c=\"1\"} 0\nc{b=\"2\"} 0\nc{a=\"1\",b=\"1\"} 0\n");
}

/* Series that come between scrapes go where they belong. */
static void newcomers(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new(reg, "g", "Help.", L("l"), NULL);
    uint32_t r = 1;

    (void)state;
    for (int round = 0; round < 40; round++) {
        char last[20] = "";
        size_t n = 0;

        for (int i = 0; i < round; i++) {
            char value[20];

            r = r * 1664525 + 1013904223;
            snprintf(value, sizeof value, "%04u", r >> 16 & 0x7FF);
            promc_gauge_family_set(f, L(value), 1);
        }
        for (const char *p = samples_of(PROMC_FORMAT_TEXT); *p != '\0';
             p = strchr(p, '\n') + 1, n++) {
            assert_true(strncmp(p, "g{l=\"", 5) == 0 && strncmp(p + 5, last, 4) > 0);
            memcpy(last, p + 5, 4);
        }
        assert_true(n >= (size_t)round / 2);
    }
}

static void fill(void)
{
    promc_opts opts = PROMC_OPTS_INIT;
    static const double quantiles[] = { .5, 1 };
    promc_counter_family *c =
        promc_counter_family_new(reg, "c_total", "Help \"c\".", L("l"), NULL);
    promc_summary *s = promc_summary_new(reg, "s", "Help.", quantiles, 2, NULL);

    for (int i = 0; i < 50; i++) {
        char value[20];

        snprintf(value, sizeof value, "%d", i);
        promc_counter_family_add(c, L(value), i * .5);
        promc_summary_observe(s, i);
    }
    promc_histogram_observe(promc_histogram_new(reg, "h", "Help.", NULL, 0, NULL), 1);
    promc_gauge_set(promc_gauge_new(reg, "g", "Help.", NULL), NAN);
    promc_gauge_func_new(reg, "f", "Help.", half, NULL, NULL);
    promc_counter_add(NULL, 1);
    promc_counter_family_inc(c, PROMC_NO_LABELS); /* dropped */
    opts.open_labels = 1;
    promc_gauge_family_new_with(reg, "o", "Help.", PROMC_NO_LABELS, &opts, NULL);
}

/* The same registry gives the same bytes, and the second time needs no memory. */
static void stable(void **state)
{
    (void)state;
    fill();
    for (promc_format format = PROMC_FORMAT_TEXT; format <= PROMC_FORMAT_OPENMETRICS;
         format++) {
        char *first = strdup(render(format));

        for (int i = 0; i < 3; i++) {
            count_allocations();
            render(format);
            assert_int_equal(counted_allocations(), 0);
            assert_string_equal(promc_page_data(page), first);
        }
        free(first);
    }
    /* reading the process's own files takes a buffer each time, and that is all */
    assert_int_equal(promc_process_register(reg, NULL), 0);
    render(PROMC_FORMAT_TEXT);
    count_allocations();
    render(PROMC_FORMAT_TEXT);
    assert_in_range(counted_allocations(), 1, 20);
}

static void metadata(void **state)
{
    (void)state;
    promc_counter_new(reg, "a_total", "About \\ and\n\"a\".", NULL);
    promc_summary_new(reg, "s", "", NULL, 0, NULL);
    assert_string_equal(render(PROMC_FORMAT_TEXT),
                        "# HELP a_total About \\\\ and\\n\"a\".\n# TYPE a_total counter\n"
                        "a_total 0\n# HELP s \n# TYPE s summary\ns_sum 0\ns_count 0\n");
    assert_string_equal(render(PROMC_FORMAT_OPENMETRICS),
                        "# TYPE a counter\n# HELP a About \\\\ and\\n\\\"a\\\".\n"
                        "a_total 0\n# TYPE s summary\n# HELP s \ns_sum 0\ns_count 0\n"
                        "# EOF\n");
    assert_string_equal(promc_content_type(PROMC_FORMAT_TEXT),
                        "text/plain; version=0.0.4; charset=utf-8");
}

/* Which counters OpenMetrics can take for such. */
static void counters_in_openmetrics(void **state)
{
    static const struct {
        char other;
        const char *other_name, *counter, *type_line;
    } rows[] = {
        { 0, NULL, "x_total", "# TYPE x counter\n" },
        { 0, NULL, "x", "# TYPE x unknown\n" },
        { 0, NULL, "_total", "# TYPE _total unknown\n" },
        { 'g', "x", "x_total", "# TYPE x_total unknown\n" },
        { 'h', "x", "x_total", "# TYPE x_total unknown\n" },
        { 'g', "x_tota", "x_total", "# TYPE x counter\n" },
        /* without its _total it would be a sample of the other */
        { 'h', "x", "x_count_total", "# TYPE x_count_total unknown\n" },
        { 'h', "x", "x_bucket_total", "# TYPE x_bucket_total unknown\n" },
        { 's', "x", "x_sum_total", "# TYPE x_sum_total unknown\n" },
        { 's', "x", "x_bucket_total", "# TYPE x_bucket counter\n" },
        { 'g', "x", "x_count_total", "# TYPE x_count counter\n" },
        /* its creation time would have the other's name */
        { 'g', "x_created", "x_total", "# TYPE x_total unknown\n" },
        { 'g', "y_created", "x_total", "# TYPE x counter\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_registry_free(reg);
        reg = promc_registry_new(NULL);
        if (rows[i].other == 'g')
            promc_gauge_new(reg, rows[i].other_name, "Help.", NULL);
        else if (rows[i].other == 'h')
            promc_histogram_new(reg, rows[i].other_name, "Help.", NULL, 0, NULL);
        else if (rows[i].other == 's')
            promc_summary_new(reg, rows[i].other_name, "Help.", NULL, 0, NULL);
        promc_counter_new(reg, rows[i].counter, "Help.", NULL);
        if (strstr(render(PROMC_FORMAT_OPENMETRICS), rows[i].type_line) == NULL)
            fail_msg("row %zu:\n%s", i, promc_page_data(page));
        assert_non_null(strstr(render(PROMC_FORMAT_TEXT), " counter\n"));
        assert_int_equal(promc_page_error(page, NULL), 0);
    }
}

static void names(void **state)
{
    static const char *const wanted[] = { "g", "c_total", "nobody", "f" };
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;

    (void)state;
    fill();
    opts.names = wanted;
    opts.n_names = 4;
    assert_int_equal(promc_render_with(reg, PROMC_FORMAT_TEXT, &opts, page, NULL), 0);
    assert_non_null(strstr(promc_page_data(page), "c_total{l=\"1\"} 0.5\n"));
    assert_non_null(strstr(promc_page_data(page), "\nf 0.5\n"));
    assert_non_null(strstr(promc_page_data(page), "\ng NaN\n"));
    assert_null(strstr(promc_page_data(page), "h_bucket"));
    assert_null(strstr(promc_page_data(page), "promc_"));
    opts.n_names = 0;
    assert_int_equal(promc_render_with(reg, PROMC_FORMAT_OPENMETRICS, &opts, page, NULL),
                     0);
    assert_string_equal(promc_page_data(page), "# EOF\n");
}

/* --- registered and collected ---------------------------------------------------- */

static promc_type emit_type;
static const char *emit_name;

static void collector(promc_emitter *e, void *arg)
{
    promc_samples *f =
        promc_emit_family(e, emit_type, emit_name, "Collected.", PROMC_NO_LABELS);

    (void)arg;
    if (emit_type == PROMC_TYPE_HISTOGRAM)
        promc_emit_histogram(f, PROMC_NO_LABELS, NULL, NULL, 0, 1, 1);
    else if (emit_type == PROMC_TYPE_SUMMARY)
        promc_emit_summary(f, PROMC_NO_LABELS, NULL, NULL, 0, 1, 1);
    else
        promc_emit(f, PROMC_NO_LABELS, 1);
}

/* What is registered stays; what a collector brings must fit beside it. */
static void clashes(void **state)
{
    static const struct {
        promc_type type;
        const char *name;
        const char *want;
        size_t left_out;
    } rows[] = {
        { PROMC_TYPE_GAUGE, "z", "a 0\nh_count 0\nz 1\n", 0 },
        { PROMC_TYPE_GAUGE, "a", "a 0\nh_count 0\n", 1 },
        { PROMC_TYPE_COUNTER, "a", "a 0\nh_count 0\n", 1 },
        /* a family that has no series yet has a type all the same */
        { PROMC_TYPE_GAUGE, "empty", "a 0\nempty 1\nh_count 0\n", 0 },
        { PROMC_TYPE_COUNTER, "empty", "a 0\nh_count 0\n", 1 },
        { PROMC_TYPE_HISTOGRAM, "h", "a 0\nh_count 0\n", 1 },
        { PROMC_TYPE_SUMMARY, "h", "a 0\nh_count 0\n", 1 },
        { PROMC_TYPE_GAUGE, "h", "a 0\nh 1\nh_count 0\n", 0 },
        { PROMC_TYPE_GAUGE, "s_sum", "a 0\nh_count 0\n", 1 },
        { PROMC_TYPE_GAUGE, "s_bucket", "a 0\nh_count 0\ns_bucket 1\n", 0 },
        { PROMC_TYPE_UNTYPED, "s_count", "a 0\nh_count 0\n", 1 },
    };

    (void)state;
    promc_gauge_new(reg, "a", "Help.", NULL);
    promc_gauge_new(reg, "h_count", "Help.", NULL);
    promc_gauge_family_new(reg, "empty", "Help.", L("l"), NULL);
    promc_summary_family_new(reg, "s", "Help.", L("l"), NULL, 0, NULL);
    assert_int_equal(promc_collector_register(reg, collector, NULL, NULL), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_error err = { 0 };

        emit_type = rows[i].type;
        emit_name = rows[i].name;
        if (strcmp(samples_of(PROMC_FORMAT_TEXT), rows[i].want) != 0)
            fail_msg("row %zu:\n%s", i, promc_page_data(page));
        assert_int_equal(promc_page_error(page, &err), rows[i].left_out);
        assert_true(rows[i].left_out == 0 || strstr(err.text, rows[i].name) != NULL);
        assert_om_samples(rows[i].want);
    }
}

/* --- memory and misuse ----------------------------------------------------------- */

static void without_page(void **state)
{
    promc_error err = { 0 };

    (void)state;
    assert_int_equal(promc_render(reg, PROMC_FORMAT_TEXT, NULL, &err), -EINVAL);
    assert_int_equal(err.code, -EINVAL);
    assert_int_equal(promc_render(reg, (promc_format)7, page, &err), -EINVAL);
    assert_string_equal(promc_page_data(NULL), "");
    assert_int_equal(promc_page_size(NULL), 0);
    assert_int_equal(promc_page_error(NULL, &err), 0);
    promc_page_free(NULL);
    assert_string_equal(promc_page_data(page), "");
    assert_string_equal(render(PROMC_FORMAT_TEXT), "");
    /* a call that fails leaves no page */
    promc_gauge_new(reg, "g", "Help.", NULL);
    assert_string_not_equal(render(PROMC_FORMAT_TEXT), "");
    assert_int_equal(promc_render(reg, (promc_format)7, page, &err), -EINVAL);
    assert_string_equal(promc_page_data(page), "");
    assert_int_equal(promc_page_size(page), 0);
}

/* A page that memory does not suffice for is empty, and the next one whole. */
static void out_of_memory(void **state)
{
    char *want;
    int failed = 0;

    (void)state;
    fill();
    want = strdup(render(PROMC_FORMAT_TEXT));
    for (size_t n = 1;; n++) {
        promc_page *fresh = promc_page_new(NULL);
        promc_error err = { 0 };
        int rc;

        refuse_from = refuse_to = n;
        count_allocations();
        rc = promc_render(reg, PROMC_FORMAT_TEXT, fresh, &err);
        size_t asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        if (rc != 0) {
            failed++;
            assert_int_equal(rc, -ENOMEM);
            assert_int_equal(err.code, -ENOMEM);
            assert_int_equal(promc_page_size(fresh), 0);
        } else {
            assert_true(promc_page_error(fresh, NULL) != 0 ||
                        strcmp(promc_page_data(fresh), want) == 0);
        }
        assert_int_equal(promc_render(reg, PROMC_FORMAT_TEXT, fresh, NULL), 0);
        assert_string_equal(promc_page_data(fresh), want);
        promc_page_free(fresh);
        if (asked < n)
            break;
    }
    free(want);
    assert_true(failed > 5);
}

/* Scrapes at once, while series come and go: each page makes sense by itself. */
static _Atomic int scraping;
static promc_gauge_family *churning;

static void *scrape(void *arg)
{
    promc_page *mine = promc_page_new(NULL);

    (void)arg;
    for (int i = 0; i < 300; i++) {
        const char *p;

        if (promc_render(reg, i % 2 ? PROMC_FORMAT_TEXT : PROMC_FORMAT_OPENMETRICS, mine,
                         NULL) != 0)
            abort();
        p = promc_page_data(mine);
        if (strstr(p, "h_bucket{le=\"+Inf\"} 1\n") == NULL ||
            promc_page_error(mine, NULL) != 0)
            abort();
    }
    promc_page_free(mine);
    atomic_fetch_sub(&scraping, 1);
    return NULL;
}

static void at_once(void **state)
{
    pthread_t thread[3];
    int n = 0;

    (void)state;
    fill();
    churning = promc_gauge_family_new(reg, "churn", "Help.", L("l"), NULL);
    scraping = 3;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, scrape, NULL), 0);
    while (atomic_load(&scraping) != 0) {
        char value[20];

        snprintf(value, sizeof value, "%d", n++ % 5000);
        promc_gauge_family_set(churning, L(value), 1);
        if (n % 3 == 0)
            promc_gauge_remove(churning, L(value));
    }
    for (size_t i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
}

static void anew_with(char type, const char *name)
{
    promc_registry_free(reg);
    reg = promc_registry_new(NULL);
    if (type == 'c')
        promc_counter_new(reg, name, "Help.", NULL);
    else if (type == 'h')
        promc_histogram_new(reg, name, "Help.", NULL, 0, NULL);
    else if (type == 's')
        promc_summary_new(reg, name, "Help.", NULL, 0, NULL);
    else
        promc_gauge_new(reg, name, "Help.", NULL);
}

/* OpenMetrics keeps x_created for x; in the text format it is a name like any other. */
static void a_name_that_openmetrics_keeps(void **state)
{
    static const struct {
        char other;
        int kept;
    } rows[] = { { 'h', 1 }, { 's', 1 }, { 'g', 0 } };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        anew_with(rows[i].other, "x");
        promc_gauge_new(reg, "x_created", "Help.", NULL);
        assert_int_equal(promc_render(reg, PROMC_FORMAT_TEXT, page, NULL), 0);
        assert_non_null(strstr(promc_page_data(page), "# TYPE x_created gauge\n"));
        assert_int_equal(promc_page_error(page, NULL), 0);
        assert_int_equal(promc_render(reg, PROMC_FORMAT_OPENMETRICS, page, NULL), 0);
        assert_int_equal(strstr(promc_page_data(page), "x_created") == NULL,
                         rows[i].kept);
        assert_int_equal(promc_page_error(page, NULL), rows[i].kept);
    }
}

/* What would be called like the time of creation of another one keeps its whole name. */
static void called_like_a_creation_time(void **state)
{
    static const struct {
        const char *other;
        char type;
        int plain;
    } rows[] = { { "x_total", 'c', 1 }, { "x", 'h', 1 }, { "x", 's', 1 },
                 { "x_total", 'g', 0 }, { "x", 'g', 0 }, { "y_total", 'c', 0 } };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        anew_with(rows[i].type, rows[i].other);
        promc_counter_new(reg, "x_created_total", "Help.", NULL);
        assert_int_equal(promc_render(reg, PROMC_FORMAT_OPENMETRICS, page, NULL), 0);
        assert_int_equal(
            strstr(promc_page_data(page), "# TYPE x_created_total unknown\n") != NULL,
            rows[i].plain);
        anew_with(rows[i].type, rows[i].other);
        promc_info_new(reg, "x_created_info", "Help.", L("l"), L("1"), NULL);
        assert_int_equal(promc_render(reg, PROMC_FORMAT_OPENMETRICS, page, NULL), 0);
        assert_int_equal(strstr(promc_page_data(page), "# TYPE x_created_info gauge\n") !=
                             NULL,
                         rows[i].plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(order),
        TEST(newcomers),
        TEST(stable),
        TEST(metadata),
        TEST(names),
        TEST(counters_in_openmetrics),
        TEST(clashes),
        TEST(out_of_memory),
        TEST(without_page),
        TEST(at_once),
        TEST(a_name_that_openmetrics_keeps),
        TEST(called_like_a_creation_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
