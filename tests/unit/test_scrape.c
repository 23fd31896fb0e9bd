/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_scrape.c - a scrape answers with what there is, whatever the collectors do. The
 * collectors here are made to order: some hang until a pipe is written to.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "node/scrape.h"

/* Long enough never to be reached; alarm() in main() ends a test that waits for it. */
#define NO_DEADLINE 1000.0

/* One made-up collector: what it does, and a pipe that it waits for. */
struct fake {
    int pipe[2];
    _Atomic int calls;
    _Atomic int inside;
};

static struct fake a_hang, z_hang;
static _Atomic int most_inside, inits, finis;

static int good(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                promc_error *err)
{
    (void)ctx;
    (void)priv;
    (void)err;
    promc_emit(
        promc_emit_family(out, PROMC_TYPE_GAUGE, "fake_good", "Good.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, 1);
    return 0;
}

static int failing(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                   promc_error *err)
{
    (void)ctx;
    (void)priv;
    promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE, "fake_failing", "Failing.",
                                 PROMC_NO_LABELS),
               PROMC_NO_LABELS, 2);
    err->code = -EIO;
    snprintf(err->text, sizeof(err->text), "made to fail");
    return -EIO;
}

static int nodata(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                  promc_error *err)
{
    (void)ctx;
    (void)priv;
    (void)out;
    (void)err;
    return NODE_NODATA;
}

/* Wait for a byte, then go on as if nothing had been. */
static int hang(struct fake *f, promc_emitter *out, const char *name)
{
    char byte;

    atomic_fetch_add(&f->calls, 1);
    while (read(f->pipe[0], &byte, 1) < 0 && errno == EINTR)
        ;
    promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE, name, "Back.", PROMC_NO_LABELS),
               PROMC_NO_LABELS, 3);
    return 0;
}

static int hang_a(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                  promc_error *err)
{
    (void)ctx;
    (void)priv;
    (void)err;
    return hang(&a_hang, out, "fake_a_back");
}

static int hang_z(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                  promc_error *err)
{
    (void)ctx;
    (void)priv;
    (void)err;
    return hang(&z_hang, out, "fake_z_back");
}

static void release(struct fake *f)
{
    assert_int_equal(write(f->pipe[1], "x", 1), 1);
}

/* Comes after a hanging one, and is what that one waits for. */
static int releasing(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                     promc_error *err)
{
    (void)ctx;
    (void)priv;
    (void)out;
    (void)err;
    release(&a_hang);
    return 0;
}

static int counting(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                    promc_error *err)
{
    int now = atomic_fetch_add(&z_hang.inside, 1) + 1;

    (void)ctx;
    (void)priv;
    (void)out;
    (void)err;
    atomic_fetch_add(&z_hang.calls, 1);
    if (now > atomic_load(&most_inside))
        atomic_store(&most_inside, now);
    sched_yield();
    atomic_fetch_sub(&z_hang.inside, 1);
    return 0;
}

static int count_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    (void)err;
    *priv = &inits;
    atomic_fetch_add(&inits, 1);
    return 0;
}

static int refuse_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    (void)priv;
    err->code = -EINVAL;
    snprintf(err->text, sizeof(err->text), "made to refuse");
    return -EINVAL;
}

static void count_fini(void *priv)
{
    assert_ptr_equal(priv, &inits);
    atomic_fetch_add(&finis, 1);
}

#define FAKE(var, label, fn)                                                             \
    static const struct node_collector var = { .name = label, .collect = fn }

FAKE(a_collector, "a_hang", hang_a);
FAKE(failing_collector, "failing", failing);
FAKE(good_collector, "good", good);
FAKE(nodata_collector, "nodata", nodata);
FAKE(releasing_collector, "releasing", releasing);
FAKE(z_collector, "z_hang", hang_z);
FAKE(counting_collector, "counting", counting);
static const struct node_collector lively_collector = {
    .name = "lively", .init = count_init, .collect = good, .fini = count_fini
};
static const struct node_collector refusing_collector = {
    .name = "refusing", .init = refuse_init, .collect = good, .fini = count_fini
};

/* ------------------------------------------------------------------------------------ */

static struct node_set all;
static promc_registry *reg;
static promc_page *page;

static struct node_scrape *start(const struct node_collector *const *table)
{
    struct node_ctx ctx = { .paths = { "/proc", "/sys", "", "" } };
    promc_error err = { 0, "" };
    struct node_scrape *s = node_scrape_new(table, &all, &ctx, &err);

