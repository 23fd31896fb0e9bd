/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mdstat.h - the RAID arrays that /proc/mdstat tells of.
 */
#ifndef NODE_MDSTAT_H
#define NODE_MDSTAT_H

#include "node/scan.h"

enum md_state {
    MD_ACTIVE,
    MD_INACTIVE,
    MD_RECOVERING,
    MD_RESYNC,
    MD_CHECK,
    MD_STATES, /* the array is in none of these: it is being reshaped */
};

struct md_array {
    struct span name;
    enum md_state state;
    uint64_t disks_active, disks_failed, disks_spare;
    uint64_t disks_required;
    uint64_t blocks, blocks_synced;
};

/* Take the next array off the front of *text. Returns 1; 0 when there is none left; -EINVAL
 * for one of unknown form, which is passed over, or a line that is not about an array. */
int mdstat_next(struct span *text, struct md_array *a);

#endif /* NODE_MDSTAT_H */
