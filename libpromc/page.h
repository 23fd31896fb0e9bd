/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - a rendered scrape, with the memory that rendering the next one will want again.
 */
#ifndef PROMC_PAGE_H
#define PROMC_PAGE_H

#include "buf.h"
#include "emitter.h"
#include "native.h"
#include "encoder.h"
#include "promc/promc.h"
#include "sketch.h"

struct promc__collector;
struct promc__family;

struct promc_page {
    struct promc__buf out;
    promc_emitter *emitter;

    size_t left_out;
    promc_error first_error;

    /* Scratch; each with its capacity. */
    struct promc__family **families;
    size_t n_families, cap_families;
    struct promc_samples **emitted;
    size_t n_emitted, cap_emitted;
    struct promc__sample **samples;
    size_t n_samples, cap_samples;
    struct promc__collector **collectors;
    size_t n_collectors, cap_collectors;
    uint64_t *counts;
    size_t cap_counts;
    struct promc__sketch_scratch sketch;
    struct promc__native_scratch native;
    struct promc__encoder encoder;
};

/* Count something as left out; the first reason is kept. */
void promc__page_leave_out(promc_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Grow one of the scratch arrays to @need items of @size. 0 or -ENOMEM. */
int promc__page_reserve(void *array, size_t *cap, size_t need, size_t size);

#endif /* PROMC_PAGE_H */
