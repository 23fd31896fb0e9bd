/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what a fuzz target needs. A target defines LLVMFuzzerTestOneInput() and is
 * linked with libFuzzer, or with fuzz_main.c, which replays files.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* End the run loudly when something that must hold does not. */
#define FUZZ_CHECK(condition)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,            \
                    #condition);                                                         \
            abort();                                                                     \
        }                                                                                \
    } while (0)

/* The input as a string on the heap, so that a sanitizer sees every read behind its end.
 */
static inline char *fuzz_string(const uint8_t *data, size_t size)
{
    char *s = malloc(size + 1);
    FUZZ_CHECK(s);
    if (size)
        memcpy(s, data, size);
    s[size] = '\0';
    return s;
}

#endif /* FUZZ_FUZZ_H */
