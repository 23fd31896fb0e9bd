/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"
#include "exemplar.h"
#include "lane.h"
#include "protowalk.h"

static promc_opts with_exemplars(void)
{
    promc_opts opts = PROMC_OPTS_INIT;

    opts.exemplars = 1;
    return opts;
}

/* --- labels ----------------------------------------------------------------------------- */

static void labels(void **state)
{
    static const struct {
        const char *name, *value, *want; /* NULL: refused */
    } rows[] = {
        { "trace_id", "abc", "trace_id=\"abc\"" },
        { "a", "", "a=\"\"" },
        { "a", "\\\"\n\xc3\xa4", "a=\"\\\\\\\"\\n\xc3\xa4\"" },
        { "", "x", NULL },
        { "__a", "x", NULL },
        { "\xff", "x", NULL },
        { "a", "\xff", NULL },
        { "a", "x\xc3", NULL },
        { "a", NULL, NULL },
        { NULL, "x", NULL },
    };
    struct promc__exemplar x;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int rc = promc__exemplar_init(&x, L(rows[i].name), L(rows[i].value), 1, 2);

        assert_int_equal(rc, rows[i].want != NULL ? 0 : -EINVAL);
        if (rc != 0)
            continue;
        assert_int_equal(x.len, strlen(rows[i].want));
        assert_memory_equal(x.text, rows[i].want, x.len);
        assert_true(x.value == 1 && x.ms == 2);
    }
    assert_int_equal(promc__exemplar_init(&x, PROMC_NO_LABELS, PROMC_NO_LABELS, 1, 2), 0);
    assert_int_equal(x.len, 0);
    assert_int_equal(promc__exemplar_init(&x, L("b", "a"), L("1", "2"), 1, 2), 0);
    assert_memory_equal(x.text, "a=\"2\",b=\"1\"", x.len);
    assert_int_equal(promc__exemplar_init(&x, L("b"), L("1", "2"), 1, 2), -EINVAL);
    assert_int_equal(promc__exemplar_init(&x, L("b", "b"), L("1", "2"), 1, 2), -EINVAL);
    assert_int_equal(promc__exemplar_init(&x, (promc_labels){ NULL, 1 }, L("1"), 1, 2),
                     -EINVAL);
    assert_int_equal(promc__exemplar_init(&x, L("a"), (promc_labels){ NULL, 1 }, 1, 2),
                     -EINVAL);
}

/* 128 characters are allowed, of whatever bytes, and 256 bytes as printed. */
static void long_labels(void **state)
{
    static char value[2000];
    const char *names[200], *values[200];
    struct promc__exemplar x;

    (void)state;
    memset(value, 'x', 126);
    assert_int_equal(promc__exemplar_init(&x, L("id"), L(value), 1, 2), 0);
    value[126] = 'x';
    assert_int_equal(promc__exemplar_init(&x, L("id"), L(value), 1, 2), -EINVAL);
    /* two bytes each, with those of a="" */
    value[0] = '\0';
    for (size_t i = 0; i < 126; i++)
        strcat(value, "\xc3\xa4");
    assert_int_equal(promc__exemplar_init(&x, L("a"), L(value), 1, 2), 0);
    assert_int_equal(x.len, 256);
    strcat(value, "x");
    assert_int_equal(promc__exemplar_init(&x, L("a"), L(value), 1, 2), -EINVAL);
    /* the most that can be printed, before it is found to be too long */
    value[0] = '\0';
    for (size_t i = 0; i < 127; i++)
        strcat(value, "\xf0\x9f\x98\x80");
    assert_int_equal(promc__exemplar_init(&x, L("a"), L(value), 1, 2), -EINVAL);
    memset(value, '"', sizeof value - 1);
    assert_int_equal(promc__exemplar_init(&x, L("a"), L(value), 1, 2), -EINVAL);
    value[127] = '\0';
    assert_int_equal(promc__exemplar_init(&x, L("a"), L(value), 1, 2), -EINVAL);
    for (size_t i = 0; i < COUNT(names); i++)
        names[i] = values[i] = "a";
    assert_int_equal(promc__exemplar_init(&x, (promc_labels){ names, COUNT(names) },
                                          (promc_labels){ values, COUNT(names) }, 1, 2),
                     -EINVAL);
}

