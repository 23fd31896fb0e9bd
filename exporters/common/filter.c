/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - include and exclude patterns, matched with PCRE2.
 *
 * No JIT: it needs memory that is writable and executable, which hardened units forbid.
 * PCRE2 can be led into exponential searches where RE2 cannot, hence the limits; a name
 * that hits them counts as not matched, which is logged.
 */
#include "config.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include "common/filter.h"

#include <errno.h>
#include <pcre2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/re2.h"

#define MATCH_LIMIT 200000 /* steps; about 10 ms */
#define HEAP_LIMIT 4096    /* KiB for the search's own memory */

struct filter {
    const char *what;
    pcre2_code *include;
    pcre2_code *exclude;
    pcre2_match_context *limits;
    /* Scratch memory of the last match, for whoever comes next; matches that run at the
     * same time make their own. */
    _Atomic(pcre2_match_data *) spare;
    struct log_limit complaints;
};

static void set_error(promc_error *err, int code, const char *what, const char *pattern,
                      const char *reason)
{
    if (!err)
        return;
    err->code = code;
    snprintf(err->text, sizeof(err->text), "%s: bad pattern \"%.60s\": %.80s", what,
             pattern, reason);
}

/* Compile one pattern. Returns 0 with *out (NULL for no pattern), or -errno. */
static int compile(const char *what, const char *pattern, pcre2_code **out,
                   promc_error *err)
{
    promc_error reason = { 0, "" };
    pcre2_compile_context *lines;
    PCRE2_SIZE offset;
    char *rewritten;
    int code;

    *out = NULL;
    if (!pattern || pattern[0] == '\0')
        return 0;
    rewritten = re2_rewrite(pattern, &reason);
    if (!rewritten) {
        set_error(err, reason.code, what, pattern, reason.text);
        return reason.code;
    }
    lines = pcre2_compile_context_create(NULL);
    if (!lines) {
        free(rewritten);
        set_error(err, -ENOMEM, what, pattern, "out of memory");
        return -ENOMEM;
    }
    pcre2_set_newline(lines, PCRE2_NEWLINE_LF);
    *out = pcre2_compile((PCRE2_SPTR)rewritten, PCRE2_ZERO_TERMINATED,
                         PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX |
                             PCRE2_NEVER_BACKSLASH_C,
                         &code, &offset, lines);
    pcre2_compile_context_free(lines);
    free(rewritten);
    if (!*out) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)reason.text, sizeof(reason.text));
        set_error(err, -EINVAL, what, pattern, reason.text);
        return -EINVAL;
    }
    return 0;
}

struct filter *filter_new(const char *what, const char *include, const char *exclude,
                          promc_error *err)
{
    struct filter *f = calloc(1, sizeof(*f));

    if (f)
        f->limits = pcre2_match_context_create(NULL);
    if (!f || !f->limits) {
        set_error(err, -ENOMEM, what, "", "out of memory");
        filter_free(f);
        return NULL;
    }
    f->what = what;
    pcre2_set_match_limit(f->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(f->limits, HEAP_LIMIT);
    if (compile(what, include, &f->include, err) < 0 ||
        compile(what, exclude, &f->exclude, err) < 0) {
        filter_free(f);
        return NULL;
    }
    return f;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    pcre2_match_data_free(atomic_load_explicit(&f->spare, memory_order_relaxed));
    pcre2_code_free(f->include);
    pcre2_code_free(f->exclude);
    pcre2_match_context_free(f->limits);
    free(f);
}

static void complain(struct filter *f, const char *s, int code)
{
    char reason[96], held_back[24];
    uint64_t n;

    if (!log_limit_pass(&f->complaints, &n))
        return;
    pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof(reason));
    snprintf(held_back, sizeof(held_back), "%llu", (unsigned long long)n);
    log_warn("Pattern not applied", "flag", f->what, "value", s, "err", reason,
             "suppressed", n > 0 ? held_back : NULL);
}

static int matches(struct filter *f, const pcre2_code *code, const char *s, size_t len)
{
    /* Acquire pairs with the release below: the scratch memory's last user is done with
     * it. */
    pcre2_match_data *data =
        atomic_exchange_explicit(&f->spare, NULL, memory_order_acquire);
    int rc;

    if (!data)
        data = pcre2_match_data_create(1, NULL);
    if (!data)
        return 0;
    rc = pcre2_match(code, (PCRE2_SPTR)s, len, 0, PCRE2_NO_UTF_CHECK, data, f->limits);
    pcre2_match_data_free(
        atomic_exchange_explicit(&f->spare, data, memory_order_acq_rel));
    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
        complain(f, s, rc);
    return rc >= 0;
}

/* A copy of s in which each byte that is no UTF-8 is U+FFFD, which is how Go's matcher
 * sees it. Returns NULL when out of memory; release with free(). */
static char *mend(const char *s, size_t len)
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

int filter_keep(const struct filter *filter, const char *s)
{
    /* The filter is const to callers; its scratch memory is nobody's business but ours.
     */
    struct filter *f = (struct filter *)(uintptr_t)filter;
    size_t len = strlen(s);
    char *mended = NULL;
    int keep;

    if (!f || (!f->include && !f->exclude))
        return 1;
    if (!promc_utf8_valid(s, len)) {
        mended = mend(s, len);
        s = mended ? mended : "";
        len = strlen(s);
    }
    keep = !(f->exclude && matches(f, f->exclude, s, len)) &&
           (!f->include || matches(f, f->include, s, len));
    free(mended);
    return keep;
}
