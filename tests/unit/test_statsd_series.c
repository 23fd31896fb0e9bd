/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names, types, labels and caps: each row is a line, and what becomes of its event.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "statsd/series.h"

static const struct hash_key key = { 0x123456789abcdefu, 0xfedcba987654321u };

struct world {
    promc_registry *registry;
    struct conflicts *conflicts;
    struct series_table *table;
    struct series_id scratch;
    struct series_ref ref;
    enum event_error got;
};

static struct world *new_world(size_t total, size_t per_name)
{
    static struct world w;
    struct series_limits limits = { total, per_name };

    memset(&w, 0, sizeof(w));
    w.registry = promc_registry_new(NULL);
    w.conflicts = conflicts_new(&key);
    w.table = series_table_new(w.registry, &key, &limits, w.conflicts);
    assert_non_null(w.table);
    return &w;
}

static void free_world(struct world *w)
{
    promc_registry_free(w->registry);
    series_table_free(w->table);
    conflicts_free(w->conflicts);
}

static void on_event(void *arg, const struct line *l, const struct line_event *e)
{
    struct world *w = arg;

    w->ref.any = NULL;
    w->got = series_find(w->table, l, e, &w->scratch, &w->ref);
}

static enum event_error find(struct world *w, const char *line)
{
    static const struct line_options all = { true, true, true, true };
    static struct line l;
    struct line_counts counts = { 0 };

    w->got = EVENT_N_ERRORS;
    line_parse(&all, line, strlen(line), &l, &counts, on_event, w);
    assert_int_not_equal(w->got, EVENT_N_ERRORS);
    return w->got;
}

static void *handle(struct world *w, const char *line)
{
    if (find(w, line) != SERIES_OK)
        fail_msg("%s: %s", line, event_error_name(w->got));
    return w->ref.any;
}

/* The same labels in any order are one series; any difference makes another. */
static void test_identity(void **state)
{
    struct world *w = new_world(100, 100);
    void *a = handle(w, "x:1|c|#a:1,b:2");
    uint64_t combinations[SERIES_N_KINDS], series;

    (void)state;
    assert_ptr_equal(a, handle(w, "x,b=2,a=1:1|c"));
    assert_ptr_equal(a, handle(w, "x:1|c|#a:0,b:2,a:1"));
    assert_ptr_not_equal(a, handle(w, "x:1|c"));
    assert_ptr_not_equal(a, handle(w, "x:1|c|#a:1"));
    assert_ptr_not_equal(a, handle(w, "x:1|c|#a:1,b:3"));
    assert_ptr_not_equal(a, handle(w, "x:1|c|#a:1,c:2"));
    assert_ptr_not_equal(handle(w, "x:1|c|#a:bc"), handle(w, "x:1|c|#ab:c"));
    assert_ptr_equal(handle(w, "a.b:1|g"), handle(w, "a-b:1|g"));
    assert_ptr_equal(handle(w, "y:1|ms"), handle(w, "y:1|h"));
    series_counts(w->table, combinations, &series);
    assert_int_equal(series, 9);
    assert_int_equal(combinations[SERIES_COUNTER], 5); /* {a,b} {} {a} {a,c} {ab} */
    assert_int_equal(combinations[SERIES_GAUGE], 1);
    assert_int_equal(combinations[SERIES_SUMMARY], 1);
    free_world(w);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *line;
        enum event_error want;
    } rows[] = {
        { "#t=a:1|c", EVENT_EMPTY_NAME },
        { "statsd_exporter_lines_total:1|c", EVENT_RESERVED_NAME },
        { "statsd.exporter.x:1|c", EVENT_RESERVED_NAME },
        { "process_open_fds:1|g", EVENT_RESERVED_NAME },
        { "process_open:1|g", SERIES_OK },
        { "a:1|c|#__x:1", EVENT_RESERVED_LABEL },
        { "a:1|c|#.-x:1", EVENT_RESERVED_LABEL },
        { "a:1|ms|#quantile:1", EVENT_RESERVED_LABEL },
        { "a:1|c|#quantile:1", SERIES_OK },
        { "b:1|ms|#le:1", SERIES_OK },
        { "c:1|c", SERIES_OK },
        { "c:1|g", EVENT_CONFLICT },
        { "c:1|ms", EVENT_CONFLICT },
        { "c:1|c", SERIES_OK },
        { "h:1|h", SERIES_OK },
        { "h_sum:1|c", EVENT_CONFLICT },
        { "h_count:1|g", EVENT_CONFLICT },
        { "h_bucket:1|c", EVENT_CONFLICT },
        { "h_sum:1|h", EVENT_CONFLICT },
        { "h_bucket:1|h", SERIES_OK }, /* a summary has no x_bucket */
        { "h_sums:1|c", SERIES_OK },
        { "g:1|g", SERIES_OK },
        { "g_sum:1|g", EVENT_CONFLICT },
        { "g_sum:1|h", SERIES_OK }, /* nor a gauge anything but itself */
        { "i_count:1|h", SERIES_OK },
        { "i:1|h", EVENT_CONFLICT },
        { "c_sum:1|c", SERIES_OK },
        { "c_count:1|g", SERIES_OK },
        { "d_sum:1|c", SERIES_OK },
        { "d:1|h", EVENT_CONFLICT },
        { "e_count:1|c", SERIES_OK },
        { "e:1|d", EVENT_CONFLICT },
        { "f_bucket:1|c", SERIES_OK },
        { "f:1|h", SERIES_OK },
        { "_sum:1|c", SERIES_OK },
    };
    struct world *w = new_world(100, 100);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (find(w, rows[i].line) != rows[i].want)
            fail_msg("%s: got \"%s\"", rows[i].line, event_error_name(w->got));
    free_world(w);
}

