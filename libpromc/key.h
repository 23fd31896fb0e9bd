/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h - a label set as one run of bytes, made on the stack for each look-up: the values in
 * the order of their names, with a NUL behind each; where a series brings its own names, those
 * follow. One hash, one comparison, and the order of series in a scrape is the order of keys.
 */
#ifndef PROMC_KEY_H
#define PROMC_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "promc/promc.h"

/* Label sets up to these sizes need no memory of their own. */
enum { PROMC__KEY_LABELS = 32, PROMC__KEY_BYTES = 1024 };

struct promc__key {
    promc_labels names; /* as given; empty when the family has them */
    promc_labels values;
    const uint16_t *order; /* sorts both */
    char *bytes;
    size_t len;
    uint64_t hash;
    size_t cap;
    uint16_t *order_mem; /* what was too large for the two below */
    char *bytes_mem;
    uint16_t few[PROMC__KEY_LABELS];
    char small[PROMC__KEY_BYTES];
};

/* @order: of the family's label names; NULL: @names are the series' own. Returns 0, -EINVAL
 * for a NULL among the strings, -ENOMEM. promc__key_done() in any case. */
int promc__key_init(struct promc__key *k, promc_labels names, promc_labels values,
                    const uint16_t *order);
void promc__key_done(struct promc__key *k);

/* Label values are hashed with a number of the process. See that there is one before fork(), for
 * processes that shall find each other's. */
void promc__key_settle(void);

#endif /* PROMC_KEY_H */
