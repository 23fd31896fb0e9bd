/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvme.c - NVMe controllers and the namespaces on them, from class/nvme in sysfs.
 */
#include "config.h"

#include "node/collector.h"

#include "node/attr.h"
#include "node/dirwalk.h"

enum { NVME_NS_INFO, NVME_CAPACITY, NVME_SIZE, NVME_USED, NVME_BLOCK, NVME_NS_FAMILIES };

static const struct {
    const char *name;
    const char *help;
} nvme_ns_metrics[NVME_NS_FAMILIES] = {
    [NVME_NS_INFO] = { "node_nvme_namespace_info",
                       "Always 1; how the namespace is reached." },
    [NVME_CAPACITY] = { "node_nvme_namespace_capacity_bytes",
                        "Capacity of the namespace, in its blocks times their size." },
    [NVME_SIZE] = { "node_nvme_namespace_size_bytes",
                    "Size of the namespace, in its blocks times their size." },
    [NVME_USED] = { "node_nvme_namespace_used_bytes",
                    "Used part of the namespace, in its blocks times their size." },
    [NVME_BLOCK] = { "node_nvme_namespace_logical_block_size_bytes",
                     "Size of a block of the namespace." },
};

struct nvme_scrape {
    struct dirwalk *walk;
    promc_samples *info;
    promc_samples *ns[NVME_NS_FAMILIES];
    const char *device;
};

static struct span skip_digits(struct span s)
{
    while (s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9')
        s = span_of(s.p + 1, s.n - 1);
    return s;
}

/* The number at the end of nvme0n1, or of nvme0c0n1 as a path of several is called. Returns
 * NULL for other names. */
static const char *namespace_id(const char *name)
{
    struct span rest = span_str(name);
    uint64_t id;

    if (!span_begins(rest, "nvme"))
        return NULL;
    rest = skip_digits(span_of(rest.p + 4, rest.n - 4));
    if (span_begins(rest, "c"))
        rest = skip_digits(span_of(rest.p + 1, rest.n - 1));
    if (!span_begins(rest, "n"))
        return NULL;
    rest = span_of(rest.p + 1, rest.n - 1);
    return scan_u64(rest, &id) == 0 ? rest.p : NULL;
}

/* The blocks in the file size are of 512 bytes, whatever the namespace's own are; the peer
 * multiplies them all the same, and dashboards have got used to it. */
static void visit_namespace(void *arg, int dirfd, const char *name)
{
    struct nvme_scrape *s = arg;
    const char *id = namespace_id(name);
    uint64_t size, used, block;
    char state[ATTR_TEXT_SIZE];

    if (!id)
        return;
    if (attr_text(dirfd, "ana_state", state)[0] == '\0')
        span_copy(span_str("unknown"), state, sizeof(state));
    promc_emit(s->ns[NVME_NS_INFO], PROMC_LABELS(s->device, id, state), 1);
    if (attr_u64(dirfd, "queue/logical_block_size", &block) < 0)
        return;
    promc_emit(s->ns[NVME_BLOCK], PROMC_LABELS(s->device, id), (double)block);
    if (attr_u64(dirfd, "size", &size) == 0) {
        promc_emit(s->ns[NVME_CAPACITY], PROMC_LABELS(s->device, id),
                   (double)size * (double)block);
        promc_emit(s->ns[NVME_SIZE], PROMC_LABELS(s->device, id),
                   (double)size * (double)block);
    }
    if (attr_u64(dirfd, "nuse", &used) == 0)
        promc_emit(s->ns[NVME_USED], PROMC_LABELS(s->device, id),
                   (double)used * (double)block);
}

static void visit_controller(void *arg, int dirfd, const char *name)
{
    struct nvme_scrape *s = arg;
    char firmware[ATTR_TEXT_SIZE], model[ATTR_TEXT_SIZE], serial[ATTR_TEXT_SIZE];
    char state[ATTR_TEXT_SIZE], id[ATTR_TEXT_SIZE];

    promc_emit(
        s->info,
        PROMC_LABELS(name, attr_text(dirfd, "firmware_rev", firmware),
                     attr_text(dirfd, "model", model), attr_text(dirfd, "serial", serial),
                     attr_text(dirfd, "state", state), attr_text(dirfd, "cntlid", id)),
        1);
    s->device = name;
    dirwalk_at(s->walk, dirfd, ".", "nvme", visit_namespace, s);
}

static int nvme_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct nvme_scrape s = { .walk = priv };

    s.info = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_nvme_info",
                               "Always 1; what the controller is.",
                               PROMC_LABELS("device", "firmware_revision", "model",
                                            "serial", "state", "cntlid"));
    for (size_t i = 0; i < NVME_NS_FAMILIES; i++)
        s.ns[i] = promc_emit_family(
            out, PROMC_TYPE_GAUGE, nvme_ns_metrics[i].name, nvme_ns_metrics[i].help,
            i == NVME_NS_INFO ? PROMC_LABELS("device", "nsid", "ana_state")
                              : PROMC_LABELS("device", "nsid"));
    return dirwalk_class(s.walk, ctx->paths.sysfs, "class/nvme", "", visit_controller, &s,
                         err);
}

const struct node_collector node_nvme_collector = {
    .name = "nvme",
    .help = "NVMe controllers and their namespaces.",
    .default_on = 1,
    .init = dirwalk_init,
    .collect = nvme_collect,
    .fini = dirwalk_fini,
};
