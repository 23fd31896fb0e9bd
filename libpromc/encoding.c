/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoding.c - choose the coding of an answer.
 */
#include "config.h"
#include "encoding.h"

#include "accept.h"

#define NOT_SAID PROMC__Q_BAD

int promc__accept_encoding(const char *header, const char *coding)
{
    int wanted = NOT_SAID, identity = NOT_SAID, others = NOT_SAID;
    struct promc__entry entry;

    if (!header)
        return 0;
    while ((header = promc__next_entry(header, &entry))) {
        if (promc__piece_is(entry.name, coding))
            wanted = entry.q;
        else if (promc__piece_is(entry.name, "identity"))
            identity = entry.q;
        else if (promc__piece_is(entry.name, "*"))
            others = entry.q;
    }
    if (wanted == NOT_SAID)
        wanted = others;
    /* Who says nothing of identity accepts it, but asked for something better. */
    return wanted > 0 && wanted >= identity;
}
