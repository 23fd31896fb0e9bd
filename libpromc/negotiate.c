/* SPDX-License-Identifier: Apache-2.0 */
/*
 * negotiate.c - choose the format of an exposition from the Accept header.
 *
 * There are two formats, so nothing needs to be sorted: the winner is the entry with the
 * highest q that one of them satisfies, and among equals the first.
 */
#include "config.h"

#include "promc/promc.h"

#include "accept.h"

/* Versions are compared as they are written. No version at all means any. */
static int version_is(const struct promc__entry *entry, const char *version)
{
    return !entry->version.s || promc__piece_is(entry->version, version);
}

/* OpenMetrics 0.0.1 is another format than the 1.0.0 that we write: a client that asks
 * for the draft alone gets the text format, which it knows too. Every Prometheus
 * that knows 1.0.0 puts it before the draft. */
static int is_openmetrics(const struct promc__entry *entry)
{
    return promc__piece_is(entry->name, "application/openmetrics-text") &&
           version_is(entry, "1.0.0");
}

static int is_text(const struct promc__entry *entry)
{
    return promc__piece_is(entry->name, "text/plain") && version_is(entry, "0.0.4");
}

static int is_wildcard(const struct promc__entry *entry)
{
    return promc__piece_is(entry->name, "*/*") || promc__piece_is(entry->name, "text/*");
}

promc_format promc_negotiate(const char *accept)
{
    promc_format best = PROMC_FORMAT_TEXT;
    struct promc__entry entry;
    int best_q = 0;

    if (!accept)
        return best;
    while ((accept = promc__next_entry(accept, &entry))) {
        if (entry.q <= best_q)
            continue; /* q=0 and a malformed q never win */
        if (is_openmetrics(&entry))
            best = PROMC_FORMAT_OPENMETRICS;
        else if (is_text(&entry) || is_wildcard(&entry))
            best = PROMC_FORMAT_TEXT;
        else
            continue;
        best_q = entry.q;
    }
    return best;
}

promc_format promc_negotiate_preferring(promc_format format, const char *accept)
{
    struct promc__entry entry;
    const char *rest = accept;

    if (!accept)
        return PROMC_FORMAT_TEXT;
    while ((rest = promc__next_entry(rest, &entry))) {
        if (entry.q > 0 &&
            (format == PROMC_FORMAT_OPENMETRICS ? is_openmetrics(&entry)
                                                : is_text(&entry) || is_wildcard(&entry)))
            return format;
    }
    return promc_negotiate(accept);
}

const char *promc_content_type(promc_format format)
{
    if (format == PROMC_FORMAT_OPENMETRICS)
        return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    return "text/plain; version=0.0.4; charset=utf-8";
}
