/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stress.h - how the stress programs tell of what went wrong, and go on.
 */
#ifndef STRESS_H
#define STRESS_H

#include <stdio.h>

static int failures;

#define CHECK(condition, ...)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                              \
            fprintf(stderr, __VA_ARGS__);                                                \
            fputc('\n', stderr);                                                         \
            failures++;                                                                  \
        }                                                                                \
    } while (0)

#endif /* STRESS_H */
