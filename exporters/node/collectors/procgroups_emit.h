/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_emit.h - metrics of groups, under the names of process-exporter.
 */
#ifndef NODE_PROCGROUPS_EMIT_H
#define NODE_PROCGROUPS_EMIT_H

#include <promc/promc.h>

#include "node/collectors/procgroups_track.h"

/* What there is to show; an or of these. */
enum {
    PROCGROUPS_HAS_IO = 1,
    PROCGROUPS_HAS_STATUS = 2,
    PROCGROUPS_HAS_FDS = 4,
    PROCGROUPS_HAS_SMAPS = 8,
};

struct procgroups_show {
    unsigned has;
    double ticks_per_second;
    double boot; /* seconds since 1970 */
    size_t top;  /* how many groups to show; 0: all */
    int by_memory;
    uint8_t *shown; /* scratch: for each group */
    size_t shown_cap;
};

/* In the name of a group of threads, between the name of its processes and its own. */
#define PROCGROUPS_THREAD_MARK '\x1f'

/* Groups of processes, then groups of threads, if any. Returns 0 or -ENOMEM. */
int procgroups_emit(struct procgroups_show *show, const struct procgroups *processes,
                    const struct procgroups *threads, promc_emitter *out);

#endif /* NODE_PROCGROUPS_EMIT_H */
