/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_escape.c - names and label sets in each escaping: any UTF-8 becomes a name that all
 * formats can write, from which "values" can be undone; a set stays sorted, with no name twice.
 * The input is a metric name, and label names and values in turn, with a NUL behind each.
 */
#include "config.h"
#include "fuzz.h"

#include <errno.h>

#include "../unit/unescape.h"
#include "buf.h"
#include "encoder.h"
#include "escape.h"
#include "labels.h"

enum { MOST = 16 };

static void check_name(const char *name, unsigned escaping, enum promc__name_kind kind)
{
    struct promc__buf b = { 0 };
    char *back = malloc(12 * strlen(name) + 8);

    FUZZ_CHECK(back);
    promc__escape_name(&b, name, strlen(name), escaping, kind);
    if (escaping != PROMC_ESCAPE_ALLOW_UTF8)
        FUZZ_CHECK(kind == PROMC__METRIC_NAME ? promc__name_legacy(b.data, b.len)
                                              : promc__label_name_legacy(b.data, b.len));
    promc__buf_put(&b, "", 1);
    if (escaping == PROMC_ESCAPE_VALUES && strncmp(name, "U__", 3) != 0) {
        FUZZ_CHECK(unescape_values(b.data, back) == 0);
        FUZZ_CHECK(strcmp(back, name) == 0);
    }
    free(back);
    promc__buf_free(&b);
}

static size_t count_sorted(const char *text, size_t len)
{
    const char *end = text + len;
    struct promc__label l, last = { 0 };
    size_t n = 0;

    for (; promc__labels_next(&text, end, &l); n++) {
        if (n != 0) {
            size_t shorter = l.name_len < last.name_len ? l.name_len : last.name_len;
            int c = memcmp(last.name, l.name, shorter);

            FUZZ_CHECK(c < 0 || (c == 0 && last.name_len < l.name_len));
        }
        last = l;
    }
    return n;
}

static void check_labels(promc_labels names, promc_labels values)
{
    struct promc__buf text = { 0 }, escaped = { 0 }, scratch = { 0 };
    uint16_t order[MOST];

    promc__labels_order(names, order);
    promc__labels_print(&text, names, values, order);
    for (unsigned escaping = 0; escaping < PROMC_ESCAPE_ALLOW_UTF8;
         escaping += PROMC_ESCAPE_DOTS) {
        int rc;

        if (!promc__escape_changes(text.data, text.len, escaping))
            continue;
        promc__buf_reset(&escaped);
        rc = promc__escape_labels(&escaped, text.data, text.len, escaping, &scratch);
        FUZZ_CHECK(rc == 0 || rc == -EEXIST);
        if (rc == 0)
            FUZZ_CHECK(count_sorted(escaped.data, escaped.len) == names.n);
    }
    promc__buf_free(&text);
    promc__buf_free(&escaped);
    promc__buf_free(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_string(data, size);
    const char *names[MOST], *values[MOST];
    char *p = input;
    size_t n = 0;

    for (unsigned escaping = 0; escaping <= PROMC_ESCAPE_ALLOW_UTF8;
         escaping += PROMC_ESCAPE_DOTS) {
        if (promc__name_valid(p))
            check_name(p, escaping, PROMC__METRIC_NAME);
        if (promc__label_name_valid(p))
            check_name(p, escaping, PROMC__LABEL_NAME);
    }
    while (n < MOST && (p += strlen(p) + 1) < input + size) {
        names[n] = p;
        p += strlen(p) + 1;
        if (p >= input + size)
            break;
        values[n++] = p;
    }
    if (promc__label_names_check("m", PROMC_TYPE_UNTYPED, (promc_labels){ names, n },
                                 NULL) == 0)
        check_labels((promc_labels){ names, n }, (promc_labels){ values, n });
    free(input);
    return 0;
}
