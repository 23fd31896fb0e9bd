/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_cpu.c - the cpu and cpufreq collectors.
 */
#include "config.h"

#include "node_test.h"

#include "node/collectors/cpu.c"
#include "node/collectors/cpu_info.c"
#include "node/collectors/cpufreq.c"

static void test_line(void **state)
{
    static const struct {
        const char *line;
        int rc;
        unsigned cpu;
        double user, idle, guest_nice;
    } cases[] = {
        { "cpu0 44490 19 21045 1087069 220 1 3410 0 2 1", 1, 0, 444.9, 10870.69, 0.01 },
        { "cpu127 1 2 3 4", 1, 127, 0.01, 0.04, 0 },
        { "cpu3 1 2 3 4 5 6 7 8 9 10 11 12", 1, 3, 0.01, 0.04, 0.1 },
        { "cpu  1 2 3 4", 0, 0, 0, 0, 0 },
        { "intr 5", 0, 0, 0, 0, 0 },
        { "", 0, 0, 0, 0, 0 },
        { "cpu0", -EINVAL, 0, 0, 0, 0 },
        { "cpu0 1 2 3", -EINVAL, 0, 0, 0, 0 },
        { "cpu0 1 2 x 4", -EINVAL, 0, 0, 0, 0 },
        { "cpu0 1 2 3 99999999999999999999", -EINVAL, 0, 0, 0, 0 },
        { "cpux 1 2 3 4", -EINVAL, 0, 0, 0, 0 },
        { "cpu99999999 1 2 3 4", -EINVAL, 0, 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double s[CPU_COLUMNS];
        unsigned cpu = 0;

        assert_int_equal(cpu_parse_line(span_str(cases[i].line), &cpu, s), cases[i].rc);
        if (cases[i].rc <= 0)
            continue;
        assert_int_equal(cpu, cases[i].cpu);
        assert_true(s[0] == cases[i].user);
        assert_true(s[CPU_IDLE] == cases[i].idle);
        assert_true(s[CPU_GUEST_NICE] == cases[i].guest_nice);
    }
}

/* What one scrape after the other shows of user and idle of CPU 0 and 1. */
static void test_steps_back(void **state)
{
    static const struct {
        const char *stat;
        const char *user, *idle; /* of CPU 1, NULL: not there */
    } steps[] = {
        { "cpu0 100 0 0 1000\ncpu1 200 0 0 2000\n", "2", "20" },
        { "cpu0 100 0 0 1000\ncpu1 250 0 0 1990\n", "2.5",
          "20" }, /* idle back by 0.1 s */
        { "cpu0 100 0 0 1000\ncpu1 240 0 0 1701\n", "2.5",
          "20" }, /* by 2.99 s, user too */
        { "cpu0 100 0 0 1000\ncpu1 10 0 0 1700\n", "0.1", "17" }, /* by 3 s: a restart */
        { "cpu0 100 0 0 1000\n", NULL, NULL },                    /* off */
        { "cpu0 100 0 0 1000\ncpu1 5 0 0 1699\n", "0.05", "16.99" }, /* on again */
    };
    struct cpu *c = calloc(1, sizeof(*c));
    promc_emitter *e = promc_emitter_new(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        char line[128];

        promc_emitter_reset(e);
        assert_int_equal(cpu_emit(c, span_str(steps[i].stat), e, NULL), 0);
        assert_true(
            node_test_holds(e, "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 10\n"));
        if (!steps[i].user) {
            assert_false(node_test_holds(e, "node_cpu_seconds_total{cpu=\"1\""));
            continue;
        }
        snprintf(line, sizeof(line),
                 "node_cpu_seconds_total{cpu=\"1\",mode=\"user\"} %s\n", steps[i].user);
        assert_true(node_test_holds(e, line));
        snprintf(line, sizeof(line),
                 "node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} %s\n", steps[i].idle);
        assert_true(node_test_holds(e, line));
    }
    promc_emitter_reset(e);
    assert_int_equal(cpu_emit(c, span_str("cpu0 1 2 3 4\ncpu0 1 2 3 4\n"), e, NULL),
                     -EINVAL);
    free(c->times);
    free(c);
    promc_emitter_free(e);
}

static const char cpuinfo_text[] = "processor\t: 0\n"
                                   "vendor_id\t: GenuineIntel\n"
                                   "cpu family\t: 6\n"
                                   "model\t\t: 142\n"
                                   "model name\t: A \"CPU\": 1.90GHz\n"
                                   "stepping\t: 10\n"
                                   "microcode\t: 0xb4\n"
                                   "cpu MHz\t\t: 799.998\n"
                                   "cache size\t: 8192 KB\n"
                                   "physical id\t: 0\n"
                                   "core id\t\t: 3\n"
                                   "flags\t\t: fpu aes avx avx2 avx512f\n"
                                   "bugs\t\t: mds swapgs\n"
                                   "power management:\n"
                                   "\n"
                                   "processor\t: 1\n"
                                   "flags\t\t: aes\n"
                                   "\n"
                                   "Hardware\t: a block that is no CPU\n";

static void test_info(void **state)
{
    struct filter *flags = filter_new("flags", "^(aes|avx.?)$", NULL, NULL);
    struct filter *bugs = filter_new("bugs", "mds", NULL, NULL);
    struct cpu_info_opts opts = { flags, bugs, 1 };
    promc_emitter *e = promc_emitter_new(NULL);

    (void)state;
    cpu_info_emit(span_str(cpuinfo_text), &opts, e);
    node_test_expect(
        e, "# TYPE node_cpu_bug_info gauge\n"
           "node_cpu_bug_info{bug=\"mds\"} 1\n"
           "# TYPE node_cpu_flag_info gauge\n"
           "node_cpu_flag_info{flag=\"aes\"} 1\n"
           "node_cpu_flag_info{flag=\"avx\"} 1\n"
           "node_cpu_flag_info{flag=\"avx2\"} 1\n"
           "# TYPE node_cpu_frequency_hertz gauge\n"
           "node_cpu_frequency_hertz{core=\"3\",cpu=\"0\",package=\"0\"} 7.99998e+08\n"
           "# TYPE node_cpu_info gauge\n"
           "node_cpu_info{cachesize=\"\",core=\"\",cpu=\"1\",family=\"\",microcode=\"\","
           "model=\"\",model_name=\"\",package=\"\",stepping=\"\",vendor=\"\"} 1\n"
           "node_cpu_info{cachesize=\"8192 KB\",core=\"3\",cpu=\"0\",family=\"6\","
           "microcode=\"0xb4\",model=\"142\",model_name=\"A \\\"CPU\\\": 1.90GHz\","
           "package=\"0\",stepping=\"10\",vendor=\"GenuineIntel\"} 1\n");
    promc_emitter_reset(e);
    opts = (struct cpu_info_opts){ NULL, NULL, 0 };
    cpu_info_emit(span_str("processor: 5"), &opts, e);
    assert_true(node_test_holds(e, "node_cpu_info{cachesize=\"\",core=\"\",cpu=\"5\""));
    assert_false(node_test_holds(e, "node_cpu_frequency_hertz"));
    assert_false(node_test_holds(e, "node_cpu_flag_info"));
    filter_free(flags);
    filter_free(bugs);
    promc_emitter_free(e);
}

static void feed(struct span prefix)
{
    struct cpu *c = calloc(1, sizeof(*c));
    struct cpu_info_opts opts = { NULL, NULL, 1 };
    promc_emitter *e = promc_emitter_new(NULL);

    cpu_info_emit(prefix, &opts, e);
    cpu_emit(c, prefix, e, NULL);
    promc_emitter_free(e);
    free(c->times);
    free(c);
}

static void test_truncated(void **state)
{
    static const char stat[] = "cpu  1 2\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu1 1 2 3 4\n";

    (void)state;
    node_test_prefixes(cpuinfo_text, sizeof(cpuinfo_text) - 1, feed);
    node_test_prefixes(stat, sizeof(stat) - 1, feed);
}

#define SYS_CPU "sys/devices/system/cpu/"

static void put_cpu(struct node_test_tree *t, int cpu, const char *package,
                    const char *core, const char *core_count, const char *package_count)
{
    const struct {
        const char *file, *value;
    } files[] = { { "topology/physical_package_id", package },
                  { "topology/core_id", core },
                  { "thermal_throttle/core_throttle_count", core_count },
                  { "thermal_throttle/package_throttle_count", package_count } };

    for (size_t i = 0; i < 4; i++) {
        char name[128];

        snprintf(name, sizeof(name), SYS_CPU "cpu%d/%s", cpu, files[i].file);
        node_test_put(t, name, files[i].value);
    }
}

static void test_topology(void **state)
{
    struct cpu_topology topology = { .n = 0 };
    struct node_test_tree t;
    promc_emitter *e = promc_emitter_new(NULL);

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "sys/", "");
    cpu_topology_init(&topology, &t.ctx);
    assert_int_equal(cpu_topology_collect(&topology, &t.ctx, e, NULL), 0); /* no sysfs */
    put_cpu(&t, 0, "0\n", "0\n", "5\n", "30\n");
    put_cpu(&t, 1, "0\n", "0\n", "6\n", "31\n"); /* the same core: not counted */
    put_cpu(&t, 2, "0\n", "1\n", "7\n", "32\n"); /* the same package */
    put_cpu(&t, 3, "1\n", "0\n", "8\n", "33\n");
    put_cpu(&t, 4, "-1\n", "0\n", "9\n", "34\n"); /* as on ARM: no package */
    node_test_put(&t, SYS_CPU "isolated", "1,3-4\n");
    node_test_put(&t, SYS_CPU "online", "0-3\n");
    node_test_put(&t, SYS_CPU "cpufreq/", "");
    cpu_topology_init(&topology, &t.ctx);
    assert_int_equal(cpu_topology_collect(&topology, &t.ctx, e, NULL), 0);
    node_test_expect(e, "# TYPE node_cpu_core_throttles_total counter\n"
                        "node_cpu_core_throttles_total{core=\"0\",package=\"0\"} 5\n"
                        "node_cpu_core_throttles_total{core=\"0\",package=\"1\"} 8\n"
                        "node_cpu_core_throttles_total{core=\"1\",package=\"0\"} 7\n"
                        "# TYPE node_cpu_isolated gauge\n"
                        "node_cpu_isolated{cpu=\"1\"} 1\n"
                        "node_cpu_isolated{cpu=\"3\"} 1\n"
                        "node_cpu_isolated{cpu=\"4\"} 1\n"
                        "# TYPE node_cpu_package_throttles_total counter\n"
                        "node_cpu_package_throttles_total{package=\"0\"} 30\n"
                        "node_cpu_package_throttles_total{package=\"1\"} 33\n");

    /* CPU 0 goes off line, so its sibling counts; and online files appear. */
    node_test_remove(&t, SYS_CPU "cpu0/topology/core_id");
    node_test_put(&t, SYS_CPU "cpu0/online", "0\n");
    node_test_put(&t, SYS_CPU "online", "1-3\n");
    promc_emitter_reset(e);
    assert_int_equal(cpu_topology_collect(&topology, &t.ctx, e, NULL), 0);
    assert_true(node_test_holds(
        e, "node_cpu_core_throttles_total{core=\"0\",package=\"0\"} 6\n"));
    assert_true(
        node_test_holds(e, "node_cpu_package_throttles_total{package=\"0\"} 31\n"));
    assert_true(node_test_holds(e, "node_cpu_online{cpu=\"0\"} 0\n"));
    assert_true(node_test_holds(e, "node_cpu_online{cpu=\"1\"} 1\n"));
    cpu_topology_free(&topology);
    node_test_tree_free(&t);
    promc_emitter_free(e);
}

