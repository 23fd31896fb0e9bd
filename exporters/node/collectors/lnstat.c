/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lnstat.c - counters of network tables per CPU, from the files of net/stat.
 */
#include "config.h"

#include "node/collector.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/dirlist.h"
#include "node/fail.h"
#include "node/metricname.h"

#define LNSTAT_DIR "net/stat"
/* The widest file has 17. */
#define LNSTAT_COLUMNS 64

struct lnstat {
    struct dirlist files;
    struct readbuf buf;
};

static int lnstat_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct lnstat));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void lnstat_fini(void *priv)
{
    struct lnstat *s = priv;

    dirlist_free(&s->files);
    readbuf_free(&s->buf);
    free(s);
}

/* A line of names, then a line of hexadecimal numbers for each CPU. */
static int lnstat_emit(const char *file, struct span text, promc_emitter *out,
                       promc_error *err)
{
    promc_samples *families[LNSTAT_COLUMNS];
    struct span line, f[LNSTAT_COLUMNS];
    size_t columns, no = 1;
    int rc = 0;

    if (!scan_line(&text, &line))
        return 0;
    columns = scan_fields(line, f, LNSTAT_COLUMNS);
    if (columns > LNSTAT_COLUMNS)
        columns = LNSTAT_COLUMNS;
    for (size_t i = 0; i < columns; i++) {
        char buf[METRIC_NAME_SIZE];
        const char *name = metric_name(buf, "node_lnstat_", f[i], "_total");

        families[i] =
            name ? promc_emit_family(out, PROMC_TYPE_COUNTER, name,
                                     "Counter of the network table under this name.",
                                     PROMC_LABELS("subsystem", "cpu"))
                 : NULL;
    }
    for (unsigned cpu = 0; scan_line(&text, &line); cpu++) {
        size_t n = scan_fields(line, f, LNSTAT_COLUMNS);
        uint64_t v[LNSTAT_COLUMNS];
        char number[12];
        int bad = n < columns;

        no++;
        for (size_t i = 0; i < columns && !bad; i++)
            bad = scan_hex(f[i], &v[i]) != 0;
        if (bad) {
            if (rc == 0)
                rc = node_fail(err, -EINVAL, LNSTAT_DIR "/%.64s line %zu: %s", file, no,
                               "not a hexadecimal number for each name");
            continue;
        }
        snprintf(number, sizeof(number), "%u", cpu);
        for (size_t i = 0; i < columns; i++)
            promc_emit(families[i], PROMC_LABELS(file, number), (double)v[i]);
    }
    return rc;
}

static int lnstat_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                          promc_error *err)
{
    struct lnstat *s = priv;
    int fd, rc = dirlist_read(&s->files, ctx->paths.procfs, LNSTAT_DIR, &fd);

    if (rc < 0) {
        node_fail_read(err, rc, ctx->paths.procfs, LNSTAT_DIR);
        return rc == -ENOENT ? NODE_NODATA : rc;
    }
    for (size_t i = 0; i < s->files.n; i++) {
        const char *name = s->files.v[i].name;
        int one;

        if (s->files.v[i].type == DT_DIR || name[0] == '.')
            continue;
        one = read_file_at(fd, name, &s->buf, 0);
        if (one == -ENOENT) /* its module was unloaded just now */
            continue;
        if (one < 0 && rc == 0)
            rc = node_fail_read(err, one, LNSTAT_DIR, name);
        if (one == 0)
            one =
                lnstat_emit(name, span_of(s->buf.data, s->buf.len), out, rc ? NULL : err);
        rc = rc ? rc : one;
    }
    close(fd);
    return rc;
}

const struct node_collector node_lnstat_collector = {
    .name = "lnstat",
    .help = "Counters of network tables per CPU.",
    .init = lnstat_init,
    .collect = lnstat_collect,
    .fini = lnstat_fini,
};
