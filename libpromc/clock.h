/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - the time of day, as timestamps have it.
 */
#ifndef PROMC_CLOCK_H
#define PROMC_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since 1970. Read without a system call, and some milliseconds late. */
static inline int64_t promc__now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif /* PROMC_CLOCK_H */