static void test_cpufreq(void **state)
{
    struct node_test_tree t;
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    void *priv = NULL;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, SYS_CPU "cpu0/cpufreq/scaling_cur_freq", "1699981\n");
    node_test_put(&t, SYS_CPU "cpu0/cpufreq/cpuinfo_cur_freq", "<unknown>\n");
    node_test_put(&t, SYS_CPU "cpu0/cpufreq/cpuinfo_max_freq", "3700000\n");
    node_test_put(&t, SYS_CPU "cpu0/cpufreq/scaling_governor", "powersave\n");
    node_test_put(&t, SYS_CPU "cpu0/cpufreq/scaling_available_governors",
                  "performance powersave \n");
    node_test_put(&t, SYS_CPU "cpu1/cpufreq/scaling_cur_freq", "5\n"); /* off line */
    node_test_put(&t, SYS_CPU "cpu2/", "");                            /* no driver */
    assert_false(cpufreq_is_enabled());
    assert_int_equal(node_cpufreq_collector.init(&t.ctx, &priv, &err), 0);
    assert_true(cpufreq_is_enabled());
    assert_int_equal(node_cpufreq_collector.collect(&t.ctx, priv, e, &err), -ENOENT);
    assert_non_null(strstr(err.text, "cpu/offline: No such file"));
    node_test_put(&t, SYS_CPU "offline", "1\n");
    assert_int_equal(node_cpufreq_collector.collect(&t.ctx, priv, e, &err), 0);
    node_test_expect(e,
                     "# TYPE node_cpu_frequency_max_hertz gauge\n"
                     "node_cpu_frequency_max_hertz{cpu=\"0\"} 3.7e+09\n"
                     "# TYPE node_cpu_scaling_frequency_hertz gauge\n"
                     "node_cpu_scaling_frequency_hertz{cpu=\"0\"} 1.699981e+09\n"
                     "# TYPE node_cpu_scaling_governor gauge\n"
                     "node_cpu_scaling_governor{cpu=\"0\",governor=\"performance\"} 0\n"
                     "node_cpu_scaling_governor{cpu=\"0\",governor=\"powersave\"} 1\n");
    node_cpufreq_collector.fini(priv);
    node_test_tree_free(&t);
    promc_emitter_free(e);
}