/* --- the list --------------------------------------------------------------------------- */

static struct promc__exemplar plain(double v, int64_t ms)
{
    struct promc__exemplar x = { v, ms, 0, "" };

    return x;
}

static void assert_list(const struct promc__exemplar_list *l, const double *want,
                        size_t n)
{
    int seen[PROMC__EXEMPLAR_LIST] = { 0 };

    assert_int_equal(l->n, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(l->x[l->order[i]].value == want[i]);
        assert_int_equal(seen[l->order[i]]++, 0);
    }
}

#define WANT(...)                                                                        \
    assert_list(&l, (const double[]){ __VA_ARGS__ },                                     \
                COUNT(((const double[]){ __VA_ARGS__ })))

static void spread(void **state)
{
    struct promc__exemplar_list l = { 0 };
    const double first[] = { 64, 1, 512, 8, 2, 128, 4, 256, 32, 16 };
    const struct {
        double v;
        int64_t ms;
        double want[10];
    } rows[] = {
        /* nearer to one than any two are to each other: takes its place */
        { 1.1, 100, { 1.1, 2, 4, 8, 16, 32, 64, 128, 256, 512 } },
        { 500, 100, { 1.1, 2, 4, 8, 16, 32, 64, 128, 256, 500 } },
        /* the next nearest two are 1.1 and 2, of which 2 is the older */
        { 1e6, 100, { 1.1, 4, 8, 16, 32, 64, 128, 256, 500, 1e6 } },
        { -1, 100, { -1, 1.1, 4, 8, 16, 32, 64, 128, 500, 1e6 } },
        /* equal ones are near */
        { 8, 200, { -1, 1.1, 4, 8, 16, 32, 64, 128, 500, 1e6 } },
        /* zero is far from everything */
        { 0, 200, { -1, 0, 1.1, 8, 16, 32, 64, 128, 500, 1e6 } },
        /* 64 of the first is the oldest, and too old */
        { 1.2, 300001, { -1, 0, 1.1, 1.2, 8, 16, 32, 128, 500, 1e6 } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(first); i++) {
        struct promc__exemplar x = plain(first[i], i == 0 ? 0 : (int64_t)i);
        promc__exemplar_list_add(&l, &x);
    }
    WANT(1, 2, 4, 8, 16, 32, 64, 128, 256, 512);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct promc__exemplar x = plain(rows[i].v, rows[i].ms);

        promc__exemplar_list_add(&l, &x);
        assert_list(&l, rows[i].want, 10);
    }
}

/* Whatever comes, the list stays sorted, and its extremes spread. */
static void spread_of_many(void **state)
{
    struct promc__exemplar_list l = { 0 };
    uint64_t r = 1;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct promc__exemplar x;

        r = r * 6364136223846793005u + 1442695040888963407u;
        x = plain(exp(((double)(r >> 33) / 2147483648.0 - .5) * 20), 1 + i / 10000);
        if (r >> 20 & 1)
            x.value = -x.value;
        promc__exemplar_list_add(&l, &x);
        for (uint32_t k = 1; k < l.n; k++)
            assert_true(l.x[l.order[k - 1]].value <= l.x[l.order[k]].value);
    }
    assert_int_equal(l.n, 10);
    assert_true(l.x[l.order[0]].value < -100);
    assert_true(l.x[l.order[9]].value > 100);
}

/* --- places ----------------------------------------------------------------------------- */

