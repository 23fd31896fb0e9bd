/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon.c - temperatures, voltages, fans and whatever else chips with sensors measure.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/attr.h"
#include "node/collectors/hwmon_layout.h"
#include "node/fail.h"

static const char *chip_include, *chip_exclude, *sensor_include, *sensor_exclude;

static void hwmon_flags(struct flags *flags)
{
    flags_string(flags, "collector.hwmon.chip-include",
                 "Expose only chips that match this pattern.", &chip_include, NULL);
    flags_string(flags, "collector.hwmon.chip-exclude",
                 "Leave out chips that match this pattern.", &chip_exclude, NULL);
    flags_string(flags, "collector.hwmon.sensor-include",
                 "Expose only sensors that match this pattern, as CHIP;SENSOR.",
                 &sensor_include, NULL);
    flags_string(flags, "collector.hwmon.sensor-exclude",
                 "Leave out sensors that match this pattern, as CHIP;SENSOR.",
                 &sensor_exclude, NULL);
}

struct hwmon {
    struct hwmon_layout layout;
    struct readbuf label;
};

struct hwmon_out {
    struct readbuf *label;
    promc_samples *chip_names;
    promc_samples *labels;
};

static void hwmon_begin(struct hwmon_layout *l, struct hwmon_out *o, promc_emitter *out)
{
    o->chip_names = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_hwmon_chip_names",
                                      "What the driver calls the chip; always 1.",
                                      PROMC_LABELS("chip", "chip_name"));
    o->labels = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_hwmon_sensor_label",
                                  "What the sensor is attached to; always 1.",
                                  PROMC_LABELS("chip", "sensor", "label"));
    for (struct hwmon_family *f = l->families; f; f = f->next)
        f->samples = promc_emit_family(out, f->type, f->name, f->help,
                                       PROMC_LABELS("chip", "sensor"));
}

/* Show what a file says. label: of the sensor, as far as it is known. */
static void hwmon_value(const struct hwmon_chip *chip, const struct hwmon_file *f,
                        const char *text, const char *label)
{
    const char *sensor = f->sensor;
    char clean[ATTR_TEXT_SIZE];
    double v;

    if (f->kind == HWMON_FLAG)
        v = strcmp(text, "1") == 0;
    else if (scan_double(span_str(text), &v) != 0)
        return;
    if (f->kind == HWMON_MILLI)
        v *= 0.001;
    if (f->kind == HWMON_MICRO || f->kind == HWMON_FREQ)
        v /= 1000000.0;
    if (f->kind == HWMON_FREQ) {
        if (!label)
            return;
        sensor = hwmon_clean(label, clean, sizeof(clean));
    }
    if (f->family->type == PROMC_TYPE_COUNTER && !(v >= 0))
        return;
    promc_emit(f->family->samples, PROMC_LABELS(chip->label, sensor), v);
}

/* Read the label of a sensor: as the driver has it, with all its blanks, since people match on
 * it. NULL: it cannot be read. */
static const char *hwmon_label(struct readbuf *b, int fd, const char *path)
{
    char *label;

    if (read_file_at(fd, path, b, 0) != 0)
        return NULL;
    label = b->data + strspn(b->data, "\n");
    while (b->len > 0 && b->data[b->len - 1] == '\n')
        b->data[--b->len] = '\0';
    return label;
}

/* Read the files of a chip. One that cannot be read has no value now: a drive that sleeps, a
 * sensor that is not connected. */
static void hwmon_chip(const struct hwmon_chip *chip, int fd, const struct hwmon_out *o)
{
    char text[ATTR_TEXT_SIZE];
    const char *label = NULL;
    int was_read = 0;

    if (hwmon_clean(chip->driver, text, sizeof(text))[0])
        promc_emit(o->chip_names, PROMC_LABELS(chip->label, text), 1);
    for (size_t i = 0; i < chip->n; i++) {
        const struct hwmon_file *f = &chip->files[i];

        if (i == 0 || f->sensor != f[-1].sensor)
            label = NULL;
        if (f->again && was_read)
            continue;
        if (f->kind == HWMON_LABEL) {
            label = hwmon_label(o->label, fd, f->path);
            was_read = label != NULL;
            if (label)
                promc_emit(o->labels, PROMC_LABELS(chip->label, f->sensor, label), 1);
            continue;
        }
        was_read = read_value_at(fd, f->path, text, sizeof(text)) >= 0;
        if (was_read)
            hwmon_value(chip, f, text, label);
    }
}

static int hwmon_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                         promc_error *err)
{
    struct hwmon *h = priv;
    struct hwmon_layout *l = &h->layout;
    struct hwmon_out o = { .label = &h->label };
    int dir, rc = hwmon_layout_update(l, ctx->paths.sysfs, err);

    if (rc)
        return rc;
    dir = dirlist_open(ctx->paths.sysfs, HWMON_DIR);
    if (dir < 0)
        return node_fail_read(err, dir, ctx->paths.sysfs, HWMON_DIR);
    hwmon_begin(l, &o, out);
    for (size_t i = 0; i < l->n; i++) {
        int fd = -1;

        if (l->chips[i].label)
            fd = openat(dir, l->chips[i].dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            continue;
        hwmon_chip(&l->chips[i], fd, &o);
        close(fd);
    }
    close(dir);
    return 0;
}

static void hwmon_fini(void *priv)
{
    struct hwmon *h = priv;

    hwmon_layout_free(&h->layout);
    readbuf_free(&h->label);
    free(h);
}

static int hwmon_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct hwmon *h = calloc(1, sizeof(*h));
    struct hwmon_layout *l;

    (void)ctx;
    if (!h)
        return node_fail(err, -ENOMEM, "out of memory");
    l = &h->layout;
    l->chip_filter = filter_new("--collector.hwmon.chip-include or -exclude",
                                chip_include, chip_exclude, err);
    if (l->chip_filter)
        l->sensor_filter = filter_new("--collector.hwmon.sensor-include or -exclude",
                                      sensor_include, sensor_exclude, err);
    if (!l->sensor_filter) {
        hwmon_fini(h);
        return err ? err->code : -EINVAL;
    }
    *priv = h;
    return 0;
}

const struct node_collector node_hwmon_collector = {
    .name = "hwmon",
    .help = "Temperatures, voltages, fans and other sensors.",
    .default_on = 1,
    .flags = hwmon_flags,
    .init = hwmon_init,
    .collect = hwmon_collect,
    .fini = hwmon_fini,
};
