/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_pcidevice.c - PCI devices, and the list of their names.
 */
#include "config.h"

#include <errno.h>

#include "node/collectors/pci_ids.h"
#include "node_run.h"

extern const struct node_collector node_pcidevice_collector;

static const char list[] = "# a comment\n"
                           "1000  Rover Chips, Inc.\n"
                           "\t0001  Bridge  2\n"
                           "\t\t2000 0003  Bridge on a card\n"
                           "\t\t2000  cut\n"
                           "\t0002  \n"
                           "\n"
                           "2000  Cards & Co\n"
                           "\t0001  Another 1\n"
                           "\t\t\t1000 0001  too deep\n"
                           "no number  at all\n"
                           "\t0009  of nobody\n"
                           "3000\n"
                           "2000  Cards Limited\n"
                           "C 06  Bridge\n"
                           "\t04  PCI bridge\n"
                           "\t\t01  Odd decode\n"
                           "C 01  Storage\n"
                           "\t\t01  of no subclass\n"
                           "\t08  Chips";

static void test_list(void **state)
{
    static const struct {
        enum pci_ids_kind kind;
        uint64_t id;
        const char *name;
    } finds[] = {
        { PCI_IDS_VENDOR, 0x1000, "Rover Chips, Inc." },
        { PCI_IDS_VENDOR, 0x2000, "Cards Limited" },
        { PCI_IDS_VENDOR, 0x3000, NULL },
        { PCI_IDS_VENDOR, 0, NULL },
        { PCI_IDS_VENDOR, UINT64_MAX, NULL },
        { PCI_IDS_DEVICE, 0x10000001, "Bridge  2" },
        { PCI_IDS_DEVICE, 0x10000002, "" },
        { PCI_IDS_DEVICE, 0x20000001, "Another 1" },
        { PCI_IDS_DEVICE, 0x20000009, NULL },
        { PCI_IDS_SUBSYSTEM, 0x1000000120000003, "Bridge on a card" },
        { PCI_IDS_SUBSYSTEM, 0x2000000110000001, NULL },
        { PCI_IDS_CLASS, 6, "Bridge" },
        { PCI_IDS_SUBCLASS, 0x0604, "PCI bridge" },
        { PCI_IDS_SUBCLASS, 0x0108, "Chips" },
        { PCI_IDS_INTERFACE, 0x060401, "Odd decode" },
        { PCI_IDS_INTERFACE, 0x010801, NULL },
    };
    struct pci_ids ids = { 0 };
    char *text = strdup(list);

    (void)state;
    assert_int_equal(pci_ids_parse(&ids, text, strlen(text)), 0);
    for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
        const char *name = pci_ids_find(&ids, finds[i].kind, finds[i].id);

        if (!name != !finds[i].name || (name && strcmp(name, finds[i].name) != 0))
            fail_msg("%zu: %s", i, name ? name : "nothing");
    }
    pci_ids_free(&ids);
    free(text);
}

static void parse_prefix(struct span prefix)
{
    struct pci_ids ids = { 0 };
    char *text = malloc(prefix.n + 1); /* the parser may write one byte more */

    if (prefix.n > 0)
        memcpy(text, prefix.p, prefix.n);
    assert_int_equal(pci_ids_parse(&ids, text, prefix.n), 0);
    assert_null(pci_ids_find(&ids, PCI_IDS_VENDOR, 0x4000));
    pci_ids_free(&ids);
    free(text);
}

static void test_list_cut(void **state)
{
    (void)state;
    node_test_prefixes(list, strlen(list), parse_prefix);
}

/* ------------------------------------------------------------------------------------
 * Devices
 */

#define BRIDGE "sys/devices/pci0000:00/0000:00:02.1/"
#define CARD BRIDGE "0000:01:00.0/"

static void put_link(struct node_test_tree *t, const char *name, const char *to)
{
    char path[128];

    node_test_put(t, "sys/bus/pci/devices/", "");
    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", t->sys, name);
    assert_int_equal(symlink(to, path), 0);
}

static void put_ids(struct node_test_tree *t, const char *dir, const char *const ids[6])
{
    static const char *const files[6] = {
        "class", "vendor", "device", "subsystem_vendor", "subsystem_device", "revision"
    };
    char path[128];

    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof(path), "%s%s", dir, files[i]);
        node_test_put(t, path, ids[i]);
    }
}

