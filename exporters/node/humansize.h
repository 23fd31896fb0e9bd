/* SPDX-License-Identifier: Apache-2.0 */
/*
 * humansize.h - numbers that the kernel has shortened for people: 20.4G, 790.0k.
 */
#ifndef NODE_HUMANSIZE_H
#define NODE_HUMANSIZE_H

#include "node/scan.h"

/* A number with k, M, G, T, P, E or nothing behind it, in powers of 1024, as a whole number.
 * Before or after a blank it may also be KiB, MiB and so on, or B: "20.4 GiB". Returns 0;
 * -EINVAL when it is none; -ERANGE when it has more than 64 bits. *v is only set on success. */
int humansize(struct span text, double *v);

/* Take such a number off the front of *rest, with the blanks before it. Returns -ENODATA when
 * only blanks are left. */
int humansize_take(struct span *rest, double *v);

/* The same as bcache writes it. It may be negative. What follows the point is, in the older
 * kernels, a count of 1024ths by ten, so that 1.10 was more than 1.9; the peer reads it that
 * way whatever the kernel, and so do we. */
int humansize_bcache(struct span text, double *v);

#endif /* NODE_HUMANSIZE_H */
