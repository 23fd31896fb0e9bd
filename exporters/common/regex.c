/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex.c - patterns written for Go's RE2, compiled with PCRE2.
 *
 * No JIT: it needs memory that is writable and executable, which hardened units forbid.
 */
#include "config.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include "common/regex.h"

#include <errno.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/re2.h"

#define MATCH_LIMIT 200000 /* steps; about 10 ms */
#define HEAP_LIMIT 4096    /* KiB for the search's own memory */

static void *no_memory(promc_error *err)
{
    *err = (promc_error){ -ENOMEM, "out of memory" };
    return NULL;
}

struct pcre2_real_code_8 *regex_compile(const char *pattern, promc_error *err)
{
    pcre2_compile_context *lines;
    pcre2_code *out;
    PCRE2_SIZE offset;
    char *rewritten = re2_rewrite(pattern, err);
    int code;

    if (!rewritten)
        return NULL;
    lines = pcre2_compile_context_create(NULL);
    if (!lines) {
        free(rewritten);
        return no_memory(err);
    }
    pcre2_set_newline(lines, PCRE2_NEWLINE_LF);
    out = pcre2_compile((PCRE2_SPTR)rewritten, PCRE2_ZERO_TERMINATED,
                        PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX |
                            PCRE2_NEVER_BACKSLASH_C,
                        &code, &offset, lines);
    pcre2_compile_context_free(lines);
    free(rewritten);
    if (!out) {
        err->code = -EINVAL;
        pcre2_get_error_message(code, (PCRE2_UCHAR *)err->text, sizeof(err->text));
    }
    return out;
}

struct pcre2_real_match_context_8 *regex_limits(void)
{
    pcre2_match_context *limits = pcre2_match_context_create(NULL);

    if (limits) {
        pcre2_set_match_limit(limits, MATCH_LIMIT);
        pcre2_set_heap_limit(limits, HEAP_LIMIT);
    }
    return limits;
}

char *regex_mend(const char *s, size_t len)
{
    char *out = malloc(3 * len + 1), *p = out;

    if (!out)
        return NULL;
    while (len > 0) {
        size_t n = len < 4 ? len : 4;

        while (n > 0 && !promc_utf8_valid(s, n))
            n--;
        /* A valid run of 1 to 4 bytes, maybe of several characters: copied as it is. */
        if (n > 0) {
            memcpy(p, s, n);
            p += n;
        } else {
            memcpy(p, "\xef\xbf\xbd", 3);
            p += 3;
            n = 1;
        }
        s += n;
        len -= n;
    }
    *p = '\0';
    return out;
}
