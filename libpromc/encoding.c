/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoding.c - choose the coding of an answer.
 */
#include "config.h"
#include "encoding.h"

#include "accept.h"

#define NOT_SAID PROMC__Q_BAD

static const char *const names[PROMC__CODINGS] = { "identity", "gzip", "zstd" };

const char *promc__coding_name(enum promc__coding coding)
{
    return coding != PROMC__IDENTITY ? names[coding] : NULL;
}

enum promc__coding promc__accept_encoding(const char *header)
{
    int q[PROMC__CODINGS] = { NOT_SAID, NOT_SAID, NOT_SAID }, others = NOT_SAID;
    enum promc__coding best = PROMC__IDENTITY;
    struct promc__entry entry;

    if (!header)
        return best;
    while ((header = promc__next_entry(header, &entry))) {
        for (int i = 0; i < PROMC__CODINGS; i++) {
            if (promc__piece_is(entry.name, names[i]))
                q[i] = entry.q;
        }
        if (promc__piece_is(entry.name, "*"))
            others = entry.q;
    }
    /* Who takes anything gets what everybody can read. */
    if (q[PROMC__GZIP] == NOT_SAID)
        q[PROMC__GZIP] = others;
#ifndef HAVE_ZSTD
    q[PROMC__ZSTD] = NOT_SAID;
#endif
    /* Who says nothing of identity accepts it, but asked for something better. zstd is last:
     * it costs less than gzip. */
    for (int i = PROMC__GZIP; i < PROMC__CODINGS; i++) {
        if (q[i] > 0 && q[i] >= q[best])
            best = (enum promc__coding)i;
    }
    return best;
}
