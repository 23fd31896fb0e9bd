/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drbd.c - block devices that DRBD 8.4 mirrors to another machine, from drbd in procfs.
 *
 *    1: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----
 *       ns:4 nr:0 dw:4 dr:8 al:1 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:d oos:0
 *
 * A word that is a number and a colon begins a device; the other words are keys and values.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>

#include "node/fail.h"
#include "node/source.h"

static const struct {
    const char *key;
    promc_type type;
    const char *name;
    const char *help;
    double times;
} drbd_numbers[] = {
    { "ns", PROMC_TYPE_COUNTER, "node_drbd_network_sent_bytes_total",
      "Bytes sent to the other node.", 1024 },
    { "nr", PROMC_TYPE_COUNTER, "node_drbd_network_received_bytes_total",
      "Received from the other node; in KiB, whatever the name says.", 1 },
    { "dw", PROMC_TYPE_COUNTER, "node_drbd_disk_written_bytes_total",
      "Bytes written to the local disk.", 1024 },
    { "dr", PROMC_TYPE_COUNTER, "node_drbd_disk_read_bytes_total",
      "Bytes read from the local disk.", 1024 },
    { "al", PROMC_TYPE_COUNTER, "node_drbd_activitylog_writes_total",
      "Updates of the activity log.", 1 },
    { "bm", PROMC_TYPE_COUNTER, "node_drbd_bitmap_writes_total", "Updates of the bitmap.",
      1 },
    { "lo", PROMC_TYPE_GAUGE, "node_drbd_local_pending",
      "Requests that wait for the local disk.", 1 },
    { "pe", PROMC_TYPE_GAUGE, "node_drbd_remote_pending",
      "Requests that wait for the other node's answer.", 1 },
    { "ua", PROMC_TYPE_GAUGE, "node_drbd_remote_unacknowledged",
      "Requests of the other node that are not answered yet.", 1 },
    { "ap", PROMC_TYPE_GAUGE, "node_drbd_application_pending",
      "Requests handed to DRBD that it has not answered yet.", 1 },
    { "ep", PROMC_TYPE_GAUGE, "node_drbd_epochs", "Epochs under way.", 1 },
    { "oos", PROMC_TYPE_GAUGE, "node_drbd_out_of_sync_bytes",
      "Bytes that differ, or may differ, between the nodes.", 1024 },
};
#define DRBD_NUMBERS (sizeof(drbd_numbers) / sizeof(drbd_numbers[0]))

/* Values of the form local/remote: 1 for the good one, 0 for all others. */
static const struct {
    const char *key;
    const char *name;
    const char *help;
    const char *good;
} drbd_pairs[] = {
    { "ro", "node_drbd_node_role_is_primary", "Whether the node is the primary one.",
      "Primary" },
    { "ds", "node_drbd_disk_state_is_up_to_date",
      "Whether the node's disk is up to date.", "UpToDate" },
};
#define DRBD_PAIRS (sizeof(drbd_pairs) / sizeof(drbd_pairs[0]))

struct drbd_families {
    promc_samples *numbers[DRBD_NUMBERS], *pairs[DRBD_PAIRS], *connected;
};

/* Emit a key with its value. Returns 0, or -EINVAL for a value that does not fit the key. */
static int emit_word(struct span key, struct span value, const char *device,
                     const struct drbd_families *f)
{
    struct span local;
    uint64_t v;

    for (size_t i = 0; i < DRBD_NUMBERS; i++) {
        if (!span_is(key, drbd_numbers[i].key))
            continue;
        if (scan_u64(value, &v) < 0)
            return -EINVAL;
        promc_emit(f->numbers[i], PROMC_LABELS(device),
                   (double)v * drbd_numbers[i].times);
        return 0;
    }
    for (size_t i = 0; i < DRBD_PAIRS; i++) {
        if (!span_is(key, drbd_pairs[i].key))
            continue;
        if (!scan_until(&value, '/', &local))
            return -EINVAL;
        promc_emit(f->pairs[i], PROMC_LABELS(device, "local"),
                   span_is(local, drbd_pairs[i].good));
        promc_emit(f->pairs[i], PROMC_LABELS(device, "remote"),
                   span_is(value, drbd_pairs[i].good));
        return 0;
    }
    if (span_is(key, "cs"))
        promc_emit(f->connected, PROMC_LABELS(device), span_is(value, "Connected"));
    return 0;
}

/* Emit what a whole file says. A bad value costs itself and makes the result -EINVAL. */
static int drbd_emit(struct span text, const struct drbd_families *f, promc_error *err)
{
    char device[32] = "";
    struct span word, key;
    int rc = 0;

    while (scan_field(&text, &word)) {
        uint64_t number;

        if (!scan_until(&word, ':', &key))
            continue;
        if (word.n == 0 && scan_u64(key, &number) == 0)
            snprintf(device, sizeof(device), "drbd%llu", (unsigned long long)number);
        else if (device[0] && emit_word(key, word, device, f) < 0)
            rc = node_fail(err, -EINVAL, "drbd: unknown form of %.*s of %s", (int)key.n,
                           key.p, device);
    }
    return rc;
}

static int drbd_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct drbd_families f;
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "drbd", &text, err);

    if (rc < 0)
        return rc == -ENOENT ? NODE_NODATA : rc;
    for (size_t i = 0; i < DRBD_NUMBERS; i++)
        f.numbers[i] = promc_emit_family(out, drbd_numbers[i].type, drbd_numbers[i].name,
                                         drbd_numbers[i].help, PROMC_LABELS("device"));
    for (size_t i = 0; i < DRBD_PAIRS; i++)
        f.pairs[i] =
            promc_emit_family(out, PROMC_TYPE_GAUGE, drbd_pairs[i].name,
                              drbd_pairs[i].help, PROMC_LABELS("device", "node"));
    f.connected =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_drbd_connected",
                          "Whether the other node is connected.", PROMC_LABELS("device"));
    return drbd_emit(text, &f, err);
}

const struct node_collector node_drbd_collector = {
    .name = "drbd",
    .help = "State and traffic of DRBD devices (8.4).",
    .init = source_init,
    .collect = drbd_collect,
    .fini = source_fini,
};
