/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfrm.c - packets that IPsec refused, by reason, from net/xfrm_stat.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>

#include "node/emit.h"
#include "node/fail.h"
#include "node/source.h"

#define XFRM_STAT "net/xfrm_stat"

static const struct {
    const char *key;
    const char *name;
    const char *help;
} xfrm_counters[] = {
    { "XfrmInError", "node_xfrm_in_error_packets_total",
      "Packets in: errors of no other kind." },
    { "XfrmInBufferError", "node_xfrm_in_buffer_error_packets_total",
      "Packets in: no buffer left." },
    { "XfrmInHdrError", "node_xfrm_in_hdr_error_packets_total",
      "Packets in: bad header." },
    { "XfrmInNoStates", "node_xfrm_in_no_states_packets_total",
      "Packets in: no state for this SPI, address or protocol." },
    { "XfrmInStateProtoError", "node_xfrm_in_state_proto_error_packets_total",
      "Packets in: error of the transformation, such as a wrong key." },
    { "XfrmInStateModeError", "node_xfrm_in_state_mode_error_packets_total",
      "Packets in: error of the mode, tunnel or transport." },
    { "XfrmInStateSeqError", "node_xfrm_in_state_seq_error_packets_total",
      "Packets in: sequence number out of the window." },
    { "XfrmInStateExpired", "node_xfrm_in_state_expired_packets_total",
      "Packets in: the state has expired." },
    { "XfrmInStateMismatch", "node_xfrm_in_state_mismatch_packets_total",
      "Packets in: the state has other options than the packet." },
    { "XfrmInStateInvalid", "node_xfrm_in_state_invalid_packets_total",
      "Packets in: the state is not valid." },
    { "XfrmInTmplMismatch", "node_xfrm_in_tmpl_mismatch_packets_total",
      "Packets in: no template fits the states." },
    { "XfrmInNoPols", "node_xfrm_in_no_pols_packets_total",
      "Packets in: states, but no policy for them." },
    { "XfrmInPolBlock", "node_xfrm_in_pol_block_packets_total",
      "Packets in: a policy discards them." },
    { "XfrmInPolError", "node_xfrm_in_pol_error_packets_total",
      "Packets in: error of a policy." },
    { "XfrmOutError", "node_xfrm_out_error_packets_total",
      "Packets out: errors of no other kind." },
    { "XfrmOutBundleGenError", "node_xfrm_out_bundle_gen_error_packets_total",
      "Packets out: the bundle of states could not be made." },
    { "XfrmOutBundleCheckError", "node_xfrm_out_bundle_check_error_packets_total",
      "Packets out: the bundle of states did not pass the check." },
    { "XfrmOutNoStates", "node_xfrm_out_no_states_packets_total",
      "Packets out: no state." },
    { "XfrmOutStateProtoError", "node_xfrm_out_state_proto_error_packets_total",
      "Packets out: error of the transformation." },
    { "XfrmOutStateModeError", "node_xfrm_out_state_mode_error_packets_total",
      "Packets out: error of the mode, tunnel or transport." },
    { "XfrmOutStateSeqError", "node_xfrm_out_state_seq_error_packets_total",
      "Packets out: the sequence numbers are used up." },
    { "XfrmOutStateExpired", "node_xfrm_out_state_expired_packets_total",
      "Packets out: the state has expired." },
    { "XfrmOutPolBlock", "node_xfrm_out_pol_block_packets_total",
      "Packets out: a policy discards them." },
    { "XfrmOutPolDead", "node_xfrm_out_pol_dead_packets_total",
      "Packets out: the policy is gone." },
    { "XfrmOutPolError", "node_xfrm_out_pol_error_packets_total",
      "Packets out: error of a policy." },
    { "XfrmFwdHdrError", "node_xfrm_fwd_hdr_error_packets_total",
      "Packets forwarded: bad header." },
    { "XfrmOutStateInvalid", "node_xfrm_out_state_invalid_packets_total",
      "Packets out: the state is not valid." },
    { "XfrmAcquireError", "node_xfrm_acquire_error_packets_total",
      "Packets whose state could not be asked for in full yet." },
};
#define XFRM_COUNTERS (sizeof(xfrm_counters) / sizeof(xfrm_counters[0]))

/* Lines "XfrmInError  1". What newer kernels count besides is passed over. */
static int xfrm_emit(struct span text, promc_emitter *out, promc_error *err)
{
    struct span line, f[2];
    size_t no = 0;
    int rc = 0;

    while (scan_line(&text, &line)) {
        size_t n = scan_fields(line, f, 2);
        uint64_t v;

        no++;
        if (n == 0)
            continue;
        if (n != 2 || scan_u64(f[1], &v) != 0) {
            if (rc == 0)
                rc = node_fail_line(err, XFRM_STAT, no, "not a name and a number");
            continue;
        }
        for (size_t i = 0; i < XFRM_COUNTERS; i++)
            if (span_is(f[0], xfrm_counters[i].key))
                emit_counter(out, xfrm_counters[i].name, xfrm_counters[i].help,
                             (double)v);
    }
    return rc;
}

static int xfrm_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, XFRM_STAT, &text, err);

    if (rc == -ENOENT) /* a kernel without CONFIG_XFRM_STATISTICS */
        return NODE_NODATA;
    return rc ? rc : xfrm_emit(text, out, err);
}

const struct node_collector node_xfrm_collector = {
    .name = "xfrm",
    .help = "Packets that IPsec refused, by reason.",
    .init = source_init,
    .collect = xfrm_collect,
    .fini = source_fini,
};
