/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conflicts.h - events refused because their name already has another type, counted by
 * name.
 *
 * The names come from whoever sends, so the table is bounded: the first CONFLICTS_MAX
 * pairs of name and type have a count of their own, all later ones share one per type
 * with an empty name.
 */
#ifndef STATSD_CONFLICTS_H
#define STATSD_CONFLICTS_H

#include <stdint.h>

#include <promc/promc.h>

#include "statsd/hash.h"
#include "statsd/line.h"

#define CONFLICTS_MAX 1000

struct conflicts;

struct conflicts *conflicts_new(const struct hash_key *key);
void conflicts_free(struct conflicts *c);

/* Count one. Any thread. */
void conflicts_add(struct conflicts *c, enum event_type type, const char *name,
                   uint64_t n);

/* Emit statsd_exporter_events_conflict_total; nothing when there was no conflict. */
void conflicts_emit(struct conflicts *c, promc_emitter *e);

/* The label value for a type: "counter", "gauge", "observer". */
const char *event_type_name(enum event_type type);

#endif /* STATSD_CONFLICTS_H */
