/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_shared.c - registries that several processes have.
 */
#include "config.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core.h"
#include "family.h"
#include "lane.h"
#include "registry.h"
#include "shared.h"

static int set_up_shared(void **state)
{
    (void)state;
    reg = promc_registry_new_shared(NULL, NULL);
    page = promc_page_new(NULL);
    alarm(120); /* what waits for a dead process waits for ever */
    return reg == NULL || page == NULL;
}

#define SHARED_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_shared, tear_down)

/* Run @fn in another process, to its end. */
static void in_child(void (*fn)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        fn();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static uint32_t ready_lanes(void)
{
    return atomic_load_explicit(&reg->shared->region->lanes, memory_order_acquire);
}

/* --- one registry, several processes -------------------------------------------------------- */

static promc_counter *counter;
static promc_counter_family *family;
static promc_gauge *gauge;
static promc_histogram *histogram;
static promc_summary *summary;

static void make_each(void)
{
    static const double bounds[] = { 1, 2 };

    counter = promc_counter_new(reg, "a_total", "A.", NULL);
    family = promc_counter_family_new(reg, "b_total", "B.", L("l"), NULL);
    gauge = promc_gauge_new(reg, "c", "C.", NULL);
    histogram = promc_histogram_new(reg, "d", "D.", bounds, 2, NULL);
    summary = promc_summary_new(reg, "e", "E.", NULL, 0, NULL);
    assert_true(counter && family && gauge && histogram && summary);
}

static void update_each(void)
{
    promc_counter_inc(counter);
    promc_counter_add(counter, 0.5);
    promc_counter_family_inc(family, L("x"));
    promc_gauge_add(gauge, 2);
    promc_gauge_dec(gauge);
    promc_histogram_observe(histogram, 1.5);
    promc_histogram_observe_n(histogram, 5, 2);
    promc_summary_observe(summary, 4);
}

#define EACH_OF_3                                                                        \
    "a_total 4.5\nb_total{l=\"x\"} 3\nc 3\n"                                             \
    "d_bucket{le=\"1\"} 0\nd_bucket{le=\"2\"} 3\nd_bucket{le=\"+Inf\"} 9\n"              \
    "d_sum 34.5\nd_count 9\ne_sum 12\ne_count 3\n"

static void check_each(void)
{
    assert_samples(EACH_OF_3);
    assert_float_equal(promc_counter_value(counter), 4.5, 0);
    assert_float_equal(promc_gauge_value(gauge), 3, 0);
    assert_int_equal(promc_histogram_count(histogram), 9);
    assert_float_equal(promc_summary_sum(summary), 12, 0);
    assert_true(isnan(promc_summary_quantile(summary, 0.5)));
}

static void totals_of_all(void **state)
{
    (void)state;
    make_each();
    update_each();
    in_child(update_each);
    in_child(update_each);
    check_each();
    in_child(check_each);
    promc_gauge_set(gauge, -7);
    assert_float_equal(promc_gauge_value(gauge), -7, 0);
    promc_gauge_add(gauge, (double)INFINITY);
    assert_true(isinf(promc_gauge_value(gauge)));
}

/* A process that has a lane forks: the child has one of its own. */
static void both_go_on(void)
{
    for (int i = 0; i < 1000; i++)
        promc_counter_inc(counter);
}

static void lanes_of_the_parent(void **state)
{
    pid_t pid;

    (void)state;
    make_each();
    both_go_on();
    pid = fork();
    assert_true(pid >= 0);
    both_go_on();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_float_equal(promc_counter_value(counter), 3000, 0);
}

static void make_more(void)
{
    promc_counter_family *other;

    promc_counter_family_inc(family, L("made by a child"));
    promc_counter_family_inc(family, L("x"));
    other = promc_counter_family_new(reg, "aa_total", "Made by a child.", L("m"), NULL);
    promc_counter_family_inc(other, L("1"));
    promc_counter_family_inc(other, L("0"));
}

static void made_by_others(void **state)
{
    (void)state;
    family = promc_counter_family_new(reg, "b_total", "B.", L("l"), NULL);
    promc_counter_family_inc(family, L("x"));
    assert_samples("b_total{l=\"x\"} 1\n");
    in_child(make_more);
    assert_samples("aa_total{m=\"0\"} 1\naa_total{m=\"1\"} 1\n"
                   "b_total{l=\"made by a child\"} 1\nb_total{l=\"x\"} 2\n");
    make_more();
    assert_samples("aa_total{m=\"0\"} 2\naa_total{m=\"1\"} 2\n"
                   "b_total{l=\"made by a child\"} 2\nb_total{l=\"x\"} 3\n");
}

static void register_twice(void)
{
    promc_error err = { 0 };

    assert_ptr_equal(promc_counter_family_new(reg, "b_total", "B.", L("l"), NULL),
                     family);
    assert_null(promc_gauge_new(reg, "b_total", "B.", &err));
    assert_int_equal(err.code, -EEXIST);
}

static void registered_again(void **state)
{
    (void)state;
    family = promc_counter_family_new(reg, "b_total", "B.", L("l"), NULL);
    register_twice();
    in_child(register_twice);
}

/* Families with everything: the copy has it all. */
static void family_settings(void **state)
{
    static const char *const consts[] = { "z", "1\"", "a", "2" };
    promc_opts opts = PROMC_OPTS_INIT;
    promc_counter_family *f, *open;

    (void)state;
    opts.const_labels = consts;
    opts.n_const_labels = 2;
    opts.max_series = 2;
    opts.overflow = "other";
    f = promc_counter_family_new_with(reg, "f_total", "F \\ F.", L("y", "b"), &opts,
                                      NULL);
    promc_counter_family_inc(f, L("v", "w"));
    promc_counter_family_inc(f, L("v", "v"));
    promc_counter_family_inc(f, L("3", "3"));
    promc_counter_family_inc(f, L("4", "4"));
    opts.overflow = NULL;
    opts.unit = "seconds";
    opts.open_labels = 1;
    open = promc_counter_family_new_with(reg, "g_seconds_total", "G.", PROMC_NO_LABELS,
                                         &opts, NULL);
    promc_counter_inc(promc_counter_labelset(open, L("k"), L("v")));
    assert_samples("f_total{a=\"2\",b=\"other\",y=\"other\",z=\"1\\\"\"} 2\n"
                   "f_total{a=\"2\",b=\"v\",y=\"v\",z=\"1\\\"\"} 1\n"
                   "f_total{a=\"2\",b=\"w\",y=\"v\",z=\"1\\\"\"} 1\n"
                   "g_seconds_total{a=\"2\",k=\"v\",z=\"1\\\"\"} 1\n");
    assert_non_null(
        strstr(render(PROMC_FORMAT_OPENMETRICS), "# UNIT g_seconds seconds\n"));
    assert_non_null(strstr(render(PROMC_FORMAT_TEXT), "# HELP f_total F \\\\ F.\n"));
}

static void many_series(void **state)
{
    enum { N = 3000 };
    char text[16];

    (void)state;
    family = promc_counter_family_new(reg, "b_total", "B.", L("l"), NULL);
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "%d", i * 7919 % N);
        promc_counter_family_add(family, L(text), i);
        if (i % 1000 == 0)
            render(PROMC_FORMAT_TEXT);
    }
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "%d", i * 7919 % N);
        assert_float_equal(promc_counter_value(promc_counter_labels(family, L(text))), i,
                           0);
    }
    /* sorted, each once */
    const char *p = samples_of(PROMC_FORMAT_TEXT), *last = "";
    int n = 0;
    for (; *p != '\0'; n++) {
        size_t len = strcspn(p, "}");

        assert_true(strncmp(last, p, len) < 0);
        last = p;
        p += strcspn(p, "\n") + 1;
    }
    assert_int_equal(n, N);
}

