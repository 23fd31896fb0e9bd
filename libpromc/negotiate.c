/* SPDX-License-Identifier: Apache-2.0 */
/*
 * negotiate.c - choose the format of an exposition from the Accept header.
 *
 * Nothing needs to be sorted: the winner is the entry with the highest q that one of the
 * formats satisfies, and among equals the first. Its own parameters say how names are escaped;
 * those of other entries are about other formats.
 */
#include "config.h"

#include "promc/promc.h"

#include "accept.h"
#include "escape.h"

/* Versions are compared as they are written. No version at all means any. */
static int version_is(const struct promc__entry *entry, const char *version)
{
    return !entry->version.s || promc__piece_is(entry->version, version);
}

static int says_version(const struct promc__entry *entry, const char *version)
{
    return entry->version.s && promc__piece_is(entry->version, version);
}

static int is_protobuf(const struct promc__entry *entry)
{
    return promc__piece_is(entry->name, "application/vnd.google.protobuf") &&
           entry->proto.s &&
           promc__piece_is(entry->proto, "io.prometheus.client.metricfamily") &&
           entry->encoding.s && promc__piece_is(entry->encoding, "delimited");
}

/* The syntax that satisfies the entry, or -1. OpenMetrics 0.0.1 is another format than the
 * 1.0.0 that we write: a client that asks for the draft alone gets the text format, which it
 * knows too. Every Prometheus that knows 1.0.0 puts it before the draft. */
static int syntax_of(const struct promc__entry *entry)
{
    if (promc__piece_is(entry->name, "application/openmetrics-text")) {
        if (version_is(entry, "1.0.0"))
            return PROMC_FORMAT_OPENMETRICS;
        return says_version(entry, "2.0.0") ? (int)PROMC_FORMAT_OPENMETRICS_2 : -1;
    }
    if (promc__piece_is(entry->name, "text/plain")) {
        if (version_is(entry, "0.0.4"))
            return PROMC_FORMAT_TEXT;
        return says_version(entry, "1.0.0") ? (int)PROMC_FORMAT_TEXT_1_0 : -1;
    }
    if (promc__piece_is(entry->name, "*/*") || promc__piece_is(entry->name, "text/*"))
        return PROMC_FORMAT_TEXT;
    return is_protobuf(entry) ? (int)PROMC_FORMAT_PROTOBUF : -1;
}

static unsigned escaping_of(const struct promc__entry *entry)
{
    if (!entry->escaping.s)
        return PROMC_ESCAPE_UNDERSCORES;
    if (promc__piece_is(entry->escaping, "allow-utf-8"))
        return PROMC_ESCAPE_ALLOW_UTF8;
    if (promc__piece_is(entry->escaping, "dots"))
        return PROMC_ESCAPE_DOTS;
    if (promc__piece_is(entry->escaping, "values"))
        return PROMC_ESCAPE_VALUES;
    return PROMC_ESCAPE_UNDERSCORES;
}

/* The best entry, of syntax @only unless that is -1; -1 when there is none. */
static int choose(const char *accept, int only)
{
    struct promc__entry entry;
    int best = -1, best_q = 0;

    while (accept && (accept = promc__next_entry(accept, &entry))) {
        int syntax = syntax_of(&entry);

        /* q=0 and a malformed q never win */
        if (syntax < 0 || entry.q <= best_q || (only >= 0 && syntax != only))
            continue;
        best = syntax | (int)promc__escaping((unsigned)syntax | escaping_of(&entry));
        best_q = entry.q;
    }
    return best;
}

promc_format promc_negotiate(const char *accept)
{
    int format = choose(accept, -1);

    return format >= 0 ? (promc_format)format : PROMC_FORMAT_TEXT;
}

promc_format promc_negotiate_preferring(promc_format format, const char *accept)
{
    int preferred = choose(accept, (int)promc_format_syntax(format));

    return preferred >= 0 ? (promc_format)preferred : promc_negotiate(accept);
}

#define TEXT "text/plain; version="
#define OPENMETRICS "application/openmetrics-text; version="
#define PROTOBUF                                                                         \
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "         \
    "encoding=delimited"
/* One for each escaping. */
#define FOUR(type)                                                                       \
    {                                                                                    \
        type "; escaping=underscores", type "; escaping=dots", type "; escaping=values", \
            type "; escaping=allow-utf-8"                                                \
    }

const char *promc_content_type(promc_format format)
{
    static const char *const types[][4] = {
        [PROMC_FORMAT_TEXT] = FOUR(TEXT "0.0.4; charset=utf-8"),
        [PROMC_FORMAT_OPENMETRICS] = FOUR(OPENMETRICS "1.0.0; charset=utf-8"),
        [PROMC_FORMAT_TEXT_1_0] = FOUR(TEXT "1.0.0; charset=utf-8"),
        [PROMC_FORMAT_PROTOBUF] = FOUR(PROTOBUF),
        [PROMC_FORMAT_OPENMETRICS_2] = FOUR(OPENMETRICS "2.0.0; charset=utf-8"),
    };
    unsigned syntax = promc_format_syntax(format);
    unsigned escaping = promc__escaping(format);

    /* in the oldest format escaping is the exception */
    if (syntax > PROMC_FORMAT_OPENMETRICS_2 || escaping > PROMC_ESCAPE_ALLOW_UTF8 ||
        (syntax == PROMC_FORMAT_TEXT && escaping == PROMC_ESCAPE_UNDERSCORES))
        return TEXT "0.0.4; charset=utf-8";
    return types[syntax][escaping >> 8];
}
