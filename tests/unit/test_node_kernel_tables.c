/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_kernel_tables.c - the collectors of the kernel's larger tables: interrupts,
 * slabs, the memory of NUMA nodes, zones; and the fields of meminfo that no table knows.
 */
#include "config.h"

#include <errno.h>

#include "node_tries.h"

extern const struct node_collector node_interrupts_collector;
extern const struct node_collector node_meminfo_collector;
extern const struct node_collector node_meminfo_numa_collector;
extern const struct node_collector node_slabinfo_collector;
extern const struct node_collector node_zoneinfo_collector;

#define INTERRUPTS "proc/interrupts"
#define NUMA "sys/devices/system/node/"
#define SLABINFO "proc/slabinfo"
#define ZONEINFO "proc/zoneinfo"
#define SERVED "node_interrupts_total"
#define ZONE(name, type, value)                                                          \
    "# TYPE node_zoneinfo_" name " " type "\nnode_zoneinfo_" name                        \
    "{node=\"0\",zone=\"DMA\"} " value "\n"
#define SLAB(name, value)                                                                \
    "# TYPE node_slabinfo_" name " gauge\nnode_slabinfo_" name "{slab=\"b-16\"} " value  \
    "\n"
#define SLABS_2_1 "slabinfo - version: 2.1\n"

