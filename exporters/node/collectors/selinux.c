/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selinux.c - whether SELinux is on, and how strict.
 *
 * The two places are fixed, as in the peer: no --path flag moves them.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "common/readfile.h"
#include "node/emit.h"
#include "node/fail.h"
#include "node/scan.h"

/* For tests: where the files are, and the kind of file system that selinuxfs is. */
static const char *selinux_dir = "/sys/fs/selinux";
static const char *selinux_config = "/etc/selinux/config";
static const char *selinux_label = "/proc/self/attr/current";
static long selinux_magic = SELINUX_MAGIC;

enum { SELINUX_DISABLED = -1, SELINUX_PERMISSIVE = 0, SELINUX_ENFORCING = 1 };

static int selinux_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct readbuf));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void selinux_fini(void *priv)
{
    readbuf_free(priv);
    free(priv);
}

/* The mode that the configuration asks for at boot: the last line SELINUX=WORD, with or
 * without quotes. */
static int selinux_parse_config(struct span text)
{
    int mode = SELINUX_DISABLED;
    struct span line, key;

    while (scan_line(&text, &line)) {
        line = span_trim(line);
        if (!scan_until(&line, '=', &key) || !span_is(span_trim(key), "SELINUX"))
            continue;
        line = span_trim(line);
        while (line.n > 0 && line.p[0] == '"')
            line = span_of(line.p + 1, line.n - 1);
        while (line.n > 0 && line.p[line.n - 1] == '"')
            line.n--;
        mode = span_is(line, "enforcing")    ? SELINUX_ENFORCING
               : span_is(line, "permissive") ? SELINUX_PERMISSIVE
                                             : SELINUX_DISABLED;
    }
    return mode;
}

/* On is: its file system is mounted, and a policy is loaded, before which every process
 * has the label "kernel". */
static int selinux_is_on(struct readbuf *b)
{
    struct statfs fs;

    if (statfs(selinux_dir, &fs) != 0 || (long)fs.f_type != selinux_magic)
        return 0;
    if (read_file(NULL, selinux_label, b, 0) != 0)
        return 0;
    return strcmp(b->data, "kernel") != 0; /* it may end in a NUL of its own */
}

static int selinux_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                           promc_error *err)
{
    struct readbuf *b = priv;
    int on = selinux_is_on(b), rc = 0;
    int64_t mode;

    (void)ctx;
    emit_gauge(out, "node_selinux_enabled", "Whether SELinux is on (1) or off (0).", on);
    if (!on)
        return 0;
    emit_gauge(out, "node_selinux_config_mode",
               "Mode configured: 1 enforcing, 0 permissive, -1 disabled.",
               read_file(NULL, selinux_config, b, 0) == 0
                   ? selinux_parse_config(span_of(b->data, b->len))
                   : SELINUX_DISABLED);
    rc = read_file(selinux_dir, "enforce", b, 0);
    if (rc < 0)
        return node_fail_read(err, rc, selinux_dir, "enforce");
    if (scan_i64(span_trim(span_of(b->data, b->len)), &mode) != 0)
        return node_fail(err, -EINVAL, "%s/enforce: not a number", selinux_dir);
    emit_gauge(out, "node_selinux_current_mode",
               "Mode in force: 1 enforcing, 0 permissive, -1 disabled.", (double)mode);
    return 0;
}

const struct node_collector node_selinux_collector = {
    .name = "selinux",
    .help = "Whether SELinux is on, and its mode.",
    .default_on = 1,
    .init = selinux_init,
    .collect = selinux_collect,
    .fini = selinux_fini,
};
