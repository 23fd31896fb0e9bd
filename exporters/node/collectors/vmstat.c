/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vmstat.c - counters of the memory management, from vmstat.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "common/filter.h"
#include "node/emit.h"
#include "node/fail.h"
#include "node/fieldset.h"
#include "node/source.h"

static const char *vmstat_pattern = "^(oom_kill|pgpg|pswp|pg.*fault).*";

struct vmstat {
    struct source file;
    struct filter *filter;
    struct fieldset fields;
};

static void vmstat_flags(struct flags *flags)
{
    flags_string(flags, "collector.vmstat.fields",
                 "Regular expression of the fields to expose.", &vmstat_pattern, NULL);
}

static int vmstat_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct vmstat *s = calloc(1, sizeof(*s));

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    s->filter = filter_new("--collector.vmstat.fields", vmstat_pattern, NULL, err);
    if (!s->filter) {
        free(s);
        return err ? err->code : -EINVAL;
    }
    s->file = (struct source)SOURCE_INIT;
    s->fields.filter = s->filter;
    s->fields.prefix = "node_vmstat_";
    *priv = s;
    return 0;
}

/* Lines "name 12345". A bad one costs itself. */
static int vmstat_parse(struct span text, struct fieldset *fields, promc_emitter *out,
                        promc_error *err)
{
    struct span line, f[2];
    size_t i = 0, number = 0;
    int rc = 0;

    while (scan_line(&text, &line)) {
        size_t n = scan_fields(line, f, 2);
        const struct field *field;
        double v;

        number++;
        if (n == 0)
            continue;
        if (n < 2 || scan_double(f[1], &v) < 0) {
            if (rc == 0)
                rc = node_fail_line(err, "vmstat", number, "not a name and a number");
            continue;
        }
        field = fieldset_get(fields, i++, span_of("", 0), f[0]);
        if (!field)
            return node_fail(err, -ENOMEM, "out of memory");
        if (field->metric)
            emit_one(out, PROMC_TYPE_UNTYPED, field->metric,
                     "Field of the kernel's vmstat under this name.", v);
    }
    return rc;
}

static int vmstat_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                          promc_error *err)
{
    struct vmstat *s = priv;
    struct span text;
    int rc = source_read(&s->file, ctx->paths.procfs, "vmstat", &text, err);

    return rc < 0 ? rc : vmstat_parse(text, &s->fields, out, err);
}

static void vmstat_fini(void *priv)
{
    struct vmstat *s = priv;

    source_close(&s->file);
    fieldset_free(&s->fields);
    filter_free(s->filter);
    free(s);
}

const struct node_collector node_vmstat_collector = {
    .name = "vmstat",
    .help = "Counters of the kernel's memory management.",
    .default_on = 1,
    .flags = vmstat_flags,
    .init = vmstat_init,
    .collect = vmstat_collect,
    .fini = vmstat_fini,
};
