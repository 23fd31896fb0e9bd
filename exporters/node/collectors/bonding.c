/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bonding.c - how many of the interfaces that are bundled into one work.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/dirlist.h"
#include "node/fail.h"
#include "node/scan.h"

struct bonding {
    struct readbuf masters; /* the file comes with the first bond, and may go */
    struct readbuf slaves;
};

/* Whether a slave works, by its state in the master's directory; older kernels link it under
 * another name. Returns 1, 0 or -errno. */
static int slave_is_up(int fd, const char *master, const char *slave)
{
    static const char *const links[] = { "lower", "slave" };
    char path[3 * IF_NAMESIZE + 64], state[16];
    ssize_t n = -ENOENT;

    for (size_t i = 0; n == -ENOENT && i < sizeof(links) / sizeof(links[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s_%s/bonding_slave/mii_status", master,
                 links[i], slave);
        n = read_value_at(fd, path, state, sizeof(state));
    }
    return n < 0 ? (int)n : strcmp(state, "up") == 0;
}

/* Count the slaves of one master, and those that work. */
static int bonding_count(struct bonding *b, int fd, const char *master, unsigned *all,
                         unsigned *up)
{
    char path[IF_NAMESIZE + 32], slave[IF_NAMESIZE];
    struct span rest, word;
    int rc;

    *all = *up = 0;
    snprintf(path, sizeof(path), "%s/bonding/slaves", master);
    rc = read_file_at(fd, path, &b->slaves, 0);
    if (rc)
        return rc;
    rest = span_of(b->slaves.data, b->slaves.len);
    while (scan_field(&rest, &word)) {
        if (word.n >= sizeof(slave))
            return -EINVAL;
        rc = slave_is_up(fd, master, span_copy(word, slave, sizeof(slave)));
        if (rc < 0)
            return rc;
        (*all)++;
        *up += (unsigned)rc;
    }
    return 0;
}

static int bonding_emit(struct bonding *b, int fd, promc_emitter *out, promc_error *err)
{
    promc_samples *slaves =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_bonding_slaves",
                          "Interfaces in the bond.", PROMC_LABELS("master"));
    promc_samples *active = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_bonding_active",
        "Interfaces in the bond whose link works.", PROMC_LABELS("master"));
    struct span rest = span_of(b->masters.data, b->masters.len), word;
    int rc = 0;

    while (scan_field(&rest, &word)) {
        char master[IF_NAMESIZE];
        unsigned all, up;
        int one = -EINVAL;

        span_copy(word, master, sizeof(master));
        if (word.n < sizeof(master))
            one = bonding_count(b, fd, master, &all, &up);
        if (one == 0) {
            promc_emit(slaves, PROMC_LABELS(master), all);
            promc_emit(active, PROMC_LABELS(master), up);
        } else if (rc == 0) {
            rc = node_fail_read(err, one, "class/net", master);
        }
    }
    return rc;
}

static int bonding_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct bonding *b = priv;
    int fd = dirlist_open(ctx->paths.sysfs, "class/net");
    int rc = fd < 0 ? fd : read_file_at(fd, "bonding_masters", &b->masters, 0);

    if (rc < 0)
        node_fail_read(err, rc, ctx->paths.sysfs, "class/net/bonding_masters");
    if (rc == -ENOENT)
        rc = NODE_NODATA;
    else if (rc == 0)
        rc = bonding_emit(b, fd, out, err);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int bonding_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct bonding));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void bonding_fini(void *priv)
{
    struct bonding *b = priv;

    readbuf_free(&b->masters);
    readbuf_free(&b->slaves);
    free(b);
}

const struct node_collector node_bonding_collector = {
    .name = "bonding",
    .help = "Interfaces per bond, and how many of them work.",
    .default_on = 1,
    .init = bonding_init,
    .collect = bonding_collect,
    .fini = bonding_fini,
};
