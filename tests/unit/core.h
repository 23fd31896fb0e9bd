/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core.h - what the tests of libpromc's core share: pages as text, counted and refused
 * allocations, threads.
 */
#ifndef TESTS_CORE_H
#define TESTS_CORE_H

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "promc/promc.h"
#include "unit.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define TSAN 1
#else
#define TSAN 0
#endif

#define L(...) PROMC_LABELS(__VA_ARGS__)

static promc_registry *reg; /* each test its own */
static promc_page *page;

__attribute__((unused)) static int set_up(void **state)
{
    (void)state;
    reg = promc_registry_new(NULL);
    page = promc_page_new(NULL);
    return reg == NULL || page == NULL;
}

__attribute__((unused)) static int tear_down(void **state)
{
    (void)state;
    promc_page_free(page);
    promc_registry_free(reg);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* A page without the times at which counting began (OpenMetrics 2.0 has them always), which are
 * others in each run. Good until the next call. */
__attribute__((unused)) static const char *without_times(const char *text)
{
    static char copy[1 << 16];
    char *to = copy;

    assert_true(strlen(text) < sizeof copy);
    while (*text != '\0') {
        if (strncmp(text, " st@", 4) == 0)
            text += 4 + strspn(text + 4, "0123456789.");
        else
            *to++ = *text++;
    }
    *to = '\0';
    return copy;
}

/* The registry as text, without its comments. Good until the next call. */
__attribute__((unused)) static const char *render(promc_format format)
{
    assert_int_equal(promc_render(reg, format, page, NULL), 0);
    assert_int_equal(strlen(promc_page_data(page)), promc_page_size(page));
    return promc_page_data(page);
}

__attribute__((unused)) static const char *samples_of(promc_format format)
{
    static char *samples;
    char *end;

    free(samples);
    end = samples = calloc(1, strlen(render(format)) + 1);
    assert_non_null(samples);
    for (const char *p = promc_page_data(page); *p != '\0';) {
        size_t len = strcspn(p, "\n") + 1;

        if (*p != '#') {
            memcpy(end, p, len);
            end += len;
        }
        p += len;
    }
    return samples;
}

#define assert_samples(want) assert_string_equal(samples_of(PROMC_FORMAT_TEXT), want)
#define assert_om_samples(want)                                                          \
    assert_string_equal(samples_of(PROMC_FORMAT_OPENMETRICS), want)

/* promc_dropped_updates_total{reason} as the page shows it. */
__attribute__((unused)) static unsigned long dropped(const char *reason)
{
    char start[100];
    const char *p;

    snprintf(start, sizeof start, "\npromc_dropped_updates_total{reason=\"%s\"} ",
             reason);
    p = strstr(render(PROMC_FORMAT_TEXT), start);
    return p != NULL ? strtoul(p + strlen(start), NULL, 10) : 0;
}

/* Allocations that were asked for since counting began, and from which one on, and to
 * which, they are refused. */
static _Atomic size_t allocations;
static size_t refuse_from = SIZE_MAX;
static size_t refuse_to = SIZE_MAX;

static void *counting(void *p, size_t size)
{
    size_t n = atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed) + 1;

    return n >= refuse_from && n <= refuse_to ? NULL : realloc(p, size);
}

__attribute__((unused)) static void count_allocations(void)
{
    allocations = 0;
    promc__alloc_hook(counting);
}

__attribute__((unused)) static size_t counted_allocations(void)
{
    promc__alloc_hook(NULL);
    return allocations;
}

/* Run @fn in @n threads at once, to the end. */
__attribute__((unused)) static void run_threads(size_t n, void *(*fn)(void *), void *arg)
{
    pthread_t threads[64];

    assert_true(n <= COUNT(threads));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fn, arg), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

#endif /* TESTS_CORE_H */
