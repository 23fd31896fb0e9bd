/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mountstats_nfs.c - what mountstats says of one NFS mount, as metrics.
 *
 *     age:    13968
 *     events: 52 226 0 ...
 *     bytes:  1207640230 0 0 ...
 *     xprt:   tcp 832 0 1 0 11 6428 6428 0 12154 0 24 26 5726
 *     per-op statistics
 *             READ: 1298 1298 0 207680 1210292152 6 79386 79407
 *
 * There is a line xprt for each connection (mount option nconnect).
 */
#include "config.h"

#include "node/collectors/mountstats_nfs.h"

#include <errno.h>
#include <stdio.h>

#define C PROMC_TYPE_COUNTER
#define G PROMC_TYPE_GAUGE
#define P "node_mountstats_nfs_"

struct column {
    promc_type type;
    const char *name; /* NULL: not shown */
    const char *help;
};

static const struct column bytes_columns[NFS_BYTES] = {
    { C, P "read_bytes_total", "Bytes read by read()." },
    { C, P "write_bytes_total", "Bytes written by write()." },
    { C, P "direct_read_bytes_total", "Bytes read by read() with O_DIRECT." },
    { C, P "direct_write_bytes_total", "Bytes written by write() with O_DIRECT." },
    { C, P "total_read_bytes_total", "Bytes read from the server." },
    { C, P "total_write_bytes_total", "Bytes written to the server." },
    { C, P "read_pages_total", "Pages read through mmap()." },
    { C, P "write_pages_total", "Pages written through mmap()." },
};

static const struct column event_columns[NFS_EVENTS] = {
    { C, P "event_inode_revalidate_total",
      "Times an inode was compared with the server's." },
    { C, P "event_dnode_revalidate_total",
      "Times a directory entry was compared with the server's." },
    { C, P "event_data_invalidate_total",
      "Times the cached data of a file was dropped." },
    { C, P "event_attribute_invalidate_total",
      "Times the cached attributes of a file were dropped." },
    { C, P "event_vfs_open_total", "Files and directories opened." },
    { C, P "event_vfs_lookup_total", "Names looked up in directories." },
    { C, P "event_vfs_access_total", "Times permissions were checked." },
    { C, P "event_vfs_update_page_total", "Times a page was changed." },
    { C, P "event_vfs_read_page_total", "Pages read one by one." },
    { C, P "event_vfs_read_pages_total", "Groups of pages read." },
    { C, P "event_vfs_write_page_total", "Pages written one by one." },
    { C, P "event_vfs_write_pages_total", "Groups of pages written." },
    { C, P "event_vfs_getdents_total", "Times directory entries were read." },
    { C, P "event_vfs_setattr_total", "Times attributes were set." },
    { C, P "event_vfs_flush_total", "Times what was to be written was sent at once." },
    { C, P "event_vfs_fsync_total", "Calls of fsync()." },
    { C, P "event_vfs_lock_total", "Times a file was to be locked." },
    { C, P "event_vfs_file_release_total", "Files closed for the last time." },
    { C, NULL, NULL }, /* always 0 */
    { C, P "event_truncation_total", "Files cut to a shorter length." },
    { C, P "event_write_extension_total", "Times a write made a file longer." },
    { C, P "event_silly_rename_total", "Files removed while somebody had them open." },
    { C, P "event_short_read_total", "Times the server sent less than was asked for." },
    { C, P "event_short_write_total", "Times the server wrote less than it was sent." },
    { C, P "event_jukebox_delay_total",
      "Times the server had to fetch data from slow storage first." },
    { C, P "event_pnfs_read_total", "Reads through pNFS." },
    { C, P "event_pnfs_write_total", "Writes through pNFS." },
};

/* Where a transport has its numbers; UDP knows no connection, and so has three less. */
enum { XPRT_BIND = 1, XPRT_CONNECT, XPRT_IDLE = 4, XPRT_SENDS, XPRT_COLUMNS = 13 };

static const struct {
    struct column column;
    unsigned at;
} transport_columns[NFS_TRANSPORT] = {
    { { C, P "transport_bind_total", "Times a connection was set up from scratch." },
      XPRT_BIND },
    { { C, P "transport_connect_total", "Times a TCP connection was made." },
      XPRT_CONNECT },
    { { G, P "transport_idle_time_seconds", "Time since anything was sent or received." },
      XPRT_IDLE },
    { { C, P "transport_sends_total", "Requests sent." }, XPRT_SENDS },
    { { C, P "transport_receives_total", "Replies received." }, 6 },
    { { C, P "transport_bad_transaction_ids_total",
        "Replies to requests that were never sent." },
      7 },
    { { C, P "transport_backlog_queue_total",
        "Sum, over all requests, of those that waited for a slot." },
      9 },
    { { G, P "transport_maximum_rpc_slots", "Most requests under way at once so far." },
      10 },
    { { C, P "transport_sending_queue_total",
        "Sum, over all requests, of those that waited to be sent." },
      11 },
    { { C, P "transport_pending_queue_total",
        "Sum, over all requests, of those that waited for a reply." },
      12 },
};

/* The last column came with Linux 5.3. */
static const struct column operation_columns[NFS_OPERATION] = {
    { C, P "operations_requests_total", "Requests of this kind." },
    { C, P "operations_transmissions_total", "Times such a request was sent." },
    { C, P "operations_major_timeouts_total",
      "Times such a request timed out for good." },
    { C, P "operations_sent_bytes_total", "Bytes sent for them, with all headers." },
    { C, P "operations_received_bytes_total",
      "Bytes received for them, with all headers." },
    { C, P "operations_queue_time_seconds_total", "Time they waited to be sent." },
    { C, P "operations_response_time_seconds_total", "Time from sending to the reply." },
    { C, P "operations_request_time_seconds_total", "Time from start to end." },
    { C, P "operations_errors_total", "Requests that ended with an error." },
};
/* Columns in milliseconds, from here to before the last. */
#define FIRST_TIME 5

