/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrap.h - what a view of a registry adds to all that is registered through it: a prefix and
 * constant labels. Of a view of a view, what both add.
 */
#ifndef PROMC_WRAP_H
#define PROMC_WRAP_H

#include <stdatomic.h>
#include <stddef.h>

#include "promc/promc.h"

struct promc__wrap {
    _Atomic size_t refs; /* the view, and collectors that were registered through it */
    const char *prefix;  /* these: behind the struct */
    const char *const *labels; /* name, value, name, value, ... */
    size_t n_labels;           /* pairs */
};

struct promc__wrap *promc__wrap_ref(struct promc__wrap *w);
void promc__wrap_unref(const struct promc__wrap *w); /* NULL is a no-op */

/* What a family is called and labelled with: *name and the constant labels of @opts are replaced
 * by memory that the caller frees. NULL @w: nothing to do. 0 or -ENOMEM. */
int promc__wrap_apply(const struct promc__wrap *w, const char **name, promc_opts *opts,
                      void **memory);

#endif /* PROMC_WRAP_H */
