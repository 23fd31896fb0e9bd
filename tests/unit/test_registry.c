/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core.h"
#include "registry.h"

static promc_error err;

/* A metric of type c, g, h or s. */
static int make(char type, const char *name, const char *help, promc_labels labels)
{
    memset(&err, 0, sizeof err);
    switch (type) {
    case 'c':
        return promc_counter_family_new(reg, name, help, labels, &err) != NULL;
    case 'g':
        return promc_gauge_family_new(reg, name, help, labels, &err) != NULL;
    case 'h':
        return promc_histogram_family_new(reg, name, help, labels, NULL, 0, &err) != NULL;
    default:
        return promc_summary_family_new(reg, name, help, labels, NULL, 0, &err) != NULL;
    }
}

static void refused(int code, const char *metric, const char *rule)
{
    promc_error first;

    assert_int_equal(err.code, code);
    if (strstr(err.text, metric) == NULL || strstr(err.text, rule) == NULL)
        fail_msg("\"%s\" does not mention %s and %s", err.text, metric, rule);
    assert_int_equal(promc_registry_error(reg, &first), code);
    assert_string_equal(first.text, err.text);
}

static int another_registry(void)
{
    promc_registry_free(reg);
    reg = promc_registry_new(NULL);
    return reg != NULL;
}

/* Pairs of names that cannot both be there, and pairs that can; in both orders. */
static void name_clashes(void **state)
{
    static const struct {
        char a_type;
        const char *a;
        char b_type;
        const char *b;
        int clash;
    } rows[] = {
        { 'c', "x", 'c', "x", 0 },           { 'c', "x", 'g', "x", 1 },
        { 'h', "x", 's', "x", 1 },           { 'h', "x", 'c', "x_count", 1 },
        { 'h', "x", 'g', "x_sum", 1 },       { 'h', "x", 's', "x_bucket", 1 },
        { 's', "x", 'g', "x_count", 1 },     { 's', "x", 'c', "x_sum", 1 },
        { 's', "x", 'c', "x_bucket", 0 },    { 'c', "x", 'c', "x_count", 0 },
        { 'g', "x", 'g', "x_bucket", 0 },    { 'h', "x", 'h', "x_count", 1 },
        { 'h', "x", 'c', "x_total", 0 },     { 'h', "x", 'g', "x_counts", 0 },
        { 'h', "x", 'g', "xx_count", 0 },    { 'h', "x_count", 'h', "x_count_sum", 1 },
        { 'c', "x_total", 'g', "x", 0 },     { 'h', "x", 'g', "x:count", 0 },
        { 'h', "x", 'g', "x_count_sum", 0 }, { 'g', "_count", 'h', "_", 0 },
        { 'g', "__count", 'h', "_", 1 },
    };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        const char *a = i % 2 ? rows[i / 2].b : rows[i / 2].a;
        const char *b = i % 2 ? rows[i / 2].a : rows[i / 2].b;
        char a_type = i % 2 ? rows[i / 2].b_type : rows[i / 2].a_type;
        char b_type = i % 2 ? rows[i / 2].a_type : rows[i / 2].b_type;

        assert_true(another_registry());
        assert_true(make('g', "other", "Help.", PROMC_NO_LABELS));
        assert_true(make(a_type, a, "Help.", PROMC_NO_LABELS));
        if (make(b_type, b, "Help.", PROMC_NO_LABELS) == rows[i / 2].clash)
            fail_msg("%c %s, then %c %s: %s", a_type, a, b_type, b, err.text);
        if (rows[i / 2].clash)
            refused(-EEXIST, b, strcmp(a, b) == 0 ? "taken" : "sample");
    }
}

static void long_names(void **state)
{
    char name[300] = "", sample[320];

    (void)state;
    memset(name, 'x', sizeof name - 1);
    snprintf(sample, sizeof sample, "%s_count", name);
    assert_true(make('c', sample, "Help.", PROMC_NO_LABELS));
    assert_false(make('h', name, "Help.", PROMC_NO_LABELS));
    assert_int_equal(err.code, -EEXIST);
    assert_true(another_registry());
    assert_true(make('h', name, "Help.", PROMC_NO_LABELS));
    assert_false(make('c', sample, "Help.", PROMC_NO_LABELS));
    assert_int_equal(err.code, -EEXIST);
}

