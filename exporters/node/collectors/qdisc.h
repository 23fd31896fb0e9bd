/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qdisc.h - what is known of a queueing discipline.
 */
#ifndef NODE_QDISC_H
#define NODE_QDISC_H

#include <promc/promc.h>
#include <stdint.h>

enum qdisc_stat {
    QDISC_BYTES,
    QDISC_PACKETS,
    QDISC_DROPS,
    QDISC_REQUEUES,
    QDISC_OVERLIMITS,
    QDISC_LENGTH,
    QDISC_BACKLOG,
    QDISC_STATS
};

struct qdisc {
    int index;       /* of the interface */
    uint32_t parent; /* 0 for the root */
    char device[64];
    char kind[64];
    uint64_t stat[QDISC_STATS];
};

typedef void qdisc_each(void *arg, struct qdisc *q);

/* Hand on what the file results.json of a directory holds. Returns 0, or -errno with *err
 * filled. */
int qdisc_fixture(const char *dir, qdisc_each *each, void *arg, promc_error *err);

#endif /* NODE_QDISC_H */
