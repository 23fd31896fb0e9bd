/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_loadavg.c - the loadavg collector and its parser.
 */
#include "config.h"

#include "node_test.h"

#include "node/collectors/loadavg.c"

static void parser(void **state)
{
    static const struct {
        const char *text;
        double load[3];
    } good[] = {
        { "0.21 0.37 0.39 1/719 19737\n", { 0.21, 0.37, 0.39 } },
        { "100.00 12.34 0.00 1/2 3\n", { 100, 12.34, 0 } },
        { "1 2 3", { 1, 2, 3 } },
    };
    static const char *const bad[] = { "", "\n", "0.1 0.2\n", "0.1 x 0.3 1/2 3\n",
                                       "0,1 0,2 0,3 1/2 3\n" };
    double load[3];
    promc_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(loadavg_parse(span_str(good[i].text), load, &err), 0);
        assert_memory_equal(load, good[i].load, sizeof(load));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err = (promc_error){ 0, "" };
        assert_int_equal(loadavg_parse(span_str(bad[i]), load, &err), -EINVAL);
        assert_int_equal(err.code, -EINVAL);
        assert_int_equal(strncmp(err.text, "loadavg: field ", 15), 0);
    }
}

static void collector(void **state)
{
    struct node_ctx ctx = { .paths = { FIXTURES "/common/proc", "", "", "" } };
    promc_emitter *out = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    void *priv = NULL;
    char *text;

    (void)state;
    assert_int_equal(source_init(&ctx, &priv, &err), 0);
    for (int i = 0; i < 2; i++) {
        promc_emitter_reset(out);
        assert_int_equal(loadavg_collect(&ctx, priv, out, &err), 0);
    }
    text = node_test_text(out);
    assert_string_equal(text, "# TYPE node_load1 gauge\nnode_load1 10.5\n"
                              "# TYPE node_load15 gauge\nnode_load15 0.05\n"
                              "# TYPE node_load5 gauge\nnode_load5 2\n");
    free(text);

    ctx.paths.procfs = FIXTURES "/none";
    assert_int_equal(loadavg_collect(&ctx, priv, out, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/none/loadavg: No such file or directory"));
    source_fini(priv);
    promc_emitter_free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(parser),
                                        cmocka_unit_test(collector) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
