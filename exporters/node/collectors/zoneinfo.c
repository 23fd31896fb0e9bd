/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zoneinfo.c - the state of each zone of memory.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdio.h>

#include "node/fail.h"
#include "node/source.h"

#define PAGES(key, name, help)                                                           \
    {                                                                                    \
        key, PROMC_TYPE_GAUGE, "node_zoneinfo_" name, help                               \
    }
#define EVENTS(key, help)                                                                \
    {                                                                                    \
        key, PROMC_TYPE_COUNTER, "node_zoneinfo_" key "_total", help                     \
    }

/* Roughly in the order of the file. Those that the kernel counts for a whole node stand
 * in the node's first zone only. */
static const struct {
    const char *key;
    promc_type type;
    const char *name;
    const char *help;
} zone_fields[] = {
    PAGES("nr_inactive_anon", "nr_inactive_anon_pages",
          "Anonymous pages not used lately."),
    PAGES("nr_active_anon", "nr_active_anon_pages", "Anonymous pages used lately."),
    PAGES("nr_inactive_file", "nr_inactive_file_pages",
          "Pages of files not used lately."),
    PAGES("nr_active_file", "nr_active_file_pages", "Pages of files used lately."),
    PAGES("nr_unevictable", "nr_unevictable_pages", "Pages that must stay in memory."),
    PAGES("nr_slab_reclaimable", "nr_slab_reclaimable_pages",
          "Pages of slabs that can be given back."),
    PAGES("nr_slab_unreclaimable", "nr_slab_unreclaimable_pages",
          "Pages of slabs that cannot be given back."),
    PAGES("nr_isolated_anon", "nr_isolated_anon_pages",
          "Anonymous pages taken off the lists for now."),
    PAGES("nr_isolated_file", "nr_isolated_file_pages",
          "Pages of files taken off the lists for now."),
    PAGES("nr_anon_pages", "nr_anon_pages", "Anonymous pages in use."),
    PAGES("nr_mapped", "nr_mapped_pages", "Pages of files mapped by processes."),
    PAGES("nr_file_pages", "nr_file_pages", "Pages of files."),
    PAGES("nr_dirty", "nr_dirty_pages", "Pages that have to be written."),
    PAGES("nr_writeback", "nr_writeback_pages", "Pages that are being written."),
    PAGES("nr_shmem", "nr_shmem_pages", "Pages of shared memory and tmpfs."),
    PAGES("nr_anon_transparent_hugepages", "nr_anon_transparent_hugepages",
          "Transparent huge pages in use."),
    EVENTS("nr_dirtied", "Pages that became dirty."),
    EVENTS("nr_written", "Pages that were written."),
    PAGES("min", "min_pages", "Below this, only the most urgent allocations succeed."),
    PAGES("low", "low_pages", "Below this, pages are reclaimed in the background."),
    PAGES("high", "high_pages", "Up to this, pages are reclaimed in the background."),
    PAGES("scanned", "scanned_pages", "Pages scanned since the last reclaim."),
    PAGES("spanned", "spanned_pages", "Size of the zone with its holes."),
    PAGES("present", "present_pages", "Physical pages of the zone."),
    PAGES("managed", "managed_pages", "Pages the allocator hands out."),
    PAGES("nr_free_pages", "nr_free_pages", "Free pages."),
    PAGES("nr_mlock_stack", "nr_mlock_stack_pages", "Locked pages found by reclaim."),
    PAGES("nr_kernel_stack", "nr_kernel_stacks", "Memory of kernel stacks."),
    EVENTS("numa_hit", "Allocations that got memory of the node they wanted."),
    EVENTS("numa_miss", "Allocations that wanted memory of another node."),
    EVENTS("numa_foreign", "Allocations that wanted this node and got another."),
    EVENTS("numa_interleave", "Interleaved allocations that got the node in turn."),
    EVENTS("numa_local", "Allocations of processes on this node."),
    EVENTS("numa_other", "Allocations of processes on another node."),
};
#define ZONE_FIELDS (sizeof(zone_fields) / sizeof(zone_fields[0]))

/* There are five kinds of zones. */
#define ZONE_PROTECTION 16

struct zoneinfo {
    promc_emitter *out;
    promc_samples *field[ZONE_FIELDS];
    promc_samples *protection[ZONE_PROTECTION];
    char node[24], zone[64]; /* the zone the lines belong to; "": none */
    size_t next;             /* field that is probably the next */
};

