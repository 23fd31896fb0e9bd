/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

enum { IDLE, BUSY, BROKEN };

static promc_stateset *pump;
static promc_error err;

static int new_set(void **state)
{
    int rc = set_up(state);

    pump = promc_stateset_new(reg, "pump", "State.", L("idle", "busy", "broken"), NULL);
    return rc != 0 || pump == NULL;
}

#define STATES(f) cmocka_unit_test_setup_teardown(f, new_set, tear_down)

#define PUMP(a, b, c)                                                                    \
    "pump{pump=\"idle\"} " #a "\npump{pump=\"busy\"} " #b "\npump{pump=\"broken\"} " #c  \
    "\n"

static void steps(void **state)
{
    (void)state;
    assert_samples(PUMP(0, 0, 0));
    promc_stateset_set(pump, IDLE, 1);
    assert_samples(PUMP(1, 0, 0));
    promc_stateset_set(pump, BROKEN, 7); /* any number but 0 */
    assert_samples(PUMP(1, 0, 1));
    promc_stateset_set(pump, IDLE, 0);
    promc_stateset_set(pump, BUSY, 0);
    assert_samples(PUMP(0, 0, 1));
    promc_stateset_set_only(pump, BUSY);
    assert_samples(PUMP(0, 1, 0));
    assert_int_equal(promc_stateset_get(pump, IDLE), 0);
    assert_int_equal(promc_stateset_get(pump, BUSY), 1);
}

static void no_such_state(void **state)
{
    (void)state;
    promc_stateset_set_only(pump, BUSY);
    promc_stateset_set(pump, 3, 1);
    promc_stateset_set(pump, 64, 1);
    promc_stateset_set(pump, SIZE_MAX, 1);
    promc_stateset_set_only(pump, 3);
    promc_stateset_set_only(pump, SIZE_MAX);
    assert_int_equal(promc_stateset_get(pump, 3), 0);
    assert_int_equal(promc_stateset_get(pump, 64), 0);
    assert_samples(PUMP(0, 1, 0));
    promc_stateset_set(NULL, 0, 1);
    promc_stateset_set_only(NULL, 0);
    assert_int_equal(promc_stateset_get(NULL, 0), 0);
    assert_null(promc_stateset_labels(NULL, PROMC_NO_LABELS));
    assert_int_equal(promc_stateset_remove(NULL, PROMC_NO_LABELS), -ENOENT);
    promc_stateset_family_clear(NULL);
}

static void formats(void **state)
{
    (void)state;
    promc_stateset_set(pump, IDLE, 1);
    assert_string_equal(render(PROMC_FORMAT_TEXT),
                        "# HELP pump State.\n# TYPE pump gauge\n" PUMP(1, 0, 0));
    assert_string_equal(
        render(PROMC_FORMAT_OPENMETRICS),
        "# TYPE pump stateset\n# HELP pump State.\n" PUMP(1, 0, 0) "# EOF\n");
}

static void all_64(void **state)
{
    char text[64][4];
    const char *names[65];
    promc_stateset *s;

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        snprintf(text[i], sizeof text[i], "s%02zu", i);
        names[i] = text[i];
    }
    names[64] = "s64";
    assert_null(
        promc_stateset_new(reg, "many", "Help.", (promc_labels){ names, 65 }, &err));
    assert_int_equal(err.code, -EINVAL);
    s = promc_stateset_new(reg, "many", "Help.", (promc_labels){ names, 64 }, &err);
    assert_non_null(s);
    for (size_t i = 0; i < 64; i++)
        promc_stateset_set(s, i, i % 3 == 0);
    memset(text, 'x', sizeof text); /* the names were copied */
    for (size_t i = 0; i < 64; i++) {
        char line[40];

        assert_int_equal(promc_stateset_get(s, i), i % 3 == 0);
        snprintf(line, sizeof line, "\nmany{many=\"s%02zu\"} %d\n", i, i % 3 == 0);
        assert_non_null(strstr(render(PROMC_FORMAT_TEXT), line));
    }
}

