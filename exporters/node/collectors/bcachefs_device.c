/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bcachefs_device.c - the devices of a bcachefs file system.
 */
#include "config.h"

#include "node/collectors/bcachefs.h"

#include <string.h>

#include "node/attr.h"
#include "node/humansize.h"

/* io_done: "read:" and "write:", each followed by lines with kind of data and bytes. */
static void emit_io_done(struct bch_scrape *s, int dirfd)
{
    struct span text = bcachefs_read(s, dirfd, "io_done"), line, key;
    const char *operation = NULL;
    char kind[BCH_NAME_SIZE];
    uint64_t n;

    while (scan_line(&text, &line)) {
        line = span_trim(line);
        if (span_is(line, "read:"))
            operation = "read";
        else if (span_is(line, "write:"))
            operation = "write";
        else if (operation && scan_until(&line, ':', &key)) {
            span_copy(span_trim(key), kind, sizeof(kind));
            if (scan_u64(span_trim(line), &n) < 0)
                bcachefs_bad_file(s, "io_done");
            else
                promc_emit(s->f[BCH_IO_DONE],
                           PROMC_LABELS(s->uuid, s->device, operation, kind), (double)n);
        }
    }
}

/* io_errors: counts since the file system was made, then those since a reset. */
static void emit_io_errors(struct bch_scrape *s, int dirfd)
{
    struct span text = bcachefs_read(s, dirfd, "io_errors"), line, key;
    int ours = 0;
    char kind[BCH_NAME_SIZE];
    uint64_t n;

    while (scan_line(&text, &line)) {
        if (span_begins(line, "IO errors since")) {
            ours = span_begins(line, "IO errors since filesystem creation");
            continue;
        }
        if (!ours || !scan_until(&line, ':', &key))
            continue;
        span_copy(span_trim(key), kind, sizeof(kind));
        if (scan_u64(span_trim(line), &n) < 0)
            bcachefs_bad_file(s, "io_errors");
        else
            promc_emit(s->f[BCH_IO_ERRORS], PROMC_LABELS(s->uuid, s->device, kind),
                       (double)n);
    }
}

void bcachefs_device(void *arg, int dirfd, const char *name)
{
    struct bch_scrape *s = arg;
    char label[ATTR_TEXT_SIZE], state[ATTR_TEXT_SIZE], text[ATTR_TEXT_SIZE];
    uint64_t n;
    double v;

    s->device = name + strlen("dev-");
    promc_emit(s->f[BCH_DEVICE_INFO],
               PROMC_LABELS(s->uuid, s->device, attr_text(dirfd, "label", label),
                            attr_text(dirfd, "state", state)),
               1);
    if (humansize(span_str(attr_text(dirfd, "bucket_size", text)), &v) == 0)
        promc_emit(s->f[BCH_BUCKET_SIZE], PROMC_LABELS(s->uuid, s->device), v);
    if (attr_u64(dirfd, "nbuckets", &n) == 0)
        promc_emit(s->f[BCH_BUCKETS], PROMC_LABELS(s->uuid, s->device), (double)n);
    if (attr_u64(dirfd, "durability", &n) == 0)
        promc_emit(s->f[BCH_DURABILITY], PROMC_LABELS(s->uuid, s->device), (double)n);
    emit_io_done(s, dirfd);
    emit_io_errors(s, dirfd);
}
