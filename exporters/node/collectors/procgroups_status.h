/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_status.h - the lines of /proc/PID/status that have no other place.
 */
#ifndef NODE_PROCGROUPS_STATUS_H
#define NODE_PROCGROUPS_STATUS_H

#include "node/collectors/procgroups_track.h"
#include "node/scan.h"

/* Fill in swapped memory and context switches; what is not there or no number stays. */
void procgroups_status_parse(struct span text, struct procgroups_sample *s);

#endif /* NODE_PROCGROUPS_STATUS_H */
