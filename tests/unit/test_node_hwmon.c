/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_hwmon.c - chips with sensors: what their files' names say, what they are called,
 * what is shown of them, and that a change is noticed.
 */
#include "config.h"

#include <errno.h>

#include "node/collectors/hwmon_name.h"
#include "node_run.h"

extern const struct node_collector node_hwmon_collector;

/* ------------------------------------------------------------------------------------
 * Names
 */

static const struct {
    const char *file;
    const char *type; /* NULL: no sensor's */
    unsigned number;
    const char *property;
    int has_bare;
    enum hwmon_kind kind;
    const char *metric;
} names[] = {
    { "temp1_input", "temp", 1, "input", 0, HWMON_MILLI, "node_hwmon_temp_celsius" },
    { "temp1_input", "temp", 1, "input", 1, HWMON_MILLI,
      "node_hwmon_temp_input_celsius" },
    { "temp1", "temp", 1, "", 1, HWMON_MILLI, "node_hwmon_temp_celsius" },
    { "temp2_type", "temp", 2, "type", 0, HWMON_PLAIN, "node_hwmon_temp_type" },
    { "temp2_alarm", "temp", 2, "alarm", 0, HWMON_PLAIN, "node_hwmon_temp_alarm" },
    { "temp2_fault", "temp", 2, "fault", 0, HWMON_PLAIN, "node_hwmon_temp_fault" },
    { "temp2_beep", "temp", 2, "beep", 0, HWMON_PLAIN, "node_hwmon_temp_beep_enabled" },
    { "temp2_crit_alarm", "temp", 2, "crit_alarm", 0, HWMON_MILLI,
      "node_hwmon_temp_crit_alarm_celsius" },
    { "temp007_max", "temp", 7, "max", 0, HWMON_MILLI, "node_hwmon_temp_max_celsius" },
    { "temp1_label", "temp", 1, "label", 0, HWMON_LABEL, "" },
    { "in0_min", "in", 0, "min", 0, HWMON_MILLI, "node_hwmon_in_min_volts" },
    { "cpu0_vid", "cpu", 0, "vid", 0, HWMON_MILLI, "node_hwmon_cpu_vid_volts" },
    { "curr1_input", "curr", 1, "input", 0, HWMON_MILLI, "node_hwmon_curr_amps" },
    { "energy1_input", "energy", 1, "input", 0, HWMON_MICRO,
      "node_hwmon_energy_joule_total" },
    { "power1_accuracy", "power", 1, "accuracy", 0, HWMON_MICRO,
      "node_hwmon_power_accuracy" },
    { "power1_average", "power", 1, "average", 0, HWMON_MICRO,
      "node_hwmon_power_average_watt" },
    { "power1_average_interval_max", "power", 1, "average_interval_max", 0, HWMON_MILLI,
      "node_hwmon_power_average_interval_max_seconds" },
    { "humidity1_input", "humidity", 1, "input", 0, HWMON_MICRO, "node_hwmon_humidity" },
    { "fan1_input", "fan", 1, "input", 0, HWMON_PLAIN, "node_hwmon_fan_rpm" },
    { "fan1_target", "fan", 1, "target", 0, HWMON_PLAIN, "node_hwmon_fan_target_rpm" },
    { "fan1_div", "fan", 1, "div", 0, HWMON_PLAIN, "node_hwmon_fan_div" },
    { "pwm1", "pwm", 1, "", 1, HWMON_PLAIN, "node_hwmon_pwm" },
    { "pwm1_auto_point1_pwm", "pwm", 1, "auto_point1_pwm", 1, HWMON_PLAIN,
      "node_hwmon_pwm_auto_point1_pwm" },
    { "intrusion0_alarm", "intrusion", 0, "alarm", 0, HWMON_PLAIN,
      "node_hwmon_intrusion_alarm" },
    { "freq1_input", "freq", 1, "input", 0, HWMON_FREQ, "node_hwmon_freq_freq_mhz" },
    { "freq1_max", "freq", 1, "max", 0, HWMON_PLAIN, "node_hwmon_freq_max" },
    { "beep_enable", "beep_enable", 0, "", 1, HWMON_FLAG, "node_hwmon_beep_enabled" },
    { "update_interval", "update_interval", 0, "", 1, HWMON_MILLI,
      "node_hwmon_update_interval_seconds" },
    { "vrm", "vrm", 0, "", 1, HWMON_PLAIN, "node_hwmon_voltage_regulator_version" },
    { "vrm1_x", "vrm", 1, "x", 0, HWMON_NOTHING, "" },
    { "fan1_Max-Speed", "fan", 1, "Max-Speed", 0, HWMON_PLAIN,
      "node_hwmon_fan_max_speed" },
    { "power_2nd", "power", 0, "2nd", 0, HWMON_MICRO, "node_hwmon_power_2nd_watt" },
    { "power_x_2nd", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "temp1_", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "temp1x", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "temp4294967296_input", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "temp99999999999999999999_input", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "power_state", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "temp_input", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "Temp1_input", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "name", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "1_input", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "_", NULL, 0, "", 0, HWMON_NOTHING, "" },
    { "", NULL, 0, "", 0, HWMON_NOTHING, "" },
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct hwmon_metric m;
        struct hwmon_name n;

        if (hwmon_name_parse(names[i].file, &n) != (names[i].type != NULL))
            fail_msg("%s", names[i].file);
        if (!names[i].type)
            continue;
        assert_string_equal(n.type->name, names[i].type);
        assert_int_equal(n.number, names[i].number);
        assert_string_equal(n.property, names[i].property);
        hwmon_name_metric(&n, names[i].has_bare, &m);
        assert_int_equal(m.kind, names[i].kind);
        assert_string_equal(m.name, names[i].metric);
        assert_int_equal(m.type, strcmp(names[i].type, "energy") == 0 ? PROMC_TYPE_COUNTER
                                                                      : PROMC_TYPE_GAUGE);
    }
}

