/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ethtool.h - the parts of the ethtool collector.
 */
#ifndef NODE_COLLECTORS_ETHTOOL_H
#define NODE_COLLECTORS_ETHTOOL_H

#include <promc/promc.h>

#include "common/filter.h"
#include "node/arena.h"
#include "node/ethtool_ask.h"

/* --- link modes (ethtool_mode.c) --- */

enum { ETHTOOL_SUPPORTED, ETHTOOL_ADVERTISED, ETHTOOL_MASKS };
enum { ETHTOOL_AUTONEG, ETHTOOL_PAUSE, ETHTOOL_ASYM_PAUSE, ETHTOOL_ABILITIES };

struct ethtool_families {
    promc_samples *info;
    promc_samples *autoneg;
    promc_samples *port;
    promc_samples *speed[ETHTOOL_MASKS];
    promc_samples *ability[ETHTOOL_MASKS][ETHTOOL_ABILITIES];
};
void ethtool_begin_modes(struct ethtool_families *f, promc_emitter *out);

/* Emit what a mask of ETHTOOL_MASK_WORDS says. which: ETHTOOL_SUPPORTED or _ADVERTISED. */
void ethtool_emit_modes(const struct ethtool_families *f, int which, const char *device,
                        const uint32_t *mask);

/* --- names of statistics (ethtool_name.c) --- */

/* Room for the metric name of a statistic: each rx of the at most 32 bytes may become
 * "received", each tx "transmitted". */
#define ETHTOOL_NAME_MAX 256

/* A driver's name of a statistic as part of a metric name. Returns 0, or -EINVAL when
 * nothing is left of it. buf: ETH_GSTRING_LEN + 1 bytes. */
int ethtool_clean(const char *raw, char *buf);

/* The metric of a cleaned name. buf: ETHTOOL_NAME_MAX bytes. */
void ethtool_metric(const char *clean, char *buf);

/* The metrics of one driver, kept as long as its names stay the same. Start from all
 * zeros. */
struct ethtool_names {
    char *raw; /* what they were made of */
    size_t n;
    struct ethtool_metric {
        const char *metric;
        size_t at; /* place of the value */
    } * v;
    size_t used;
    struct arena text;
};

/* Bring them up to date. Those that the filter does not keep and those that would get the
 * same name are left out. Returns 0 or -ENOMEM. */
int ethtool_names_update(struct ethtool_names *names, const struct ethtool_counts *counts,
                         const struct filter *filter);
void ethtool_names_free(struct ethtool_names *names);

#endif /* NODE_COLLECTORS_ETHTOOL_H */
