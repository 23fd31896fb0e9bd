/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fibrechannel.c - the Fibre Channel ports of the host and their counters.
 */
#include "config.h"

#include "node/collector.h"

#include <string.h>

#include "node/attr.h"
#include "node/dirwalk.h"

static const struct {
    const char *label; /* named as the file */
    int is_hex;        /* shown without 0x */
} fc_texts[] = {
    { "speed", 0 },         { "port_state", 0 },        { "port_type", 0 },
    { "port_id", 1 },       { "port_name", 1 },         { "fabric_name", 1 },
    { "symbolic_name", 0 }, { "supported_classes", 0 }, { "supported_speeds", 0 },
    { "dev_loss_tmo", 0 },
};
#define FC_TEXTS (sizeof(fc_texts) / sizeof(fc_texts[0]))
#define FC_PORT_STATE 1

static const struct {
    const char *file;
    const char *name;
    const char *help;
} fc_counters[] = {
    { "statistics/dumped_frames", "node_fibrechannel_dumped_frames_total",
      "Frames thrown away for want of resources." },
    { "statistics/error_frames", "node_fibrechannel_error_frames_total",
      "Frames received with errors." },
    { "statistics/fcp_packet_aborts", "node_fibrechannel_fcp_packet_aborts_total",
      "SCSI commands that were aborted." },
    { "statistics/invalid_crc_count", "node_fibrechannel_invalid_crc_total",
      "Frames received with a wrong checksum." },
    { "statistics/invalid_tx_word_count", "node_fibrechannel_invalid_tx_words_total",
      "Words that were not valid." },
    { "statistics/link_failure_count", "node_fibrechannel_link_failure_total",
      "Times the link failed." },
    { "statistics/loss_of_signal_count", "node_fibrechannel_loss_of_signal_total",
      "Times the signal was lost." },
    { "statistics/loss_of_sync_count", "node_fibrechannel_loss_of_sync_total",
      "Times synchronisation was lost." },
    { "statistics/nos_count", "node_fibrechannel_nos_total",
      "Times the other side said that it does not work." },
    { "statistics/rx_frames", "node_fibrechannel_rx_frames_total", "Frames received." },
    { "statistics/rx_words", "node_fibrechannel_rx_words_total", "Words received." },
    { "statistics/seconds_since_last_reset",
      "node_fibrechannel_seconds_since_last_reset_total",
      "Seconds since the counters began." },
    { "statistics/tx_frames", "node_fibrechannel_tx_frames_total", "Frames sent." },
    { "statistics/tx_words", "node_fibrechannel_tx_words_total", "Words sent." },
};
#define FC_COUNTERS (sizeof(fc_counters) / sizeof(fc_counters[0]))

struct fc_out {
    promc_samples *info;
    promc_samples *counters[FC_COUNTERS];
};

static void fc_begin(struct fc_out *o, promc_emitter *out)
{
    const char *labels[1 + FC_TEXTS] = { "fc_host" };

    for (size_t i = 0; i < FC_TEXTS; i++)
        labels[1 + i] = fc_texts[i].label;
    o->info = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_fibrechannel_info",
                                "What the port is and its state; always 1.",
                                (promc_labels){ labels, 1 + FC_TEXTS });
    for (size_t i = 0; i < FC_COUNTERS; i++)
        o->counters[i] = promc_emit_family(out, PROMC_TYPE_COUNTER, fc_counters[i].name,
                                           fc_counters[i].help, PROMC_LABELS("fc_host"));
}

static void fc_host(void *arg, int fd, const char *host)
{
    const struct fc_out *o = arg;
    char text[FC_TEXTS][ATTR_TEXT_SIZE];
    const char *values[1 + FC_TEXTS] = { host };
    int off;

    for (size_t i = 0; i < FC_TEXTS; i++) {
        values[1 + i] = attr_text(fd, fc_texts[i].label, text[i]);
        if (fc_texts[i].is_hex && strncmp(text[i], "0x", 2) == 0 && text[i][2])
            values[1 + i] += 2;
    }
    promc_emit(o->info, (promc_labels){ values, 1 + FC_TEXTS }, 1);

    /* A port that is switched off has no counters, or stale ones. */
    off = strcmp(text[FC_PORT_STATE], "Unknown") == 0;
    for (size_t i = 0; i < FC_COUNTERS; i++) {
        uint64_t v = 0;

        /* All ones: the adapter does not count this. */
        if (!off && (attr_u64(fd, fc_counters[i].file, &v) != 0 || v == UINT64_MAX))
            continue;
        promc_emit(o->counters[i], PROMC_LABELS(host), (double)v);
    }
}

static int fibrechannel_collect(const struct node_ctx *ctx, void *priv,
                                promc_emitter *out, promc_error *err)
{
    struct fc_out o;

    fc_begin(&o, out);
    return dirwalk_class(priv, ctx->paths.sysfs, "class/fc_host", "", fc_host, &o, err);
}

const struct node_collector node_fibrechannel_collector = {
    .name = "fibrechannel",
    .help = "State and counters of Fibre Channel ports.",
    .default_on = 1,
    .init = dirwalk_init,
    .collect = fibrechannel_collect,
    .fini = dirwalk_fini,
};
