/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon_name.c - what the name of a sensor's file says, and the metric it becomes.
 */
#include "config.h"

#include "node/collectors/hwmon_name.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "node/scan.h"

/* The HELP texts go by type, since files with different properties may become one metric. */
static const struct hwmon_type hwmon_types[] = {
    { "beep_enable", "Whether the chip may beep." },
    { "cpu", "Voltages of a CPU and their limits." },
    { "curr", "A current, its limits and alarms." },
    { "energy", "Energy used, and what the chip says of it." },
    { "fan", "Speed of a fan, its limits and alarms." },
    { "freq", "A clock and what the chip says of it." },
    { "humidity", "Humidity, as a ratio, and what the chip says of it." },
    { "in", "A voltage, its limits and alarms." },
    { "intrusion", "Whether the case was opened." },
    { "power", "A power, its limits and alarms." },
    { "pwm", "Control of a fan." },
    { "temp", "A temperature, its limits and alarms." },
    { "update_interval", "How often the chip looks, in seconds." },
    { "vrm", "Version of the rules that the voltage regulator follows." },
};
#define HWMON_TYPES (sizeof(hwmon_types) / sizeof(hwmon_types[0]))

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const struct hwmon_type *find_type(struct span s)
{
    for (size_t i = 0; i < HWMON_TYPES; i++)
        if (span_is(s, hwmon_types[i].name))
            return &hwmon_types[i];
    return NULL;
}

int hwmon_name_parse(const char *file, struct hwmon_name *n)
{
    size_t type = 0, digits;
    uint64_t number = 0;

    while (file[type] && !is_digit(file[type]))
        type++;
    digits = strspn(file + type, "0123456789");
    n->property = file + type + digits;
    if (*n->property == '_' && n->property[1]) {
        n->property++;
    } else if (*n->property) {
        /* No name of that form; as in power_2nd, all after a _ is the property then. */
        while (type > 0 && (file[type] != '_' || !file[type + 1]))
            type--;
        n->property = file + type + 1;
        digits = 0;
    }
    n->type = find_type(span_of(file, type));
    if (!n->type ||
        (digits > 0 &&
         (scan_u64(span_of(file + type, digits), &number) != 0 || number > INT_MAX)))
        return 0;
    n->number = (unsigned)number;
    return 1;
}

int hwmon_name_compare(const struct hwmon_name *a, const struct hwmon_name *b)
{
    int label_a = strcmp(a->property, "label") == 0;
    int label_b = strcmp(b->property, "label") == 0;

    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    if (label_a != label_b)
        return label_b - label_a;
    return strcmp(a->property, b->property);
}

/* The types whose units go by the type alone: what is appended to the name, and how the
 * number is to be read. */
static const struct {
    const char *type;
    const char *property; /* NULL: any */
    const char *suffix;
    enum hwmon_kind kind;
    promc_type metric_type;
} hwmon_units[] = {
    /* The first that fits. */
    { "in", NULL, "_volts", HWMON_MILLI, PROMC_TYPE_GAUGE },
    { "cpu", NULL, "_volts", HWMON_MILLI, PROMC_TYPE_GAUGE },
    { "temp", "type", "", HWMON_PLAIN, PROMC_TYPE_GAUGE },
    { "temp", NULL, "_celsius", HWMON_MILLI, PROMC_TYPE_GAUGE },
    { "curr", NULL, "_amps", HWMON_MILLI, PROMC_TYPE_GAUGE },
    { "energy", NULL, "_joule_total", HWMON_MICRO, PROMC_TYPE_COUNTER },
    { "power", "accuracy", "", HWMON_MICRO, PROMC_TYPE_GAUGE },
    { "power", "average_interval", "_seconds", HWMON_MILLI, PROMC_TYPE_GAUGE },
    { "power", "average_interval_min", "_seconds", HWMON_MILLI, PROMC_TYPE_GAUGE },
    { "power", "average_interval_max", "_seconds", HWMON_MILLI, PROMC_TYPE_GAUGE },
    { "power", NULL, "_watt", HWMON_MICRO, PROMC_TYPE_GAUGE },
    { "humidity", NULL, "", HWMON_MICRO, PROMC_TYPE_GAUGE },
    { "fan", "input", "_rpm", HWMON_PLAIN, PROMC_TYPE_GAUGE },
    { "fan", "min", "_rpm", HWMON_PLAIN, PROMC_TYPE_GAUGE },
    { "fan", "max", "_rpm", HWMON_PLAIN, PROMC_TYPE_GAUGE },
    { "fan", "target", "_rpm", HWMON_PLAIN, PROMC_TYPE_GAUGE },
    { "freq", "input", "_freq_mhz", HWMON_FREQ, PROMC_TYPE_GAUGE },
};

