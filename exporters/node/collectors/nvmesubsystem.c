/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvmesubsystem.c - NVMe subsystems and the controllers that are paths to them, from
 * class/nvme-subsystem in sysfs.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>

#include "node/attr.h"
#include "node/dirwalk.h"
#include "node/fail.h"
#include "node/scan.h"

/* The last one stands for all that we do not know. */
static const char *const nvme_states[] = { "live", "connecting", "resetting", "dead",
                                           "unknown" };
#define NVME_STATES (sizeof(nvme_states) / sizeof(nvme_states[0]))

/* States of a controller that comes or goes: none of the above. */
static const char *const nvme_other_states[] = { "new", "deleting", "deleting (no IO)" };

struct nvmesub_scrape {
    struct dirwalk *walk;
    promc_samples *info, *namespace, *paths, *live, *state;
    const char *subsystem;
    unsigned n_paths, n_live;
};

/* The place in nvme_states; NVME_STATES for the others. */
static size_t state_of(const char *text)
{
    struct span s = span_str(text);

    for (size_t i = 0; i < sizeof(nvme_other_states) / sizeof(nvme_other_states[0]); i++)
        if (span_is(s, nvme_other_states[i]))
            return NVME_STATES;
    for (size_t i = 0; i < NVME_STATES; i++)
        if (span_is(s, nvme_states[i]))
            return i;
    return NVME_STATES - 1;
}

static void emit_controller(struct nvmesub_scrape *s, int dirfd, const char *name)
{
    char text[ATTR_TEXT_SIZE], transport[ATTR_TEXT_SIZE];
    size_t state = state_of(attr_text(dirfd, "state", text));

    attr_text(dirfd, "transport", transport);
    for (size_t i = 0; i < NVME_STATES; i++)
        promc_emit(s->state, PROMC_LABELS(s->subsystem, name, transport, nvme_states[i]),
                   i == state);
    s->n_paths++;
    s->n_live += state == 0;
}

/* Of the directories, nvme0 is a controller and nvme0n1 a namespace; nvme0c0n1 is the
 * namespace by one path. */
static void visit_part(void *arg, int dirfd, const char *name)
{
    struct nvmesub_scrape *s = arg;
    struct span rest = span_str(name + 4), controller;
    uint64_t number;

    if (scan_u64(rest, &number) == 0)
        emit_controller(s, dirfd, name);
    else if (scan_until(&rest, 'n', &controller) && scan_u64(controller, &number) == 0 &&
             scan_u64(rest, &number) == 0)
        promc_emit(s->namespace, PROMC_LABELS(s->subsystem, name), 1);
}

static void visit_subsystem(void *arg, int dirfd, const char *name)
{
    struct nvmesub_scrape *s = arg;
    char nqn[ATTR_TEXT_SIZE], model[ATTR_TEXT_SIZE], serial[ATTR_TEXT_SIZE],
        policy[ATTR_TEXT_SIZE];

    promc_emit(s->info,
               PROMC_LABELS(name, attr_text(dirfd, "subsysnqn", nqn),
                            attr_text(dirfd, "model", model),
                            attr_text(dirfd, "serial", serial),
                            attr_text(dirfd, "iopolicy", policy)),
               1);
    s->subsystem = name;
    s->n_paths = s->n_live = 0;
    dirwalk_at(s->walk, dirfd, ".", "nvme", visit_part, s);
    promc_emit(s->paths, PROMC_LABELS(name), s->n_paths);
    promc_emit(s->live, PROMC_LABELS(name), s->n_live);
}

static int nvmesub_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct nvmesub_scrape s = { .walk = priv };
    int rc;

    s.info = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_nvmesubsystem_info",
        "Always 1; what the subsystem is.",
        PROMC_LABELS("subsystem", "nqn", "model", "serial", "iopolicy"));
    s.namespace =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_nvmesubsystem_namespace_info",
                          "Always 1; a block device of the subsystem.",
                          PROMC_LABELS("subsystem", "device"));
    s.paths = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_nvmesubsystem_paths",
                                "Controllers that are paths to the subsystem.",
                                PROMC_LABELS("subsystem"));
    s.live = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_nvmesubsystem_paths_live",
                               "Controllers among them that are live.",
                               PROMC_LABELS("subsystem"));
    s.state =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_nvmesubsystem_path_state",
                          "Whether the controller is in this state.",
                          PROMC_LABELS("subsystem", "controller", "transport", "state"));
    rc = dirwalk(s.walk, ctx->paths.sysfs, "class/nvme-subsystem", "nvme-subsys",
                 visit_subsystem, &s);
    if (rc == 0)
        return 0;
    node_fail_read(err, rc, ctx->paths.sysfs, "class/nvme-subsystem");
    return rc == -ENOENT || rc == -EACCES ? NODE_NODATA : rc;
}

const struct node_collector node_nvmesubsystem_collector = {
    .name = "nvmesubsystem",
    .help = "NVMe subsystems and the state of the paths to them.",
    .init = dirwalk_init,
    .collect = nvmesub_collect,
    .fini = dirwalk_fini,
};