static void put_devices(struct node_test_tree *t)
{
    static const char *const bridge[6] = { "0x060400\n", "0x1000\n", "0x0001\n",
                                           "0x2000\n",   "0x0003\n", "0x00\n" };
    static const char *const card[6] = { "0xff0102\n", "0x3000\n", "0xabcd\n",
                                         "0x0000\n",   "0x0000\n", "0xa1\n" };

    put_ids(t, BRIDGE, bridge);
    put_ids(t, CARD, card);
    put_link(t, "0000:00:02.1", "../../../devices/pci0000:00/0000:00:02.1");
    put_link(t, "0000:01:00.0", "../../../devices/pci0000:00/0000:00:02.1/0000:01:00.0");
    node_test_put(t, BRIDGE "max_link_speed", "16.0 GT/s PCIe\n");
    node_test_put(t, BRIDGE "max_link_width", "8\n");
    node_test_put(t, BRIDGE "current_link_speed", "2.5 GT/s\n");
    node_test_put(t, BRIDGE "current_link_width", "0\n");
    node_test_put(t, BRIDGE "numa_node", "1\n");
    node_test_put(t, BRIDGE "d3cold_allowed", "1\n");
    node_test_put(t, BRIDGE "power_state", "D3hot\n");
    node_test_put(t, BRIDGE "sriov_totalvfs", "7\n");
    node_test_put(t, CARD "current_link_speed", "Unknown\n");
    node_test_put(t, CARD "numa_node", "-1\n");
}

#define P_BRIDGE "{bus=\"00\",device=\"02\",function=\"1\",segment=\"0000\""
#define P_CARD "{bus=\"01\",device=\"00\",function=\"0\",segment=\"0000\""
#define BOTH(name, a, b)                                                                 \
    "# TYPE node_pcidevice_" name " gauge\n"                                             \
    "node_pcidevice_" name P_BRIDGE "} " a "\n"                                          \
    "node_pcidevice_" name P_CARD "} " b "\n"

