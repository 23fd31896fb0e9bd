/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadline.h - how long a collector that asks another program may wait for the answer.
 */
#ifndef NODE_DEADLINE_H
#define NODE_DEADLINE_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

static inline uint64_t deadline_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* When to give up in a scrape that ends at scrape_ns: a tenth of the time that is left
 * before it, or 100 ms, for what comes back after its end is thrown away. */
static inline uint64_t deadline_before(uint64_t scrape_ns)
{
    uint64_t now = deadline_now(), spare;

    if (scrape_ns <= now)
        return now;
    spare = (scrape_ns - now) / 10;
    return scrape_ns - (spare < 100000000 ? spare : 100000000);
}

/* What is left until then, for poll(): milliseconds, rounded up; 0 when it is over. */
static inline int deadline_ms(uint64_t ns)
{
    uint64_t now = deadline_now();

    if (ns <= now)
        return 0;
    return (ns - now) / 1000000 >= INT_MAX ? INT_MAX : (int)((ns - now) / 1000000) + 1;
}

#endif /* NODE_DEADLINE_H */