/* --- removing --------------------------------------------------------------------------- */

static void remove_x(void)
{
    assert_int_equal(promc_counter_remove(family, L("x")), 0);
}

static void removed_by_others(void **state)
{
    promc_counter *x;

    (void)state;
    family = promc_counter_family_new(reg, "b_total", "B.", L("l"), NULL);
    x = promc_counter_labels(family, L("x"));
    promc_counter_inc(x);
    promc_counter_family_inc(family, L("y"));
    assert_samples("b_total{l=\"x\"} 1\nb_total{l=\"y\"} 1\n");
    in_child(remove_x);
    promc_counter_inc(x);
    assert_int_equal(dropped("removed"), 1);
    assert_null(strstr(samples_of(PROMC_FORMAT_TEXT), "\"x\""));
    assert_int_equal(promc_counter_remove(family, L("x")), -ENOENT);
    promc_counter_add(promc_counter_labels(family, L("x")), 5);
    promc_counter_inc(x);
    assert_non_null(strstr(samples_of(PROMC_FORMAT_TEXT),
                           "b_total{l=\"x\"} 5\nb_total{l=\"y\"} 1\n"));
    promc_counter_release(promc_counter_labels(family, L("y")));
    assert_int_equal(promc_remove_matching(reg, "b_total", L("l"), L("x")), 1);
    promc_counter_family_inc(family, L("z"));
    promc_counter_family_clear(family);
    assert_null(strstr(samples_of(PROMC_FORMAT_TEXT), "b_total"));
    assert_int_equal(atomic_load_explicit(&((struct promc__family *)family)->n_children,
                                          memory_order_relaxed),
                     0);
}