static const struct node_try tries[] = {
    { &node_interrupts_collector,
      "numbers and names, a CPU off line, totals without a CPU",
      { { INTERRUPTS, "           CPU0       CPU3\n"
                      "  1:         17          0  IO-APIC   1-edge      i8042, mmc0\n"
                      "IPI0:2768808080 28442117        Rescheduling   interrupts\n"
                      "ERR:          5\n"
                      " 99:  1  2\n" } },
      0,
      "# TYPE " SERVED " counter\n" SERVED
      "{cpu=\"0\",devices=\"\",info=\"Rescheduling interrupts\",type=\"IPI0\"} "
      "2.76880808e+09\n" SERVED
      "{cpu=\"0\",devices=\"1-edge i8042, mmc0\",info=\"IO-APIC\",type=\"1\"} 17\n" SERVED
      "{cpu=\"3\",devices=\"\",info=\"Rescheduling interrupts\",type=\"IPI0\"} "
      "2.8442117e+07\n" SERVED
      "{cpu=\"3\",devices=\"1-edge i8042, mmc0\",info=\"IO-APIC\",type=\"1\"} 0\n" },
    { &node_interrupts_collector,
      "bad lines cost their interrupt",
      { { INTERRUPTS,
          "CPU0\nno colon\n7: x IO\n8: 18446744073709551616 IO\n9: 1 IO\n" } },
      -EINVAL,
      "# TYPE " SERVED " counter\n" SERVED
      "{cpu=\"0\",devices=\"\",info=\"IO\",type=\"9\"} 1\n" },
    { &node_interrupts_collector, "no heading", { { INTERRUPTS, "" } }, -EINVAL, "" },
    { &node_interrupts_collector, "missing", { { NULL, NULL } }, -ENOENT, "" },

    { &node_meminfo_numa_collector,
      "two nodes, and what is not one",
      { { NUMA "node0/meminfo", "Node 0 MemTotal:  4 kB\nNode 0 Active(anon): 2 kB\n"
                                "Node 0 HugePages_Total: 3\n" },
        { NUMA "node0/numastat", "numa_hit 5\n" },
        { NUMA "node11/meminfo", "\nNode 11 MemTotal: 8 kB" },
        { NUMA "node11/numastat", "other_node 18446744073709551615" },
        { NUMA "node_x/meminfo", "Node 0 MemTotal: 16 kB\n" } },
      0,
      "# TYPE node_memory_numa_Active_anon gauge\n"
      "node_memory_numa_Active_anon{node=\"0\"} 2048\n"
      "# TYPE node_memory_numa_HugePages_Total gauge\n"
      "node_memory_numa_HugePages_Total{node=\"0\"} 3\n"
      "# TYPE node_memory_numa_MemTotal gauge\n"
      "node_memory_numa_MemTotal{node=\"0\"} 4096\n"
      "node_memory_numa_MemTotal{node=\"11\"} 8192\n"
      "# TYPE node_memory_numa_numa_hit_total counter\n"
      "node_memory_numa_numa_hit_total{node=\"0\"} 5\n"
      "# TYPE node_memory_numa_other_node_total counter\n"
      "node_memory_numa_other_node_total{node=\"11\"} 1.8446744073709552e+19\n" },
    { &node_meminfo_numa_collector,
      "bad lines cost their field, a missing file itself",
      { { NUMA "node0/meminfo", "Node 0 A: 1 MB\nNode 0 B: x kB\nMemory 0 C: 1\n"
                                "Node 0\nNode 0 D 4\nNode 0 E: 5\n" } },
      -EINVAL,
      "# TYPE node_memory_numa_E gauge\nnode_memory_numa_E{node=\"0\"} 5\n" },
    { &node_meminfo_numa_collector, "missing", { { NULL, NULL } }, NODE_NODATA, "" },

    { &node_slabinfo_collector,
      "a slab",
      { { SLABINFO, SLABS_2_1 "# name <active_objs>\n"
                              "b-16 1 2 3 4 5 : tunables 0 0 0 : slabdata 6 7 0\n" } },
      0,
      SLAB("active_objects", "1") SLAB("object_size_bytes", "3") SLAB("objects", "2")
          SLAB("objects_per_slab", "4") SLAB("pages_per_slab", "5") },
    { &node_slabinfo_collector,
      "bad lines cost their slab",
      { { SLABINFO, SLABS_2_1 "a 1 2 3 4 5 : tunables 0 0 0 : slabdata 6 7\n"
                              "a 1 2 x 4 5 : tunables 0 0 0 : slabdata 6 7 0\n"
                              "b-16 9 2 3 4 5 : tunables 0 0 0 : slabdata 6 7 0\n"
                              "a 1 2 3 4 5 : tunables 0 0 0 : slabdata 6 7 0 1\n" } },
      -EINVAL,
      SLAB("active_objects", "9") SLAB("object_size_bytes", "3") SLAB("objects", "2")
          SLAB("objects_per_slab", "4") SLAB("pages_per_slab", "5") },
    { &node_slabinfo_collector,
      "another version",
      { { SLABINFO, "slabinfo - version: 2.10\n" } },
      -EINVAL,
      "" },
    { &node_slabinfo_collector, "empty", { { SLABINFO, "" } }, -EINVAL, "" },
    { &node_slabinfo_collector, "missing", { { NULL, NULL } }, NODE_NODATA, "" },

    { &node_zoneinfo_collector,
      "fields of nodes and zones, not those of CPUs",
      { { ZONEINFO, "Node 0, zone      DMA\n"
                    "  per-node stats\n"
                    "      nr_dirtied   118\n"
                    "      nr_new_thing 7\n"
                    "  pages free     2949\n"
                    "        min      8\n"
                    "        high     14\n"
                    "        protection: (0, 2039)\n"
                    "      nr_free_pages 2948\n"
                    "  pagesets\n"
                    "    cpu: 0\n"
                    "              count: 1\n"
                    "              high:  2\n"
                    "  vm stats threshold: 8\n"
                    "  start_pfn:           1\n" } },
      0,
      ZONE("high_pages", "gauge", "14") ZONE("min_pages", "gauge", "8") ZONE(
          "nr_dirtied_total", "counter", "118") ZONE("nr_free_pages", "gauge", "2948")
          ZONE("protection_0", "gauge", "0") ZONE("protection_1", "gauge", "2039") },
    { &node_zoneinfo_collector,
      "a bad line costs its field, a bad zone all of its fields",
      { { ZONEINFO, "min 1\nNode 0, zone DMA\nmin x\nlow\nhigh 3\nprotection: 1, 2\n"
                    "protection: (7, y)\nNode 0 zone Normal\nmin 4\n" } },
      -EINVAL,
      ZONE("high_pages", "gauge", "3") ZONE("protection_0", "gauge", "7") },
    { &node_zoneinfo_collector, "empty", { { ZONEINFO, "" } }, 0, "" },
    { &node_zoneinfo_collector, "missing", { { NULL, NULL } }, -ENOENT, "" },
};
#define N_TRIES (sizeof(tries) / sizeof(tries[0]))

static void test_tries(void **state)
{
    (void)state;
    node_try_all(tries, N_TRIES);
}

static void test_cut(void **state)
{
    (void)state;
    node_try_cut(tries, N_TRIES);
}

