/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uname.c - name and version of the running kernel.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "node/fail.h"

static int uname_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                         promc_error *err)
{
    struct utsname u;

    (void)ctx;
    (void)priv;
    if (uname(&u) < 0)
        return node_fail(err, -errno, "uname failed: errno %d", errno);
    promc_emit(
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_uname_info",
                          "Always 1; its labels are what uname says of the system.",
                          PROMC_LABELS("domainname", "machine", "nodename", "release",
                                       "sysname", "version")),
        PROMC_LABELS(u.domainname, u.machine, u.nodename, u.release, u.sysname,
                     u.version),
        1);
    return 0;
}

const struct node_collector node_uname_collector = {
    .name = "uname",
    .help = "Name, release and machine of the system.",
    .default_on = 1,
    .collect = uname_collect,
};
