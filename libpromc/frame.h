/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - the part of a label set as printed that all series of a family share: label
 * names, quotes, constant labels. A series' text is the frame with its escaped values in
 * the gaps, so nothing but the text need be kept to find a series by its values, or to
 * sort.
 */
#ifndef PROMC_FRAME_H
#define PROMC_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct promc__frame {
    const char *text; /* the pieces, one after the other */
    const uint32_t
        *size; /* of the pieces: one before each value, and one behind the last */
    size_t n;  /* values */
};

/* Print @values (with a NUL behind each). */
void promc__frame_print(const struct promc__frame *f, struct promc__buf *b,
                        const char *values);

/* 1 when @text is what promc__frame_print() makes of @values. */
int promc__frame_match(const struct promc__frame *f, const char *text,
                       const char *values);

/* Compare two texts of the same frame by their values, one after the other. */
int promc__frame_compare(const char *a, size_t a_len, const char *b, size_t b_len);

#endif /* PROMC_FRAME_H */
