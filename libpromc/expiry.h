/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expiry.h - series that are removed when they have not been updated for a while.
 *
 * Updates do nothing for it. A scrape compares each series with how it was at the last one; what
 * leaves no trace, as setting a gauge to the value that it has, or a look-up, touches the series
 * (promc__child_touch).
 */
#ifndef PROMC_EXPIRY_H
#define PROMC_EXPIRY_H

#include <stdint.h>

#include "promc/promc.h"

struct promc__child;

/* A new child begins to be watched. */
void promc__child_watch_init(const struct promc__child *c);

/* Remove what has expired. Render lock and lock held. */
void promc__registry_expire(promc_registry *reg);

/* Tests only: another clock, in ns; NULL is the usual one. */
void promc__expiry_clock(uint64_t (*now)(void));

#endif /* PROMC_EXPIRY_H */
