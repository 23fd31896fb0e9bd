/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_devices.c - the collectors that show small files of sysfs device by device: good
 * ones, bad ones, missing ones, and hardware that is not there.
 */
#include "config.h"

#include <errno.h>

#include "node_run.h"

extern const struct node_collector node_bonding_collector;
extern const struct node_collector node_cpu_vulnerabilities_collector;
extern const struct node_collector node_dmi_collector;
extern const struct node_collector node_drm_collector;
extern const struct node_collector node_edac_collector;
extern const struct node_collector node_fibrechannel_collector;
extern const struct node_collector node_kernel_hung_collector;
extern const struct node_collector node_powersupplyclass_collector;
extern const struct node_collector node_rapl_collector;
extern const struct node_collector node_thermal_zone_collector;
extern const struct node_collector node_watchdog_collector;

/* ------------------------------------------------------------------------------------
 * The collectors
 */

struct input {
    const char *name; /* below sys/ */
    const char *content;
};

struct
try {
    const struct node_collector *collector;
    const char *what;
    struct input files[16];
    int rc;
    const char *expect;
};

#define BOND "class/net/bond1/"
#define VULN "devices/system/cpu/vulnerabilities/"
#define CARD "class/drm/card1/device/"
#define MC "devices/system/edac/mc/"
#define FC "class/fc_host/host7/"
#define BAT "class/power_supply/BAT1/"
#define RAPL "class/powercap/"
#define TZ "class/thermal/"
#define WD "class/watchdog/watchdog0/"