static void test_clean(void **state)
{
    static const char *const texts[][2] = {
        { "CPU Temp.1", "cpu_temp_1" },
        { "__a__b__", "a__b" },
        { "...", "" },
        { "", "" },
        { "x:y", "x:y" },
        { "\xc2\xb0"
          "C",
          "c" },
        { "a\xc2\xb0"
          "c",
          "a_c" },
        { "nct6779\n", "nct6779" },
    };
    char buf[12];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_string_equal(hwmon_clean(texts[i][0], buf, sizeof(buf)), texts[i][1]);
    assert_string_equal(hwmon_clean("abcdef", buf, 4), "abc");
}

/* ------------------------------------------------------------------------------------
 * Trees of sysfs
 */

#define DEV "sys/devices/platform/"

/* Make what sysfs has for a chip: its directory in that of a device, a link to it in
 * class/hwmon, and one back to the device. */
static void put_chip(struct node_test_tree *t, const char *device, const char *chip)
{
    char path[256], to[256];

    node_test_put(t, "sys/class/hwmon/", "");
    snprintf(path, sizeof(path), DEV "%s/hwmon/%s/", device, chip);
    node_test_put(t, path, "");
    snprintf(path, sizeof(path), "%s/class/hwmon/%s", t->sys, chip);
    snprintf(to, sizeof(to), "../../devices/platform/%s/hwmon/%s", device, chip);
    assert_int_equal(symlink(to, path), 0);
    snprintf(path, sizeof(path), "%s/devices/platform/%s/hwmon/%s/device", t->sys, device,
             chip);
    assert_int_equal(symlink("../..", path), 0);
}

