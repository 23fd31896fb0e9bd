/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupts.c - interrupts by source and CPU.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/filter.h"
#include "node/cpucolumns.h"
#include "node/fail.h"
#include "node/source.h"

static const char *interrupts_include = "";
static const char *interrupts_exclude = "";
static int interrupts_zeros = 1;

/* An interrupt may be shared by many devices; what is longer is cut off. */
#define TEXT_SIZE 1024

struct interrupts {
    struct source file;
    struct cpu_columns columns;
    struct filter *filter;
};

static void interrupts_flags(struct flags *flags)
{
    flags_string(flags, "collector.interrupts.name-include",
                 "Expose only interrupts whose name;info;devices matches this pattern.",
                 &interrupts_include, NULL);
    flags_string(flags, "collector.interrupts.name-exclude",
                 "Leave out interrupts whose name;info;devices matches this pattern.",
                 &interrupts_exclude, NULL);
    flags_bool(flags, "collector.interrupts.include-zeros",
               "Also expose CPUs that have served none.", &interrupts_zeros, NULL);
}

static int interrupts_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct interrupts *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->filter = filter_new("--collector.interrupts.name-include or -exclude",
                           interrupts_include, interrupts_exclude, err);
    if (!s->filter) {
        free(s);
        return err ? err->code : -EINVAL;
    }
    s->file = (struct source)SOURCE_INIT;
    *priv = s;
    return 0;
}

static void interrupts_fini(void *priv)
{
    struct interrupts *s = priv;

    source_close(&s->file);
    cpu_columns_free(&s->columns);
    filter_free(s->filter);
    free(s);
}

/* The words of a text with one space between them. */
static void join_words(struct span text, char buf[TEXT_SIZE])
{
    struct span word;
    size_t at = 0;

    while (scan_field(&text, &word)) {
        if (at > 0 && at + 1 < TEXT_SIZE)
            buf[at++] = ' ';
        if (word.n > TEXT_SIZE - 1 - at)
            word.n = TEXT_SIZE - 1 - at;
        memcpy(buf + at, word.p, word.n);
        at += word.n;
    }
    buf[at] = '\0';
}

/* Show one interrupt, whose numbers are in the columns: behind them stand, for one that
 * has a number, its controller and its devices, for the others words that explain it. */
static void interrupts_show(const struct interrupts *s, struct span name,
                            struct span text, promc_samples *f)
{
    char type[64], info[TEXT_SIZE], devices[TEXT_SIZE] = "";
    char all[sizeof(type) + sizeof(info) + sizeof(devices) + 2];
    const struct cpu_columns *c = &s->columns;
    struct span word;
    uint64_t number;

    if (name.n >= sizeof(type))
        return;
    span_copy(name, type, sizeof(type));
    if (scan_u64(name, &number) == 0) {
        scan_field(&text, &word);
        span_copy(word, info, sizeof(info));
        join_words(text, devices);
    } else {
        join_words(text, info);
    }
    snprintf(all, sizeof(all), "%s;%s;%s", type, info, devices);
    if (!filter_keep(s->filter, all))
        return;
    for (size_t i = 0; i < c->n; i++)
        if (interrupts_zeros || c->values[i] != 0)
            promc_emit(f, PROMC_LABELS(c->cpu[i], type, info, devices),
                       (double)c->values[i]);
}

static int interrupts_emit(struct interrupts *s, struct span file, promc_emitter *out,
                           promc_error *err)
{
    promc_samples *f = promc_emit_family(out, PROMC_TYPE_COUNTER, "node_interrupts_total",
                                         "Interrupts served.",
                                         PROMC_LABELS("cpu", "type", "info", "devices"));
    struct span line = { NULL, 0 }, name, text;
    size_t no = 1;
    int rc;

    scan_line(&file, &line);
    rc = cpu_columns_head(&s->columns, line);
    if (rc == -ENOMEM)
        return node_fail(err, rc, "out of memory");
    if (rc)
        return node_fail_line(err, "interrupts", 1, "not the headings of CPUs");
    while (scan_line(&file, &line)) {
        int full;

        no++;
        if (span_trim(line).n == 0)
            continue;
        full = cpu_columns_line(&s->columns, line, &name, &text);
        if (full < 0 && rc == 0)
            rc = node_fail_line(err, "interrupts", no, "not a number for each CPU");
        /* ERR and MIS have one number for all CPUs and no text: not an interrupt. */
        if (full > 0 && text.n > 0)
            interrupts_show(s, name, text, f);
    }
    return rc;
}

static int interrupts_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                              promc_error *err)
{
    struct interrupts *s = priv;
    struct span text;
    int rc = source_read(&s->file, ctx->paths.procfs, "interrupts", &text, err);

    return rc ? rc : interrupts_emit(s, text, out, err);
}

const struct node_collector node_interrupts_collector = {
    .name = "interrupts",
    .help = "Interrupts by source and CPU.",
    .flags = interrupts_flags,
    .init = interrupts_init,
    .collect = interrupts_collect,
    .fini = interrupts_fini,
};
