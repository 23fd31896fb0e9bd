/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoder.h - between what a page shows and how a format writes it. render.c says what there is,
 * family by family and series by series; an encoder for each syntax (text.c, openmetrics2.c,
 * protobuf.c) appends it to the page. An encoder decides nothing about which series are shown,
 * except that a format may have no way to say something.
 */
#ifndef PROMC_ENCODER_H
#define PROMC_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "promc/promc.h"

/* A family. Its name is escaped already, as the format's escaping says: an encoder meets
 * characters outside [a-zA-Z0-9_:] only where PROMC_ESCAPE_ALLOW_UTF8 lets them through. */
struct promc__meta {
    promc_type type;
    const char *name;
    size_t name_len;
    const char *help;
    const char *unit; /* NULL: none */
    int plain; /* OpenMetrics 1.0: a counter that has to go as unknown, because its name does
                  not end in _total, or would be another family's without it; an info that
                  has to go as gauge, likewise */
};

/* An exemplar. Its labels as kept, like those of a series; what is to be printed is
 * promc__exemplar_labels(). */
struct promc__exemplar_view {
    const char *labels;
    size_t labels_len;
    double value;
    int64_t timestamp_ms; /* 0: unknown */
};

/* What every series has. labels: as printed in the text formats, name="value",..., sorted,
 * constant ones included, values escaped. The names are escaped as the format's escaping
 * says; what then still is not [a-zA-Z_][a-zA-Z0-9_]* stands in quotes.
 * promc__labels_next() (labels.h) takes it apart again. */
struct promc__point {
    const char *labels;
    size_t labels_len;
    int64_t created_ms; /* 0: unknown */
    int64_t timestamp_ms;
    int has_timestamp;
    const struct promc__exemplar_view *exemplar; /* of a counter, or NULL */
};

/* Native buckets; counts are absolute, in the order of the spans. Either the integers or the
 * doubles are given. */
struct promc__native_view {
    int schema;
    double zero_threshold;
    uint64_t zero_count; /* or that of doubles: */
    double zero_count_float;
    const promc_span *positive_spans, *negative_spans;
    size_t n_positive_spans, n_negative_spans;
    const uint64_t *positive, *negative;
    const double *positive_float, *negative_float;
    size_t n_positive, n_negative; /* counts in all */
    const struct promc__exemplar_view *exemplars;
    size_t n_exemplars;
};

struct promc__histogram_view {
    const double *bounds; /* n of them; n may be 0 */
    const char *const
        *le[2]; /* their texts, in 0.0.4 and in OpenMetrics; NULL: to be formatted */
    size_t n;
    const uint64_t *counts;     /* with cumulative n of them, else n + 1 */
    const double *counts_float; /* cumulative; or NULL */
    int cumulative;
    uint64_t count;
    double count_float;
    double sum;
    int is_float; /* count_float and the float counts are meant */
    const struct promc__exemplar_view *const *exemplars; /* n + 1 pointers, or NULL */
    const struct promc__native_view *native;             /* or NULL */
};

struct promc__summary_view {
    const double *quantiles;
    const char *const *text[2]; /* as le above */
    const double *values;
    size_t n;
    double sum;
    uint64_t count;
};

struct promc__stateset_view {
    const char *const *states;
    size_t n;
    uint64_t on; /* bit i: the i-th state holds */
};

struct promc__encoder;

/* What a syntax can do. Functions that return int return 0, or -EINVAL when the format has no
 * way to say it: the sample is then left out and reported. */
struct promc__encoder_ops {
    void (*family)(struct promc__encoder *e, const struct promc__meta *meta);
    void (*integer)(struct promc__encoder *e, const struct promc__point *p, uint64_t v);
    int (*value)(struct promc__encoder *e, const struct promc__point *p, double v);
    int (*histogram)(struct promc__encoder *e, const struct promc__point *p,
                     const struct promc__histogram_view *h);
    int (*summary)(struct promc__encoder *e, const struct promc__point *p,
                   const struct promc__summary_view *s);
    int (*stateset)(struct promc__encoder *e, const struct promc__point *p,
                    const struct promc__stateset_view *s);
    /* After the last series of a family, and after the last family. May be NULL. */
    void (*family_end)(struct promc__encoder *e);
    void (*end)(struct promc__encoder *e);
};

/* The state of writing one page. What only one encoder needs is behind the common part. */
struct promc__encoder {
    const struct promc__encoder_ops *ops;
    struct promc__buf *out;
    promc_format format;
    int created;               /* creation times were asked for */
    struct promc__meta meta;   /* of the family being written; set by family() */
    struct promc__buf scratch; /* kept from page to page */
    size_t at[4];              /* for the encoder: offsets into out */
    /* Text: how sample lines begin, set up by family(): the name, or {" and the name. */
    const char *name;
    size_t name_len;
    int quoted;
    struct promc__buf name_text;
    struct promc__buf exemplar; /* what promc__exemplar_labels() returned */
};

/* The labels of an exemplar with names as the page's escaping has them. Good until the next
 * call. NULL: it cannot be shown (two names became one, or it got too long, or no memory). */
const char *promc__exemplar_labels(struct promc__encoder *e,
                                   const struct promc__exemplar_view *x, size_t *len);

extern const struct promc__encoder_ops promc__text_encoder; /* 0.0.4, 1.0.0, OM 1.0 */
extern const struct promc__encoder_ops promc__openmetrics2_encoder;
extern const struct promc__encoder_ops promc__protobuf_encoder;

#endif /* PROMC_ENCODER_H */
