/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nfs_rpc.c - files of net/rpc, in which NFS counts: lines of a name and numbers.
 */
#include "config.h"

#include "node/collectors/nfs_rpc.h"

#include <errno.h>

#include "node/fail.h"
#include "node/source.h"

const char *const nfs_v2[NFS_V2] = {
    "Null", "GetAttr", "SetAttr", "Root",   "Lookup",  "ReadLink",
    "Read", "WrCache", "Write",   "Create", "Remove",  "Rename",
    "Link", "SymLink", "MkDir",   "RmDir",  "ReadDir", "FsStat",
};
const char *const nfs_v3[NFS_V3] = {
    "Null",   "GetAttr", "SetAttr",  "Lookup", "Access",  "ReadLink",
    "Read",   "Write",   "Create",   "MkDir",  "SymLink", "MkNod",
    "Remove", "RmDir",   "Rename",   "Link",   "ReadDir", "ReadDirPlus",
    "FsStat", "FsInfo",  "PathConf", "Commit",
};

/* The numbers that are metrics of their own. */
static int values_emit(const struct nfs_file *file, struct span key, struct span numbers,
                       promc_emitter *out)
{
    int rc = 0;

    for (size_t i = 0; i < file->n_values; i++) {
        const struct nfs_value *v = &file->values[i];
        struct span rest = numbers, field = { NULL, 0 };
        uint64_t u;

        if (!span_is(key, v->line))
            continue;
        for (unsigned column = 0; column <= v->column; column++)
            if (!scan_field(&rest, &field))
                field = span_of(NULL, 0);
        if (scan_u64(field, &u) != 0)
            rc = -EINVAL;
        else if (v->label)
            promc_emit(
                promc_emit_family(out, v->type, v->name, v->help, PROMC_LABELS(v->label)),
                PROMC_LABELS(v->label_value), (double)u);
        else
            promc_emit(promc_emit_family(out, v->type, v->name, v->help, PROMC_NO_LABELS),
                       PROMC_NO_LABELS, (double)u);
    }
    return rc;
}

static int methods_emit(const struct nfs_methods *m, struct span numbers,
                        promc_samples *requests)
{
    uint64_t left = 1, u;
    struct span field;

    if (m->counted && (!scan_field(&numbers, &field) || scan_u64(field, &left) != 0))
        return -EINVAL;
    for (size_t i = 0; i < m->n; i++) {
        u = 0;
        if (left > 0) {
            if (!scan_field(&numbers, &field) || scan_u64(field, &u) != 0)
                return -EINVAL;
            left--;
        }
        if (i >= m->first && m->names[i])
            promc_emit(requests, PROMC_LABELS(m->proto, m->names[i]), (double)u);
    }
    return 0;
}

int nfs_emit(const struct nfs_file *file, struct span text, promc_emitter *out,
             promc_error *err)
{
    promc_samples *requests =
        promc_emit_family(out, PROMC_TYPE_COUNTER, file->requests, file->requests_help,
                          PROMC_LABELS("proto", "method"));
    struct span line, key;
    size_t no = 0;
    int rc = 0;

    while (scan_line(&text, &line)) {
        int one;

        no++;
        if (!scan_field(&line, &key))
            continue;
        one = values_emit(file, key, line, out);
        for (size_t i = 0; i < file->n_methods; i++)
            if (span_is(key, file->methods[i].line) &&
                methods_emit(&file->methods[i], line, requests) != 0)
                one = -EINVAL;
        if (one != 0 && rc == 0)
            rc = node_fail_line(err, file->path, no, "not the numbers it should have");
    }
    return rc;
}

int nfs_collect_file(const struct node_ctx *ctx, void *source,
                     const struct nfs_file *file, promc_emitter *out, promc_error *err)
{
    struct span text;
    int rc = source_read(source, ctx->paths.procfs, file->path, &text, err);

    if (rc == -ENOENT) /* the module is not loaded */
        return NODE_NODATA;
    return rc ? rc : nfs_emit(file, text, out, err);
}