static void test_caps(void **state)
{
    struct world *w = new_world(20, 5);
    char line[6000];

    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(line, sizeof(line), "x:1|c|#k:%d", i);
        assert_int_equal(find(w, line), i < 5 ? SERIES_OK : EVENT_TOO_MANY_SERIES);
    }
    assert_int_equal(find(w, "x:1|c|#k:3"), SERIES_OK);
    for (int i = 0; i < 20; i++) {
        snprintf(line, sizeof(line), "n%d:1|g", i);
        assert_int_equal(find(w, line), i < 15 ? SERIES_OK : EVENT_TOO_MANY_SERIES);
    }
    assert_int_equal(find(w, "n3:1|g"), SERIES_OK);
    free_world(w);
}

/* Long series are charged by length, and too long ones refused. */
static void test_long(void **state)
{
    struct world *w = new_world(10, 10);
    char line[6000];

    (void)state;
    snprintf(line, sizeof(line), "x:1|c|#k:%04000d", 1); /* 4,004 bytes: 8 charges */
    assert_int_equal(find(w, line), SERIES_OK);
    snprintf(line, sizeof(line), "x:1|c|#k:%02000d", 2); /* 4 more are too many */
    assert_int_equal(find(w, line), EVENT_TOO_MANY_SERIES);
    snprintf(line, sizeof(line), "x:1|c|#k:%04100d", 3);
    assert_int_equal(find(w, line), EVENT_SERIES_TOO_LONG);
    snprintf(line, sizeof(line), "x%04100d:1|c", 3);
    assert_int_equal(find(w, line), EVENT_SERIES_TOO_LONG);
    assert_int_equal(find(w, "y:1|c"), SERIES_OK);
    free_world(w);
}

/* A label value may hold any character, even one that ends a C string. */
static void test_nul_in_value(void **state)
{
    static const char line_text[] = "x:1|c|#k:a\0b";
    static const struct line_options all = { true, true, true, true };
    static struct line l;
    struct world *w = new_world(10, 10);
    struct line_counts counts = { 0 };

    (void)state;
    line_parse(&all, line_text, sizeof(line_text) - 1, &l, &counts, on_event, w);
    assert_int_equal(w->got, SERIES_OK);
    assert_string_equal(w->scratch.values[0], "a\xef\xbf\xbd"
                                              "b");
    free_world(w);
}

static void test_many_names(void **state)
{
    struct world *w = new_world(100000, 10);
    static void *seen[3000];
    char line[64];

    (void)state;
    for (int i = 0; i < 3000; i++) {
        snprintf(line, sizeof(line), "name.%d:1|c", i);
        seen[i] = handle(w, line);
    }
    for (int i = 0; i < 3000; i++) {
        snprintf(line, sizeof(line), "name.%d:1|c", i);
        assert_ptr_equal(seen[i], handle(w, line));
    }
    free_world(w);
}

/* The table of conflicts tells the first names apart and counts them all. */
static void collect(promc_emitter *e, void *arg)
{
    conflicts_emit(arg, e);
}

static int add_up(void *arg, const char *name, promc_labels names, promc_labels values,
                  double v, const int64_t *timestamp)
{
    double *sums = arg;

    (void)names;
    (void)timestamp;
    if (strcmp(name, "statsd_exporter_events_conflict_total") == 0) {
        sums[0] += 1;
        sums[1] += v;
        if (values.v[0][0] == '\0')
            sums[2] += v;
    }
    return 0;
}

static void test_conflicts(void **state)
{
    promc_registry *registry = promc_registry_new(NULL);
    struct conflicts *c = conflicts_new(&key);
    promc_text_handler handler = { NULL, NULL, add_up };
    promc_page *page = promc_page_new(NULL);
    double sums[3] = { 0, 0, 0 };
    char name[32];

    (void)state;
    assert_int_equal(promc_collector_register(registry, collect, c, NULL), 0);
    assert_int_equal(promc_render(registry, PROMC_FORMAT_TEXT, page, NULL), 0);
    assert_int_equal(promc_page_size(page), 0);
    for (int i = 0; i < 1500; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        conflicts_add(c, EVENT_GAUGE, name, 1);
        conflicts_add(c, EVENT_GAUGE, name, 2);
    }
    assert_int_equal(promc_render(registry, PROMC_FORMAT_TEXT, page, NULL), 0);
    assert_int_equal(promc_text_parse(promc_page_data(page), promc_page_size(page),
                                      &handler, sums, NULL, NULL),
                     0);
    assert_int_equal(sums[0], CONFLICTS_MAX + 1);
    assert_int_equal(sums[1], 4500);
    assert_int_equal(sums[2], 1500);
    promc_page_free(page);
    promc_registry_free(registry);
    conflicts_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),     cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_caps),         cmocka_unit_test(test_long),
        cmocka_unit_test(test_nul_in_value), cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_conflicts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
