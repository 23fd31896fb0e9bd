/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powersupplyclass.c - batteries, chargers and mains adapters.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "common/filter.h"
#include "node/attr.h"
#include "node/dirwalk.h"
#include "node/fail.h"

static const char *power_ignored = "^$";

/* The kernel counts in millionths of a unit, and temperatures in tenths of a degree. */
#define ROW(file, name, help, by)                                                        \
    {                                                                                    \
        file, PROMC_TYPE_GAUGE, "node_power_supply_" name, help, 0, by                   \
    }
#define AS_IT_IS(file, name, help) ROW(file, name, help, 0)
#define MICRO(file, name, help) ROW(file, name, help, 1000000)
#define TENTHS(file, name, help) ROW(file, name, help, 10)

static const struct attr power_attrs[] = {
    AS_IT_IS("authentic", "authentic", "Whether the battery is the maker's own."),
    AS_IT_IS("calibrate", "calibrate", "Whether the battery is being calibrated."),
    AS_IT_IS("capacity", "capacity", "Charge, in percent."),
    AS_IT_IS("capacity_alert_max", "capacity_alert_max",
             "Charge above which there is an alert, in percent."),
    AS_IT_IS("capacity_alert_min", "capacity_alert_min",
             "Charge below which there is an alert, in percent."),
    AS_IT_IS("cycle_count", "cyclecount",
             "Times the battery was charged and discharged."),
    AS_IT_IS(
        "online", "online",
        "Whether the supply is connected; 2 when its voltage is chosen by the host."),
    AS_IT_IS("present", "present", "Whether the supply is there."),
    AS_IT_IS("time_to_empty_now", "time_to_empty_seconds",
             "Time until the battery is empty, in seconds."),
    AS_IT_IS("time_to_full_now", "time_to_full_seconds",
             "Time until the battery is full, in seconds."),
    MICRO("charge_control_limit", "charge_control_limit", "Limit of charging in force."),
    MICRO("charge_control_limit_max", "charge_control_limit_max",
          "Highest limit of charging."),
    MICRO("charge_counter", "charge_counter",
          "Charge that went in, less what went out, in ampere hours."),
    MICRO("charge_empty", "charge_empty",
          "Charge at which the battery counts as empty, in ampere hours."),
    MICRO("charge_empty_design", "charge_empty_design",
          "The same as it was designed, in ampere hours."),
    MICRO("charge_full", "charge_full", "Charge of the full battery, in ampere hours."),
    MICRO("charge_full_design", "charge_full_design",
          "The same as it was designed, in ampere hours."),
    MICRO("charge_now", "charge_ampere", "Charge now, in ampere hours."),
    MICRO("charge_term_current", "charge_term_current",
          "Current at which charging ends, in amperes."),
    MICRO("constant_charge_current", "constant_charge_current",
          "Charging current, in amperes."),
    MICRO("constant_charge_current_max", "constant_charge_current_max",
          "Highest charging current, in amperes."),
    MICRO("constant_charge_voltage", "constant_charge_voltage",
          "Charging voltage, in volts."),
    MICRO("constant_charge_voltage_max", "constant_charge_voltage_max",
          "Highest charging voltage, in volts."),
    MICRO("current_boot", "current_boot",
          "Current when the machine started, in amperes."),
    MICRO("current_max", "current_max", "Highest current, in amperes."),
    MICRO("current_now", "current_ampere", "Current now, in amperes."),
    MICRO("energy_empty", "energy_empty",
          "Energy at which the battery counts as empty, in watt hours."),
    MICRO("energy_empty_design", "energy_empty_design",
          "The same as it was designed, in watt hours."),
    MICRO("energy_full", "energy_full", "Energy of the full battery, in watt hours."),
    MICRO("energy_full_design", "energy_full_design",
          "The same as it was designed, in watt hours."),
    MICRO("energy_now", "energy_watthour", "Energy now, in watt hours."),
    MICRO("input_current_limit", "input_current_limit",
          "Limit of the current from the charger, in amperes."),
    MICRO("power_now", "power_watt", "Power now, in watts."),
    MICRO("precharge_current", "precharge_current",
          "Current of the first phase of charging, in amperes."),
    MICRO("voltage_boot", "voltage_boot", "Voltage when the machine started, in volts."),
    MICRO("voltage_max", "voltage_max", "Highest voltage, in volts."),
    MICRO("voltage_max_design", "voltage_max_design",
          "Highest voltage by design, in volts."),
    MICRO("voltage_min", "voltage_min", "Lowest voltage, in volts."),
    MICRO("voltage_min_design", "voltage_min_design",
          "Lowest voltage by design, in volts."),
    MICRO("voltage_now", "voltage_volt", "Voltage now, in volts."),
    MICRO("voltage_ocv", "voltage_ocv", "Voltage without a load, in volts."),
    TENTHS("temp", "temp_celsius", "Temperature."),
    TENTHS("temp_alert_max", "temp_alert_max_celsius",
           "Temperature above which there is an alert."),
    TENTHS("temp_alert_min", "temp_alert_min_celsius",
           "Temperature below which there is an alert."),
    TENTHS("temp_ambient", "temp_ambient_celsius", "Temperature around it."),
    TENTHS("temp_ambient_max", "temp_ambient_max_celsius",
           "Highest temperature around it."),
    TENTHS("temp_ambient_min", "temp_ambient_min_celsius",
           "Lowest temperature around it."),
    TENTHS("temp_max", "temp_max_celsius", "Highest temperature it may have."),
    TENTHS("temp_min", "temp_min_celsius", "Lowest temperature it may have."),
};
#define POWER_ATTRS (sizeof(power_attrs) / sizeof(power_attrs[0]))

