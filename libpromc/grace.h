/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grace.h - when may memory be used again that other threads read without a lock?
 *
 * What is to be removed is first taken out of reach; then a grace period begins. It is over when
 * every thread has been seen, since then, with its lane not busy: whatever it had in hand,
 * it has put down. The threads pay for this with a mark in their own lane and no barrier;
 * promc__grace_begin() has the kernel make one for them (membarrier).
 */
#ifndef PROMC_GRACE_H
#define PROMC_GRACE_H

#include <stdint.h>

struct promc__grace {
    uint64_t number;
    uint64_t not_before; /* CLOCK_MONOTONIC, ns: where the kernel makes no barriers */
};

struct promc__grace promc__grace_begin(void);
/* 1 when it is over. Waits for nobody: ask again later. */
int promc__grace_over(const struct promc__grace *g);

/* Tests only: do without membarrier. */
void promc__grace_no_barriers(int on);

#endif /* PROMC_GRACE_H */