/* "Node 0, zone   DMA32": the zone of the lines that follow. */
static int zone_begin(struct zoneinfo *z, struct span line)
{
    struct span f[4];
    uint64_t v;

    z->zone[0] = '\0';
    z->next = 0;
    if (scan_fields(line, f, 4) != 4 || f[1].p[f[1].n - 1] != ',' ||
        !span_is(f[2], "zone"))
        return -EINVAL;
    f[1].n--;
    if (scan_u64(f[1], &v) != 0 || f[1].n >= sizeof(z->node) || f[3].n >= sizeof(z->zone))
        return -EINVAL;
    span_copy(f[1], z->node, sizeof(z->node));
    span_copy(f[3], z->zone, sizeof(z->zone));
    return 0;
}

/* "(0, 2039, 31932)": pages kept back from allocations that could use a higher zone. */
static int zone_protection(struct zoneinfo *z, struct span list)
{
    struct span word;

    list = span_trim(list);
    if (list.n < 2 || list.p[0] != '(' || list.p[list.n - 1] != ')')
        return -EINVAL;
    list = span_of(list.p + 1, list.n - 2);
    for (size_t i = 0; i < ZONE_PROTECTION && scan_field(&list, &word); i++) {
        uint64_t v;

        if (word.p[word.n - 1] == ',')
            word.n--;
        if (scan_u64(word, &v) != 0)
            return -EINVAL;
        if (!z->protection[i]) {
            char name[48];

            snprintf(name, sizeof(name), "node_zoneinfo_protection_%zu", i);
            z->protection[i] = promc_emit_family(
                z->out, PROMC_TYPE_GAUGE, name,
                "Pages kept back from allocations that could use this higher zone.",
                PROMC_LABELS("node", "zone"));
        }
        promc_emit(z->protection[i], PROMC_LABELS(z->node, z->zone), (double)v);
    }
    return 0;
}

/* One line of a zone: a key and a number. Most of the file is about CPUs, whose keys end
 * in a colon, and passed over. */
static int zone_line(struct zoneinfo *z, struct span line)
{
    struct span key, number = { NULL, 0 };
    int64_t v;

    if (!scan_field(&line, &key))
        return 0;
    if (span_is(key, "Node"))
        return zone_begin(z, span_of(key.p, key.n + line.n));
    if (z->zone[0] == '\0')
        return 0;
    if (span_is(key, "protection:"))
        return zone_protection(z, line);
    if (key.p[key.n - 1] == ':')
        return 0;
    for (size_t n = 0; n < ZONE_FIELDS; n++) {
        size_t i = (z->next + n) % ZONE_FIELDS;

        if (!span_is(key, zone_fields[i].key))
            continue;
        z->next = i + 1;
        scan_field(&line, &number);
        if (scan_i64(number, &v) != 0 ||
            (v < 0 && zone_fields[i].type == PROMC_TYPE_COUNTER))
            return -EINVAL;
        promc_emit(z->field[i], PROMC_LABELS(z->node, z->zone), (double)v);
        break;
    }
    return 0;
}

static int zoneinfo_emit(struct span text, promc_emitter *out, promc_error *err)
{
    struct zoneinfo z = { .out = out };
    struct span line;
    size_t no = 0;
    int rc = 0;

    for (size_t i = 0; i < ZONE_FIELDS; i++)
        z.field[i] = promc_emit_family(out, zone_fields[i].type, zone_fields[i].name,
                                       zone_fields[i].help, PROMC_LABELS("node", "zone"));
    while (scan_line(&text, &line)) {
        no++;
        if (zone_line(&z, line) != 0 && rc == 0)
            rc = node_fail_line(err, "zoneinfo", no, "not a zone, or not a number");
    }
    return rc;
}

static int zoneinfo_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                            promc_error *err)
{
    struct span text;
    int rc = source_read(priv, ctx->paths.procfs, "zoneinfo", &text, err);

    return rc ? rc : zoneinfo_emit(text, out, err);
}

const struct node_collector node_zoneinfo_collector = {
    .name = "zoneinfo",
    .help = "State of each zone of memory.",
    .init = source_init,
    .collect = zoneinfo_collect,
    .fini = source_fini,
};
