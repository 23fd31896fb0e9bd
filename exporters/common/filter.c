/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - include and exclude patterns, matched with PCRE2.
 *
 * A name that hits the limits on effort counts as not matched, which is logged.
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
#include "common/regex.h"

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

    *out = NULL;
    if (!pattern || pattern[0] == '\0')
        return 0;
    *out = regex_compile(pattern, &reason);
    if (!*out)
        set_error(err, reason.code, what, pattern, reason.text);
    return *out ? 0 : reason.code;
}

struct filter *filter_new(const char *what, const char *include, const char *exclude,
                          promc_error *err)
{
    struct filter *f = calloc(1, sizeof(*f));

    if (f)
        f->limits = regex_limits();
    if (!f || !f->limits) {
        set_error(err, -ENOMEM, what, "", "out of memory");
        filter_free(f);
        return NULL;
    }
    f->what = what;
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
        mended = regex_mend(s, len);
        s = mended ? mended : "";
        len = strlen(s);
    }
    keep = !(f->exclude && matches(f, f->exclude, s, len)) &&
           (!f->include || matches(f, f->include, s, len));
    free(mended);
    return keep;
}
