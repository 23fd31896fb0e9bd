/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchdog.c - timers that restart a machine that has stopped answering.
 */
#include "config.h"

#include "node/collector.h"

#include "node/attr.h"
#include "node/dirwalk.h"

static const struct attr watchdog_attrs[] = {
    { "access_cs0", PROMC_TYPE_GAUGE, "node_watchdog_access_cs0",
      "Whether the machine started from its first flash chip.", 0, 0 },
    { "bootstatus", PROMC_TYPE_GAUGE, "node_watchdog_bootstatus",
      "Why the machine was last restarted, as a number.", 0, 0 },
    { "fw_version", PROMC_TYPE_GAUGE, "node_watchdog_fw_version",
      "Version of the watchdog's firmware.", 0, 0 },
    { "nowayout", PROMC_TYPE_GAUGE, "node_watchdog_nowayout",
      "Whether the watchdog cannot be stopped.", 0, 0 },
    { "pretimeout", PROMC_TYPE_GAUGE, "node_watchdog_pretimeout_seconds",
      "How long before the restart there is a warning, in seconds.", 0, 0 },
    { "timeleft", PROMC_TYPE_GAUGE, "node_watchdog_timeleft_seconds",
      "Time until the machine is restarted, in seconds.", 0, 0 },
    { "timeout", PROMC_TYPE_GAUGE, "node_watchdog_timeout_seconds",
      "Silence after which the machine is restarted, in seconds.", 0, 0 },
};
#define WATCHDOG_ATTRS (sizeof(watchdog_attrs) / sizeof(watchdog_attrs[0]))

struct watchdog_out {
    promc_samples *families[WATCHDOG_ATTRS];
    promc_samples *info;
};

static void watchdog_device(void *arg, int fd, const char *name)
{
    const struct watchdog_out *o = arg;
    char options[ATTR_TEXT_SIZE], identity[ATTR_TEXT_SIZE], state[ATTR_TEXT_SIZE];
    char status[ATTR_TEXT_SIZE], governor[ATTR_TEXT_SIZE];

    attr_emit(fd, watchdog_attrs, WATCHDOG_ATTRS, o->families, PROMC_LABELS(name));
    promc_emit(o->info,
               PROMC_LABELS(name, attr_text(fd, "options", options),
                            attr_text(fd, "identity", identity),
                            attr_text(fd, "state", state),
                            attr_text(fd, "status", status),
                            attr_text(fd, "pretimeout_governor", governor)),
               1);
}

static int watchdog_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                            promc_error *err)
{
    struct watchdog_out o;

    attr_begin(out, watchdog_attrs, WATCHDOG_ATTRS, PROMC_LABELS("name"), o.families);
    o.info = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_watchdog_info",
                               "What the watchdog is and its state; always 1.",
                               PROMC_LABELS("name", "options", "identity", "state",
                                            "status", "pretimeout_governor"));
    return dirwalk_class(priv, ctx->paths.sysfs, "class/watchdog", "", watchdog_device,
                         &o, err);
}

const struct node_collector node_watchdog_collector = {
    .name = "watchdog",
    .help = "Settings and state of watchdog timers.",
    .default_on = 1,
    .init = dirwalk_init,
    .collect = watchdog_collect,
    .fini = dirwalk_fini,
};