static const struct try tries[] = {
    { &node_bonding_collector, "no bond", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_bonding_collector,
      "slaves by either name, one of them down",
      { { "class/net/bonding_masters", "bond1 bond2\n" },
        { BOND "bonding/slaves", "eth0 eth1 eth2" },
        { BOND "lower_eth0/bonding_slave/mii_status", "up\n" },
        { BOND "slave_eth1/bonding_slave/mii_status", "going down\n" },
        { BOND "slave_eth2/bonding_slave/mii_status", "up\n" },
        { "class/net/bond2/bonding/slaves", "\n" } },
      0,
      "# TYPE node_bonding_active gauge\n"
      "node_bonding_active{master=\"bond1\"} 2\n"
      "node_bonding_active{master=\"bond2\"} 0\n"
      "# TYPE node_bonding_slaves gauge\n"
      "node_bonding_slaves{master=\"bond1\"} 3\n"
      "node_bonding_slaves{master=\"bond2\"} 0\n" },
    { &node_bonding_collector,
      "a bond that cannot be read costs itself, and so does a name of no use",
      { { "class/net/bonding_masters", "bond0 a-name-that-is-too-long bond1" },
        { BOND "bonding/slaves", "" } },
      -ENOENT,
      "# TYPE node_bonding_active gauge\n"
      "node_bonding_active{master=\"bond1\"} 0\n"
      "# TYPE node_bonding_slaves gauge\n"
      "node_bonding_slaves{master=\"bond1\"} 0\n" },
    { &node_bonding_collector,
      "a slave of which nothing is known",
      { { "class/net/bonding_masters", "bond1" }, { BOND "bonding/slaves", "eth0" } },
      -ENOENT,
      "" },

    { &node_cpu_vulnerabilities_collector, "an old kernel", { { NULL, NULL } }, 0, "" },
    { &node_cpu_vulnerabilities_collector,
      "each state",
      { { VULN "a", "Not affected\n" },
        { VULN "b", "Vulnerable\n" },
        { VULN "c", "Vulnerable: Clear  CPU\tbuffers attempted\n" },
        { VULN "d", "Mitigation: PTI" },
        { VULN "e", "Unknown: No mitigations\n" },
        { VULN "f", "Processor  vulnerable\n" },
        { VULN "g", "" },
        { VULN ".gitkeep", "" } },
      0,
      "# TYPE node_cpu_vulnerabilities_info gauge\n"
      "node_cpu_vulnerabilities_info{codename=\"a\",mitigation=\"\",state=\"not "
      "affected\"} 1\n"
      "node_cpu_vulnerabilities_info{codename=\"b\",mitigation=\"\",state=\"vulnerable\"}"
      " "
      "1\n"
      "node_cpu_vulnerabilities_info{codename=\"c\",mitigation=\"Clear CPU buffers "
      "attempted\",state=\"vulnerable\"} 1\n"
      "node_cpu_vulnerabilities_info{codename=\"d\",mitigation=\"PTI\",state="
      "\"mitigation\"} 1\n"
      "node_cpu_vulnerabilities_info{codename=\"e\",mitigation=\"No mitigations\",state="
      "\"unknown\"} 1\n"
      "node_cpu_vulnerabilities_info{codename=\"f\",mitigation=\"Processor  "
      "vulnerable\",state=\"unknown\"} 1\n"
      "node_cpu_vulnerabilities_info{codename=\"g\",mitigation=\"\",state=\"unknown\"} "
      "1\n" },
    { &node_cpu_vulnerabilities_collector,
      "one that cannot be read",
      { { VULN "a/", "" }, { VULN "b", "Vulnerable\n" } },
      -EISDIR,
      "# TYPE node_cpu_vulnerabilities_info gauge\n"
      "node_cpu_vulnerabilities_info{codename=\"b\",mitigation=\"\",state=\"vulnerable\"}"
      " "
      "1\n" },

    { &node_dmi_collector, "no firmware", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_dmi_collector,
      "only what is there, and bytes that are no text",
      { { "class/dmi/id/sys_vendor", "Tidy\xff Machines \n" },
        { "class/dmi/id/chassis_version", " \n" },
        { "class/dmi/id/chassis_type", "3\n" } },
      0,
      "# TYPE node_dmi_info gauge\n"
      "node_dmi_info{chassis_version=\"\",system_vendor=\"Tidy\xef\xbf\xbd Machines\"} "
      "1\n" },

    { &node_drm_collector, "no graphics", { { NULL, NULL } }, 0, "" },
    { &node_drm_collector,
      "a card with some of the files, its sockets, and other cards",
      { { CARD "uevent", "DRIVER=amdgpu\nPCI_CLASS=30000\n" },
        { CARD "gpu_busy_percent", "7\n" },
        { CARD "mem_info_vram_total", "17163091968\n" },
        { CARD "mem_info_vram_used", "a lot\n" },
        { CARD "mem_info_vram_vendor", "samsung\n" },
        { CARD "power_dpm_force_performance_level", "auto\n" },
        { CARD "unique_id", "00ff\n" },
        { "class/drm/card1-DP-1/device/uevent", "DRIVER=amdgpu\n" },
        { "class/drm/card2/device/uevent", "DRIVER=amdgpuish\n" },
        { "class/drm/card3/device/uevent", "" },
        { "class/drm/card4/dev", "1:2\n" },
        { "class/drm/version", "drm 1.1.0\n" } },
      0,
      "# TYPE node_drm_card_info gauge\n"
      "node_drm_card_info{card=\"card1\",memory_vendor=\"samsung\",power_performance_"
      "level=\"auto\",unique_id=\"00ff\",vendor=\"amd\"} 1\n"
      "# TYPE node_drm_gpu_busy_percent gauge\n"
      "node_drm_gpu_busy_percent{card=\"card1\"} 7\n"
      "# TYPE node_drm_memory_vram_size_bytes gauge\n"
      "node_drm_memory_vram_size_bytes{card=\"card1\"} 1.7163091968e+10\n" },

    { &node_edac_collector, "no driver", { { NULL, NULL } }, 0, "" },
    { &node_edac_collector,
      "a controller with one row; names that are none",
      { { MC "mc0/ce_count", "1\n" },
        { MC "mc0/ce_noinfo_count", "2\n" },
        { MC "mc0/ue_count", "3\n" },
        { MC "mc0/ue_noinfo_count", "4\n" },
        { MC "mc0/csrow5/ce_count", "5\n" },
        { MC "mc0/csrow5/ue_count", "6\n" },
        { MC "mc0/csrow5/ch0_ce_count", "7\n" },
        { MC "mc0/csrow5/ch0_ue_count", "8\n" },
        { MC "mc0/csrow5/ch0_dimm_label", "CPU#0channel#csrow2\n" },
        { MC "mc0/csrow5/ch1_ce_count", "9\n" },
        { MC "mc0/csrow5/chx_ce_count", "9\n" },
        { MC "mc0/csrowx/ce_count", "9\n" },
        { MC "mcx/ce_count", "9\n" },
        { MC "power/control", "auto\n" } },
      0,
      "# TYPE node_edac_channel_correctable_errors_total counter\n"
      "node_edac_channel_correctable_errors_total{channel=\"0\",controller=\"0\",csrow="
      "\"5\",dimm_label=\"CPU0_channel_csrow2\"} 7\n"
      "node_edac_channel_correctable_errors_total{channel=\"1\",controller=\"0\",csrow="
      "\"5\",dimm_label=\"unknown\"} 9\n"
      "# TYPE node_edac_channel_uncorrectable_errors_total counter\n"
      "node_edac_channel_uncorrectable_errors_total{channel=\"0\",controller=\"0\",csrow="
      "\"5\",dimm_label=\"CPU0_channel_csrow2\"} 8\n"
      "# TYPE node_edac_correctable_errors_total counter\n"
      "node_edac_correctable_errors_total{controller=\"0\"} 1\n"
      "# TYPE node_edac_csrow_correctable_errors_total counter\n"
      "node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"5\"} 5\n"
      "node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"unknown\"} 2\n"
      "# TYPE node_edac_csrow_uncorrectable_errors_total counter\n"
      "node_edac_csrow_uncorrectable_errors_total{controller=\"0\",csrow=\"5\"} 6\n"
      "node_edac_csrow_uncorrectable_errors_total{controller=\"0\",csrow=\"unknown\"} 4\n"
      "# TYPE node_edac_uncorrectable_errors_total counter\n"
      "node_edac_uncorrectable_errors_total{controller=\"0\"} 3\n" },
    { &node_edac_collector,
      "a bad file costs itself",
      { { MC "mc0/ce_count", "many\n" },
        { MC "mc0/ce_noinfo_count", "2\n" },
        { MC "mc0/ue_count", "3\n" },
        { MC "mc0/ue_noinfo_count", "18446744073709551616\n" } },
      -EINVAL,
      "# TYPE node_edac_csrow_correctable_errors_total counter\n"
      "node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"unknown\"} 2\n"
      "# TYPE node_edac_uncorrectable_errors_total counter\n"
      "node_edac_uncorrectable_errors_total{controller=\"0\"} 3\n" },

    { &node_fibrechannel_collector, "no adapter", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_fibrechannel_collector,
      "counters that are missing, not counted or no number",
      { { FC "port_state", "Online\n" },
        { FC "port_id", "0x0a0b0c\n" },
        { FC "fabric_name", "0x\n" },
        { FC "statistics/rx_frames", "0x10\n" },
        { FC "statistics/tx_frames", "0xffffffffffffffff\n" },
        { FC "statistics/nos_count", "none\n" } },
      0,
      "# TYPE node_fibrechannel_info gauge\n"
      "node_fibrechannel_info{dev_loss_tmo=\"\",fabric_name=\"0x\",fc_host=\"host7\","
      "port_id=\"0a0b0c\",port_name=\"\",port_state=\"Online\",port_type=\"\",speed=\"\","
      "supported_classes=\"\",supported_speeds=\"\",symbolic_name=\"\"} 1\n"
      "# TYPE node_fibrechannel_rx_frames_total counter\n"
      "node_fibrechannel_rx_frames_total{fc_host=\"host7\"} 16\n" },

    { &node_powersupplyclass_collector, "none", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_powersupplyclass_collector,
      "units, a value below zero, one that is no number",
      { { BAT "capacity", "81\n" },
        { BAT "voltage_now", "11660000\n" },
        { BAT "current_now", "-1500000\n" },
        { BAT "temp", "312\n" },
        { BAT "energy_now", "unknown\n" },
        { BAT "status", "Discharging\n" },
        { BAT "model_name", "\n" },
        { BAT "type", "Battery\n" },
        { "class/power_supply/AC/online", "1\n" } },
      0,
      "# TYPE node_power_supply_capacity gauge\n"
      "node_power_supply_capacity{power_supply=\"BAT1\"} 81\n"
      "# TYPE node_power_supply_current_ampere gauge\n"
      "node_power_supply_current_ampere{power_supply=\"BAT1\"} -1.5\n"
      "# TYPE node_power_supply_info gauge\n"
      "node_power_supply_info{power_supply=\"AC\"} 1\n"
      "node_power_supply_info{power_supply=\"BAT1\",status=\"Discharging\",type="
      "\"Battery\"} 1\n"
      "# TYPE node_power_supply_online gauge\n"
      "node_power_supply_online{power_supply=\"AC\"} 1\n"
      "# TYPE node_power_supply_temp_celsius gauge\n"
      "node_power_supply_temp_celsius{power_supply=\"BAT1\"} 31.2\n"
      "# TYPE node_power_supply_voltage_volt gauge\n"
      "node_power_supply_voltage_volt{power_supply=\"BAT1\"} 11.66\n" },

    { &node_thermal_zone_collector, "none", { { NULL, NULL } }, 0, "" },
    { &node_thermal_zone_collector,
      "a zone that cannot be read, a device that is not on",
      { { TZ "thermal_zone0/temp", "-12376\n" },
        { TZ "thermal_zone0/type", "x86_pkg_temp\n" },
        { TZ "thermal_zone1/type", "iwlwifi\n" },
        { TZ "thermal_zone2/temp", "1000\n" },
        { TZ "thermal_zonex/temp", "1000\n" },
        { TZ "cooling_device12/cur_state", "-1\n" },
        { TZ "cooling_device12/max_state", "50\n" },
        { TZ "cooling_device12/type", "intel_powerclamp\n" } },
      0,
      "# TYPE node_cooling_device_cur_state gauge\n"
      "node_cooling_device_cur_state{name=\"12\",type=\"intel_powerclamp\"} -1\n"
      "# TYPE node_cooling_device_max_state gauge\n"
      "node_cooling_device_max_state{name=\"12\",type=\"intel_powerclamp\"} 50\n"
      "# TYPE node_thermal_zone_temp gauge\n"
      "node_thermal_zone_temp{type=\"\",zone=\"2\"} 1\n"
      "node_thermal_zone_temp{type=\"x86_pkg_temp\",zone=\"0\"} -12.376\n" },

    { &node_watchdog_collector, "none", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_watchdog_collector,
      "one with a few files, one with none",
      { { WD "timeout", "60\n" },
        { WD "nowayout", "x\n" },
        { WD "identity", "Software \"Watchdog\"\n" },
        { "class/watchdog/watchdog1/.gitkeep", "" } },
      0,
      "# TYPE node_watchdog_info gauge\n"
      "node_watchdog_info{identity=\"\",name=\"watchdog1\",options=\"\",pretimeout_"
      "governor=\"\",state=\"\",status=\"\"} 1\n"
      "node_watchdog_info{identity=\"Software \\\"Watchdog\\\"\",name=\"watchdog0\","
      "options=\"\",pretimeout_governor=\"\",state=\"\",status=\"\"} 1\n"
      "# TYPE node_watchdog_timeout_seconds gauge\n"
      "node_watchdog_timeout_seconds{name=\"watchdog0\"} 60\n" },
};