static void put_and_show(void **state)
{
    struct promc__exemplars *all = promc__exemplars_new(2, 1);
    struct promc__exemplar_scratch s = { 0 };
    struct promc__exemplar x;

    (void)state;
    assert_non_null(all);
    assert_int_equal(promc__exemplars_show(all, &s), 0);
    assert_null(s.place[0]);
    assert_null(s.place[1]);
    assert_int_equal(s.n_list, 0);
    promc__exemplar_init(&x, L("a"), L("b"), 2, 3);
    promc__exemplars_put(all, 1, &x);
    promc__exemplar_init(&x, L("a"), L("cc"), 1, 4);
    promc__exemplars_put(all, 7, &x); /* no such place: the list alone */
    assert_int_equal(promc__exemplars_show(all, &s), 0);
    assert_null(s.place[0]);
    assert_int_equal(s.place[1]->labels_len, 5);
    assert_memory_equal(s.place[1]->labels, "a=\"b\"", 5);
    assert_true(s.place[1]->value == 2 && s.place[1]->timestamp_ms == 3);
    assert_int_equal(s.n_list, 2);
    assert_memory_equal(s.list[0].labels, "a=\"cc\"", 6);
    assert_true(s.list[1].value == 2);
    /* what another thread has in hand is neither written nor shown */
    all->place[1].lock.by = all->list->lock.by = promc__forks + 1;
    promc__exemplars_put(all, 1, &x);
    assert_int_equal(promc__exemplars_show(all, &s), 0);
    assert_null(s.place[1]);
    assert_int_equal(s.n_list, 0);
    all->place[1].lock.by = all->list->lock.by = 0;
    promc__exemplars_show(all, &s);
    assert_true(s.place[1]->value == 2);
    assert_int_equal(s.n_list, 2);
    /* what a thread had in hand that a fork() did not bring along is gone */
    all->place[1].lock.by = all->list->lock.by = promc__forks + 2;
    promc__exemplars_show(all, &s);
    assert_null(s.place[1]);
    assert_int_equal(s.n_list, 0);
    all->place[1].lock.by = all->list->lock.by = promc__forks + 2;
    promc__exemplars_put(all, 1, &x);
    promc__exemplars_show(all, &s);
    assert_true(s.place[1]->value == 1);
    assert_int_equal(s.n_list, 1);
    promc__exemplars_free(all);
    promc__free(s.mem);
}

/* --- in metrics ------------------------------------------------------------------------- */

/* What the page says of one sample's exemplar, without its time. */
static const char *exemplar_of(const char *sample)
{
    static char text[400];
    const char *p = strstr(render(PROMC_FORMAT_OPENMETRICS), sample);
    const char *end;

    text[0] = '\0';
    assert_non_null(p);
    end = strchr(p, '\n');
    p = memmem(p, (size_t)(end - p), " # ", 3);
    if (p != NULL) {
        while (*--end != ' ')
            ;
        snprintf(text, sizeof text, "%.*s", (int)(end - p - 3), p + 3);
    }
    return text;
}

static void counters(void **state)
{
    promc_opts opts = with_exemplars();
    promc_counter_family *f =
        promc_counter_family_new_with(reg, "c_total", "H.", L("l"), &opts, NULL);
    promc_counter *c = promc_counter_labels(f, L("x"));
    promc_counter *without = promc_counter_new(reg, "w_total", "H.", NULL);

    (void)state;
    assert_string_equal(exemplar_of("c_total{l=\"x\"} 0"), "");
    promc_counter_add_exemplar(c, 2, L("id"), L("7"));
    assert_string_equal(exemplar_of("c_total{l=\"x\"} 2 "), "{id=\"7\"} 2");
    promc_counter_add_exemplar(c, .5, PROMC_NO_LABELS, PROMC_NO_LABELS);
    assert_string_equal(exemplar_of("c_total{l=\"x\"} 2.5 "), "{} 0.5");
    /* refused ones are counted, what they came with too */
    promc_counter_add_exemplar(c, 1, L("id"), L("\xff"));
    assert_string_equal(exemplar_of("c_total{l=\"x\"} 3.5 "), "{} 0.5");
    assert_int_equal(dropped("exemplar"), 1);
    /* what is not counted has none */
    promc_counter_add_exemplar(c, -1, L("id"), L("8"));
    promc_counter_add_exemplar(c, NAN, L("id"), L("8"));
    promc_counter_add_exemplar(c, INFINITY, L("id"), L("8"));
    assert_string_equal(exemplar_of("c_total{l=\"x\"} 3.5 "), "{} 0.5");
    assert_int_equal(dropped("exemplar"), 1);
    promc_counter_add_exemplar(without, 3, L("id"), L("\xff"));
    assert_int_equal(dropped("exemplar"), 1);
    assert_string_equal(exemplar_of("w_total 3\n"), "");
    promc_counter_add_exemplar(NULL, 3, L("id"), L("9"));
    assert_null(strstr(render(PROMC_FORMAT_TEXT), " # "));
    /* a new series has none of the one before */
    promc_counter_remove(f, L("x"));
    promc_counter_labels(f, L("x"));
    assert_string_equal(exemplar_of("c_total{l=\"x\"} 0"), "");
    promc_counter_add_exemplar(c, 1, L("id"), L("10"));
    assert_string_equal(exemplar_of("c_total{l=\"x\"} 0"), "");
    assert_int_equal(dropped("removed"), 1);
}

