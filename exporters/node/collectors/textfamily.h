/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfamily.h - the metric families of many text files, brought together.
 *
 * A file is taken as a whole or not at all. Then its families are put beside those of the
 * same name that earlier files brought. Nothing here reads files; the strings live in an
 * arena.
 */
#ifndef NODE_TEXTFAMILY_H
#define NODE_TEXTFAMILY_H

#include <promc/promc.h>

#include "node/arena.h"

struct text_family;
struct text_name;

/* Zero-initialise, then set arena; textset_free() at the end. */
struct textset {
    struct arena *arena;
    struct text_name **table; /* by hash of the name */
    size_t table_size, n_names;
    struct text_name *first, *last; /* in the order of their appearance */

    size_t cells; /* how much has been taken in, against a limit */

    /* Room that is used again and again. */
    struct text_sample **samples;
    size_t samples_cap;
    double *numbers;
    size_t numbers_cap;
};

/* Forget everything, for the next scrape. Comes before the arena is reset. */
void textset_reset(struct textset *t);
void textset_free(struct textset *t);

/* Take a file in. path names it in messages and in the help of metrics without one.
 * Returns 0; 1 when all went well but for a family that an earlier file has given another
 * type or help, which is left out, and *err says which; or a negative errno value with
 * *err filled when nothing of the file is taken. */
int textset_add(struct textset *t, const char *path, const char *text, size_t len,
                promc_error *err);

/* Emit everything. Returns 0; 1 when a histogram made no sense and was left out, and *err
 * says which; or -ENOMEM. */
int textset_emit(struct textset *t, promc_emitter *out, promc_error *err);

#endif /* NODE_TEXTFAMILY_H */
