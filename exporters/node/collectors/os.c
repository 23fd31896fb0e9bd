/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os.c - which distribution this is, from os-release(5).
 *
 * The file is small but rarely changes, so it is read again only when its time stamp says
 * so.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/readfile.h"
#include "node/emit.h"
#include "node/fail.h"
#include "node/scan.h"

enum {
    OS_BUILD_ID,
    OS_ID,
    OS_ID_LIKE,
    OS_IMAGE_ID,
    OS_IMAGE_VERSION,
    OS_NAME,
    OS_PRETTY_NAME,
    OS_VARIANT,
    OS_VARIANT_ID,
    OS_VERSION,
    OS_VERSION_CODENAME,
    OS_VERSION_ID,
    OS_SUPPORT_END,
    OS_KEYS
};

/* By the order of the labels of node_os_info; SUPPORT_END is none of them. */
static const char *const os_keys[OS_KEYS] = {
    "BUILD_ID",    "ID",      "ID_LIKE",    "IMAGE_ID", "IMAGE_VERSION",    "NAME",
    "PRETTY_NAME", "VARIANT", "VARIANT_ID", "VERSION",  "VERSION_CODENAME", "VERSION_ID",
    "SUPPORT_END",
};

static const char *const os_files[] = { "etc/os-release", "usr/lib/os-release" };
#define N_FILES (sizeof(os_files) / sizeof(os_files[0]))

#define VALUE_SIZE 512

struct os_values {
    char v[OS_KEYS][VALUE_SIZE];
};

struct os {
    struct readbuf buf;
    struct os_values values;
    size_t file; /* which of os_files values comes from; N_FILES: none yet */
    struct stat st;
};

static int os_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct os *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->file = N_FILES;
    *priv = s;
    return 0;
}

/* Undo the shell's quoting of one value. Within single quotes nothing is special;
 * elsewhere a backslash takes the next byte as it is. What does not fit is cut off. */
static void os_unquote(struct span in, char *out, size_t size)
{
    size_t n = 0;
    char quote = '\0';

    for (size_t i = 0; i < in.n && n + 1 < size; i++) {
        char c = in.p[i];

        if (quote ? c == quote : c == '"' || c == '\'') {
            quote = quote ? '\0' : c;
            continue;
        }
        if (c == '\\' && quote != '\'' && i + 1 < in.n)
            c = in.p[++i];
        out[n++] = c;
    }
    out[n] = '\0';
}

/* Lines KEY=value. Comments, keys of others and lines of another form are passed over:
 * the file belongs to the distribution, and one odd line should not hide its name. */
static void os_parse(struct span text, struct os_values *values)
{
    struct span line, key;

    memset(values, 0, sizeof(*values));
    while (scan_line(&text, &line)) {
        line = span_trim(line);
        if (line.n == 0 || line.p[0] == '#' || !scan_until(&line, '=', &key))
            continue;
        for (size_t i = 0; i < OS_KEYS; i++)
            if (span_is(key, os_keys[i]))
                os_unquote(line, values->v[i], VALUE_SIZE);
    }
}

/* The major.minor at the start of a version: digits, perhaps a point and more digits.
 * Returns 0 when there is none. */
static double os_version(const char *s)
{
    size_t n = strspn(s, "0123456789");
    double v;

    if (n > 0 && s[n] == '.')
        n += 1 + strspn(s + n + 1, "0123456789");
    return n > 0 && scan_double(span_of(s, n), &v) == 0 ? v : 0;
}

/* A date YYYY-MM-DD as seconds since 1970, UTC. */
static int os_date(const char *s, double *seconds)
{
    struct span year, month, rest = span_str(s);
    uint64_t y, m, d;
    struct tm tm = { .tm_isdst = 0 };

    if (!scan_until(&rest, '-', &year) || !scan_until(&rest, '-', &month) ||
        year.n != 4 || month.n != 2 || rest.n != 2 || scan_u64(year, &y) < 0 ||
        scan_u64(month, &m) < 0 || scan_u64(rest, &d) < 0 || m < 1 || m > 12 || d < 1 ||
        d > 31)
        return -EINVAL;
    tm.tm_year = (int)y - 1900;
    tm.tm_mon = (int)m - 1;
    tm.tm_mday = (int)d;
    *seconds = (double)timegm(&tm);
    return tm.tm_mon == (int)m - 1 ? 0 : -EINVAL; /* timegm() moved 31 June to July */
}

static int is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Bring values up to date with one of the files. Returns 0 or -errno. */
static int os_load(const struct node_ctx *ctx, struct os *s, size_t file)
{
    char path[4096];
    struct stat st;
    int rc;

    snprintf(path, sizeof(path), "%s/%s", ctx->paths.rootfs, os_files[file]);
    if (stat(path, &st) < 0)
        return -errno;
    if (file == s->file && is_same_file(&st, &s->st))
        return 0;
    rc = read_file(ctx->paths.rootfs, os_files[file], &s->buf, 0);
    if (rc < 0)
        return rc;
    os_parse(span_of(s->buf.data, s->buf.len), &s->values);
    readbuf_free(&s->buf);
    s->file = file;
    s->st = st;
    return 0;
}

static int os_emit(struct os *s, promc_emitter *out, promc_error *err)
{
    char(*v)[VALUE_SIZE] = s->values.v;
    double version = os_version(v[OS_VERSION_ID]), end;

    promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE, "node_os_info",
                                 "Always 1; its labels are what os-release says.",
                                 PROMC_LABELS("build_id", "id", "id_like", "image_id",
                                              "image_version", "name", "pretty_name",
                                              "variant", "variant_id", "version",
                                              "version_codename", "version_id")),
               PROMC_LABELS(v[OS_BUILD_ID], v[OS_ID], v[OS_ID_LIKE], v[OS_IMAGE_ID],
                            v[OS_IMAGE_VERSION], v[OS_NAME], v[OS_PRETTY_NAME],
                            v[OS_VARIANT], v[OS_VARIANT_ID], v[OS_VERSION],
                            v[OS_VERSION_CODENAME], v[OS_VERSION_ID]),
               1);
    if (version > 0)
        promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE, "node_os_version",
                                     "Major and minor version of the distribution.",
                                     PROMC_LABELS("id", "id_like", "name")),
                   PROMC_LABELS(v[OS_ID], v[OS_ID_LIKE], v[OS_NAME]), version);
    if (v[OS_SUPPORT_END][0] == '\0')
        return 0;
    if (os_date(v[OS_SUPPORT_END], &end) < 0)
        return node_fail(err, -EINVAL, "%s: SUPPORT_END is not a date",
                         os_files[s->file]);
    emit_gauge(out, "node_os_support_end_timestamp_seconds",
               "When support of the distribution ends, in seconds since 1970.", end);
    return 0;
}

static int os_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                      promc_error *err)
{
    struct os *s = priv;

    for (size_t i = 0; i < N_FILES; i++) {
        int rc = os_load(ctx, s, i);

        if (rc == 0)
            return os_emit(s, out, err);
        if (rc != -ENOENT)
            return node_fail_read(err, rc, ctx->paths.rootfs, os_files[i]);
    }
    node_fail_read(err, -ENOENT, ctx->paths.rootfs, os_files[0]);
    return NODE_NODATA;
}

static void os_fini(void *priv)
{
    struct os *s = priv;

    readbuf_free(&s->buf);
    free(s);
}

const struct node_collector node_os_collector = {
    .name = "os",
    .help = "Name and version of the distribution.",
    .default_on = 1,
    .init = os_init,
    .collect = os_collect,
    .fini = os_fini,
};
