/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_enabled.c - which collectors run, by the flags and by the query of a request.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "node/enabled.h"

static const struct node_collector alpha = { .name = "alpha",
                                             .help = "A.",
                                             .default_on = 1 };
static const struct node_collector beta = { .name = "beta",
                                            .help = "B.",
                                            .default_on = 1 };
static const struct node_collector gamma_ = { .name = "gamma", .help = "C." };
static const struct node_collector *const table[] = { &alpha, &beta, &gamma_, NULL };

/* "abc" with a letter for each collector that runs, "-" for one that does not. */
static const char *shown(const struct node_set *set)
{
    static char text[4];

    for (size_t i = 0; i < 3; i++)
        text[i] = set->on[i] ? "abc"[i] : '-';
    return text;
}

static void flags(void **state)
{
    static const struct {
        const char *args[3];
        const char *runs;
    } cases[] = {
        { { NULL }, "ab-" },
        { { "--collector.gamma" }, "abc" },
        { { "--no-collector.alpha" }, "-b-" },
        { { "--collector.disable-defaults" }, "---" },
        { { "--collector.disable-defaults", "--collector.beta" }, "-b-" },
        { { "--collector.gamma", "--collector.disable-defaults" }, "--c" },
        { { "--collector.disable-defaults", "--no-collector.beta" }, "---" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *argv[4] = { (char *)(uintptr_t) "prog" };
        struct flags *f = flags_new("prog", "", "");
        struct node_enabled e;
        struct node_set set;
        int argc = 1;

        for (; argc < 4 && cases[i].args[argc - 1]; argc++)
            argv[argc] = (char *)(uintptr_t)cases[i].args[argc - 1];
        assert_int_equal(node_enabled_flags(&e, table, f), 0);
        assert_int_equal(flags_parse(f, argc, argv), FLAGS_OK);
        node_enabled_set(&e, &set);
        assert_string_equal(shown(&set), cases[i].runs);
        flags_free(f);
    }
}

/* A request that is only its query: "c" and "e" for collect[] and exclude[], each with
 * the names behind it. */
struct query {
    const char *collect[3];
    const char *exclude[3];
};

static const char *look(const promc_http_request *req, const char *key, size_t i)
{
    const struct query *q = (const void *)req;

    if (i >= 3)
        return NULL;
    return strcmp(key, "collect[]") == 0   ? q->collect[i]
           : strcmp(key, "exclude[]") == 0 ? q->exclude[i]
                                           : NULL;
}

static void queries(void **state)
{
    static const struct {
        struct query query;
        const char *runs; /* or what is said with status 400 */
    } cases[] = {
        { { { NULL }, { NULL } }, "ab-" },
        { { { "alpha" }, { NULL } }, "a--" },
        { { { "beta", "alpha", "beta" }, { NULL } }, "ab-" },
        { { { NULL }, { "alpha" } }, "-b-" },
        { { { NULL }, { "gamma", "nonsense" } }, "ab-" },
        { { { NULL }, { "alpha", "beta" } }, "ab-" }, /* an empty filter is none */
        { { { "alpha" }, { "beta" } },
          "Combined collect and exclude queries are not allowed." },
        { { { "alpha", "nonsense" }, { NULL } },
          "Couldn't create filtered metrics handler: couldn't create collector: missing "
          "collector: nonsense" },
        { { { "gamma" }, { NULL } },
          "Couldn't create filtered metrics handler: couldn't create collector: disabled "
          "collector: gamma" },
        { { { "" }, { NULL } },
          "Couldn't create filtered metrics handler: couldn't create collector: missing "
          "collector: " },
    };
    struct node_enabled e = { .table = table, .n = 3 };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct node_set set = { { 1, 1, 0 } };
        promc_error err = { 0, "" };
        int rc = node_select(&e, look, (const void *)&cases[i].query, &set, &err);

        if (rc != 0)
            assert_int_equal(rc, 400);
        assert_string_equal(rc == 0 ? shown(&set) : err.text, cases[i].runs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(flags),
                                        cmocka_unit_test(queries) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
