/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render.h - exposition: for programs with their own server (http.h has one ready-made).
 */
#ifndef PROMC_RENDER_H
#define PROMC_RENDER_H

#include <promc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A format, and how names outside [a-zA-Z0-9_:] are written in it: one of PROMC_FORMAT_*,
 * and one of PROMC_ESCAPE_* added to it. */
typedef unsigned promc_format;

#define PROMC_FORMAT_TEXT 0u        /* Prometheus text 0.0.4 */
#define PROMC_FORMAT_OPENMETRICS 1u /* OpenMetrics text 1.0.0 */
#define PROMC_FORMAT_TEXT_1_0 2u    /* Prometheus text 1.0.0: names in quotes */
#define PROMC_FORMAT_PROTOBUF 3u    /* io.prometheus.client.MetricFamily, delimited */
#define PROMC_FORMAT_OPENMETRICS_2                                                       \
    4u /* OpenMetrics 2.0.0; experimental: its specification
                                         is not final */

/* Of two families, or two series of one, whose names become the same, the later one is left
 * out and reported. Label values are never escaped so, and neither are the suffixes of samples:
 * h.x has h_x_bucket, or h_dot_x_bucket. */
#define PROMC_ESCAPE_UNDERSCORES 0u    /* other characters become _ */
#define PROMC_ESCAPE_DOTS 0x100u       /* . becomes _dot_, _ becomes __ */
#define PROMC_ESCAPE_VALUES 0x200u     /* U__ and code points: can be undone */
#define PROMC_ESCAPE_ALLOW_UTF8 0x300u /* as they are; not in text 0.0.4 */

/* promc_format_syntax, promc_format_escaping - the two parts. Since 0.1. */
static inline unsigned promc_format_syntax(promc_format format)
{
    return format & 0xffu;
}

static inline unsigned promc_format_escaping(promc_format format)
{
    return format & 0xff00u;
}

/* promc_negotiate - choose the format for a request.
 * @accept: the request's Accept header, NULL when there is none. Ranges are taken by falling
 * q, equal ones in their order; q=0 excludes; what nobody here speaks is passed over; nothing
 * left means PROMC_FORMAT_TEXT. The escaping is that of the range taken, underscores if it
 * names none or an unknown one. OpenMetrics 2.0 is for those who ask for that version.
 * Since 0.1. */
PROMC_API promc_format promc_negotiate(const char *accept);

/* promc_negotiate_preferring - the same, but @format whenever the client takes it at all. For
 * a server whose metrics would change their type with the format: OpenMetrics knows no
 * counter without _total. Since 0.1. */
PROMC_API promc_format promc_negotiate_preferring(promc_format format,
                                                  const char *accept);

/* promc_content_type - the Content-Type header for a format; static text. Since 0.1. */
PROMC_API const char *promc_content_type(promc_format format);

/* promc_page_new, _free, _data, _size - a page is a buffer that holds one rendered scrape
 * and keeps its memory for the next. Not thread-safe: one page per thread that renders.
 * Yours to free, also NULL; new gives NULL with *err filled when out of memory. The data
 * belong to the page until it is rendered again or freed, are NUL-terminated, and empty
 * before the first render. Since 0.1. */
PROMC_API promc_page *promc_page_new(promc_error *err);
PROMC_API void promc_page_free(promc_page *page);
PROMC_API const char *promc_page_data(const promc_page *page);
PROMC_API size_t promc_page_size(const promc_page *page);

/* promc_page_error - what had to be left out of the page.
 * Returns the number of samples and families left out (0: none) and fills *err with the
 * first reason: -ENOMEM when memory ran out in a collector, else -EINVAL. Since 0.1. */
PROMC_API size_t promc_page_error(const promc_page *page, promc_error *err);

/* promc_render - collect a registry and write it to @page.
 * Families come by name, series by labels; an unchanged registry gives the same bytes.
 * The page is complete and parseable, or the call fails and the page is empty: 0,
 * -ENOMEM, or -EINVAL (@page is NULL, no such format). Custom collectors run in the
 * calling thread. Any thread; of several at once each collects for itself and then waits
 * for its turn to write. Since 0.1. */
PROMC_API int promc_render(promc_registry *reg, promc_format format, promc_page *page,
                           promc_error *err);

typedef struct promc_render_opts {
    size_t size; /* sizeof(promc_render_opts), set by PROMC_RENDER_OPTS_INIT */
    const char *const *names; /* only families with these names; NULL: all */
    size_t n_names;
    void *scrape_arg; /* for promc_emit_arg() in collectors */
    promc_registry *const
        *others; /* more registries on the same page; families of one name
                                      and type become one, with the help of the first;
                                      series that come twice, families of another type
                                      or help, are left out and reported */
    size_t n_others;
    int created; /* not 0: creation times in OpenMetrics 1.0 too (_created); protobuf and
                    OpenMetrics 2.0 always have them */
    /* asked before each collector; not 0: the time is up, the collectors not yet begun are
     * left out and reported; NULL: nobody is asked */
    int (*late)(void *arg);
    void *late_arg;
} promc_render_opts;

#define PROMC_RENDER_OPTS_INIT                                                           \
    {                                                                                    \
        sizeof(promc_render_opts), NULL, 0, NULL, NULL, 0, 0, NULL, NULL                 \
    }

/* promc_render_with - the same with settings; NULL opts are the defaults. Names that
 * nobody has are passed over. Since 0.1. */
PROMC_API int promc_render_with(promc_registry *reg, promc_format format,
                                const promc_render_opts *opts, promc_page *page,
                                promc_error *err);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PROMC_RENDER_H */