static void test_collect(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(node_run_start(&r, &node_hwmon_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), NODE_NODATA);

    put_chip(&t, "nct6775.656", "hwmon0");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/name", "nct6775\n");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/temp1_input", "36500\n");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/temp1_label", "CPU \"x\" \xff\n");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/temp2_input", "cold\n");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/fan1_input", "1000\n");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/freq1_input", "214000000\n");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/freq1_label", " S-Clock  \n");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/freq2_input", "1\n");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/beep_enable", "1\n");
    node_test_put(&t, DEV "nct6775.656/hwmon/hwmon0/power/", "");
    /* the device's own files go first, where they can be read */
    node_test_put(&t, DEV "nct6775.656/fan1_input", "2000\n");
    node_test_put(&t, DEV "nct6775.656/pwm1", "255\n");
    node_test_put(&t, DEV "nct6775.656/driver_override", "(null)\n");
    for (int round = 0; round < 3; round++) {
        assert_int_equal(node_run_once(&r, 10), 0);
        node_test_expect(
            r.out,
            "# TYPE node_hwmon_beep_enabled gauge\n"
            "node_hwmon_beep_enabled{chip=\"platform_nct6775_656\",sensor=\"beep_"
            "enable0\"} 1\n"
            "# TYPE node_hwmon_chip_names gauge\n"
            "node_hwmon_chip_names{chip=\"platform_nct6775_656\",chip_name=\"nct6775\"} "
            "1\n"
            "# TYPE node_hwmon_fan_rpm gauge\n"
            "node_hwmon_fan_rpm{chip=\"platform_nct6775_656\",sensor=\"fan1\"} 2000\n"
            "# TYPE node_hwmon_freq_freq_mhz gauge\n"
            "node_hwmon_freq_freq_mhz{chip=\"platform_nct6775_656\",sensor=\"s_clock\"} "
            "214\n"
            "# TYPE node_hwmon_pwm gauge\n"
            "node_hwmon_pwm{chip=\"platform_nct6775_656\",sensor=\"pwm1\"} 255\n"
            "# TYPE node_hwmon_sensor_label gauge\n"
            "node_hwmon_sensor_label{chip=\"platform_nct6775_656\",label=\" S-Clock  \","
            "sensor=\"freq1\"} 1\n"
            "node_hwmon_sensor_label{chip=\"platform_nct6775_656\",label=\"CPU "
            "\\\"x\\\" \xef\xbf\xbd\",sensor=\"temp1\"} 1\n"
            "# TYPE node_hwmon_temp_celsius gauge\n"
            "node_hwmon_temp_celsius{chip=\"platform_nct6775_656\",sensor=\"temp1\"} "
            "36.5\n");
    }
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_chip_labels(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    /* two on one device, told apart by their drivers */
    put_chip(&t, "Asus-WMI", "hwmon0");
    node_test_put(&t, DEV "Asus-WMI/hwmon/hwmon0/name", "asus\n");
    put_chip(&t, "Asus-WMI", "hwmon1");
    node_test_put(&t, DEV "Asus-WMI/hwmon/hwmon1/name", "sensors\n");
    /* two that their drivers call the same, and one of which nothing is known */
    put_chip(&t, "twin", "hwmon2");
    node_test_put(&t, DEV "twin/hwmon/hwmon2/name", "same\n");
    put_chip(&t, "twin", "hwmon3");
    node_test_put(&t, DEV "twin/hwmon/hwmon3/name", "same\n");
    put_chip(&t, "twin", "hwmon4");
    /* two that their drivers call almost the same */
    put_chip(&t, "like", "hwmon7");
    node_test_put(&t, DEV "like/hwmon/hwmon7/name", "a-b\n");
    put_chip(&t, "like", "hwmon8");
    node_test_put(&t, DEV "like/hwmon/hwmon8/name", "a_b\n");
    /* no device: the driver's name, or the number */
    node_test_put(&t, "sys/class/hwmon/hwmon5/name", "ACPI.tz\n");
    node_test_put(&t, "sys/class/hwmon/hwmon6/temp1_input", "1000\n");
    node_test_put(&t, "sys/class/hwmon/file", "");
    for (int i = 0; i < 6; i++) {
        char path[64];

        snprintf(path, sizeof(path), "sys/class/hwmon/hwmon%d/temp1_input", i);
        node_test_put(&t, path, "1000\n");
    }
    assert_int_equal(node_run_start(&r, &node_hwmon_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(
        r.out,
        "# TYPE node_hwmon_chip_names gauge\n"
        "node_hwmon_chip_names{chip=\"acpi_tz\",chip_name=\"acpi_tz\"} 1\n"
        "node_hwmon_chip_names{chip=\"platform_asus_wmi_asus\",chip_name=\"asus\"} 1\n"
        "node_hwmon_chip_names{chip=\"platform_asus_wmi_sensors\",chip_name=\"sensors\"} "
        "1\n"
        "node_hwmon_chip_names{chip=\"platform_like_hwmon7\",chip_name=\"a_b\"} 1\n"
        "node_hwmon_chip_names{chip=\"platform_like_hwmon8\",chip_name=\"a_b\"} 1\n"
        "node_hwmon_chip_names{chip=\"platform_twin_hwmon2\",chip_name=\"same\"} 1\n"
        "node_hwmon_chip_names{chip=\"platform_twin_hwmon3\",chip_name=\"same\"} 1\n"
        "# TYPE node_hwmon_temp_celsius gauge\n"
        "node_hwmon_temp_celsius{chip=\"acpi_tz\",sensor=\"temp1\"} 1\n"
        "node_hwmon_temp_celsius{chip=\"hwmon6\",sensor=\"temp1\"} 1\n"
        "node_hwmon_temp_celsius{chip=\"platform_asus_wmi_asus\",sensor=\"temp1\"} 1\n"
        "node_hwmon_temp_celsius{chip=\"platform_asus_wmi_sensors\",sensor=\"temp1\"} 1\n"
        "node_hwmon_temp_celsius{chip=\"platform_twin_hwmon2\",sensor=\"temp1\"} 1\n"
        "node_hwmon_temp_celsius{chip=\"platform_twin_hwmon3\",sensor=\"temp1\"} 1\n"
        "node_hwmon_temp_celsius{chip=\"platform_twin_hwmon4\",sensor=\"temp1\"} 1\n");
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* Sensors and chips come and go while the exporter runs. */
static void test_changes(void **state)
{
    static const char one[] = "# TYPE node_hwmon_temp_celsius gauge\n"
                              "node_hwmon_temp_celsius{chip=\"platform_a\",sensor="
                              "\"temp1\"} 1\n";
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    put_chip(&t, "a", "hwmon0");
    node_test_put(&t, DEV "a/temp1_input", "1000\n");
    assert_int_equal(node_run_start(&r, &node_hwmon_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, one);

    /* another value, another sensor, another label, another chip */
    node_test_put(&t, DEV "a/temp1_input", "2000\n");
    node_test_put(&t, DEV "a/temp2_input", "3000\n");
    put_chip(&t, "b", "hwmon1");
    node_test_put(&t, DEV "b/hwmon/hwmon1/temp1_input", "4000\n");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out,
                     "# TYPE node_hwmon_temp_celsius gauge\n"
                     "node_hwmon_temp_celsius{chip=\"platform_a\",sensor=\"temp1\"} 2\n"
                     "node_hwmon_temp_celsius{chip=\"platform_a\",sensor=\"temp2\"} 3\n"
                     "node_hwmon_temp_celsius{chip=\"platform_b\",sensor=\"temp1\"} 4\n");

    /* a sensor gone */
    node_test_remove(&t, DEV "a/temp2_input");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out,
                     "# TYPE node_hwmon_temp_celsius gauge\n"
                     "node_hwmon_temp_celsius{chip=\"platform_a\",sensor=\"temp1\"} 2\n"
                     "node_hwmon_temp_celsius{chip=\"platform_b\",sensor=\"temp1\"} 4\n");

    /* the same names, but of another chip */
    node_test_remove(&t, "sys/class/hwmon/hwmon1");
    put_chip(&t, "c", "hwmon1");
    node_test_put(&t, DEV "c/hwmon/hwmon1/temp1_input", "5000\n");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out,
                     "# TYPE node_hwmon_temp_celsius gauge\n"
                     "node_hwmon_temp_celsius{chip=\"platform_a\",sensor=\"temp1\"} 2\n"
                     "node_hwmon_temp_celsius{chip=\"platform_c\",sensor=\"temp1\"} 5\n");

    node_test_remove(&t, "sys/class/hwmon/hwmon1");
    node_test_put(&t, DEV "a/temp1_input", "1000\n");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, one);
    node_test_remove(&t, "sys/class/hwmon/hwmon0");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, "");
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* Many chips with the most that a name can hold. */
static void test_many(void **state)
{
    struct node_test_tree t;
    struct node_run r;
    char device[160], path[400], property[200];

    (void)state;
    node_test_tree_new(&t);
    memset(property, 'p', sizeof(property));
    property[sizeof(property) - 1] = '\0';
    for (int i = 0; i < 40; i++) {
        snprintf(device, sizeof(device), "%d.%.120s", i, property);
        snprintf(path, sizeof(path), "hwmon%d", i);
        put_chip(&t, device, path);
        for (int k = 0; k < 20; k++) {
            snprintf(path, sizeof(path), "sys/class/hwmon/hwmon%d/temp%d_%s", i, k,
                     property);
            node_test_put(&t, path, "1000\n");
        }
    }
    assert_int_equal(node_run_start(&r, &node_hwmon_collector, &t.ctx), 0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(node_run_once(&r, 10), 0);
        snprintf(path, sizeof(path),
                 "node_hwmon_temp_%s_celsius{chip=\"platform_39_%.120s\",sensor=\"temp19"
                 "\"} 1\n",
                 property, property);
        assert_true(node_test_holds(r.out, path));
    }
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* Last, since flags stay set. */
static void test_filters(void **state)
{
    static const char *const args[] = { "--collector.hwmon.chip-include=^platform_[ab]$",
                                        "--collector.hwmon.chip-exclude=_b$",
                                        "--collector.hwmon.sensor-exclude=_a;temp2$",
                                        NULL };
    static const char *const bad[] = { "--collector.hwmon.sensor-include=(", NULL };
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    put_chip(&t, "a", "hwmon0");
    put_chip(&t, "b", "hwmon1");
    put_chip(&t, "c", "hwmon2");
    node_test_put(&t, DEV "a/temp1_input", "1000\n");
    node_test_put(&t, DEV "a/temp2_input", "1000\n");
    node_test_put(&t, DEV "b/temp1_input", "1000\n");
    node_test_put(&t, DEV "c/temp1_input", "1000\n");
    node_run_flags(&node_hwmon_collector, args);
    assert_int_equal(node_run_start(&r, &node_hwmon_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out,
                     "# TYPE node_hwmon_temp_celsius gauge\n"
                     "node_hwmon_temp_celsius{chip=\"platform_a\",sensor=\"temp1\"} 1\n");
    node_run_stop(&r);

    node_run_flags(&node_hwmon_collector, bad);
    assert_int_equal(node_run_start(&r, &node_hwmon_collector, &t.ctx), -EINVAL);
    assert_non_null(strstr(r.err.text, "--collector.hwmon.sensor-include"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),   cmocka_unit_test(test_clean),
        cmocka_unit_test(test_collect), cmocka_unit_test(test_chip_labels),
        cmocka_unit_test(test_changes), cmocka_unit_test(test_many),
        cmocka_unit_test(test_filters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