static void remove_the_only(void **state)
{
    (void)state;
    make_each();
    update_each();
    assert_int_equal(
        promc_gauge_remove((promc_gauge_family *)promc__registry_lookup(reg, "c", 1),
                           PROMC_NO_LABELS),
        0);
    promc_gauge_inc(gauge);
    promc_gauge_set(gauge, 4);
    assert_int_equal(dropped("removed"), 2);
    assert_null(strstr(samples_of(PROMC_FORMAT_TEXT), "\nc "));
    gauge = promc_gauge_new(reg, "c", "C.", NULL);
    promc_gauge_inc(gauge);
    assert_non_null(strstr(samples_of(PROMC_FORMAT_TEXT), "\nc 1\n"));
}

static void unregister_b(void)
{
    assert_int_equal(promc_unregister(reg, "b_total"), 0);
    assert_int_equal(promc_unregister(reg, "b_total"), -ENOENT);
}

static void unregistered_by_others(void **state)
{
    promc_counter *x;

    (void)state;
    make_each();
    x = promc_counter_labels(family, L("x"));
    promc_counter_inc(x);
    in_child(unregister_b);
    promc_counter_inc(x);
    promc_counter_family_inc(family, L("x"));
    assert_int_equal(dropped("removed"), 2);
    assert_null(strstr(render(PROMC_FORMAT_TEXT), "b_total"));
    assert_non_null(promc_gauge_new(reg, "b_total", "Another one.", NULL));
    assert_non_null(strstr(render(PROMC_FORMAT_TEXT), "\nb_total 0\n"));
}

/* --- what there is not ---------------------------------------------------------------------- */

static void refused(void **state)
{
    static const double q[] = { 0.5 };
    promc_error err = { 0 };
    promc_opts opts = PROMC_OPTS_INIT;
    size_t used = promc__shared_used(reg->shared);

    (void)state;
    assert_null(promc_summary_new(reg, "s", "S.", q, 1, &err));
    assert_int_equal(err.code, -ENOTSUP);
    assert_string_equal(err.text, "s: a shared registry has no quantiles");
    opts.expiry = 1;
    assert_null(promc_gauge_family_new_with(reg, "g", "G.", L("l"), &opts, &err));
    assert_int_equal(err.code, -ENOTSUP);
    opts.expiry = 0;
    opts.exemplars = 1;
    assert_null(promc_counter_family_new_with(reg, "c", "C.", L("l"), &opts, &err));
    assert_int_equal(err.code, -ENOTSUP);
    opts.exemplars = 0;
    opts.native_factor = 1.1;
    assert_null(
        promc_histogram_family_new_with(reg, "h", "H.", L("l"), NULL, 0, &opts, &err));
    assert_int_equal(err.code, -ENOTSUP);
    assert_null(promc_info_new(reg, "i_info", "I.", L("a"), L("b"), &err));
    assert_int_equal(err.code, -ENOTSUP);
    assert_null(promc_stateset_new(reg, "t", "T.", L("a"), &err));
    assert_int_equal(err.code, -ENOTSUP);
    assert_string_equal(err.text, "t: a shared registry has no metrics of this type");
    /* nor has it left anything there, of which other processes would know */
    assert_int_equal(promc__shared_used(reg->shared), used);
    assert_samples("");
}