/* Handles outlive what is removed, whole families too, and their bounds. */
static void removed(void **state)
{
    promc_opts opts = with_exemplars();
    promc_histogram_family *f = promc_histogram_family_new_with(
        reg, "h", "H.", L("l"), (const double[]){ 1, 2 }, 2, &opts, NULL);
    promc_histogram *h = promc_histogram_labels(f, L("x"));

    (void)state;
    promc_histogram_observe_exemplar(h, 1, L("id"), L("1"));
    promc_histogram_remove(f, L("x"));
    promc_unregister(reg, "h");
    for (int i = 0; i < 5; i++) {
        render(PROMC_FORMAT_OPENMETRICS);
        promc_histogram_observe_exemplar(h, 1, L("id"), L("1"));
    }
    assert_int_equal(dropped("removed"), 5);
}

static void histograms(void **state)
{
    promc_opts opts = with_exemplars();
    promc_histogram_family *f = promc_histogram_family_new_with(
        reg, "h", "H.", PROMC_NO_LABELS, (const double[]){ 1, 2 }, 2, &opts, NULL);
    promc_histogram *h = promc_histogram_labels(f, PROMC_NO_LABELS);

    (void)state;
    promc_histogram_observe_exemplar(h, 1, L("id"), L("1"));
    promc_histogram_observe_exemplar(h, 3, L("id"), L("3"));
    promc_histogram_observe_exemplar(h, NAN, L("id"), L("4"));
    promc_histogram_observe_exemplar(NULL, 1, L("id"), L("5"));
    assert_int_equal(promc_histogram_count(h), 2);
    /* registered again it has to be the same */
    assert_ptr_equal(promc_histogram_family_new_with(reg, "h", "H.", PROMC_NO_LABELS,
                                                     (const double[]){ 1, 2 }, 2, &opts,
                                                     NULL),
                     f);
    assert_null(promc_histogram_family_new(reg, "h", "H.", PROMC_NO_LABELS,
                                           (const double[]){ 1, 2 }, 2, NULL));
    assert_string_equal(exemplar_of("h_bucket{le=\"1.0\"} 1 "), "{id=\"1\"} 1");
    assert_string_equal(exemplar_of("h_bucket{le=\"2.0\"} 1"), "");
    assert_string_equal(exemplar_of("h_bucket{le=\"+Inf\"} 2 "), "{id=\"3\"} 3");
    promc_histogram_observe_exemplar(h, INFINITY, L("id"), L("6"));
    assert_string_equal(exemplar_of("h_bucket{le=\"+Inf\"} 3 "), "{id=\"6\"} +Inf");
}

/* The whole of a protobuf page as text. */
static const char *protobuf(void)
{
    static struct promc__buf text;

    promc__buf_free(&text);
    assert_int_equal(promc_render(reg, PROMC_FORMAT_PROTOBUF, page, NULL), 0);
    assert_true(walk_page(promc_page_data(page), promc_page_size(page), &text));
    promc__buf_put(&text, "", 1);
    return text.data;
}

static void native_histograms(void **state)
{
    promc_opts opts = with_exemplars();
    promc_histogram *h;
    const char *p;
    int n = 0;

    (void)state;
    opts.native_factor = 1.1;
    h = promc_histogram_labels(
        promc_histogram_family_new_with(reg, "h", "H.", PROMC_NO_LABELS,
                                        (const double[]){ 10 }, 1, &opts, NULL),
        PROMC_NO_LABELS);
    for (int i = 0; i < 20; i++)
        promc_histogram_observe_exemplar(h, i + 1, L("id"), L("x"));
    p = protobuf();
    assert_non_null(
        strstr(p, "bucket{count:10 le:10 exemplar{label{name:\"id\" value:\"x\"} "
                  "value:10 timestamp{"));
    p = strstr(p, "created{");
    assert_non_null(p);
    while ((p = strstr(p, " exemplar{label{name:\"id\" value:\"x\"} value:")) != NULL) {
        n++;
        p++;
    }
    assert_int_equal(n, 10);
    assert_string_equal(exemplar_of("h_bucket{le=\"+Inf\"} 20 "), "{id=\"x\"} 20");
}

