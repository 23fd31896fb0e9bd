/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_alloc_failure.c - every function of promc.h while single allocations, or all from
 * one on, are refused. Nothing may crash, leak (the sanitizers and valgrind look for
 * that), or be there by half; and with memory back the same calls work.
 */
#include "config.h"

#include "core.h"

static double half(void *arg)
{
    (void)arg;
    return .5;
}

static void collector(promc_emitter *e, void *arg)
{
    promc_samples *f =
        promc_emit_family(e, PROMC_TYPE_GAUGE, "emitted", "Help.", L("l", "k"));

    promc_emit(f, L("1", "\xff"), 1);
    promc_emit_histogram(
        promc_emit_family(e, PROMC_TYPE_HISTOGRAM, "emitted_h", "Help.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, (const double[]){ 1 }, (const uint64_t[]){ 1 }, 1, 1, 2);
    promc_emit_summary(
        promc_emit_family(e, PROMC_TYPE_SUMMARY, "emitted_s", "Help.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, (const double[]){ .5 }, (const double[]){ 1 }, 1, 1, 2);
    promc_emitter_append(e, arg);
}

/* What a call may say about memory. */
static void fine_or_enomem(int rc)
{
    if (rc != 0 && rc != -ENOMEM)
        fail_msg("%d", rc);
}

static int handle_or_enomem(const void *handle, promc_error *err)
{
    fine_or_enomem(err->code);
    assert_int_equal(handle == NULL, err->code != 0);
    assert_true(err->code == 0 || err->text[0] != '\0');
    err->code = 0;
    return handle != NULL;
}

static int type_handler(void *arg, const char *name, promc_type type)
{
    (void)arg;
    (void)name;
    (void)type;
    return 0;
}

static int sample_handler(void *arg, const char *name, promc_labels names,
                          promc_labels values, double v, const int64_t *timestamp_ms)
{
    (void)arg;
    (void)name;
    (void)names;
    (void)values;
    (void)v;
    (void)timestamp_ms;
    return 0;
}

/* Everything once. Returns how many of the things to be made were made. */
static int everything(promc_registry *r, promc_emitter *other)
{
    static const char *const constants[] = { "const", "1" };
    static const double quantiles[] = { .5 };
    static const promc_text_handler handler = { NULL, type_handler, sample_handler };
    static const char text[] = "# TYPE a counter\na{l=\"1\"} 1\nb 2\n";
    static char long_value[2000];
    promc_opts opts = PROMC_OPTS_INIT, open = PROMC_OPTS_INIT;
    promc_error err = { 0 };
    promc_page *p = promc_page_new(&err);
    int made = handle_or_enomem(p, &err);
    promc_counter_family *cf, *of;
    promc_gauge_family *gf;
    promc_histogram_family *hf;
    promc_summary_family *sf;
    promc_counter *c;
    promc_gauge *g;
    promc_histogram *h;
    promc_summary *s;
    promc_emitter *mine;
    int rc;

    memset(long_value, 'x', sizeof long_value - 1);
    opts.const_labels = constants;
    opts.n_const_labels = 1;
    opts.native_factor = 1.1;
    open.open_labels = 1;

    c = promc_counter_new(r, "c", "Help.", &err);
    made += handle_or_enomem(c, &err);
    g = promc_gauge_new(r, "g", "Help.", &err);
    made += handle_or_enomem(g, &err);
    h = promc_histogram_new(r, "h", "Help.", NULL, 0, &err);
    made += handle_or_enomem(h, &err);
    s = promc_summary_new(r, "s", "Help.", quantiles, 1, &err);
    made += handle_or_enomem(s, &err);
    cf = promc_counter_family_new(r, "cf", "Help.", L("l", "k"), &err);
    made += handle_or_enomem(cf, &err);
    gf = promc_gauge_family_new_with(r, "gf", "Help.", L("l"), &opts, &err);
    made += handle_or_enomem(gf, &err);
    hf = promc_histogram_family_new_with(r, "hf", "Help.", L("l"), NULL, 0, &opts, &err);
    made += handle_or_enomem(hf, &err);
    sf = promc_summary_family_new_with(r, "sf", "Help.", L("l"), quantiles, 1, &opts,
                                       &err);
    made += handle_or_enomem(sf, &err);
    of = promc_counter_family_new_with(r, "of", "Help.", PROMC_NO_LABELS, &open, &err);
    made += handle_or_enomem(of, &err);
    fine_or_enomem(rc = promc_counter_func_new(r, "cfn", "Help.", half, NULL, NULL));
    made += rc == 0;
    fine_or_enomem(rc = promc_gauge_func_new(r, "gfn", "Help.", half, NULL, NULL));
    made += rc == 0;
    fine_or_enomem(rc = promc_collector_register(r, collector, other, NULL));
    made += rc == 0;
    fine_or_enomem(rc = promc_process_register(r, NULL));
    made += rc == 0;

    made += promc_counter_labels(cf, L("1", "2")) != NULL;
    made += promc_counter_labels(cf, L("1", "\xff")) != NULL;
    made += promc_gauge_labels(gf, L(long_value)) != NULL;
    made += promc_histogram_labels(hf, L("1")) != NULL;
    made += promc_summary_labels(sf, L("1")) != NULL;
    made += promc_counter_labelset(of, L("a"), L("1")) != NULL;
    promc_counter_family_add(cf, L("3", "4"), 1);
    promc_gauge_family_set(gf, L("3"), 1);
    promc_histogram_family_observe(hf, L("3"), 1);
    promc_summary_family_observe(sf, L("3"), 1);
    promc_counter_inc(c);
    promc_gauge_add(g, 1);
    promc_histogram_observe(h, 1);
    for (int i = 0; i < 40; i++)
        promc_summary_observe(s, i);
    promc_summary_quantile(s, .5);
    /* removed, and back: a histogram notes where it was */
    promc_histogram_remove(hf, L("1"));
    made += promc_histogram_labels(hf, L("1")) != NULL;
    promc_counter_family_clear(cf);
    promc_counter_remove(cf, L("1", long_value));

    for (promc_format format = PROMC_FORMAT_TEXT; p != NULL && format < 2; format++) {
        fine_or_enomem(rc = promc_render(r, format, p, NULL));
        made += rc == 0 && promc_page_error(p, NULL) == 0;
    }
    promc_page_free(p);
    mine = promc_emitter_new(&err);
    made += handle_or_enomem(mine, &err);
    if (mine != NULL)
        collector(mine, other);
    promc_emitter_free(mine);
    fine_or_enomem(
        rc = promc_text_parse(text, sizeof text - 1, &handler, NULL, NULL, NULL));
    made += rc == 0;
    return made;
}

enum { EVERYTHING = 25 };

static promc_emitter *other;

/* Start with no memory refused, and count; then refuse the nth, or all from the nth on.
 */
static size_t run(promc_registry *r, size_t from, size_t to, int *made)
{
    refuse_from = from;
    refuse_to = to;
    count_allocations();
    *made = everything(r, other);
    refuse_from = refuse_to = SIZE_MAX;
    return counted_allocations();
}

static void take_out(promc_registry *r)
{
    promc_collector_unregister(r, collector, other);
    promc_process_unregister(r);
}

/* With memory back: what was refused can be made now, what was made is there once. */
static void works_again(promc_registry *r, int made_before)
{
    promc_page *p = promc_page_new(NULL);
    promc_registry *fresh = promc_registry_new(NULL);

    (void)made_before;
    assert_int_equal(promc_render(r, PROMC_FORMAT_TEXT, p, NULL), 0);
    assert_int_equal(promc_page_error(p, NULL), 0);
    for (const char *const *name = (const char *const[]){ "c", "g", "h", "s", "cf", "gf",
                                                          "hf", "sf", "of", NULL };
         *name != NULL; name++) {
        promc_error err = { 0 };
        promc_gauge_family *f =
            promc_gauge_family_new(r, *name, "Help.", PROMC_NO_LABELS, &err);

        /* either taken by a whole one, or free */
        assert_int_equal(err.code, f != NULL ? 0 : -EEXIST);
    }
    assert_int_equal(promc_render(r, PROMC_FORMAT_OPENMETRICS, p, NULL), 0);
    assert_int_equal(everything(fresh, other), EVERYTHING);
    promc_page_free(p);
    promc_registry_free(fresh);
}

static void each_in_turn(void **state)
{
    int whole = 0;

    (void)state;
    other = promc_emitter_new(NULL);
    promc_emit(
        promc_emit_family(other, PROMC_TYPE_GAUGE, "other", "Help.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, 1);
    for (int all_after = 0; all_after < 2; all_after++)
        for (size_t n = 1;; n++) {
            promc_registry *r = promc_registry_new(NULL);
            size_t asked = run(r, n, all_after ? SIZE_MAX - 1 : n, &whole);

            works_again(r, whole);
            if (n % 50 == 0)
                take_out(r);
            promc_registry_free(r);
            if (asked < n) {
                assert_int_equal(whole, EVERYTHING);
                assert_true(n > 150);
                break;
            }
        }
    promc_emitter_free(other);
}

/* A registry and its stock of lanes. */
static void registries(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        promc_error err = { 0 };
        promc_registry *r;

        refuse_from = refuse_to = n;
        count_allocations();
        r = promc_registry_new(&err);
        size_t asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        assert_int_equal(handle_or_enomem(r, &err), asked < n);
        promc_registry_free(r);
        if (asked < n)
            break;
    }
}

/* --- updates ask for nothing ----------------------------------------------------- */

static promc_counter_family *cf;
static promc_gauge_family *gf;
static promc_histogram_family *hf;
static promc_summary_family *sf;

static void *update(void *arg)
{
    (void)arg;
    for (int i = 0; i < 1000; i++) {
        promc_counter_family_inc(cf, L("known", "2"));
        promc_counter_family_add(cf, L("known", "2"), .5);
        promc_counter_add(promc_counter_labels(cf, L("known", "2")), -1);
        promc_gauge_family_set(gf, L("known"), i);
        promc_gauge_family_add(gf, L("known"), i);
        promc_histogram_family_observe(hf, L("known"), i);
        promc_summary_family_observe(sf, L("known"), i);
        promc_counter_labels(cf, L("known"));
    }
    return NULL;
}

/* Also from threads that never updated anything, and more of them than lanes in stock. */
static void updates_allocate_nothing(void **state)
{
    (void)state;
    cf = promc_counter_family_new(reg, "cf", "Help.", L("l", "k"), NULL);
    gf = promc_gauge_family_new(reg, "gf", "Help.", L("l"), NULL);
    hf = promc_histogram_family_new(reg, "hf", "Help.", L("l"), NULL, 0, NULL);
    sf = promc_summary_family_new(reg, "sf", "Help.", L("l"), NULL, 0, NULL);
    promc_counter_labels(cf, L("known", "2"));
    promc_gauge_labels(gf, L("known"));
    promc_histogram_labels(hf, L("known"));
    promc_summary_labels(sf, L("known"));
    count_allocations();
    update(NULL);
    run_threads(20, update, NULL);
    assert_int_equal(counted_allocations(), 0);
    assert_int_equal(promc_histogram_count(promc_histogram_labels(hf, L("known"))),
                     21000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registries), /* first: there are no lanes yet */
        cmocka_unit_test(each_in_turn),
        TEST(updates_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