static void test_devices(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(node_run_start(&r, &node_pcidevice_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), NODE_NODATA);
    put_devices(&t);
    node_test_put(&t, "sys/bus/pci/devices/.gitkeep", "");
    node_test_put(&t, "sys/bus/pci/devices/0000:09:00.0/class", "0x1\n"); /* no link */
    put_link(&t, "strange", "../../../devices/pci0000:00");
    put_link(&t, "dangling", "../0000:08:00.0");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(node_run_once(&r, 10), 0);
        node_test_expect(
            r.out,
            BOTH("current_link_transfers_per_second", "2.5e+09",
                 "-1") BOTH("current_link_width", "0", "-1")
                BOTH("d3cold_allowed", "1",
                     "0") "# TYPE node_pcidevice_info gauge\n"
                          "node_pcidevice_info{bus=\"00\",class_id=\"0x060400\",device="
                          "\"02\",device_"
                          "id=\"0x0001\",function=\"1\",parent_bus=\"*\",parent_device="
                          "\"*\",parent_"
                          "function=\"*\",parent_segment=\"*\",revision=\"0x00\",segment="
                          "\"0000\","
                          "subsystem_device_id=\"0x0003\",subsystem_vendor_id=\"0x2000\","
                          "vendor_id="
                          "\"0x1000\"} 1\n"
                          "node_pcidevice_info{bus=\"01\",class_id=\"0xff0102\",device="
                          "\"00\",device_"
                          "id=\"0xabcd\",function=\"0\",parent_bus=\"00\",parent_device="
                          "\"02\",parent_"
                          "function=\"1\",parent_segment=\"0000\",revision=\"0xa1\","
                          "segment=\"0000\","
                          "subsystem_device_id=\"0x0000\",subsystem_vendor_id=\"0x0000\","
                          "vendor_id="
                          "\"0x3000\"} 1\n" BOTH("max_link_transfers_per_second",
                                                 "1.6e+10", "-1")
                              BOTH("max_link_width", "8",
                                   "-1") "# TYPE node_pcidevice_numa_node gauge\n"
                                         "node_pcidevice_numa_node" P_BRIDGE "} 1\n"
                                         "# TYPE node_pcidevice_power_state gauge\n"
                                         "node_pcidevice_power_state" P_BRIDGE
                                         ",state=\"D0\"} 0\n"
                                         "node_pcidevice_power_state" P_BRIDGE
                                         ",state=\"D1\"} 0\n"
                                         "node_pcidevice_power_state" P_BRIDGE
                                         ",state=\"D2\"} 0\n"
                                         "node_pcidevice_power_state" P_BRIDGE
                                         ",state=\"D3cold\"} 0\n"
                                         "node_pcidevice_power_state" P_BRIDGE
                                         ",state=\"D3hot\"} 1\n"
                                         "node_pcidevice_power_state" P_BRIDGE
                                         ",state=\"error\"} 0\n"
                                         "node_pcidevice_power_state" P_BRIDGE
                                         ",state=\"unknown\"} 0\n" BOTH(
                                             "sriov_drivers_autoprobe", "0",
                                             "0") BOTH("sriov_numvfs", "0", "0")
                                             BOTH("sriov_totalvfs", "7", "0")
                                                 BOTH("sriov_vf_total_msix", "0", "0"));
    }
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* A bad file costs what it would have shown; without its numbers a device cannot be told. */
static void test_bad_files(void **state)
{
    static const struct {
        const char *file, *content;
        const char *lost, *kept;
    } bads[] = {
        { BRIDGE "max_link_speed", "8.0 Gb/s\n", "max_link_transfers_per_second" P_BRIDGE,
          "info" P_BRIDGE },
        { BRIDGE "max_link_speed", "fast GT/s\n",
          "max_link_transfers_per_second" P_BRIDGE, "max_link_width" P_BRIDGE },
        { BRIDGE "sriov_totalvfs", "x\n", "sriov_totalvfs" P_BRIDGE,
          "sriov_totalvfs" P_CARD },
        { BRIDGE "vendor", "\n", "info" P_BRIDGE, "info{bus=\"01\"" },
        { CARD "class", "0x100000000\n", "info{bus=\"01\"", "info{bus=\"00\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        struct node_test_tree t;
        struct node_run r;
        char text[128];

        node_test_tree_new(&t);
        put_devices(&t);
        node_test_put(&t, bads[i].file, bads[i].content);
        assert_int_equal(node_run_start(&r, &node_pcidevice_collector, &t.ctx), 0);
        assert_int_equal(node_run_once(&r, 10), -EINVAL);
        assert_non_null(strstr(r.err.text, strrchr(bads[i].file, '/') + 1));
        snprintf(text, sizeof(text), "node_pcidevice_%s", bads[i].lost);
        assert_false(node_test_holds(r.out, text));
        snprintf(text, sizeof(text), "node_pcidevice_%.*s",
                 (int)strcspn(bads[i].kept, "{"), bads[i].kept);
        assert_true(node_test_holds(r.out, text));
        node_run_stop(&r);
        node_test_tree_free(&t);
    }
}

/* Last, since flags stay set. */
static void test_names(void **state)
{
    struct node_test_tree t;
    struct node_run r;
    char file[128];
    const char *const args[] = { "--collector.pcidevice.names", file, NULL };

    (void)state;
    node_test_tree_new(&t);
    put_devices(&t);
    node_test_put(&t, "pci.ids", list);
    snprintf(file, sizeof(file), "--collector.pcidevice.idsfile=%s/pci.ids", t.root);
    node_run_flags(&node_pcidevice_collector, args);
    assert_int_equal(node_run_start(&r, &node_pcidevice_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(
        r.out,
        "node_pcidevice_info{bus=\"00\",class_id=\"0x060400\",class_name=\"PCI "
        "bridge\",device=\"02\",device_id=\"0x0001\",device_name=\"Bridge  2\","
        "function=\"1\",parent_bus=\"*\",parent_device=\"*\",parent_function=\"*\","
        "parent_segment=\"*\",revision=\"0x00\",segment=\"0000\",subsystem_device_"
        "id=\"0x0003\",subsystem_device_name=\"Bridge on a card\",subsystem_vendor_"
        "id=\"0x2000\",subsystem_vendor_name=\"Cards Limited\",vendor_id=\"0x1000\","
        "vendor_name=\"Rover Chips, Inc.\"} 1\n"));
    assert_true(node_test_holds(
        r.out,
        "node_pcidevice_info{bus=\"01\",class_id=\"0xff0102\",class_name=\"Unknown "
        "class (ff0102)\",device=\"00\",device_id=\"0xabcd\",device_name=\"abcd\","));
    node_run_stop(&r);

    /* without the list, numbers */
    node_test_remove(&t, "pci.ids");
    assert_int_equal(node_run_start(&r, &node_pcidevice_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out,
                                "node_pcidevice_info{bus=\"00\",class_id=\"0x060400\","
                                "class_name=\"Unknown class (060400)\",device=\"02\","
                                "device_id=\"0x0001\",device_name=\"0001\","));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),    cmocka_unit_test(test_list_cut),
        cmocka_unit_test(test_devices), cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