static double answer(void *arg)
{
    (void)arg;
    return getpid();
}

static void collect(promc_emitter *e, void *arg)
{
    (void)arg;
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, "k", "K.", PROMC_NO_LABELS),
               PROMC_NO_LABELS, 1);
}

static void check_own_pid(void)
{
    char want[64];

    snprintf(want, sizeof want, "a 0\nf %ld\nk 1\n", (long)getpid());
    assert_samples(want);
}

/* Those of the process that renders. */
static void functions(void **state)
{
    (void)state;
    assert_int_equal(promc_gauge_func_new(reg, "f", "F.", answer, NULL, NULL), 0);
    assert_int_equal(promc_collector_register(reg, collect, NULL, NULL), 0);
    promc_gauge_new(reg, "a", "A.", NULL);
    check_own_pid();
    in_child(check_own_pid);
    assert_int_equal(promc_unregister(reg, "f"), 0);
    assert_samples("a 0\nk 1\n");
}

static void make_f(void)
{
    promc_gauge_set(promc_gauge_new(reg, "f", "F.", NULL), 3);
}

/* Another process takes the name of a function that it does not know of. */
static void function_of_the_same_name(void **state)
{
    (void)state;
    assert_int_equal(promc_gauge_func_new(reg, "f", "F.", answer, NULL, NULL), 0);
    promc_registry *first = reg;
    pid_t pid = fork();
    if (pid == 0) {
        assert_int_equal(promc_unregister(first, "f"), 0);
        make_f();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_samples("f 3\n");
    assert_int_equal(promc_page_error(page, NULL), 1);
}

/* --- limits ------------------------------------------------------------------------------- */

static void too_many_registries(void **state)
{
    promc_registry *more[PROMC__SHARED_MAX];
    promc_error err = { 0 };

    (void)state;
    for (size_t i = 0; i < PROMC__SHARED_MAX - 1; i++) {
        more[i] = promc_registry_new_shared(NULL, NULL);
        assert_non_null(more[i]);
        counter = promc_counter_new(more[i], "a_total", "A.", NULL);
        promc_counter_add_u64(counter, i);
        assert_float_equal(promc_counter_value(counter), (double)i, 0);
    }
    assert_null(promc_registry_new_shared(NULL, &err));
    assert_int_equal(err.code, -ENOSPC);
    for (size_t i = 0; i < PROMC__SHARED_MAX - 1; i++)
        promc_registry_free(more[i]);
    /* a thread that had lanes in those has none in this one */
    more[0] = promc_registry_new_shared(NULL, NULL);
    counter = promc_counter_new(more[0], "a_total", "A.", NULL);
    assert_float_equal(promc_counter_value(counter), 0, 0);
    promc_counter_inc(counter);
    assert_float_equal(promc_counter_value(counter), 1, 0);
    promc_registry_free(more[0]);
}

static void no_memory(void **state)
{
    promc_shared_opts opts = PROMC_SHARED_OPTS_INIT;
    promc_error err = { 0 };

    (void)state;
    for (size_t n = 1; n <= 3; n++) { /* the registry, what is known of it, the region */
        promc_registry *r;

        refuse_from = refuse_to = n;
        count_allocations();
        r = promc_registry_new_shared(&opts, &err);
        counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        assert_null(r);
        assert_int_equal(err.code, -ENOMEM);
    }
    opts.max_bytes = SIZE_MAX;
    assert_null(promc_registry_new_shared(&opts, &err));
    assert_int_equal(err.code, -ENOMEM);
}

static void full(void **state)
{
    promc_shared_opts opts = PROMC_SHARED_OPTS_INIT;
    promc_registry *small;
    size_t used;
    char text[1024];
    int n = 0;

    (void)state;
    opts.max_bytes = 1 << 20;
    small = promc_registry_new_shared(&opts, NULL);
    promc_registry_free(reg);
    reg = small;
    counter = promc_counter_new(reg, "a_total", "A.", NULL);
    family = promc_counter_family_new(reg, "b_total", "B.", L("l"), NULL);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    for (;; n++) {
        text[snprintf(text, 12, "%d", n)] = 'x';
        if (promc_counter_labels(family, L(text)) == NULL)
            break;
    }
    assert_true(n > 100 && n < 2000);
    used = promc__shared_used(reg->shared);
    assert_null(promc_counter_labels(family, L(text)));
    assert_true(used <= promc__shared_used(reg->shared));
    assert_true(promc__shared_used(reg->shared) <= (1 << 20) + 65536);
    promc_counter_inc(counter);
    assert_float_equal(promc_counter_value(counter), 1, 0);
    assert_int_equal(dropped("memory"), 2);
}

/* --- lanes ---------------------------------------------------------------------------------- */

static void *count_once(void *arg)
{
    (void)arg;
    promc_counter_inc(counter);
    return NULL;
}

/* Threads that come and go one after the other have the same lane. */
static void lanes_are_used_again(void **state)
{
    uint32_t lanes = ready_lanes();

    (void)state;
    make_each();
    for (int i = 0; i < 50; i++)
        run_threads(1, count_once, NULL);
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            promc_counter_inc(counter);
            raise(SIGKILL);
        }
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        render(PROMC_FORMAT_TEXT);
    }
    assert_float_equal(promc_counter_value(counter), 70, 0);
    assert_int_equal(ready_lanes(), lanes);
}