static void test_collect(void **state)
{
    struct node_test_tree t;
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    void *priv = NULL;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "proc/stat", "cpu0 1 2 3 4\n");
    cpu_flag.flags_include = "(";
    assert_true(node_cpu_collector.init(&t.ctx, &priv, &err) < 0);
    assert_non_null(strstr(err.text, "--collector.cpu.info.flags-include"));
    cpu_flag.flags_include = "aes";
    assert_int_equal(node_cpu_collector.init(&t.ctx, &priv, &err), 0);
    assert_int_equal(cpu_flag.info, 1); /* turned on */
    assert_int_equal(node_cpu_collector.collect(&t.ctx, priv, e, &err), -ENOENT);
    assert_non_null(strstr(err.text, "proc/cpuinfo: No such file"));
    assert_true(
        node_test_holds(e, "node_cpu_guest_seconds_total{cpu=\"0\",mode=\"nice\"} 0\n"));
    promc_emitter_reset(e);
    node_test_put(&t, "proc/cpuinfo", cpuinfo_text);
    cpu_flag.guest = 0;
    assert_int_equal(node_cpu_collector.collect(&t.ctx, priv, e, &err), 0);
    assert_true(node_test_holds(e, "node_cpu_flag_info{flag=\"aes\"} 1\n"));
    assert_false(node_test_holds(e, "node_cpu_guest_seconds_total"));
    node_cpu_collector.fini(priv);
    node_test_tree_free(&t);
    promc_emitter_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),     cmocka_unit_test(test_steps_back),
        cmocka_unit_test(test_info),     cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_topology), cmocka_unit_test(test_cpufreq),
        cmocka_unit_test(test_collect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
