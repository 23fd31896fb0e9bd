/* SPDX-License-Identifier: Apache-2.0 */
/*
 * periodic.h - a task that a thread of the library does again and again.
 */
#ifndef PROMC_PERIODIC_H
#define PROMC_PERIODIC_H

#include "promc/promc.h"

struct promc__periodic;

/* Call @fn with @arg every @seconds (from the beginning of one call to that of the next; calls
 * that would have begun during a longer one are left out), the first time at once if @now, else
 * after one interval. The thread takes no signals. NULL with *err filled: -EINVAL, -ENOMEM,
 * -EAGAIN (no thread). @what begins the error's sentence. */
struct promc__periodic *promc__periodic_start(const char *what, void (*fn)(void *arg),
                                              void *arg, double seconds, int now,
                                              promc_error *err);

/* Wait for a call under way, and end it. NULL is a no-op. In a child of fork(), where the thread
 * does not exist, only the memory is released. Returns 1 if there was a thread. */
int promc__periodic_stop(struct promc__periodic *p);

#endif /* PROMC_PERIODIC_H */
