/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_lint.c - the linter: places lie in the input, severity is that of the rule, the count is
 * right, the same again gives the same; and it refuses all that the reader of text 0.0.4
 * refuses. The first byte chooses the format.
 */
#include "config.h"
#include "fuzz.h"

#include <errno.h>

#include "promc/promc.h"
#include "promc/testing.h"

struct seen {
    size_t lines; /* of the input */
    size_t size;
    int om;
    long n, severe;
    uint64_t hash;
};

static void note(void *arg, const promc_lint_finding *f)
{
    struct seen *s = arg;
    size_t n, i = 0;
    const promc_lint_rule *rules = promc_lint_rules(&n);

    while (i < n && strcmp(rules[i].name, f->rule) != 0)
        i++;
    FUZZ_CHECK(i < n);
    FUZZ_CHECK(f->severe == (s->om ? rules[i].severe_om : rules[i].severe));
    FUZZ_CHECK(f->line >= 1 && f->line <= s->lines + 1);
    FUZZ_CHECK(f->column >= 1 && f->column <= s->size + 1);
    FUZZ_CHECK(f->text[0] != '\0' && strlen(f->text) < 240 && strlen(f->name) < 256);
    s->n++;
    s->severe += f->severe != 0;
    s->hash = s->hash * 31 + f->line * 7 + f->column + i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const promc_format formats[] = { PROMC_FORMAT_TEXT, PROMC_FORMAT_OPENMETRICS,
                                            PROMC_FORMAT_TEXT_1_0,
                                            PROMC_FORMAT_OPENMETRICS |
                                                PROMC_ESCAPE_ALLOW_UTF8 };
    promc_format format = size ? formats[data[0] % 4] : PROMC_FORMAT_TEXT;
    struct seen s = { .om = promc_format_syntax(format) == PROMC_FORMAT_OPENMETRICS };
    struct seen again;
    char *text;
    long n;

    data += size != 0;
    size -= size != 0;
    /* no NUL behind it: every read beyond is seen */
    text = malloc(size ? size : 1);
    FUZZ_CHECK(text);
    memcpy(text, data, size);
    s.size = size;
    for (size_t i = 0; i < size; i++)
        s.lines += text[i] == '\n';
    s.lines += size && text[size - 1] != '\n';
    again = s;
    n = promc_lint_text(text, size, format, note, &s);
    FUZZ_CHECK(n == s.n);
    FUZZ_CHECK(promc_lint_text(text, size, format, note, &again) == n);
    FUZZ_CHECK(again.hash == s.hash && again.severe == s.severe);
    if (format == PROMC_FORMAT_TEXT &&
        promc_text_parse(text, size, NULL, NULL, NULL, NULL) == -EINVAL)
        FUZZ_CHECK(s.severe > 0);
    free(text);
    return 0;
}