    if (!s)
        fail_msg("%s", err.text);
    reg = promc_registry_new(NULL);
    page = promc_page_new(NULL);
    assert_int_equal(promc_collector_register(reg, node_scrape_emit, s, NULL), 0);
    return s;
}

static void finish(struct node_scrape *s)
{
    promc_registry_free(reg);
    promc_page_free(page);
    node_scrape_free(s);
}

/* One scrape, as text. */
static const char *scrape(struct node_scrape *s, const struct node_set *set,
                          double deadline)
{
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;

    assert_int_equal(node_scrape_begin(s, set, deadline), 0);
    opts.scrape_arg = s;
    assert_int_equal(promc_render_with(reg, PROMC_FORMAT_TEXT, &opts, page, NULL), 0);
    node_scrape_end(s);
    return promc_page_data(page);
}

static int has(const char *text, const char *line)
{
    char whole[256];

    snprintf(whole, sizeof(whole), "\n%s\n", line);
    return strstr(text, whole) != NULL;
}

static int success(const char *text, const char *name, int value)
{
    char line[128];

    snprintf(line, sizeof(line), "node_scrape_collector_success{collector=\"%s\"} %d",
             name, value);
    return has(text, line);
}

static int setup(void **state)
{
    (void)state;
    memset(&a_hang, 0, sizeof(a_hang));
    memset(&z_hang, 0, sizeof(z_hang));
    inits = finis = most_inside = 0;
    return pipe(a_hang.pipe) || pipe(z_hang.pipe);
}

static void results(void **state)
{
    static const struct node_collector *const table[] = { &failing_collector,
                                                          &good_collector,
                                                          &nodata_collector, NULL };
    struct node_scrape *s = start(table);
    const char *text;

    (void)state;
    for (int i = 0; i < 3; i++) {
        text = scrape(s, &all, NO_DEADLINE);
        assert_true(success(text, "failing", 0));
        assert_true(success(text, "good", 1));
        assert_true(success(text, "nodata", 0));
        assert_true(has(text, "fake_good 1"));
        assert_true(has(text, "fake_failing 2")); /* what came before the error stays */
        assert_non_null(strstr(text, "duration_seconds{collector=\"nodata\"} "));
    }
    finish(s);
}

static void only_what_is_asked(void **state)
{
    static const struct node_collector *const table[] = { &a_collector, &good_collector,
                                                          NULL };
    struct node_scrape *s = start(table);
    struct node_set set = { { 0, 1 } }, none = { { 0 } };
    const char *text = scrape(s, &set, NO_DEADLINE);

    (void)state;
    assert_true(success(text, "good", 1));
    assert_null(strstr(text, "a_hang"));
    assert_int_equal(a_hang.calls, 0);

    text = scrape(s, &none, NO_DEADLINE);
    assert_null(strstr(text, "collector="));

    /* A render by somebody else shows nothing of ours. */
    assert_int_equal(promc_render(reg, PROMC_FORMAT_TEXT, page, NULL), 0);
    assert_null(strstr(promc_page_data(page), "good"));
    finish(s);
}

static void hanging_ones_are_left_behind(void **state)
{
    static const struct node_collector *const table[] = {
        &a_collector, &failing_collector, &good_collector, &z_collector, NULL
    };
    struct node_scrape *s = start(table);
    const char *text = scrape(s, &all, 2.0);
    int tries;

    (void)state;
    assert_true(success(text, "a_hang", 0));
    assert_true(success(text, "good", 1));
    assert_true(success(text, "z_hang", 0));
    assert_true(has(text, "fake_failing 2"));
    assert_null(strstr(text, "_back"));

    /* Now they are known to hang: not waited for, not called a second time. */
    for (int i = 0; i < 5; i++) {
        text = scrape(s, &all, NO_DEADLINE);
        assert_true(success(text, "a_hang", 0));
        assert_true(success(text, "good", 1));
        assert_true(success(text, "z_hang", 0));
    }
    assert_int_equal(a_hang.calls, 1);
    assert_int_equal(z_hang.calls, 1);

    /* One comes back, and is a collector like the others again. */
    release(&a_hang);
    release(&a_hang);
    for (tries = 0; tries < 10000; tries++) {
        text = scrape(s, &all, NO_DEADLINE);
        if (success(text, "a_hang", 1))
            break;
        usleep(1000);
    }
    assert_true(success(text, "a_hang", 1));
    assert_true(success(text, "z_hang", 0));
    assert_true(has(text, "fake_a_back 3"));
    assert_int_equal(a_hang.calls, 2);

    /* With one still gone the end does not wait either. Its memory is not freed. */
    finish(s);
}

