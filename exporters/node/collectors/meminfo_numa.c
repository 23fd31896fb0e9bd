/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meminfo_numa.c - what the memory of each NUMA node is used for, and where its
 * allocations went.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/collectors/meminfo_line.h"
#include "node/dirlist.h"
#include "node/fail.h"

#define NODE_DIR "devices/system/node"
#define PREFIX "node_memory_numa_"

struct meminfo_numa {
    struct dirlist nodes;
    struct readbuf buf;
};

static int meminfo_numa_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct meminfo_numa));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void meminfo_numa_fini(void *priv)
{
    struct meminfo_numa *s = priv;

    dirlist_free(&s->nodes);
    readbuf_free(&s->buf);
    free(s);
}

static void emit_value(promc_emitter *out, promc_type type, const char *name,
                       const char *help, const char *node, double v)
{
    promc_emit(promc_emit_family(out, type, name, help, PROMC_LABELS("node")),
               PROMC_LABELS(node), v);
}

/* Lines as in the system's meminfo, behind the words "Node 0". */
static int emit_meminfo(struct span line, const char *node, promc_emitter *out)
{
    char buf[METRIC_NAME_SIZE];
    struct meminfo_line m;
    struct span f[2];
    const char *name;

    if (!scan_field(&line, &f[0]))
        return 0;
    if (!span_is(f[0], "Node") || !scan_field(&line, &f[1]) ||
        meminfo_line_parse(line, &m) != 1)
        return -EINVAL;
    name = meminfo_line_metric(buf, PREFIX, m.name, "");
    if (name)
        emit_value(out, PROMC_TYPE_GAUGE, name,
                   "Field of the node's meminfo under this name.", node, m.value);
    return 0;
}

/* Lines "numa_hit 12345". */
static int emit_numastat(struct span line, const char *node, promc_emitter *out)
{
    char buf[METRIC_NAME_SIZE];
    struct span f[2];
    const char *name;
    uint64_t v;
    size_t n = scan_fields(line, f, 2);

    if (n == 0)
        return 0;
    if (n != 2 || scan_u64(f[1], &v) != 0)
        return -EINVAL;
    name = metric_name(buf, PREFIX, f[0], "_total");
    if (name)
        emit_value(out, PROMC_TYPE_COUNTER, name,
                   "Counter of the node's numastat under this name.", node, (double)v);
    return 0;
}

typedef int emit_line(struct span line, const char *node, promc_emitter *out);

/* One of the two files of a node; a bad line costs itself. */
static int emit_file(struct meminfo_numa *s, int fd, const char *dir, const char *file,
                     emit_line *emit, promc_emitter *out, promc_error *err)
{
    const char *node = dir + sizeof("node") - 1;
    struct span text, line;
    char name[64];
    size_t no = 0;
    int rc;

    snprintf(name, sizeof(name), "%.40s/%s", dir, file);
    rc = read_file_at(fd, name, &s->buf, 0);
    if (rc < 0)
        return node_fail_read(err, rc, NODE_DIR, name);
    text = span_of(s->buf.data, s->buf.len);
    while (scan_line(&text, &line)) {
        no++;
        if (emit(line, node, out) != 0 && rc == 0)
            rc = node_fail_line(err, name, no, "not a field and a number");
    }
    return rc;
}

static int meminfo_numa_collect(const struct node_ctx *ctx, void *priv,
                                promc_emitter *out, promc_error *err)
{
    struct meminfo_numa *s = priv;
    int fd, one, rc = dirlist_read(&s->nodes, ctx->paths.sysfs, NODE_DIR, &fd);

    if (rc < 0) {
        node_fail_read(err, rc, ctx->paths.sysfs, NODE_DIR);
        return rc == -ENOENT ? NODE_NODATA : rc; /* a kernel without CONFIG_NUMA */
    }
    for (size_t i = 0; i < s->nodes.n; i++) {
        const char *dir = s->nodes.v[i].name;

        if (dirlist_number(dir, "node") < 0)
            continue;
        one = emit_file(s, fd, dir, "meminfo", emit_meminfo, out, rc ? NULL : err);
        rc = rc ? rc : one;
        one = emit_file(s, fd, dir, "numastat", emit_numastat, out, rc ? NULL : err);
        rc = rc ? rc : one;
    }
    close(fd);
    return rc;
}

const struct node_collector node_meminfo_numa_collector = {
    .name = "meminfo_numa",
    .help = "Memory figures of each NUMA node.",
    .init = meminfo_numa_init,
    .collect = meminfo_numa_collect,
    .fini = meminfo_numa_fini,
};
