/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attr.h - directories of small files with one value each, as sysfs shows devices: read one,
 * or show a table of them as metrics.
 */
#ifndef NODE_ATTR_H
#define NODE_ATTR_H

#include <promc/promc.h>

#include "node/scan.h"

/* Read the file @name as a number: in the base its prefix says (0x, 0), or hexadecimal with
 * or without 0x. Returns 0 or -errno; -EINVAL and -ERANGE for what is no such number. *v is
 * only set on success. */
int attr_u64(int dirfd, const char *name, uint64_t *v);
int attr_i64(int dirfd, const char *name, int64_t *v);
int attr_hex(int dirfd, const char *name, uint64_t *v);

/* Read the file @name as text, without white space at its ends; what is longer than the room
 * is cut off. Returns text, which is empty when the file cannot be read. */
#define ATTR_TEXT_SIZE 129
const char *attr_text(int dirfd, const char *name, char text[ATTR_TEXT_SIZE]);

/* One file, and the metric it is shown as: times @times, then by @by, each left out when 0.
 * The order matters: a peer's values are the same to the last bit only when computed the
 * same way. */
struct attr {
    const char *file;
    promc_type type;
    const char *name;
    const char *help;
    double times, by;
};

/* Begin the families of a table of @n; @families has room for as many. */
void attr_begin(promc_emitter *out, const struct attr *table, size_t n,
                promc_labels labels, promc_samples **families);

/* Read the files of the table in a directory and emit what is there and is a number. A file
 * that is missing, may not be read or has no value now is left out, as drivers differ in what
 * they have. Returns how many were emitted. */
size_t attr_emit(int dirfd, const struct attr *table, size_t n,
                 promc_samples *const *families, promc_labels values);

#endif /* NODE_ATTR_H */
