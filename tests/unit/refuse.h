/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refuse.h - a call with each of its allocations refused in turn, and with all from one on:
 * it says -ENOMEM and has changed nothing, or has done all; and the same call again works.
 */
#ifndef TESTS_REFUSE_H
#define TESTS_REFUSE_H

#include "core.h"

/* Both are about the registry `reg`; the call returns 0, or what it failed with. It is made
 * again after it failed, so it must not update anything before all else has worked. */
struct step {
    const char *name;
    void (*before)(void);
    int (*call)(void);
    int not_shared; /* there is no such thing in a shared registry */
};

/* Whether the registry is one that processes share. */
static int refuse_shared;

static void fresh(void)
{
    promc_shared_opts opts = PROMC_SHARED_OPTS_INIT;

    assert_int_equal(set_up(NULL), 0);
    if (!refuse_shared)
        return;
    promc_registry_free(reg);
    opts.max_lanes = 4;
    opts.max_bytes = 1u << 24;
    reg = promc_registry_new_shared(&opts, NULL);
    assert_non_null(reg);
}

/* How a call ends that returns a handle and fills an error. */
__attribute__((unused)) static int made(const void *handle, const promc_error *err)
{
    assert_int_equal(handle == NULL, err->code != 0);
    assert_true(handle != NULL || err->text[0] != '\0');
    return handle != NULL ? 0 : err->code;
}

/* Append the page, without the line that counts what was refused. */
static void append_page(char **text, promc_format format)
{
    size_t have = strlen(*text);
    const char *p;

    assert_int_equal(promc_render(reg, format, page, NULL), 0);
    assert_int_equal(promc_page_error(page, NULL), 0);
    *text = realloc(*text, have + promc_page_size(page) + 1);
    assert_non_null(*text);
    for (p = promc_page_data(page); *p != '\0';) {
        size_t len = strcspn(p, "\n") + 1;
        const char *own = strstr(p, "promc_dropped_updates");

        if (own == NULL || own >= p + len) {
            memcpy(*text + have, p, len);
            have += len;
        }
        p += len;
    }
    (*text)[have] = '\0';
}

/* All that the registry shows; the caller frees it. */
static char *shown(void)
{
    char *text = calloc(1, 1);

    assert_non_null(text);
    append_page(&text, PROMC_FORMAT_TEXT_1_0 | PROMC_ESCAPE_ALLOW_UTF8);
    append_page(&text, PROMC_FORMAT_OPENMETRICS);
    return text;
}

static void assert_shown(const char *want)
{
    char *text = shown();

    assert_string_equal(text, want);
    free(text);
}

/* Returns how many allocations were asked for. */
static size_t once_refused(const struct step *s, size_t from, size_t to,
                           const char *before, const char *after)
{
    size_t asked;
    int rc;

    fresh();
    s->before();
    refuse_from = from;
    refuse_to = to;
    count_allocations();
    rc = s->call();
    asked = counted_allocations();
    refuse_from = refuse_to = SIZE_MAX;
    if (rc != 0) {
        assert_int_equal(rc, -ENOMEM);
        assert_true(asked >= from);
        assert_shown(before);
        assert_int_equal(s->call(), 0);
    }
    assert_shown(after);
    tear_down(NULL);
    return asked;
}

__attribute__((unused)) static void refuse_each(const struct step *s)
{
    char *before, *after;

    fresh();
    s->before();
    before = shown();
    assert_int_equal(s->call(), 0);
    after = shown();
    tear_down(NULL);
    for (int all = 0; all < 2; all++)
        for (size_t n = 1; once_refused(s, n, all ? SIZE_MAX - 1 : n, before, after) >= n;
             n++)
            ;
    free(before);
    free(after);
}

#endif /* TESTS_REFUSE_H */