static void native_only(void **state)
{
    promc_opts opts = with_exemplars();
    promc_histogram *h;

    (void)state;
    opts.native_factor = 2;
    opts.native_only = 1;
    h = promc_histogram_labels(promc_histogram_family_new_with(
                                   reg, "h", "H.", PROMC_NO_LABELS, NULL, 0, &opts, NULL),
                               PROMC_NO_LABELS);
    promc_histogram_observe_exemplar(h, 3, L("id"), L("x"));
    assert_null(strstr(protobuf(), "bucket{"));
    assert_non_null(
        strstr(protobuf(), " exemplar{label{name:\"id\" value:\"x\"} value:3 "));
}

/* Writers and scrapes at once: labels and value of an exemplar belong together. */
static _Atomic int stop;

static void *write_exemplars(void *arg)
{
    static _Atomic unsigned number;
    unsigned me = atomic_fetch_add(&number, 1) % 4;
    char id[40];

    memset(id, 'a' + (int)me, sizeof id - 1);
    id[sizeof id - 1 - me] = '\0';
    while (!atomic_load(&stop))
        promc_histogram_observe_exemplar(arg, 1 + me / 8.0, L("id"), L(id));
    return NULL;
}

static void together(void **state)
{
    promc_opts opts = with_exemplars();
    promc_histogram *h;
    pthread_t threads[4];
    size_t seen = 0;

    (void)state;
    opts.native_factor = 1.1;
    h = promc_histogram_labels(promc_histogram_family_new_with(
                                   reg, "h", "H.", PROMC_NO_LABELS, NULL, 0, &opts, NULL),
                               PROMC_NO_LABELS);
    atomic_store(&stop, 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_exemplars, h), 0);
    while (seen < 2000)
        for (const char *p = protobuf(); (p = strstr(p, "value:\"")) != NULL;) {
            size_t me = (size_t)(p[7] - 'a');
            size_t len = strspn(p + 7, (const char[]){ p[7], '\0' });
            double v;

            assert_true(me < 4);
            assert_int_equal(len, 39 - me);
            p = strstr(p + 7 + len, "value:");
            assert_int_equal(promc_number_parse(p + 6, strcspn(p + 6, " }"), &v), 0);
            assert_true(v == 1 + (double)me / 8);
            seen++;
        }
    atomic_store(&stop, 1);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
}

/* Updates neither allocate nor fail; making and rendering say so when they cannot. */
static void without_memory(void **state)
{
    promc_opts opts = with_exemplars();
    promc_counter_family *f =
        promc_counter_family_new_with(reg, "c_total", "H.", L("l"), &opts, NULL);
    promc_counter *c = promc_counter_labels(f, L("x"));
    promc_page *fresh = promc_page_new(NULL);
    size_t n = 1;

    (void)state;
    count_allocations();
    promc_counter_add_exemplar(c, 1, L("id"), L("7"));
    assert_int_equal(counted_allocations(), 0);
    for (int rc = -ENOMEM; rc != 0; n++) {
        refuse_from = refuse_to = n;
        count_allocations();
        rc = promc_render(reg, PROMC_FORMAT_OPENMETRICS, fresh, NULL);
        counted_allocations();
        if (rc == 0 && allocations < n)
            break;
        rc = -ENOMEM;
    }
    assert_true(n > 2);
    assert_non_null(strstr(promc_page_data(fresh), "{id=\"7\"}"));
    refuse_from = 1;
    refuse_to = SIZE_MAX;
    count_allocations();
    assert_null(promc_counter_labels(f, L("y")));
    counted_allocations();
    refuse_from = refuse_to = SIZE_MAX;
    assert_non_null(promc_counter_labels(f, L("y")));
    promc_page_free(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(long_labels),
        cmocka_unit_test(spread),
        cmocka_unit_test(spread_of_many),
        cmocka_unit_test(put_and_show),
        TEST(counters),
        TEST(removed),
        TEST(histograms),
        TEST(native_histograms),
        TEST(native_only),
        TEST(together),
        TEST(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
