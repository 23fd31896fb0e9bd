/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_alloc_failure_http.c - a handler while each allocation is refused once, or all from one
 * on: the answer that was meant, with or without its compression, or a 500 or 503. (For whole
 * servers see test_http.c.)
 */
#include "config.h"
#include "core.h"

#include "promc/http.h"

static promc_registry *second;
static promc_handler *handler;

static int fill(void **state)
{
    promc_gauge_family *f;

    if (set_up(state) != 0)
        return -1;
    second = promc_registry_new(NULL);
    promc_counter_new(second, "second_total", "S.", NULL);
    f = promc_gauge_family_new(reg, "a.b", "A.", L("l", "k.l"), NULL);
    for (int i = 0; i < 100; i++) {
        char text[16];

        snprintf(text, sizeof text, "%d", i);
        promc_gauge_family_set(f, L(text, "\""), i);
    }
    return 0;
}

static int empty(void **state)
{
    promc_handler_free(handler);
    handler = NULL;
    promc_registry_free(second);
    return tear_down(state);
}

/* With memory back it can be made, and its metrics are there once. */
static void new_handler(void)
{
    promc_registry *others[] = { second };
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    size_t asked, n = 0;

    opts.self_metrics = 1;
    opts.path = "/m";
    opts.others = others;
    opts.n_others = 1;
    do {
        promc_error err = { 0 };

        promc_handler_free(handler);
        refuse_from = refuse_to = ++n;
        count_allocations();
        handler = promc_handler_new(reg, &opts, &err);
        asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        assert_int_equal(err.code, handler != NULL ? 0 : -ENOMEM);
        render(PROMC_FORMAT_TEXT);
        assert_int_equal(promc_page_error(page, NULL), 0);
    } while (asked >= n);
    assert_true(n > 5);
}

static const char *header(void *arg, const char *name)
{
    for (const char *const *h = arg; *h != NULL; h += 2)
        if (strcmp(h[0], name) == 0)
            return h[1];
    return NULL;
}

static const char *value_of(const promc_http_answer *a, const char *name)
{
    for (size_t i = 0; i < a->n_headers; i++)
        if (strcmp(a->headers[i].name, name) == 0)
            return a->headers[i].value;
    return "";
}

/* What was asked; the answers with a compression, and without. */
struct asking {
    const char *query;
    const char *headers[5];
    promc_http_answer *whole, *plain;
};

static promc_http_answer *ask_by(const char *method, struct asking *a)
{
    return promc_handler_handle(handler, method, a->query, header, a->headers);
}

static promc_http_answer *ask(struct asking *a)
{
    return ask_by("GET", a);
}

static void assert_same(const promc_http_answer *a, const promc_http_answer *b)
{
    assert_string_equal(value_of(a, "Content-Type"), value_of(b, "Content-Type"));
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->body, b->body, a->size);
}

static void check(const struct asking *asking, const promc_http_answer *a)
{
    if (a->status != 200) {
        assert_true(a->status == 500 || a->status == 503);
        return;
    }
    if (strcmp(value_of(a, "Content-Encoding"), "") == 0)
        assert_same(a, asking->plain);
    else
        assert_same(a, asking->whole);
}

static void refuse_each(struct asking *asking)
{
    struct asking plain = *asking;

    plain.headers[2] = NULL;
    asking->whole = ask(asking);
    asking->plain = ask(&plain);
    assert_int_equal(asking->whole->status, 200);
    for (int all = 0; all < 2; all++) {
        size_t asked, n = 0;

        do {
            promc_http_answer *a;

            n++;
            refuse_from = n;
            refuse_to = all ? SIZE_MAX - 1 : n;
            count_allocations();
            a = ask(asking);
            asked = counted_allocations();
            refuse_from = refuse_to = SIZE_MAX;
            check(asking, a);
            assert_false(a->head_only);
            promc_http_answer_free(a);
            refuse_from = n;
            refuse_to = all ? SIZE_MAX - 1 : n;
            count_allocations();
            a = ask_by("HEAD", asking);
            counted_allocations();
            refuse_from = refuse_to = SIZE_MAX;
            assert_true(a->head_only);
            promc_http_answer_free(a);
            a = ask(asking);
            assert_int_equal(a->status, 200);
            assert_same(a, asking->whole);
            promc_http_answer_free(a);
        } while (asked >= n);
        assert_true(n > 5);
    }
    promc_http_answer_free(asking->whole);
    promc_http_answer_free(asking->plain);
}

static void answers(void **state)
{
    static struct asking rows[] = {
        { "name[]=a.b", { "Accept", "text/plain" }, NULL, NULL },
        { "name%5B%5D=a.b&x=%20&name[]=second_total",
          { "Accept", "application/openmetrics-text; version=1.0.0; escaping=dots",
            "Accept-Encoding", "gzip" },
          NULL,
          NULL },
        { "name[]=a.b",
          { "Accept",
            "application/vnd.google.protobuf; encoding=delimited; "
            "proto=io.prometheus.client.MetricFamily",
            "Accept-Encoding", "zstd, gzip;q=0.5" },
          NULL,
          NULL },
    };

    (void)state;
    new_handler();
    for (size_t i = 0; i < COUNT(rows); i++)
        refuse_each(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, fill, empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
