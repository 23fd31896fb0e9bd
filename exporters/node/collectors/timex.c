/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timex.c - how the kernel steers the clock, from adjtimex(2).
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <string.h>
#include <sys/timex.h>

#include "node/emit.h"
#include "node/fail.h"

#define MICRO 1000000.0
#define NANO 1000000000.0
/* Frequencies are in millionths, with 16 bits of fraction. */
#define PPM (1000000.0 * 65536.0)

static int timex_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                         promc_error *err)
{
    struct timex t;
    double unit;
    int state;

    (void)ctx;
    (void)priv;
    memset(&t, 0, sizeof(t)); /* no modes: only look */
    state = adjtimex(&t);
    if (state < 0 && errno == EPERM)
        return NODE_NODATA; /* some sandboxes forbid even looking */
    if (state < 0)
        return node_fail(err, -errno, "adjtimex failed: errno %d", errno);
    unit = t.status & STA_NANO ? NANO : MICRO;

    emit_gauge(out, "node_timex_sync_status",
               "1 when the clock is synchronised to a time server, else 0.",
               state == TIME_ERROR ? 0 : 1);
    emit_gauge(out, "node_timex_offset_seconds",
               "Offset of the clock from its reference that is being corrected.",
               (double)t.offset / unit);
    emit_gauge(out, "node_timex_frequency_adjustment_ratio",
               "Factor by which the speed of the clock is corrected.",
               1 + (double)t.freq / PPM);
    emit_gauge(out, "node_timex_maxerror_seconds", "Largest error the clock may have.",
               (double)t.maxerror / MICRO);
    emit_gauge(out, "node_timex_estimated_error_seconds",
               "Error the clock is thought to have.", (double)t.esterror / MICRO);
    emit_gauge(out, "node_timex_status", "Status bits of the kernel's clock (STA_*).",
               (double)t.status);
    emit_gauge(out, "node_timex_loop_time_constant",
               "Time constant of the phase-locked loop.", (double)t.constant);
    emit_gauge(out, "node_timex_tick_seconds", "Time between two ticks of the clock.",
               (double)t.tick / MICRO);
    emit_gauge(out, "node_timex_pps_frequency_hertz",
               "Frequency of the pulse-per-second signal.", (double)t.ppsfreq / PPM);
    emit_gauge(out, "node_timex_pps_jitter_seconds",
               "Jitter of the pulse-per-second signal.", (double)t.jitter / unit);
    emit_gauge(out, "node_timex_pps_shift_seconds",
               "Length of the interval in which the pulse-per-second signal is averaged.",
               (double)t.shift);
    emit_gauge(out, "node_timex_pps_stability_hertz",
               "Recent drift of the pulse-per-second signal's frequency.",
               (double)t.stabil / PPM);
    emit_counter(out, "node_timex_pps_jitter_total",
                 "Pulses whose jitter went over the limit.", (double)t.jitcnt);
    emit_counter(out, "node_timex_pps_calibration_total",
                 "Calibration intervals of the pulse-per-second signal.",
                 (double)t.calcnt);
    emit_counter(out, "node_timex_pps_error_total",
                 "Calibration errors of the pulse-per-second signal.", (double)t.errcnt);
    emit_counter(out, "node_timex_pps_stability_exceeded_total",
                 "Times the drift of the pulse-per-second signal went over the limit.",
                 (double)t.stbcnt);
    emit_gauge(out, "node_timex_tai_offset_seconds",
               "Seconds that international atomic time is ahead of UTC.", (double)t.tai);
    return 0;
}

const struct node_collector node_timex_collector = {
    .name = "timex",
    .help = "State of the kernel's clock discipline.",
    .default_on = 1,
    .collect = timex_collect,
};
