/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysctl.c - settings of the kernel that are asked for by name, as numbers or as text.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/readfile.h"
#include "node/emit.h"
#include "node/fail.h"
#include "node/metricname.h"

static struct flag_list sysctl_include;
static struct flag_list sysctl_include_info;

/* A setting: all names are made at the start. */
struct setting {
    char *name; /* as given, without what is behind the colon */
    char *path; /* below procfs */
    int numeric;
    size_t n_keys;
    char **metrics; /* one for each key; without keys, one */
};

struct sysctl {
    struct setting *v;
    size_t n;
    struct readbuf buf;
};

static void sysctl_flags(struct flags *flags)
{
    flags_list(
        flags, "collector.sysctl.include",
        "Setting to expose as numbers, such as vm.swappiness; NAME:A,B gives each of "
        "several numbers a name. May be repeated.",
        &sysctl_include);
    flags_list(flags, "collector.sysctl.include-info",
               "Setting to expose as text in a label. May be repeated.",
               &sysctl_include_info);
}

static void sysctl_fini(void *priv)
{
    struct sysctl *s = priv;

    for (size_t i = 0; i < s->n; i++) {
        struct setting *t = &s->v[i];

        for (size_t j = 0; t->metrics && j < (t->n_keys ? t->n_keys : 1); j++)
            free(t->metrics[j]);
        free(t->metrics);
        free(t->name);
        free(t->path);
    }
    free(s->v);
    readbuf_free(&s->buf);
    free(s);
}

/* The name of a metric: node_sysctl_NAME, or node_sysctl_NAME_KEY. Returns 0, -ENOMEM, or
 * -EINVAL when it is too long. */
static int setting_metric(struct setting *t, size_t i, const char *key, size_t key_len)
{
    char one[METRIC_NAME_SIZE], both[METRIC_NAME_SIZE];

    if (!metric_name(one, "node_sysctl_", span_str(t->name), key ? "_" : "") ||
        !metric_name(both, one, span_of(key, key_len), ""))
        return -EINVAL;
    t->metrics[i] = strdup(both);
    return t->metrics[i] ? 0 : -ENOMEM;
}

/* Read "NAME" or "NAME:KEY,KEY,...". Returns 0, -ENOMEM or -EINVAL. */
static int setting_parse(struct setting *t, const char *text, int numeric)
{
    const char *colon = strchr(text, ':'), *key = colon ? colon + 1 : NULL;
    size_t len = colon ? (size_t)(colon - text) : strlen(text);
    int rc;

    t->numeric = numeric;
    t->name = strndup(text, len);
    t->path = malloc(len + sizeof("sys/"));
    if (!t->name || !t->path)
        return -ENOMEM;
    if (len == 0 || (colon && !numeric))
        return -EINVAL;
    memcpy(t->path, "sys/", 4);
    for (size_t i = 0; i <= len; i++)
        t->path[4 + i] = t->name[i] == '.' ? '/' : t->name[i];
    if (key) {
        t->n_keys = 1;
        for (const char *p = key; *p; p++)
            t->n_keys += *p == ',';
    }
    t->metrics = calloc(t->n_keys ? t->n_keys : 1, sizeof(*t->metrics));
    if (!t->metrics)
        return -ENOMEM;
    if (!key)
        return setting_metric(t, 0, NULL, 0);
    for (size_t i = 0; i < t->n_keys; i++) {
        size_t n = strcspn(key, ",");

        rc = n ? setting_metric(t, i, key, n) : -EINVAL;
        if (rc < 0)
            return rc;
        key += n + 1;
    }
    return 0;
}

static int sysctl_add(struct sysctl *s, const struct flag_list *list, int numeric,
                      promc_error *err)
{
    for (size_t i = 0; i < list->n; i++) {
        int rc = setting_parse(&s->v[s->n++], list->v[i], numeric);

        if (rc == -EINVAL)
            return node_fail(err, rc, "--collector.sysctl.include%s=%.80s: %s",
                             numeric ? "" : "-info", list->v[i],
                             numeric ? "neither NAME nor NAME:KEY,KEY,..."
                                     : "not the name of a setting");
        if (rc < 0)
            return node_fail(err, rc, "out of memory");
    }
    return 0;
}