/* Files with text; each is a label of the same name. */
static const char *const power_texts[] = {
    "capacity_level", "charge_type", "health",     "manufacturer", "model_name", "scope",
    "serial_number",  "status",      "technology", "type",         "usb_type",
};
#define POWER_TEXTS (sizeof(power_texts) / sizeof(power_texts[0]))

struct power {
    struct dirwalk walk;
    struct filter *filter;
};

static void power_flags(struct flags *flags)
{
    flags_string(flags, "collector.powersupply.ignored-supplies",
                 "Leave out power supplies that match this pattern.", &power_ignored,
                 NULL);
}

/* Only the labels that the supply has something to say for. */
static void power_info(promc_emitter *out, int fd, const char *supply)
{
    char text[POWER_TEXTS][ATTR_TEXT_SIZE];
    const char *labels[1 + POWER_TEXTS] = { "power_supply" };
    const char *values[1 + POWER_TEXTS] = { supply };
    size_t n = 1;

    for (size_t i = 0; i < POWER_TEXTS; i++) {
        if (attr_text(fd, power_texts[i], text[i])[0] == '\0')
            continue;
        labels[n] = power_texts[i];
        values[n++] = text[i];
    }
    promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE, "node_power_supply_info",
                                 "What the power supply is; always 1.",
                                 (promc_labels){ labels, n }),
               (promc_labels){ values, n }, 1);
}

struct power_out {
    const struct filter *filter;
    promc_emitter *out;
    promc_samples *families[POWER_ATTRS];
};

static void power_supply(void *arg, int fd, const char *name)
{
    const struct power_out *o = arg;

    if (!filter_keep(o->filter, name))
        return;
    attr_emit(fd, power_attrs, POWER_ATTRS, o->families, PROMC_LABELS(name));
    power_info(o->out, fd, name);
}

static int power_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                         promc_error *err)
{
    struct power *p = priv;
    struct power_out o = { .filter = p->filter, .out = out };

    attr_begin(out, power_attrs, POWER_ATTRS, PROMC_LABELS("power_supply"), o.families);
    return dirwalk_class(&p->walk, ctx->paths.sysfs, "class/power_supply", "",
                         power_supply, &o, err);
}

static void power_fini(void *priv)
{
    struct power *p = priv;

    dirwalk_free(&p->walk);
    filter_free(p->filter);
    free(p);
}

static int power_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct power *p = calloc(1, sizeof(*p));

    (void)ctx;
    if (!p)
        return node_fail(err, -ENOMEM, "out of memory");
    p->filter =
        filter_new("--collector.powersupply.ignored-supplies", NULL, power_ignored, err);
    if (!p->filter) {
        power_fini(p);
        return err ? err->code : -EINVAL;
    }
    *priv = p;
    return 0;
}

const struct node_collector node_powersupplyclass_collector = {
    .name = "powersupplyclass",
    .help = "State and charge of batteries and other power supplies.",
    .default_on = 1,
    .flags = power_flags,
    .init = power_init,
    .collect = power_collect,
    .fini = power_fini,
};