static void *update_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20000; i++) {
        promc_counter_inc(counter);
        promc_histogram_observe(histogram, 1.5);
    }
    return NULL;
}

/* More threads than lanes. */
static void few_lanes(void **state)
{
    promc_shared_opts opts = PROMC_SHARED_OPTS_INIT;

    (void)state;
    promc_registry_free(reg);
    opts.max_lanes = 2;
    reg = promc_registry_new_shared(&opts, NULL);
    make_each();
    run_threads(6, update_often, NULL);
    assert_float_equal(promc_counter_value(counter), 120000, 0);
    assert_int_equal(promc_histogram_count(histogram), 120000);
    assert_float_equal(promc_histogram_sum(histogram), 180000, 0);
    assert_int_equal(ready_lanes(), PROMC__SHARED_LENT + 2);
}

static pthread_barrier_t together;

static void *outlive(void *arg)
{
    (void)arg;
    promc_counter_inc(counter);
    pthread_barrier_wait(&together); /* the registry goes */
    pthread_barrier_wait(&together);
    return NULL;
}

/* A thread that has a lane there ends after the registry. */
static void freed_before_its_threads(void **state)
{
    pthread_t thread;

    (void)state;
    make_each();
    pthread_barrier_init(&together, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, outlive, NULL), 0);
    pthread_barrier_wait(&together);
    promc_registry_free(reg);
    reg = promc_registry_new_shared(NULL, NULL);
    make_each();
    in_child(update_each);
    pthread_barrier_wait(&together);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&together);
    update_each();
    in_child(update_each);
    check_each();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARED_TEST(totals_of_all),
        SHARED_TEST(lanes_of_the_parent),
        SHARED_TEST(made_by_others),
        SHARED_TEST(registered_again),
        SHARED_TEST(family_settings),
        SHARED_TEST(many_series),
        SHARED_TEST(removed_by_others),
        SHARED_TEST(remove_the_only),
        SHARED_TEST(unregistered_by_others),
        SHARED_TEST(refused),
        SHARED_TEST(functions),
        SHARED_TEST(function_of_the_same_name),
        SHARED_TEST(too_many_registries),
        SHARED_TEST(no_memory),
        SHARED_TEST(full),
        SHARED_TEST(lanes_are_used_again),
        SHARED_TEST(few_lanes),
        SHARED_TEST(freed_before_its_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
