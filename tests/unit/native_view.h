/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native_view.h - what a native histogram shows, as text: for the tests of native buckets.
 */
#ifndef TESTS_NATIVE_VIEW_H
#define TESTS_NATIVE_VIEW_H

#include <inttypes.h>

#include "core.h"
#include "metrics.h"
#include "native.h"

enum { START = 1000000 };
static _Atomic int64_t now_ms = START;

__attribute__((unused)) static int64_t fake_clock(void)
{
    return now_ms;
}

struct shown {
    char *text; /* free() */
    uint64_t count, native_count;
    double sum;
    int64_t created;
};

static uint64_t put_side(FILE *out, const char *sign, const promc_span *spans,
                         size_t n_spans, const uint64_t *counts, size_t n)
{
    uint64_t before = 0;
    uint64_t total = 0;
    size_t length = 0;

    if (n_spans != 0)
        fprintf(out, " %s", sign);
    for (size_t i = 0; i < n_spans; i++) {
        fprintf(out, " [%" PRId32 ",%" PRIu32 "]", spans[i].offset, spans[i].length);
        length += spans[i].length;
        assert_true(i == 0 || spans[i].offset > 2);
    }
    assert_int_equal(length, n);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, " %" PRId64, (int64_t)(counts[i] - before));
        before = counts[i];
        total += counts[i];
    }
    return total;
}

/* The buckets as the protobuf format has them: spans, and differences from count to count. */
__attribute__((unused)) static void show(promc_histogram *h, struct shown *to)
{
    const struct promc__child *c = (struct promc__child *)h;
    struct promc__native_scratch s = { 0 };
    const struct promc__native_view *v = &s.view;
    size_t n = promc__histogram_shape(c->family)->n;
    uint64_t counts[20] = { 0 };
    size_t size;
    FILE *out = open_memstream(&to->text, &size);

    assert_int_equal(promc__histogram_read_native(c, &s, counts, &to->sum, &to->created),
                     0);
    to->count = 0;
    for (size_t i = 0; i <= n; i++)
        to->count += counts[i];
    fprintf(out, "schema %d zero %" PRIu64 " below %.17g", v->schema, v->zero_count,
            v->zero_threshold);
    to->native_count = v->zero_count;
    to->native_count += put_side(out, "+", v->positive_spans, v->n_positive_spans,
                                 v->positive, v->n_positive);
    to->native_count += put_side(out, "-", v->negative_spans, v->n_negative_spans,
                                 v->negative, v->n_negative);
    fclose(out);
    promc__free(s.mem);
}

/* A histogram with native buckets and the usual classic ones. */
__attribute__((unused)) static promc_histogram *native(double factor)
{
    promc_opts o = PROMC_OPTS_INIT;

    o.native_factor = factor;
    return promc_histogram_labels(promc_histogram_family_new_with(reg, "h", "Help.",
                                                                  PROMC_NO_LABELS, NULL,
                                                                  0, &o, NULL),
                                  PROMC_NO_LABELS);
}

#endif /* TESTS_NATIVE_VIEW_H */
