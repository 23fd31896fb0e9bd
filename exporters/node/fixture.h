/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - what --collector.*.fixtures names: JSON files that a collector takes in place
 * of asking the kernel, for tests where there is no such hardware.
 */
#ifndef NODE_FIXTURE_H
#define NODE_FIXTURE_H

#include <promc/promc.h>
#include <stdint.h>

/* 1 when a flag's value names fixtures. */
static inline int fixture_given(const char *dir)
{
    return dir && dir[0];
}

/* For init: 0, or -ENOTSUP with *err filled when the flag was given and this build cannot
 * read JSON. */
int fixture_check(const char *flag, const char *dir, promc_error *err);

#ifdef HAVE_JANSSON
#include <jansson.h>

/* Read the file DIR/NAME. Returns 0 with *root, for json_decref(), or -errno with *err
 * filled. */
int fixture_read(const char *dir, const char *name, json_t **root, promc_error *err);

/* A member of an object; "" or 0 when it is not there or something else. */
const char *fixture_string(const json_t *object, const char *key);
int64_t fixture_number(const json_t *object, const char *key);
#endif

#endif /* NODE_FIXTURE_H */