/* Types whose one file, without a property, is a setting of the chip. */
static const struct {
    const char *type;
    const char *name;
    enum hwmon_kind kind;
} hwmon_settings[] = {
    { "beep_enable", "node_hwmon_beep_enabled", HWMON_FLAG },
    { "update_interval", "node_hwmon_update_interval_seconds", HWMON_MILLI },
    { "vrm", "node_hwmon_voltage_regulator_version", HWMON_PLAIN },
};

/* Returns 1 when the file is one of these, or would be if it had no property. */
static int setting_metric(const struct hwmon_name *n, struct hwmon_metric *m)
{
    for (size_t i = 0; i < sizeof(hwmon_settings) / sizeof(hwmon_settings[0]); i++) {
        if (strcmp(n->type->name, hwmon_settings[i].type) != 0)
            continue;
        if (n->property[0] == '\0') {
            m->kind = hwmon_settings[i].kind;
            snprintf(m->name, sizeof(m->name), "%s", hwmon_settings[i].name);
        }
        return 1;
    }
    return 0;
}

/* The unit of a file. Alarms and the like have none, whatever the sensor measures. */
static const char *unit(const struct hwmon_name *n, struct hwmon_metric *m)
{
    const char *p = n->property;

    m->kind = HWMON_PLAIN;
    if (strcmp(p, "fault") == 0 || strcmp(p, "alarm") == 0)
        return "";
    if (strcmp(p, "beep") == 0)
        return "_enabled";
    for (size_t i = 0; i < sizeof(hwmon_units) / sizeof(hwmon_units[0]); i++) {
        if (strcmp(n->type->name, hwmon_units[i].type) != 0 ||
            (hwmon_units[i].property && strcmp(p, hwmon_units[i].property) != 0))
            continue;
        m->kind = hwmon_units[i].kind;
        m->type = hwmon_units[i].metric_type;
        return hwmon_units[i].suffix;
    }
    return "";
}

void hwmon_name_metric(const struct hwmon_name *n, int has_bare, struct hwmon_metric *m)
{
    const char *p = n->property, *suffix;
    char clean[256];

    m->kind = HWMON_NOTHING;
    m->type = PROMC_TYPE_GAUGE;
    m->name[0] = '\0';
    if (strcmp(p, "label") == 0) {
        m->kind = HWMON_LABEL;
        return;
    }
    if (setting_metric(n, m))
        return;
    suffix = unit(n, m);
    if (strcmp(p, "input") == 0 && !has_bare)
        p = "";
    snprintf(m->name, sizeof(m->name), "node_hwmon_%s%s%s%s", n->type->name,
             *p ? "_" : "", hwmon_clean(p, clean, sizeof(clean)), suffix);
}

char *hwmon_clean(const char *text, char *buf, size_t size)
{
    size_t n = 0;

    for (; *text && n + 1 < size; text++) {
        char c = *text;

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        else if ((c & 0xc0) == 0x80) /* goes with the byte before */
            continue;
        else if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != ':')
            c = '_';
        if (c != '_' || n > 0)
            buf[n++] = c;
    }
    while (n > 0 && buf[n - 1] == '_')
        n--;
    buf[n] = '\0';
    return buf;
}