static void bad_names(void **state)
{
    static const char *const rows[] = { "", "\xff", "a\xc3", "\xed\xa0\x80", NULL };
    static const char *const good[] = { "1a",      "a-b", "a b", "\xc3\xa4",
                                        "a\n\"\\", "a{",  "a.b", "\U0001F631" };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (const char *type = "cghs"; *type != '\0'; type++) {
            assert_true(another_registry());
            assert_false(make(*type, rows[i], "Help.", PROMC_NO_LABELS));
            refused(-EINVAL, rows[i] != NULL ? rows[i] : "(null)", "not UTF-8");
        }
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(make("cghs"[i % 4], good[i], "Help.", PROMC_NO_LABELS));
    assert_true(make('c', "_", "", PROMC_NO_LABELS));
    assert_true(make('c', ":a:9", "Help.", PROMC_NO_LABELS));
    assert_non_null(
        strstr(render(PROMC_FORMAT_TEXT), "# HELP _ \n# TYPE _ counter\n_ 0\n"));
}

static void label_names(void **state)
{
    static const struct {
        char type;
        const char *labels[3];
        const char *rule; /* NULL: fine */
    } rows[] = {
        { 'c', { "a", "b" }, NULL },      { 'c', { "_a", "A9" }, NULL },
        { 'c', { "a", "a" }, "twice" },   { 'c', { "" }, "empty" },
        { 'c', { "__a" }, "__" },         { 'c', { "a", "\xff" }, "not UTF-8" },
        { 'h', { "le" }, "reserved" },    { 's', { "quantile" }, "reserved" },
        { 'h', { "quantile" }, NULL },    { 's', { "le" }, NULL },
        { 'c', { "le" }, NULL },          { 'g', { "quantile" }, NULL },
        { 'h', { "x", "le" }, "\"le\"" }, { 'c', { "a", "b", "a" }, "\"a\"" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n = 0;

        while (n < 3 && rows[i].labels[n] != NULL)
            n++;
        assert_true(another_registry());
        if (make(rows[i].type, "m", "Help.", (promc_labels){ rows[i].labels, n }) !=
            (rows[i].rule == NULL))
            fail_msg("row %zu: %s", i, err.text);
        if (rows[i].rule != NULL)
            refused(-EINVAL, "m", rows[i].rule);
    }
    assert_true(another_registry());
    assert_false(make('c', "m", "Help.", (promc_labels){ NULL, 1 }));
    refused(-EINVAL, "m", "NULL");
    assert_true(another_registry());
    assert_false(make('c', "m", "Help.", L("a", NULL)));
    refused(-EINVAL, "m", "(null)");
}

static void help(void **state)
{
    (void)state;
    assert_false(make('c', "m", NULL, PROMC_NO_LABELS));
    refused(-EINVAL, "m", "help");
    assert_true(another_registry());
    assert_false(make('c', "m", "caf\xe9", PROMC_NO_LABELS));
    refused(-EINVAL, "m", "UTF-8");
    assert_true(make('g', "m", "a \\ \"b\"\n\xc3\xa4", PROMC_NO_LABELS));
    assert_non_null(
        strstr(render(PROMC_FORMAT_TEXT), "# HELP m a \\\\ \"b\"\\n\xc3\xa4\n"));
    assert_non_null(strstr(render(PROMC_FORMAT_OPENMETRICS),
                           "# HELP m a \\\\ \\\"b\\\"\\n\xc3\xa4\n"));
}

static double one(void *arg)
{
    (void)arg;
    return 1;
}

/* The first failure stays, whatever follows; success leaves *err alone. */
static void first_error(void **state)
{
    promc_error first = { 42, "untouched" };

    (void)state;
    assert_int_equal(promc_registry_error(reg, &first), 0);
    assert_int_equal(first.code, 42);
    assert_non_null(promc_counter_new(reg, "a", "Help.", &first));
    assert_int_equal(first.code, 42);
    assert_int_equal(promc_gauge_func_new(reg, "f", "Help.", NULL, NULL, NULL), -EINVAL);
    assert_null(promc_gauge_new(reg, "a", "Help.", NULL));
    assert_null(promc_counter_new(reg, "", "Help.", NULL));
    assert_int_equal(promc_gauge_func_new(reg, "a", "Help.", one, NULL, NULL), -EEXIST);
    assert_int_equal(promc_registry_error(reg, &first), -EINVAL);
    assert_non_null(strstr(first.text, "f: "));
    assert_int_equal(promc_registry_error(reg, NULL), -EINVAL);
}

/* A name refused is free again; so is all that came with it. */
static void refused_leaves_nothing(void **state)
{
    (void)state;
    assert_true(make('g', "x_count", "Help.", PROMC_NO_LABELS));
    assert_false(make('h', "x", "Help.", PROMC_NO_LABELS));
    assert_samples("x_count 0\n");
    assert_true(make('c', "x", "Help.", PROMC_NO_LABELS));
    assert_samples("x 0\nx_count 0\n");
}

static void independent(void **state)
{
    promc_registry *other = promc_registry_new(NULL);
    promc_counter *here = promc_counter_new(reg, "a", "Help.", NULL);
    promc_counter *there = promc_counter_new(other, "a", "Help.", NULL);

    (void)state;
    promc_counter_inc(here);
    promc_counter_add(there, 5);
    promc_counter_add(there, -1);
    assert_null(promc_gauge_new(other, "a", "Help.", NULL));
    assert_samples("a 1\n");
    assert_int_equal(promc_registry_error(reg, NULL), 0);
    promc_registry_free(other);
    assert_samples("a 1\n");
    promc_registry_free(NULL);
}

/* NULL is the default one, which is there before anybody asks and has the process's
 * metrics. */
PROMC_COUNTER(early, "early_total", "Made before main().");
PROMC_COUNTER(early_again, "early_total", "Made before main().");
PROMC_GAUGE(late, "early_total", "Made before main().");

static void default_registry(void **state)
{
    promc_gauge *g = promc_gauge_new(NULL, "mine", "Help.", NULL);

    (void)state;
    assert_non_null(early);
    assert_ptr_equal(early_again, early);
    assert_null(late);
    promc_counter_inc(early);
    promc_gauge_inc(late);
    assert_int_equal(promc_registry_error(NULL, &err), -EEXIST);
    assert_non_null(strstr(err.text, "early_total"));
    promc_gauge_set(g, 3);
    assert_int_equal(promc_render(NULL, PROMC_FORMAT_TEXT, page, NULL), 0);
    assert_non_null(strstr(promc_page_data(page), "\nmine 3\n"));
    assert_non_null(strstr(promc_page_data(page), "\nearly_total 1\n"));
    assert_non_null(strstr(promc_page_data(page), "\nprocess_cpu_seconds_total "));
    assert_int_equal(promc_process_register(NULL, NULL), -EEXIST);
    assert_int_equal(promc_process_unregister(NULL), 0);
    assert_int_equal(promc_process_unregister(NULL), -ENOENT);
    promc_registry_free(promc_registry_default());
    assert_int_equal(promc_render(NULL, PROMC_FORMAT_TEXT, page, NULL), 0);
    assert_string_equal(promc_page_data(page), "");
    assert_non_null(promc_gauge_new(NULL, "mine", "Help.", NULL));
    promc_registry_free(promc_registry_default());
}

static void again_and_again(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        assert_true(another_registry());
        assert_true(make("cghs"[i % 4], "m", "Help.", PROMC_NO_LABELS));
        for (int k = 0; k < 5; k++) {
            char name[20];

            snprintf(name, sizeof name, "m%d", k);
            promc_summary_observe(promc_summary_new(reg, name, "Help.", NULL, 0, NULL),
                                  k);
            snprintf(name, sizeof name, "n%d", k);
            promc_histogram_observe(
                promc_histogram_new(reg, name, "Help.", NULL, 0, NULL), k);
        }
        render(PROMC_FORMAT_TEXT);
    }
}

