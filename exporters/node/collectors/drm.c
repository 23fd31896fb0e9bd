/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drm.c - load and memory of graphics cards whose driver tells them: amdgpu.
 */
#include "config.h"

#include "node/collector.h"

#include <fcntl.h>
#include <unistd.h>

#include "node/attr.h"
#include "node/dirwalk.h"

static const struct attr drm_attrs[] = {
    { "gpu_busy_percent", PROMC_TYPE_GAUGE, "node_drm_gpu_busy_percent",
      "How busy the card is, in percent.", 0, 0 },
    { "mem_info_gtt_total", PROMC_TYPE_GAUGE, "node_drm_memory_gtt_size_bytes",
      "Memory of the system that the card may map.", 0, 0 },
    { "mem_info_gtt_used", PROMC_TYPE_GAUGE, "node_drm_memory_gtt_used_bytes",
      "Memory of the system that the card has mapped.", 0, 0 },
    { "mem_info_vis_vram_total", PROMC_TYPE_GAUGE, "node_drm_memory_vis_vram_size_bytes",
      "Memory of the card that the CPU can reach.", 0, 0 },
    { "mem_info_vis_vram_used", PROMC_TYPE_GAUGE, "node_drm_memory_vis_vram_used_bytes",
      "Memory in use on the card, of what the CPU can reach.", 0, 0 },
    { "mem_info_vram_total", PROMC_TYPE_GAUGE, "node_drm_memory_vram_size_bytes",
      "Memory of the card.", 0, 0 },
    { "mem_info_vram_used", PROMC_TYPE_GAUGE, "node_drm_memory_vram_used_bytes",
      "Memory in use on the card.", 0, 0 },
};
#define DRM_ATTRS (sizeof(drm_attrs) / sizeof(drm_attrs[0]))

/* A card's uevent begins with its driver. */
static int is_amdgpu(int fd)
{
    char text[ATTR_TEXT_SIZE];
    struct span rest, line;

    rest = span_str(attr_text(fd, "uevent", text));
    while (scan_line(&rest, &line))
        if (span_is(line, "DRIVER=amdgpu"))
            return 1;
    return 0;
}

struct drm_out {
    promc_samples *families[DRM_ATTRS];
    promc_samples *info;
};

static void drm_amdgpu(const struct drm_out *o, int fd, const char *card)
{
    char memory_vendor[ATTR_TEXT_SIZE], level[ATTR_TEXT_SIZE], id[ATTR_TEXT_SIZE];

    promc_emit(o->info,
               PROMC_LABELS(card, attr_text(fd, "mem_info_vram_vendor", memory_vendor),
                            attr_text(fd, "power_dpm_force_performance_level", level),
                            attr_text(fd, "unique_id", id), "amd"),
               1);
    attr_emit(fd, drm_attrs, DRM_ATTRS, o->families, PROMC_LABELS(card));
}

static void drm_card(void *arg, int fd, const char *name)
{
    int device;

    if (dirlist_number(name, "card") < 0) /* card0-DP-1 is a socket of card0 */
        return;
    device = openat(fd, "device", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (device < 0)
        return;
    if (is_amdgpu(device))
        drm_amdgpu(arg, device, name);
    close(device);
}

static int drm_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                       promc_error *err)
{
    struct drm_out o;
    int rc;

    attr_begin(out, drm_attrs, DRM_ATTRS, PROMC_LABELS("card"), o.families);
    o.info =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_drm_card_info",
                          "What the graphics card is; always 1.",
                          PROMC_LABELS("card", "memory_vendor", "power_performance_level",
                                       "unique_id", "vendor"));
    rc = dirwalk_class(priv, ctx->paths.sysfs, "class/drm", "", drm_card, &o, err);
    return rc == NODE_NODATA ? 0 : rc; /* none is no failure, as for the peer */
}

const struct node_collector node_drm_collector = {
    .name = "drm",
    .help = "Load and memory of graphics cards (amdgpu).",
    .init = dirwalk_init,
    .collect = drm_collect,
    .fini = dirwalk_fini,
};