static promc_samples *begin(promc_emitter *out, const struct column *c,
                            promc_labels labels)
{
    return c->name ? promc_emit_family(out, c->type, c->name, c->help, labels) : NULL;
}

void mountstats_nfs_begin(promc_emitter *out, struct nfs_families *f)
{
    promc_labels mount = PROMC_LABELS("export", "protocol", "mountaddr");
    promc_labels xprt = PROMC_LABELS("export", "protocol", "mountaddr", "transport");
    promc_labels operation = PROMC_LABELS("export", "protocol", "mountaddr", "operation");

    f->age =
        promc_emit_family(out, C, P "age_seconds_total", "Time since the mount.", mount);
    for (size_t i = 0; i < NFS_BYTES; i++)
        f->bytes[i] = begin(out, &bytes_columns[i], mount);
    for (size_t i = 0; i < NFS_EVENTS; i++)
        f->events[i] = begin(out, &event_columns[i], mount);
    for (size_t i = 0; i < NFS_TRANSPORT; i++)
        f->transport[i] = begin(out, &transport_columns[i].column, xprt);
    for (size_t i = 0; i < NFS_OPERATION; i++)
        f->operation[i] = begin(out, &operation_columns[i], operation);
}

/* Times go below zero at times, that is, are huge numbers; the peer keeps what fits a double
 * of them. */
static double limited(uint64_t v)
{
    return (double)(v % ((uint64_t)1 << 53));
}

/* The numbers of a line, one for each family. */
static int emit_row(struct span rest, promc_samples *const *f, size_t n,
                    const struct nfs_labels *l)
{
    struct span field;
    uint64_t v;
    int rc = 0;

    for (size_t i = 0; i < n; i++) {
        if (!scan_field(&rest, &field) || scan_u64(field, &v) < 0)
            rc = -EINVAL;
        else if (f[i])
            promc_emit(f[i], PROMC_LABELS(l->export, l->protocol, l->address), (double)v);
    }
    return rc;
}

static int emit_transport(struct span rest, unsigned number, const struct nfs_labels *l,
                          const struct nfs_families *f)
{
    uint64_t v[XPRT_COLUMNS] = { 0 };
    struct span protocol, field;
    size_t n = 0;
    char no[16];
    int is_udp;

    if (!scan_field(&rest, &protocol))
        return -EINVAL;
    is_udp = span_is(protocol, "udp");
    for (; n < XPRT_COLUMNS; n++) {
        if (is_udp && n >= XPRT_CONNECT && n <= XPRT_IDLE)
            continue;
        /* RDMA has other things behind the common ones. */
        if ((n > 9 && span_is(protocol, "rdma")) || !scan_field(&rest, &field))
            break;
        if (scan_u64(field, &v[n]) < 0)
            return -EINVAL;
    }
    snprintf(no, sizeof(no), "%u", number);
    for (size_t i = 0; i < NFS_TRANSPORT; i++)
        if (transport_columns[i].at < n)
            promc_emit(f->transport[i],
                       PROMC_LABELS(l->export, l->protocol, l->address, no),
                       transport_columns[i].at == XPRT_IDLE
                           ? limited(v[XPRT_IDLE])
                           : (double)v[transport_columns[i].at]);
    return n > XPRT_SENDS ? 0 : -EINVAL;
}

static int emit_operation(struct span name, struct span rest, const struct nfs_labels *l,
                          const struct nfs_families *f)
{
    char operation[64];
    struct span field;
    size_t n = 0;
    uint64_t v;

    span_copy(span_of(name.p, name.n - 1), operation, sizeof(operation));
    for (; n < NFS_OPERATION && scan_field(&rest, &field); n++) {
        double value;

        if (scan_u64(field, &v) < 0)
            return -EINVAL;
        if (n < FIRST_TIME)
            value = (double)v;
        else
            value = n < NFS_OPERATION - 1 ? limited(v) / 1000 : limited(v);
        promc_emit(f->operation[n],
                   PROMC_LABELS(l->export, l->protocol, l->address, operation), value);
    }
    return n >= NFS_OPERATION - 1 ? 0 : -EINVAL;
}

int mountstats_nfs_protocol(struct span block, struct span *protocol)
{
    struct span line, key;

    while (scan_line(&block, &line))
        if (scan_field(&line, &key) && span_is(key, "xprt:"))
            return scan_field(&line, protocol);
    return 0;
}

int mountstats_nfs_emit(struct span block, const struct nfs_labels *l,
                        const struct nfs_families *f)
{
    struct span line, key;
    int rc = 0, operations = 0;
    unsigned transports = 0;

    while (scan_line(&block, &line)) {
        int bad = 0;

        if (!scan_field(&line, &key))
            continue;
        if (span_is(key, "per-op"))
            operations = 1;
        else if (operations && key.p[key.n - 1] == ':')
            bad = emit_operation(key, line, l, f);
        else if (span_is(key, "age:"))
            bad = emit_row(line, &f->age, 1, l);
        else if (span_is(key, "bytes:"))
            bad = emit_row(line, f->bytes, NFS_BYTES, l);
        else if (span_is(key, "events:"))
            bad = emit_row(line, f->events, NFS_EVENTS, l);
        else if (span_is(key, "xprt:"))
            bad = emit_transport(line, transports++, l, f);
        if (bad)
            rc = bad;
    }
    return rc;
}