/* What comes after a slow collector does not wait for it, and what the slow one has to
 * say is in the same scrape. */
static void a_slow_one_is_overtaken(void **state)
{
    static const struct node_collector *const table[] = { &a_collector, &good_collector,
                                                          &releasing_collector, NULL };
    struct node_scrape *s = start(table);
    const char *text = scrape(s, &all, NO_DEADLINE);

    (void)state;
    assert_true(success(text, "a_hang", 1));
    assert_true(has(text, "fake_a_back 3"));
    assert_true(success(text, "good", 1));
    assert_true(success(text, "releasing", 1));
    finish(s);
}

static void one_scrape_at_a_time(void **state)
{
    static const struct node_collector *const table[] = { &good_collector, NULL };
    struct node_scrape *s = start(table);

    (void)state;
    assert_int_equal(node_scrape_begin(s, &all, NO_DEADLINE), 0);
    assert_int_equal(node_scrape_begin(s, &all, 0.05), -EBUSY);
    node_scrape_end(s);
    assert_true(success(scrape(s, &all, NO_DEADLINE), "good", 1));
    finish(s);
}

static void *scrape_often(void *arg)
{
    struct node_scrape *s = arg;

    for (int i = 0; i < 200; i++) {
        if (node_scrape_begin(s, &all, NO_DEADLINE) != 0)
            abort();
        node_scrape_end(s);
    }
    return NULL;
}

static void never_twice_at_once(void **state)
{
    static const struct node_collector *const table[] = { &counting_collector,
                                                          &good_collector, NULL };
    struct node_scrape *s = start(table);
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, scrape_often, s), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(most_inside, 1);
    assert_int_equal(z_hang.calls, 800);
    finish(s);
}

static void *stop_later(void *arg)
{
    while (atomic_load(&a_hang.calls) == 0)
        usleep(1000);
    node_scrape_stop(arg);
    return NULL;
}

/* A scrape under way ends with what it has when the program is to end. */
static void stopping(void **state)
{
    static const struct node_collector *const table[] = { &good_collector, &a_collector,
                                                          NULL };
    struct node_scrape *s = start(table);
    pthread_t thread;
    const char *text;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, stop_later, s), 0);
    text = scrape(s, &all, NO_DEADLINE);
    pthread_join(thread, NULL);
    assert_true(success(text, "good", 1));
    assert_true(success(text, "a_hang", 0));
    assert_int_equal(node_scrape_begin(s, &all, NO_DEADLINE), -ESHUTDOWN);
    finish(s);
}

static void init_and_fini(void **state)
{
    static const struct node_collector *const table[] = { &lively_collector,
                                                          &good_collector, NULL };
    static const struct node_collector *const bad[] = { &lively_collector,
                                                        &refusing_collector, NULL };
    struct node_ctx ctx = { .paths = { "/proc", "/sys", "", "" } };
    struct node_set second = { { 0, 1 } };
    promc_error err = { 0, "" };

    (void)state;
    finish(start(table));
    assert_int_equal(inits, 1);
    assert_int_equal(finis, 1);
    assert_null(node_scrape_new(bad, &all, &ctx, &err));
    assert_string_equal(err.text, "made to refuse");
    assert_int_equal(inits, 2);
    assert_int_equal(finis, 2);

    /* What is not enabled is not set up. */
    node_scrape_free(node_scrape_new(table, &second, &ctx, &err));
    assert_int_equal(inits, 2);
    node_scrape_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(results, setup),
        cmocka_unit_test_setup(only_what_is_asked, setup),
        cmocka_unit_test_setup(hanging_ones_are_left_behind, setup),
        cmocka_unit_test_setup(a_slow_one_is_overtaken, setup),
        cmocka_unit_test_setup(one_scrape_at_a_time, setup),
        cmocka_unit_test_setup(never_twice_at_once, setup),
        cmocka_unit_test_setup(stopping, setup),
        cmocka_unit_test_setup(init_and_fini, setup),
    };

    alarm(120);
    memset(&all, 1, sizeof(all));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