static void refused(void **state)
{
    static const struct {
        const char *name;
        const char *label;
        const char *states[3];
        const char *rule;
    } rows[] = {
        { "x", NULL, { NULL }, "1 to 64" },
        { "x", NULL, { "a", "b", "a" }, "\"a\" is given twice" },
        { "x", NULL, { "a", "" }, "state 1 is empty" },
        { "x", NULL, { "\xff" }, "state 0 is empty or not UTF-8" },
        { "x", "x", { "a" }, "\"x\" is reserved" },
        { "a:b", NULL, { "a" }, "a:b: not the name of a label" },
        { "__x", NULL, { "a" }, "__x: not the name of a label" },
        { "pump", NULL, { "a" }, "pump: registered already, with another help text" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n = 0;

        while (n < 3 && rows[i].states[n] != NULL)
            n++;
        assert_null(promc_stateset_family_new(
            reg, rows[i].name, "Help.",
            (promc_labels){ &rows[i].label, rows[i].label != NULL },
            (promc_labels){ rows[i].states, n }, &err));
        if (strstr(err.text, rows[i].rule) == NULL)
            fail_msg("row %zu: %s", i, err.text);
    }
    assert_null(promc_stateset_new(reg, "x", "Help.", (promc_labels){ NULL, 2 }, &err));
    assert_null(promc_stateset_new(reg, "x", NULL, L("a"), &err));
    assert_int_equal(err.code, -EINVAL);
    assert_samples(PUMP(0, 0, 0));
}

static void families(void **state)
{
    static const char *const zone[] = { "zone", "a" };
    promc_opts opts = PROMC_OPTS_INIT;
    promc_stateset_family *f;

    (void)state;
    opts.const_labels = zone;
    opts.n_const_labels = 1;
    f = promc_stateset_family_new_with(reg, "door", "Help.", L("nr"), L("open", "\"\n"),
                                       &opts, NULL);
    assert_non_null(f);
    promc_stateset_set_only(promc_stateset_labels(f, L("2")), 1);
    promc_stateset_set_only(promc_stateset_labels(f, L("1")), 0);
#define DOOR(nr, a, b)                                                                   \
    "door{nr=\"" #nr "\",zone=\"a\",door=\"open\"} " #a "\n"                             \
    "door{nr=\"" #nr "\",zone=\"a\",door=\"\\\"\\n\"} " #b "\n"
    assert_samples(DOOR(1, 1, 0) DOOR(2, 0, 1) PUMP(0, 0, 0));
    assert_int_equal(promc_stateset_remove(f, L("1")), 0);
    assert_int_equal(promc_stateset_remove(f, L("1")), -ENOENT);
    assert_samples(DOOR(2, 0, 1) PUMP(0, 0, 0));
    promc_stateset_labels(f, L("1")); /* it begins anew */
    assert_samples(DOOR(1, 0, 0) DOOR(2, 0, 1) PUMP(0, 0, 0));
    promc_stateset_family_clear(f);
    assert_samples(PUMP(0, 0, 0));

    opts.open_labels = 1;
    assert_null(promc_stateset_family_new_with(reg, "x", "Help.", PROMC_NO_LABELS, L("a"),
                                               &opts, &err));
    assert_int_equal(err.code, -EINVAL);
    opts.open_labels = 0;
    opts.const_labels = (const char *const[]){ "x", "a" };
    assert_null(promc_stateset_family_new_with(reg, "x", "Help.", PROMC_NO_LABELS, L("a"),
                                               &opts, &err));
    assert_int_equal(err.code, -EINVAL);
}

/* --- threads ---------------------------------------------------------------------------- */

static _Atomic unsigned next_thread;
static _Atomic int switching;

/* Each of three switches its state, the fourth looks on: others' states stay as they are. */
static void *switch_states(void *arg)
{
    unsigned i = atomic_fetch_add_explicit(&next_thread, 1, memory_order_relaxed);

    (void)arg;
    for (int k = 0; k < 20000; k++) {
        promc_stateset_set(pump, i, 1);
        assert_int_equal(promc_stateset_get(pump, i), 1);
        promc_stateset_set(pump, i, 0);
        assert_int_equal(promc_stateset_get(pump, i), 0);
    }
    promc_stateset_set(pump, i, 1);
    return NULL;
}

static void others_states_stay(void **state)
{
    (void)state;
    next_thread = 0;
    run_threads(3, switch_states, NULL);
    assert_samples(PUMP(1, 1, 1));
}

static void *enumerate(void *arg)
{
    (void)arg;
    for (size_t k = 0; k < 100000; k++)
        promc_stateset_set_only(pump, k % 3);
    atomic_fetch_sub_explicit(&switching, 1, memory_order_relaxed);
    return NULL;
}

/* An enumeration is in one state at every scrape. */
static void one_moment(void **state)
{
    pthread_t a, b;

    (void)state;
    promc_stateset_set_only(pump, 0);
    switching = 2;
    assert_int_equal(pthread_create(&a, NULL, enumerate, NULL), 0);
    assert_int_equal(pthread_create(&b, NULL, enumerate, NULL), 0);
    do {
        const char *text = samples_of(PROMC_FORMAT_TEXT);

        if (strcmp(text, PUMP(1, 0, 0)) != 0 && strcmp(text, PUMP(0, 1, 0)) != 0 &&
            strcmp(text, PUMP(0, 0, 1)) != 0)
            fail_msg("%s", text);
    } while (atomic_load_explicit(&switching, memory_order_relaxed) != 0);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STATES(steps),      STATES(no_such_state),
        STATES(formats),    STATES(all_64),
        STATES(refused),    STATES(families),
        STATES(one_moment), STATES(others_states_stay),
    };

    return cmocka_run_group_tests_name("stateset", tests, NULL, NULL);
}
