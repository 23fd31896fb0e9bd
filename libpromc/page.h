/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - a rendered scrape, with the memory that rendering the next one will want again.
 */
#ifndef PROMC_PAGE_H
#define PROMC_PAGE_H

#include "buf.h"
#include "emitter.h"
#include "exemplar.h"
#include "native.h"
#include "encoder.h"
#include "promc/promc.h"
#include "sketch.h"

struct promc__child;
struct promc__collector;
struct promc__family;

/* All that has one name: registered families, of several registries if those are shown
 * together, and emitted ones. */
struct promc__group {
    const char *name; /* as registered or emitted */
    size_t name_len;
    const char *written; /* as escaped */
    size_t written_len;
    promc_type type;                   /* of what is shown, see names.c */
    const struct promc__family *shown; /* the first registered one with series, or NULL */
    size_t n_shown;                    /* how many have series */
    size_t family, n_families;         /* in page->families */
    size_t emitted, n_emitted;         /* in page->emitted */
};

/* A series of a group that takes more than one look: one of two sources. */
struct promc__series {
    const struct promc__child *child;
    const struct promc__sample *sample;
    const char *labels; /* as kept */
    size_t labels_len;
    size_t n_labels;
    const char *text; /* as escaped */
    size_t text_len;
    size_t at; /* of that in page->texts */
    int out;   /* left out */
};

struct promc_page {
    struct promc__buf out;
    promc_emitter *emitter;

    size_t left_out;
    promc_error first_error;

    /* Scratch; each with its capacity. */
    struct promc_registry **registries; /* shown on this page, each once */
    size_t n_registries, cap_registries;
    struct promc__family **families;
    size_t n_families, cap_families;
    struct promc_samples **emitted;
    size_t n_emitted, cap_emitted;
    struct promc__sample **samples;
    size_t n_samples, cap_samples;
    struct promc__group *groups; /* by name */
    size_t n_groups, cap_groups;
    struct promc__group **by_written; /* when escaping changes names: by these */
    size_t n_by_written, cap_by_written;
    struct promc__buf written; /* the names, as escaped */
    struct promc__series *series;
    size_t n_series, cap_series;
    struct promc__series **by_labels;
    size_t cap_by_labels;
    struct promc__buf texts;   /* label sets, as escaped */
    struct promc__buf scratch; /* for a moment */
    struct promc__collector **collectors;
    size_t n_collectors, cap_collectors;
    uint64_t *counts;
    size_t cap_counts;
    struct promc__sketch_scratch sketch;
    struct promc__native_scratch native;
    struct promc__exemplar_scratch exemplars;
    struct promc__encoder encoder;
};

/* Count @n things as left out. The first reason is kept, unless memory ran out later. */
void promc__page_leave_out_all(promc_page *page, const promc_error *why, size_t n);
/* Count one. */
void promc__page_leave_out(promc_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Grow one of the scratch arrays to @need items of @size. 0 or -ENOMEM. */
int promc__page_reserve(void *array, size_t *cap, size_t need, size_t size);

#endif /* PROMC_PAGE_H */