/* --- collectors ------------------------------------------------------------------ */

static _Atomic int calls, inside;
static _Atomic int hold;

static void collector(promc_emitter *e, void *arg)
{
    atomic_fetch_add(&calls, 1);
    atomic_store(&inside, 1);
    while (atomic_load(&hold))
        ;
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, arg, "Help.", PROMC_NO_LABELS),
               PROMC_NO_LABELS, 1);
    atomic_store(&inside, 0);
}

static void collectors(void **state)
{
    char a[] = "a", b[] = "b";

    (void)state;
    calls = 0;
    assert_int_equal(promc_collector_register(reg, NULL, a, &err), -EINVAL);
    assert_int_equal(promc_collector_register(reg, collector, b, NULL), 0);
    assert_int_equal(promc_collector_register(reg, collector, a, NULL), 0);
    assert_int_equal(promc_collector_register(reg, collector, a, &err), -EEXIST);
    assert_samples("a 1\nb 1\n");
    assert_int_equal(calls, 2);
    assert_int_equal(promc_collector_unregister(reg, collector, b), 0);
    assert_int_equal(promc_collector_unregister(reg, collector, b), -ENOENT);
    assert_samples("a 1\n");
    assert_int_equal(promc_collector_register(reg, collector, b, NULL), 0);
    assert_samples("a 1\nb 1\n");
}