static int sysctl_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct sysctl *s = calloc(1, sizeof(*s));
    int rc;

    (void)ctx;
    if (s)
        s->v = calloc(sysctl_include.n + sysctl_include_info.n + 1, sizeof(*s->v));
    if (!s || !s->v) {
        free(s);
        return node_fail(err, -ENOMEM, "out of memory");
    }
    rc = sysctl_add(s, &sysctl_include, 1, err);
    if (rc == 0)
        rc = sysctl_add(s, &sysctl_include_info, 0, err);
    if (rc == 0)
        *priv = s;
    else
        sysctl_fini(s);
    return rc;
}

/* The words of a setting as labels of one info metric. */
static void emit_info(const struct setting *t, struct span text, promc_emitter *out)
{
    promc_samples *f = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_sysctl_info",
                                         "Settings of the kernel that are text.",
                                         PROMC_LABELS("name", "value", "index"));
    struct span word;

    for (unsigned i = 0; scan_field(&text, &word); i++) {
        char value[256], index[12];

        snprintf(index, sizeof(index), "%u", i);
        promc_emit(f, PROMC_LABELS(t->name, span_copy(word, value, sizeof(value)), index),
                   1);
    }
}

static int number_of(struct span word, double *v)
{
    uint64_t u;
    int64_t i;

    if (scan_any_u64(word, &u) == 0)
        *v = (double)u;
    else if (scan_any_i64(word, &i) == 0)
        *v = (double)i;
    else
        return -EINVAL;
    return 0;
}

/* The numbers of a setting: by key; else, when there are several, by index. */
static int emit_numbers(const struct setting *t, struct span text, size_t n,
                        promc_emitter *out, promc_error *err)
{
    const char *help = "Setting of the kernel under this name.";
    struct span word;

    if (t->n_keys > 0 && t->n_keys != n)
        return node_fail(err, -EINVAL, "sysctl %s: %zu numbers for %zu names", t->name, n,
                         t->n_keys);
    for (size_t i = 0; scan_field(&text, &word); i++) {
        double v;

        if (number_of(word, &v) != 0)
            return node_fail(err, -EINVAL, "sysctl %s: not a number", t->name);
        if (t->n_keys > 0 || n == 1) {
            emit_one(out, PROMC_TYPE_UNTYPED, t->metrics[i], help, v);
        } else {
            char index[24];

            snprintf(index, sizeof(index), "%zu", i);
            promc_emit(promc_emit_family(out, PROMC_TYPE_UNTYPED, t->metrics[0], help,
                                         PROMC_LABELS("index")),
                       PROMC_LABELS(index), v);
        }
    }
    return 0;
}

static int sysctl_one(const struct node_ctx *ctx, struct sysctl *s,
                      const struct setting *t, promc_emitter *out, promc_error *err)
{
    int rc = read_file(ctx->paths.procfs, t->path, &s->buf, 0);
    struct span text;
    size_t n;

    if (rc < 0)
        return node_fail_read(err, rc, ctx->paths.procfs, t->path);
    text = span_of(s->buf.data, s->buf.len);
    n = scan_fields(text, NULL, 0);
    if (n == 0)
        return node_fail(err, -EINVAL, "sysctl %s: empty", t->name);
    if (t->numeric)
        return emit_numbers(t, text, n, out, err);
    emit_info(t, text, out);
    return 0;
}

static int sysctl_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                          promc_error *err)
{
    struct sysctl *s = priv;
    int rc = 0;

    for (size_t i = 0; i < s->n; i++) {
        int one = sysctl_one(ctx, s, &s->v[i], out, rc ? NULL : err);

        rc = rc ? rc : one;
    }
    return rc;
}

const struct node_collector node_sysctl_collector = {
    .name = "sysctl",
    .help = "Settings of the kernel by name.",
    .flags = sysctl_flags,
    .init = sysctl_init,
    .collect = sysctl_collect,
    .fini = sysctl_fini,
};
