/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_infiniband.c - the ports of InfiniBand devices.
 */
#include "config.h"

#include <errno.h>

#include "node/collectors/infiniband_counters.h"
#include "node_run.h"

extern const struct node_collector node_infiniband_collector;

#define DEV "sys/class/infiniband/mlx5_0/"
#define PORT DEV "ports/1/"

static void put_port(struct node_test_tree *t)
{
    node_test_put(t, DEV "fw_ver", "2.31.5050\n");
    node_test_put(t, DEV "hca_type", "MT4099\n");
    node_test_put(t, PORT "state", "4: ACTIVE\n");
    node_test_put(t, PORT "phys_state", "5: LinkUp\n");
    node_test_put(t, PORT "rate", "2.5 Gb/sec (1X SDR)\n");
}

#define INFO                                                                             \
    "# TYPE node_infiniband_info gauge\n"                                                \
    "node_infiniband_info{board_id=\"\",device=\"mlx5_0\",firmware_version=\"2.31."      \
    "5050\","                                                                            \
    "hca_type=\"MT4099\"} 1\n"
#define SAMPLE(type, name, value)                                                        \
    "# TYPE node_infiniband_" name " " type "\n"                                         \
    "node_infiniband_" name "{device=\"mlx5_0\",port=\"1\"} " value "\n"

static void test_port(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(node_run_start(&r, &node_infiniband_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), NODE_NODATA);
    put_port(&t);
    node_test_put(&t, PORT "counters/port_rcv_data", "4611686018427387904\n");
    node_test_put(&t, PORT "counters/VL15_dropped", "3\n");
    node_test_put(&t, PORT "counters/link_downed", "N/A (no PMA)\n");
    node_test_put(&t, PORT "counters_ext/port_xmit_data_64", "2\n");
    node_test_put(&t, PORT "hw_counters/lifespan", "1999\n");
    node_test_put(&t, PORT "hw_counters/out_of_buffer", "7\n");
    node_test_put(&t, DEV "ports/gid/state", "4: ACTIVE\n");
    node_test_put(&t, DEV "ports/.gitkeep", "");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(node_run_once(&r, 10), 0);
        node_test_expect(
            r.out, INFO SAMPLE("counter", "legacy_data_transmitted_bytes_total",
                               "8") SAMPLE("gauge", "lifespan_seconds", "1")
                       SAMPLE("counter", "out_of_buffer_drops_total", "7")
                           SAMPLE("gauge", "physical_state_id", "5")
                               SAMPLE("counter", "port_data_received_bytes_total",
                                      "1.8446744073709552e+19")
                                   SAMPLE("gauge", "rate_bytes_per_second", "3.125e+08")
                                       SAMPLE("gauge", "state_id", "4")
                                           SAMPLE("counter", "vl15_dropped_total", "3"));
    }
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* What a file of the port may hold, and whether there is a number in it. */
static const struct {
    const char *file, *content;
    const char *metric; /* NULL: an error */
} contents[] = {
    { "rate", "100 Gb/sec (4X EDR)\n",
      "rate_bytes_per_second{device=\"mlx5_0\",port=\"1\"} 1.25e+10\n" },
    { "rate", "14.0625 Gb/sec (1X FDR)\n",
      "rate_bytes_per_second{device=\"mlx5_0\",port=\"1\"} 1.7578125e+09\n" },
    { "rate", "100 Mb/sec\n", NULL },
    { "rate", "100\n", NULL },
    { "rate", "-1 Gb/sec\n", NULL },
    { "rate", "nan Gb/sec\n", NULL },
    { "rate", "1e400 Gb/sec\n", NULL },
    { "rate", "fast Gb/sec\n", NULL },
    { "rate", "", NULL },
    { "state", "1: DOWN", "state_id{device=\"mlx5_0\",port=\"1\"} 1\n" },
    { "state", "4 ACTIVE\n", NULL },
    { "state", "x: ACTIVE\n", NULL },
    { "state", ":\n", NULL },
    { "phys_state", "18446744073709551616: LinkUp\n", NULL },
    { "phys_state", "\n", NULL },
};

static void test_contents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct node_test_tree t;
        struct node_run r;
        char text[256];

        node_test_tree_new(&t);
        put_port(&t);
        snprintf(text, sizeof(text), PORT "%s", contents[i].file);
        node_test_put(&t, text, contents[i].content);
        assert_int_equal(node_run_start(&r, &node_infiniband_collector, &t.ctx), 0);
        if ((node_run_once(&r, 10) == 0) != (contents[i].metric != NULL))
            fail_msg("%s: %s", contents[i].file, contents[i].content);
        if (contents[i].metric) {
            snprintf(text, sizeof(text), "node_infiniband_%s", contents[i].metric);
            assert_true(node_test_holds(r.out, text));
        } else {
            assert_non_null(strstr(r.err.text, contents[i].file));
        }
        assert_true(node_test_holds(r.out, "node_infiniband_info{"));
        node_run_stop(&r);
        node_test_tree_free(&t);
    }
}

/* No file and no metric is in the table twice. */
static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < INFINIBAND_COUNTERS; i++) {
        assert_non_null(infiniband_counters[i].file);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(infiniband_counters[i].file,
                                    infiniband_counters[k].file);
            assert_string_not_equal(infiniband_counters[i].name,
                                    infiniband_counters[k].name);
        }
    }
}

static void test_filter(void **state)
{
    static const char *const args[] = { "--collector.infiniband.device-include=mlx",
                                        "--collector.infiniband.device-exclude=_1$",
                                        NULL };
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    put_port(&t);
    node_test_put(&t, "sys/class/infiniband/mlx5_1/fw_ver", "1\n");
    node_test_put(&t, "sys/class/infiniband/rxe0/fw_ver", "1\n");
    node_run_flags(&node_infiniband_collector, args);
    assert_int_equal(node_run_start(&r, &node_infiniband_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, INFO SAMPLE("gauge", "physical_state_id", "5")
                                SAMPLE("gauge", "rate_bytes_per_second", "3.125e+08")
                                    SAMPLE("gauge", "state_id", "4"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port),
        cmocka_unit_test(test_contents),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_filter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