static void *scrape(void *arg)
{
    assert_int_equal(promc_render(reg, PROMC_FORMAT_TEXT, arg, NULL), 0);
    return NULL;
}

static void *let_go(void *arg)
{
    atomic_store(&hold, 0);
    return arg;
}

/* unregister returns only when no call is under way. */
static void unregister_waits(void **state)
{
    pthread_t scraper, other;
    char a[] = "a";

    (void)state;
    assert_int_equal(promc_collector_register(reg, collector, a, NULL), 0);
    for (int i = 0; i < 20; i++) {
        hold = 1;
        inside = 0;
        assert_int_equal(pthread_create(&scraper, NULL, scrape, page), 0);
        while (!atomic_load(&inside))
            ;
        assert_int_equal(pthread_create(&other, NULL, let_go, NULL), 0);
        assert_int_equal(promc_collector_unregister(reg, collector, a), 0);
        assert_int_equal(inside, 0);
        pthread_join(other, NULL);
        pthread_join(scraper, NULL);
        assert_int_equal(promc_collector_register(reg, collector, a, NULL), 0);
    }
}

/* --- fork ------------------------------------------------------------------------------- */

static _Atomic int collecting, may_go_on;

static void collect_slowly(promc_emitter *e, void *arg)
{
    (void)e;
    (void)arg;
    collecting = 1;
    while (!may_go_on)
        sched_yield();
}

static void *scrape_slowly(void *arg)
{
    promc_page *p = promc_page_new(NULL);

    (void)arg;
    promc_render(reg, PROMC_FORMAT_TEXT, p, NULL);
    promc_page_free(p);
    return NULL;
}

static void *unregister_slow(void *arg)
{
    (void)arg;
    promc_collector_unregister(reg, collect_slowly, NULL);
    return NULL;
}

/* Somebody waits for a collector. In the child he does not exist, and is not waited for. */
static void fork_while_one_waits(void **state)
{
    pthread_t scraping, waiting;
    int removed = 0;
    int status;
    pid_t pid;

    (void)state;
    if (TSAN)
        skip(); /* does not follow a fork of a process with threads */
    promc_collector_register(reg, collect_slowly, NULL, NULL);
    assert_int_equal(pthread_create(&scraping, NULL, scrape_slowly, NULL), 0);
    while (!collecting)
        sched_yield();
    assert_int_equal(pthread_create(&waiting, NULL, unregister_slow, NULL), 0);
    while (!removed) { /* with the lock free, it waits */
        pthread_mutex_lock(&reg->lock);
        removed = reg->collectors->removed;
        pthread_mutex_unlock(&reg->lock);
    }
    pid = fork();
    if (pid == 0) {
        alarm(20);
        promc_registry_free(reg);
        _exit(0);
    }
    may_go_on = 1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    pthread_join(scraping, NULL);
    pthread_join(waiting, NULL);
    assert_int_equal(status, 0);
}

static _Atomic int asked, unlocked;

static void *look_at_lock(void *p, size_t size)
{
    asked = 1;
    if (pthread_mutex_trylock(&reg->lock) == 0) {
        pthread_mutex_unlock(&reg->lock);
        unlocked = 1;
    }
    return realloc(p, size);
}

/* fork() walks the families of all registries: not of one that another thread is taking apart. */
static void freeing_keeps_forks_out(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        char name[20];

        snprintf(name, sizeof name, "many_%d", i);
        assert_non_null(promc_histogram_new(reg, name, "Help.", NULL, 0, NULL));
    }
    promc__alloc_hook(look_at_lock); /* for the list of slots to use again */
    promc_registry_free(reg);
    promc__alloc_hook(NULL);
    reg = promc_registry_new(NULL);
    assert_true(asked && !unlocked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(name_clashes),
        TEST(long_names),
        TEST(bad_names),
        TEST(label_names),
        TEST(help),
        TEST(first_error),
        TEST(independent),
        TEST(refused_leaves_nothing),
        TEST(again_and_again),
        TEST(default_registry),
        TEST(collectors),
        TEST(unregister_waits),
        TEST(fork_while_one_waits),
        TEST(freeing_keeps_forks_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
