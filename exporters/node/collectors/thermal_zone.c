/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thermal_zone.c - temperatures that the kernel regulates, and what it cools with.
 */
#include "config.h"

#include "node/collector.h"

#include <stdio.h>

#include "node/attr.h"
#include "node/dirwalk.h"

static const struct attr zone_attrs[] = {
    { "temp", PROMC_TYPE_GAUGE, "node_thermal_zone_temp",
      "Temperature of the zone, in degrees Celsius.", 0, 1000 },
};

static const struct attr cooling_attrs[] = {
    { "cur_state", PROMC_TYPE_GAUGE, "node_cooling_device_cur_state",
      "How hard the device cools, from 0 on.", 0, 0 },
    { "max_state", PROMC_TYPE_GAUGE, "node_cooling_device_max_state",
      "How hard the device can cool.", 0, 0 },
};

/* The two sorts of devices that lie in one directory. */
static const struct {
    const char *prefix;
    const char *label;
    const struct attr *attrs;
    size_t n;
} thermal_sorts[] = {
    { "thermal_zone", "zone", zone_attrs, 1 },
    { "cooling_device", "name", cooling_attrs, 2 },
};
#define SORTS (sizeof(thermal_sorts) / sizeof(thermal_sorts[0]))

struct thermal_out {
    promc_samples *families[SORTS][2];
};

static void thermal_device(void *arg, int fd, const char *name)
{
    const struct thermal_out *o = arg;

    for (size_t i = 0; i < SORTS; i++) {
        long no = dirlist_number(name, thermal_sorts[i].prefix);
        char type[ATTR_TEXT_SIZE], number[24];

        if (no < 0)
            continue;
        snprintf(number, sizeof(number), "%ld", no);
        attr_emit(fd, thermal_sorts[i].attrs, thermal_sorts[i].n, o->families[i],
                  PROMC_LABELS(number, attr_text(fd, "type", type)));
    }
}

static int thermal_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct thermal_out o;
    int rc;

    for (size_t i = 0; i < SORTS; i++)
        attr_begin(out, thermal_sorts[i].attrs, thermal_sorts[i].n,
                   PROMC_LABELS(thermal_sorts[i].label, "type"), o.families[i]);
    rc = dirwalk_class(priv, ctx->paths.sysfs, "class/thermal", "", thermal_device, &o,
                       err);
    return rc == NODE_NODATA ? 0 : rc; /* none is no failure, as for the peer */
}

const struct node_collector node_thermal_zone_collector = {
    .name = "thermal_zone",
    .help = "Temperatures of thermal zones and states of cooling devices.",
    .default_on = 1,
    .init = dirwalk_init,
    .collect = thermal_collect,
    .fini = dirwalk_fini,
};
