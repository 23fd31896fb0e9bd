/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu_info.c - models, flags and bugs of the CPUs from /proc/cpuinfo.
 *
 * The file is a block of "key : value" lines per CPU. Which keys there are depends on the
 * architecture; a label whose key is missing is empty.
 */
#include "config.h"

#include "node/collectors/cpu_info.h"

#include <string.h>

struct cpu_info {
    struct span processor;
    struct span vendor, family, model, model_name, microcode, stepping, cachesize;
    struct span package, core;
    struct span mhz;
    struct span flags, bugs;
};

static const struct {
    const char *key;
    size_t offset;
} cpu_info_keys[] = {
#define KEY(text, field)                                                                 \
    {                                                                                    \
        text, offsetof(struct cpu_info, field)                                           \
    }
    KEY("processor", processor),
    KEY("vendor_id", vendor),
    KEY("cpu family", family),
    KEY("model", model),
    KEY("model name", model_name),
    KEY("microcode", microcode),
    KEY("stepping", stepping),
    KEY("cache size", cachesize),
    KEY("physical id", package),
    KEY("core id", core),
    KEY("cpu MHz", mhz),
    KEY("flags", flags),
    KEY("Features", flags), /* ARM */
    KEY("bugs", bugs),
#undef KEY
};

/* Read the block of the next CPU off the front of *rest. Returns 1, or 0 when no CPU is
 * left. */
static int cpu_info_next(struct span *rest, struct cpu_info *c)
{
    struct span line, key;

    memset(c, 0, sizeof(*c));
    while (scan_line(rest, &line)) {
        if (span_trim(line).n == 0) {
            if (c->processor.n > 0)
                return 1;
            continue; /* the end of a block that is no CPU, as ARM has one */
        }
        if (!scan_until(&line, ':', &key))
            continue;
        key = span_trim(key);
        for (size_t i = 0; i < sizeof(cpu_info_keys) / sizeof(cpu_info_keys[0]); i++) {
            if (span_is(key, cpu_info_keys[i].key)) {
                struct span *field = (void *)((char *)c + cpu_info_keys[i].offset);

                *field = span_trim(line);
                break;
            }
        }
    }
    return c->processor.n > 0;
}

/* Emit a 1 for each word of the list that the filter keeps. */
static void emit_words(struct span words, const struct filter *keep, promc_samples *f)
{
    struct span word;
    char text[64];

    while (scan_field(&words, &word)) {
        if (word.n >= sizeof(text))
            continue; /* no flag is that long */
        span_copy(word, text, sizeof(text));
        if (filter_keep(keep, text))
            promc_emit(f, PROMC_LABELS(text), 1);
    }
}

static void emit_first(const struct cpu_info *c, const struct cpu_info_opts *opts,
                       promc_emitter *out)
{
    if (opts->flags)
        emit_words(c->flags, opts->flags,
                   promc_emit_family(out, PROMC_TYPE_GAUGE, "node_cpu_flag_info",
                                     "A feature of the first CPU.",
                                     PROMC_LABELS("flag")));
    if (opts->bugs)
        emit_words(c->bugs, opts->bugs,
                   promc_emit_family(out, PROMC_TYPE_GAUGE, "node_cpu_bug_info",
                                     "A bug of the first CPU.", PROMC_LABELS("bug")));
}

void cpu_info_emit(struct span text, const struct cpu_info_opts *opts, promc_emitter *out)
{
    promc_samples *info = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_cpu_info", "The CPU's model, from /proc/cpuinfo.",
        PROMC_LABELS("package", "core", "cpu", "vendor", "family", "model", "model_name",
                     "microcode", "stepping", "cachesize"));
    promc_samples *hertz = NULL;
    struct cpu_info c;

    if (opts->frequency)
        hertz = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_cpu_frequency_hertz",
                                  "The CPU's clock now.",
                                  PROMC_LABELS("package", "core", "cpu"));
    for (size_t n = 0; cpu_info_next(&text, &c); n++) {
        char package[24], core[24], cpu[24], vendor[64], family[64], model[64], name[128],
            microcode[64], stepping[64], cache[64];
        double mhz;

        span_copy(c.package, package, sizeof(package));
        span_copy(c.core, core, sizeof(core));
        span_copy(c.processor, cpu, sizeof(cpu));
        promc_emit(info,
                   PROMC_LABELS(package, core, cpu,
                                span_copy(c.vendor, vendor, sizeof(vendor)),
                                span_copy(c.family, family, sizeof(family)),
                                span_copy(c.model, model, sizeof(model)),
                                span_copy(c.model_name, name, sizeof(name)),
                                span_copy(c.microcode, microcode, sizeof(microcode)),
                                span_copy(c.stepping, stepping, sizeof(stepping)),
                                span_copy(c.cachesize, cache, sizeof(cache))),
                   1);
        if (scan_double(c.mhz, &mhz) == 0)
            promc_emit(hertz, PROMC_LABELS(package, core, cpu), mhz * 1e6);
        if (n == 0)
            emit_first(&c, opts, out);
    }
}