static void test_tries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct node_test_tree t;
        struct node_run r;

        node_test_tree_new(&t);
        for (const struct input *f = tries[i].files; f->name; f++) {
            char name[256];

            snprintf(name, sizeof(name), "sys/%s", f->name);
            node_test_put(&t, name, f->content);
        }
        assert_int_equal(node_run_start(&r, tries[i].collector, &t.ctx), 0);
        for (int round = 0; round < 2;
             round++) { /* the second finds what the first left */
            if (node_run_once(&r, 10) != tries[i].rc)
                fail_msg("%s, %s: %d", tries[i].collector->name, tries[i].what, r.rc);
            if (r.rc < 0)
                assert_string_not_equal(r.err.text, "");
            node_test_expect(r.out, tries[i].expect);
        }
        node_run_stop(&r);
        node_test_tree_free(&t);
    }
}

/* Whatever file is cut off where: an answer, a page that can be read, and no crash. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct node_test_tree t;

        node_test_tree_new(&t);
        for (const struct input *f = tries[i].files; f->name; f++) {
            char name[256], content[256];

            snprintf(name, sizeof(name), "sys/%s", f->name);
            for (size_t len = 0; len <= strlen(f->content); len++) {
                struct node_run r;

                snprintf(content, sizeof(content), "%.*s", (int)len, f->content);
                node_test_put(&t, name, content);
                assert_int_equal(node_run_start(&r, tries[i].collector, &t.ctx), 0);
                node_run_once(&r, 10);
                free(node_test_text(r.out));
                node_run_stop(&r);
            }
        }
        node_test_tree_free(&t);
    }
}

static void test_kernel_hung(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(node_run_start(&r, &node_kernel_hung_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), NODE_NODATA);
    node_test_put(&t, "proc/sys/kernel/hung_task_detect_count", "42\n");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, "# TYPE node_kernel_hung_tasks_total counter\n"
                            "node_kernel_hung_tasks_total 42\n");
    node_test_put(&t, "proc/sys/kernel/hung_task_detect_count", "\n");
    assert_int_equal(node_run_once(&r, 10), -EINVAL);
    node_test_expect(r.out, "");
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* A port that is switched off has zeros in place of what its files say. */
static void test_fibrechannel_off(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "sys/" FC "port_state", "Unknown\n");
    node_test_put(&t, "sys/" FC "statistics/tx_words", "0x5\n");
    assert_int_equal(node_run_start(&r, &node_fibrechannel_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(
        r.out, "node_fibrechannel_tx_words_total{fc_host=\"host7\"} 0\n"));
    assert_true(
        node_test_holds(r.out, "node_fibrechannel_nos_total{fc_host=\"host7\"} 0\n"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_power_ignored(void **state)
{
    static const char *const args[] = { "--collector.powersupply.ignored-supplies=^hid",
                                        NULL };
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "sys/class/power_supply/hidpp_battery_0/online", "1\n");
    node_test_put(&t, "sys/class/power_supply/AC/online", "1\n");
    node_run_flags(&node_powersupplyclass_collector, args);
    assert_int_equal(node_run_start(&r, &node_powersupplyclass_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, "# TYPE node_power_supply_info gauge\n"
                            "node_power_supply_info{power_supply=\"AC\"} 1\n"
                            "# TYPE node_power_supply_online gauge\n"
                            "node_power_supply_online{power_supply=\"AC\"} 1\n");
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* The path of the tree is in a label, so the text is made with it. */
static void expect_rapl(struct node_run *r, const struct node_test_tree *t,
                        const char *format)
{
    char text[2048];
    char *p = text;

    for (; *format; format++) {
        if (*format == '@')
            p += snprintf(p, sizeof(text) - (size_t)(p - text), "%s/" RAPL, t->sys);
        else
            *p++ = *format;
    }
    *p = '\0';
    node_test_expect(r->out, text);
}

static void test_rapl(void **state)
{
    static const char *const args[] = { "--collector.rapl.enable-zone-label", NULL };
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(node_run_start(&r, &node_rapl_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), NODE_NODATA);
    node_test_put(&t, "sys/" RAPL "z/enabled", "1\n");
    node_test_put(&t, "sys/" RAPL "z:0/name", "package-1\n");
    node_test_put(&t, "sys/" RAPL "z:0/energy_uj", "240422366267\n");
    node_test_put(&t, "sys/" RAPL "z:0:0/name", "dram\n");
    node_test_put(&t, "sys/" RAPL "z:0:0/energy_uj", "1\n");
    node_test_put(&t, "sys/" RAPL "z:1/name", "dram\n");
    node_test_put(&t, "sys/" RAPL "z:1/energy_uj", "2\n");
    node_test_put(&t, "sys/" RAPL "z:2/name", "package\n");
    node_test_put(&t, "sys/" RAPL "z:2/energy_uj", "3\n");
    node_test_put(&t, "sys/" RAPL "z:3/name", "a-b-7\n");
    node_test_put(&t, "sys/" RAPL "z:3/energy_uj", "4\n");
    node_test_put(&t, "sys/" RAPL "z:4/name", "no-energy\n");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(node_run_once(&r, 10), 0);
        expect_rapl(&r, &t,
                    "# TYPE node_rapl_a_b_7_joules_total counter\n"
                    "node_rapl_a_b_7_joules_total{index=\"0\",path=\"@z:3\"} 4e-06\n"
                    "# TYPE node_rapl_dram_joules_total counter\n"
                    "node_rapl_dram_joules_total{index=\"0\",path=\"@z:0:0\"} 1e-06\n"
                    "node_rapl_dram_joules_total{index=\"1\",path=\"@z:1\"} 2e-06\n"
                    "# TYPE node_rapl_package_joules_total counter\n"
                    "node_rapl_package_joules_total{index=\"1\",path=\"@z:0\"} "
                    "240422.366267\n"
                    "node_rapl_package_joules_total{index=\"2\",path=\"@z:2\"} 3e-06\n");
    }
    node_test_put(&t, "sys/" RAPL "z:0/energy_uj", "-1\n");
    assert_int_equal(node_run_once(&r, 10), -EINVAL);
    assert_true(node_test_holds(r.out, "node_rapl_dram_joules_total{index=\"1\""));
    assert_false(node_test_holds(r.out, "node_rapl_package_joules_total{index=\"1\""));
    node_test_remove(&t, "sys/" RAPL "z:0/energy_uj");
    node_run_flags(&node_rapl_collector, args);
    assert_int_equal(node_run_once(&r, 10), 0);
    expect_rapl(
        &r, &t,
        "# TYPE node_rapl_joules_total counter\n"
        "node_rapl_joules_total{index=\"0\",path=\"@z:0:0\",rapl_zone=\"dram\"} 1e-06\n"
        "node_rapl_joules_total{index=\"0\",path=\"@z:3\",rapl_zone=\"a-b-7\"} 4e-06\n"
        "node_rapl_joules_total{index=\"1\",path=\"@z:1\",rapl_zone=\"dram\"} 2e-06\n"
        "node_rapl_joules_total{index=\"2\",path=\"@z:2\",rapl_zone=\"package\"} "
        "3e-06\n");
    node_run_stop(&r);
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_kernel_hung),
        cmocka_unit_test(test_fibrechannel_off),
        cmocka_unit_test(test_power_ignored),
        cmocka_unit_test(test_rapl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
