/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf_config.c - what the perf collector counts, and what its flags mean.
 */
#include "config.h"

#include "node/collectors/perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>

/* clang-format off */
#define HARDWARE(profiler, config, metric, help) \
    { PERF_HARDWARE, profiler, "node_perf_" metric "_total", help, PERF_TYPE_HARDWARE, \
      PERF_COUNT_HW_##config },
#define SOFTWARE(profiler, config, metric, help) \
    { PERF_SOFTWARE, profiler, "node_perf_" metric "_total", help, PERF_TYPE_SOFTWARE, \
      PERF_COUNT_SW_##config },
#define CACHE(profiler, cache, op, result, metric, help) \
    { PERF_CACHE, profiler, "node_perf_cache_" metric "_total", help, PERF_TYPE_HW_CACHE, \
      PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_##op << 8 | \
          PERF_COUNT_HW_CACHE_RESULT_##result << 16 },

const struct perf_event perf_events[] = {
    HARDWARE("CpuCycles", CPU_CYCLES, "cpucycles", "Cycles at the clock the CPU had.")
    HARDWARE("CpuInstr", INSTRUCTIONS, "instructions", "Instructions that were finished.")
    HARDWARE("CacheRef", CACHE_REFERENCES, "cache_refs", "Accesses to the last cache.")
    HARDWARE("CacheMisses", CACHE_MISSES, "cache_misses",
             "Accesses that the last cache could not serve.")
    HARDWARE("BranchInstr", BRANCH_INSTRUCTIONS, "branch_instructions",
             "Branches that were finished.")
    HARDWARE("BranchMisses", BRANCH_MISSES, "branch_misses",
             "Branches that were predicted wrongly.")
    HARDWARE("StalledCyclesBackend", STALLED_CYCLES_BACKEND, "stalled_cycles_backend",
             "Cycles in which instructions waited to be carried out.")
    HARDWARE("StalledCyclesFrontend", STALLED_CYCLES_FRONTEND, "stalled_cycles_frontend",
             "Cycles in which no instruction was there to be issued.")
    HARDWARE("RefCpuCycles", REF_CPU_CYCLES, "ref_cpucycles",
             "Cycles of a clock that does not change.")

    SOFTWARE("PageFault", PAGE_FAULTS, "page_faults", "Page faults.")
    SOFTWARE("ContextSwitch", CONTEXT_SWITCHES, "context_switches", "Context switches.")
    SOFTWARE("CpuMigration", CPU_MIGRATIONS, "cpu_migrations",
             "Tasks that came from another CPU.")
    SOFTWARE("MinorFault", PAGE_FAULTS_MIN, "minor_faults",
             "Page faults that needed no input.")
    SOFTWARE("MajorFault", PAGE_FAULTS_MAJ, "major_faults", "Page faults that needed input.")

    CACHE("L1DataReadHit", L1D, READ, ACCESS, "l1d_read_hits", "Reads of the L1 data cache.")
    CACHE("L1DataReadMiss", L1D, READ, MISS, "l1d_read_misses",
          "Reads that the L1 data cache could not serve.")
    CACHE("L1DataWriteHit", L1D, WRITE, ACCESS, "l1d_write_hits",
          "Writes to the L1 data cache.")
    CACHE("L1InstrReadMiss", L1I, READ, MISS, "l1_instr_read_misses",
          "Reads that the L1 instruction cache could not serve.")
    CACHE("InstrTLBReadHit", ITLB, READ, ACCESS, "tlb_instr_read_hits",
          "Look-ups in the TLB for instructions.")
    CACHE("InstrTLBReadMiss", ITLB, READ, MISS, "tlb_instr_read_misses",
          "Look-ups that the TLB for instructions could not serve.")
    CACHE("DataTLBReadHit", DTLB, READ, ACCESS, "tlb_data_read_hits",
          "Look-ups for reads in the TLB for data.")
    CACHE("DataTLBReadMiss", DTLB, READ, MISS, "tlb_data_read_misses",
          "Look-ups for reads that the TLB for data could not serve.")
    CACHE("DataTLBWriteHit", DTLB, WRITE, ACCESS, "tlb_data_write_hits",
          "Look-ups for writes in the TLB for data.")
    CACHE("DataTLBWriteMiss", DTLB, WRITE, MISS, "tlb_data_write_misses",
          "Look-ups for writes that the TLB for data could not serve.")
    CACHE("LLReadHit", LL, READ, ACCESS, "ll_read_hits", "Reads of the last cache.")
    CACHE("LLReadMiss", LL, READ, MISS, "ll_read_misses",
          "Reads that the last cache could not serve.")
    CACHE("LLWriteHit", LL, WRITE, ACCESS, "ll_write_hits", "Writes to the last cache.")
    CACHE("LLWriteMiss", LL, WRITE, MISS, "ll_write_misses",
          "Writes that the last cache could not take.")
    CACHE("BPUReadHit", BPU, READ, ACCESS, "bpu_read_hits",
          "Look-ups in the branch prediction unit.")
    CACHE("BPUReadMiss", BPU, READ, MISS, "bpu_read_misses",
          "Look-ups that the branch prediction unit could not serve.")
};
/* clang-format on */

const size_t perf_events_n = sizeof(perf_events) / sizeof(perf_events[0]);

/* One part of a list: a number, or FIRST-LAST, or FIRST-LAST:STEP. */
static int add_range(struct perf_cpus *cpus, struct span part)
{
    struct span first;
    uint64_t from, to, step = 1;
    int range = scan_until(&part, '-', &first), rc;

    rc = scan_u64(range ? first : part, &from);
    if (range && rc == 0) {
        struct span last = part;

        if (scan_until(&part, ':', &last))
            rc = scan_u64(part, &step);
        if (rc == 0)
            rc = scan_u64(last, &to);
    } else {
        to = from;
    }
    if (rc)
        return rc;
    if (to < from || step == 0)
        return -EINVAL;
    if (to >= PERF_MAX_CPUS)
        return -ERANGE;
    for (; from <= to; from += step) {
        cpus->bits[from / 64] |= UINT64_C(1) << from % 64;
        if (step > PERF_MAX_CPUS)
            break;
    }
    return 0;
}

int perf_cpus_add(struct perf_cpus *cpus, struct span list)
{
    struct span part;

    while (scan_until(&list, ',', &part)) {
        int rc = add_range(cpus, part);

        if (rc)
            return rc;
    }
    return add_range(cpus, list);
}

int perf_tracepoint(const char *text, char *path, size_t path_size, char *metric,
                    size_t metric_size)
{
    struct span event = span_str(text), subsystem;
    int n;

    if (!scan_until(&event, ':', &subsystem) || subsystem.n == 0 || event.n == 0)
        return -EINVAL;
    for (const char *p = text; *p; p++) {
        int ok = (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
                 (*p >= 'A' && *p <= 'Z') || *p == '_' || p == event.p - 1;

        if (!ok)
            return -EINVAL;
    }
    n = snprintf(path, path_size, "%.*s/%s/id", (int)subsystem.n, subsystem.p, event.p);
    if (n < 0 || (size_t)n >= path_size)
        return -EINVAL;
    n = snprintf(metric, metric_size, "node_perf_%.*s_%s", (int)subsystem.n, subsystem.p,
                 event.p);
    return n < 0 || (size_t)n >= metric_size ? -EINVAL : 0;
}
