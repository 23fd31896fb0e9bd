/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runit.c - services of runit, from the status file that runsv keeps for each.
 */
#include "config.h"

#include "node/collector.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/readfile.h"
#include "node/dirlist.h"
#include "node/fail.h"

/* The status file: a TAI64N time, the pid, and a byte each for paused, what is wanted (u
 * or d), whether it was told to end, and the state. */
#define STATUS_LEN 20
enum { STATUS_WANT = 17, STATUS_STATE = 19 };

/* TAI64 begins 2^62 seconds before 1970 TAI; runit always counts 10 leap seconds. */
#define TAI_OFFSET ((UINT64_C(1) << 62) + 10)

static const char *runit_dir = "/etc/service";

struct runit {
    struct dirlist list;
    struct readbuf buf;
};

struct runit_status {
    int64_t since; /* seconds since 1970 */
    int wanted;    /* 1: up */
    int state;     /* 0: down, 1: up, 2: its finish script runs */
};

static int runit_parse(const unsigned char *p, size_t len, struct runit_status *status)
{
    uint64_t tai = 0;

    if (len < STATUS_LEN)
        return -EINVAL;
    for (int i = 0; i < 8; i++)
        tai = tai << 8 | p[i];
    status->since = (int64_t)(tai - TAI_OFFSET);
    status->wanted = p[STATUS_WANT] == 'u';
    status->state = p[STATUS_STATE];
    return 0;
}

/* Read the status of a service. Returns 1; 0 when nobody supervises it; or -errno. */
static int runit_read(struct runit *s, int dirfd, const char *name,
                      struct runit_status *status, int *down)
{
    char path[512];
    int rc;

    if (snprintf(path, sizeof(path), "%s/supervise/status", name) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    rc = read_file_at(dirfd, path, &s->buf, 0);
    if (rc == -ENOENT || rc == -ENOTDIR)
        return 0;
    if (rc == 0)
        rc = runit_parse((const unsigned char *)s->buf.data, s->buf.len, status);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "%s/down", name);
    *down = faccessat(dirfd, path, F_OK, 0) == 0;
    return 1;
}

/* Services are directories, and most of them links to one. */
static int may_be_service(int dirfd, const struct dirlist_entry *e)
{
    struct stat st;

    if (e->type != DT_UNKNOWN)
        return e->type == DT_DIR || e->type == DT_LNK;
    return fstatat(dirfd, e->name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static int runit_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                         promc_error *err)
{
    promc_labels labels = PROMC_LABELS("service", "supervisor");
    promc_samples *state =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_service_state",
                          "What the service does: 0 down, 1 up, 2 finishing.", labels);
    promc_samples *wanted =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_service_desired_state",
                          "What the service was told to be: 0 down, 1 up.", labels);
    promc_samples *normal =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_service_normal_state",
                          "What the service is after a start: 0 down, 1 up.", labels);
    promc_samples *since = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_service_state_last_change_timestamp_seconds",
        "When the service changed its state, in seconds since 1970.", labels);
    struct runit *s = priv;
    int dirfd, rc = dirlist_read(&s->list, runit_dir, ".", &dirfd);

    (void)ctx;
    if (rc < 0)
        return node_fail_read(err, rc, runit_dir, ".");
    for (size_t i = 0; i < s->list.n; i++) {
        const char *name = s->list.v[i].name;
        promc_labels values = PROMC_LABELS(name, "runit");
        struct runit_status status = { 0 };
        int down = 0, one;

        if (!may_be_service(dirfd, &s->list.v[i]))
            continue;
        one = runit_read(s, dirfd, name, &status, &down);
        if (one < 0 && rc == 0)
            rc = one == -EINVAL
                     ? node_fail(err, one, "%s: the status file is too short", name)
                     : node_fail_read(err, one, name, "supervise/status");
        if (one <= 0) {
            log_debug("No status", "collector", "runit", "service", name);
            continue;
        }
        promc_emit(state, values, status.state);
        promc_emit(wanted, values, status.wanted);
        promc_emit(normal, values, !down);
        promc_emit(since, values, (double)status.since);
    }
    close(dirfd);
    return rc;
}

static void runit_fini(void *priv)
{
    struct runit *s = priv;

    dirlist_free(&s->list);
    readbuf_free(&s->buf);
    free(s);
}

static int runit_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct runit));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void runit_flags(struct flags *flags)
{
    flags_string(flags, "collector.runit.servicedir",
                 "Directory of the services that runit runs.", &runit_dir, NULL);
}

const struct node_collector node_runit_collector = {
    .name = "runit",
    .help = "State of the services of runit.",
    .flags = runit_flags,
    .init = runit_init,
    .collect = runit_collect,
    .fini = runit_fini,
};
