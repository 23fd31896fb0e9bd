/* SPDX-License-Identifier: Apache-2.0 */
/*
 * infiniband.c - InfiniBand and RoCE ports and their counters.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "common/filter.h"
#include "node/collectors/infiniband_counters.h"
#include "node/dirwalk.h"
#include "node/fail.h"

static const char *infiniband_include, *infiniband_exclude;

struct infiniband {
    struct dirwalk walk;
    struct filter *filter;
};

struct infiniband_out {
    struct infiniband *state;
    promc_error *err;
    int rc;
    const char *device; /* the one at hand */
    promc_samples *info, *state_id, *physical_state_id, *rate, *lifespan;
    promc_samples *counters[INFINIBAND_COUNTERS];
};

static void infiniband_flags(struct flags *flags)
{
    flags_string(flags, "collector.infiniband.device-include",
                 "Expose only devices that match this pattern.", &infiniband_include,
                 NULL);
    flags_string(flags, "collector.infiniband.device-exclude",
                 "Leave out devices that match this pattern.", &infiniband_exclude, NULL);
}

static promc_samples *port_gauge(promc_emitter *out, const char *name, const char *help)
{
    return promc_emit_family(out, PROMC_TYPE_GAUGE, name, help,
                             PROMC_LABELS("device", "port"));
}

static void infiniband_begin(struct infiniband_out *o, promc_emitter *out)
{
    o->info = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_infiniband_info", "What the device is; always 1.",
        PROMC_LABELS("device", "board_id", "firmware_version", "hca_type"));
    o->state_id = port_gauge(out, "node_infiniband_state_id",
                             "State of the port: 1 down, 2 starting, 3 armed, 4 active.");
    o->physical_state_id =
        port_gauge(out, "node_infiniband_physical_state_id",
                   "State of the link: 1 sleeping, 2 polling, 3 disabled, 4 training, 5 "
                   "up, 6 recovering.");
    o->rate =
        port_gauge(out, "node_infiniband_rate_bytes_per_second", "Speed of the link.");
    o->lifespan = port_gauge(out, "node_infiniband_lifespan_seconds",
                             "How old the counters of the hardware may be.");
    attr_begin(out, infiniband_counters, INFINIBAND_COUNTERS,
               PROMC_LABELS("device", "port"), o->counters);
}

/* "4: ACTIVE". */
static int parse_state(struct span text, uint64_t *v)
{
    struct span id;

    return scan_until(&text, ':', &id) ? scan_u64(span_trim(id), v) : -EINVAL;
}

/* "40 Gb/sec (4X QDR)", in whole bytes. */
static int parse_rate(struct span text, uint64_t *v)
{
    struct span number, unit;
    double gigabits;
    int rc;

    if (!scan_field(&text, &number) || !scan_field(&text, &unit) ||
        !span_is(unit, "Gb/sec"))
        return -EINVAL;
    rc = scan_double(number, &gigabits);
    if (rc)
        return rc;
    if (!(gigabits >= 0 && gigabits < 1e9))
        return -ERANGE;
    *v = (uint64_t)(gigabits * 125000000);
    return 0;
}

/* Show a text as the number in it. One that has none is noted and costs only itself. */
static void emit_parsed(struct infiniband_out *o, int fd, const char *file,
                        int (*parse)(struct span, uint64_t *), promc_samples *f,
                        const char *port)
{
    char text[ATTR_TEXT_SIZE];
    uint64_t v;
    int rc = parse(span_str(attr_text(fd, file, text)), &v);

    if (rc == 0)
        promc_emit(f, PROMC_LABELS(o->device, port), (double)v);
    else if (o->rc == 0)
        o->rc =
            node_fail(o->err, rc, "%s, port %s: no number in %s", o->device, port, file);
}

static void infiniband_port(void *arg, int fd, const char *port)
{
    struct infiniband_out *o = arg;
    uint64_t v;

    if (dirlist_number(port, "") < 0)
        return;
    emit_parsed(o, fd, "state", parse_state, o->state_id, port);
    emit_parsed(o, fd, "phys_state", parse_state, o->physical_state_id, port);
    emit_parsed(o, fd, "rate", parse_rate, o->rate, port);
    attr_emit(fd, infiniband_counters, INFINIBAND_COUNTERS, o->counters,
              PROMC_LABELS(o->device, port));
    if (attr_u64(fd, "hw_counters/lifespan", &v) == 0) /* whole seconds, as at the peer */
        promc_emit(o->lifespan, PROMC_LABELS(o->device, port), (double)(v / 1000));
}

static void infiniband_device(void *arg, int fd, const char *device)
{
    struct infiniband_out *o = arg;
    char board[ATTR_TEXT_SIZE], firmware[ATTR_TEXT_SIZE], type[ATTR_TEXT_SIZE];

    if (!filter_keep(o->state->filter, device))
        return;
    o->device = device;
    promc_emit(o->info,
               PROMC_LABELS(device, attr_text(fd, "board_id", board),
                            attr_text(fd, "fw_ver", firmware),
                            attr_text(fd, "hca_type", type)),
               1);
    dirwalk_at(&o->state->walk, fd, "ports", "", infiniband_port, o);
}

static int infiniband_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                              promc_error *err)
{
    struct infiniband *s = priv;
    struct infiniband_out o = { .state = s, .err = err };
    int rc;

    infiniband_begin(&o, out);
    rc = dirwalk_class(&s->walk, ctx->paths.sysfs, "class/infiniband", "",
                       infiniband_device, &o, err);
    return rc ? rc : o.rc;
}

static void infiniband_fini(void *priv)
{
    struct infiniband *s = priv;

    dirwalk_free(&s->walk);
    filter_free(s->filter);
    free(s);
}

static int infiniband_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct infiniband *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->filter = filter_new("--collector.infiniband.device-include or -exclude",
                           infiniband_include, infiniband_exclude, err);
    if (!s->filter) {
        infiniband_fini(s);
        return err ? err->code : -EINVAL;
    }
    *priv = s;
    return 0;
}

const struct node_collector node_infiniband_collector = {
    .name = "infiniband",
    .help = "State and counters of InfiniBand and RoCE ports.",
    .default_on = 1,
    .flags = infiniband_flags,
    .init = infiniband_init,
    .collect = infiniband_collect,
    .fini = infiniband_fini,
};