/* Run a collector with flags on one file, and compare. */
static void try_flags(const struct node_collector *c, const char *const *flags,
                      const char *file, const char *content, const char *expect)
{
    struct node_test_tree t;
    struct node_run r;

    node_test_tree_new(&t);
    node_run_flags(c, flags);
    node_test_put(&t, file, content);
    assert_int_equal(node_run_start(&r, c, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, expect);
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void try_bad_flags(const struct node_collector *c, const char *flag)
{
    const char *const flags[] = { flag, NULL };
    struct node_test_tree t;
    struct node_run r;

    node_test_tree_new(&t);
    node_run_flags(c, flags);
    assert_int_equal(node_run_start(&r, c, &t.ctx), -EINVAL);
    assert_non_null(strstr(r.err.text, "--collector."));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_interrupts_flags(void **state)
{
    static const char *const flags[] = { "--collector.interrupts.name-include=;IO;|^LOC",
                                         "--collector.interrupts.name-exclude=i8042$",
                                         "--no-collector.interrupts.include-zeros",
                                         NULL };

    (void)state;
    try_flags(&node_interrupts_collector, flags, INTERRUPTS,
              "CPU0 CPU1\n1: 1 2 IO i8042\n2: 0 3 IO ahci\n3: 4 5 MSI eth0\n"
              "LOC: 0 6 Local timer\n",
              "# TYPE " SERVED " counter\n" SERVED
              "{cpu=\"1\",devices=\"\",info=\"Local timer\",type=\"LOC\"} 6\n" SERVED
              "{cpu=\"1\",devices=\"ahci\",info=\"IO\",type=\"2\"} 3\n");
    try_bad_flags(&node_interrupts_collector, "--collector.interrupts.name-include=(");
}

static void test_slabinfo_flags(void **state)
{
    static const char *const flags[] = { "--collector.slabinfo.slabs-include=^b",
                                         "--collector.slabinfo.slabs-exclude=32", NULL };

    (void)state;
    try_flags(&node_slabinfo_collector, flags, SLABINFO,
              SLABS_2_1 "a-16 1 2 3 4 5 : tunables 0 0 0 : slabdata 6 7 0\n"
                        "b-16 1 2 3 4 5 : tunables 0 0 0 : slabdata 6 7 0\n"
                        "b-32 1 2 3 4 5 : tunables 0 0 0 : slabdata 6 7 0\n",
              SLAB("active_objects", "1") SLAB("object_size_bytes", "3")
                  SLAB("objects", "2") SLAB("objects_per_slab", "4")
                      SLAB("pages_per_slab", "5"));
    try_bad_flags(&node_slabinfo_collector, "--collector.slabinfo.slabs-exclude=(");
}

static void test_meminfo_all(void **state)
{
    static const char *const flags[] = { "--collector.meminfo.all-fields", NULL };

    (void)state;
    try_flags(&node_meminfo_collector, flags, "proc/meminfo",
              "MemTotal: 4 kB\nActive(anon): 1 kB\nKReclaimable: 2 kB\n"
              "\nNew-Kind(x): 3\n",
              "# TYPE node_memory_Active_anon_bytes gauge\n"
              "node_memory_Active_anon_bytes 1024\n"
              "# TYPE node_memory_KReclaimable_bytes gauge\n"
              "node_memory_KReclaimable_bytes 2048\n"
              "# TYPE node_memory_MemTotal_bytes gauge\n"
              "node_memory_MemTotal_bytes 4096\n"
              "# TYPE node_memory_New_Kind_x gauge\n"
              "node_memory_New_Kind_x 3\n");
}

/* A line much longer than any label: an interrupt that many devices share. */
static void test_long_line(void **state)
{
    struct node_test_tree t;
    struct node_run r;
    char text[8192] = "CPU0\n5: 1 IO";

    (void)state;
    while (strlen(text) < 4000)
        strcat(text, " some-device,");
    node_test_tree_new(&t);
    node_test_put(&t, INTERRUPTS, text);
    assert_int_equal(node_run_start(&r, &node_interrupts_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(
        node_test_holds(r.out, SERVED "{cpu=\"0\",devices=\"some-device, some-device, "));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),          cmocka_unit_test(test_cut),
        cmocka_unit_test(test_long_line),      cmocka_unit_test(test_interrupts_flags),
        cmocka_unit_test(test_slabinfo_flags), cmocka_unit_test(test_meminfo_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
