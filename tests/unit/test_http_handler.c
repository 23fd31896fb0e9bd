/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_http_handler.c - requests answered in the caller's threads: what is refused, what is
 * shared, how long it waits, and what becomes of errors.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "alloc.h"
#include "http_handler.h"

static promc_registry *some_registry(void)
{
    promc_registry *reg = promc_registry_new(NULL);

    promc_counter_inc(promc_counter_new(reg, "a_total", "A.", NULL));
    promc_counter_inc(promc_counter_new(reg, "b_total", "B.", NULL));
    return reg;
}

/* Headers as "Name: value" strings. */
static const char *find_header(void *arg, const char *name)
{
    const char *const *header = arg;

    for (; header && *header; header++) {
        if (!strncasecmp(*header, name, strlen(name)) && (*header)[strlen(name)] == ':')
            return *header + strlen(name) + 2;
    }
    return NULL;
}

static promc_http_answer *get(promc_handler *h, const char *query,
                              const char *const *headers)
{
    return promc_handler_handle(h, "GET", query, find_header, (void *)(uintptr_t)headers);
}

static const char *field(const promc_http_answer *a, const char *name)
{
    for (size_t i = 0; i < a->n_headers; i++) {
        if (!strcmp(a->headers[i].name, name))
            return a->headers[i].value;
    }
    return NULL;
}

static int says(const promc_http_answer *a, const char *text)
{
    return memmem(a->body, a->size, text, strlen(text)) != NULL;
}

/* ------------------------------------------------------------------------------------ */

static void scrapes(void **state)
{
    static const char *const headers[] = {
        "accept: application/openmetrics-text;version=1.0.0", NULL
    };
    promc_registry *reg = some_registry();
    promc_handler *h = promc_handler_new(reg, NULL, NULL);
    promc_http_answer *a = get(h, NULL, NULL);

    (void)state;
    assert_int_equal(a->status, 200);
    assert_string_equal(field(a, "Content-Type"), promc_content_type(PROMC_FORMAT_TEXT));
    assert_string_equal(field(a, "Vary"), "Accept, Accept-Encoding");
    assert_null(field(a, "Content-Encoding"));
    assert_true(says(a, "a_total 1\n") && says(a, "b_total 1\n"));
    assert_int_equal(a->head_only, 0);
    promc_http_answer_free(a);

    a = get(h, "name[]=b_total&name%5B%5D=none", NULL);
    assert_true(!says(a, "a_total 1\n") && says(a, "b_total 1\n"));
    promc_http_answer_free(a);

    a = get(h, "", headers);
    assert_true(says(a, "# EOF\n"));
    promc_http_answer_free(a);

    a = promc_handler_handle(h, "HEAD", NULL, NULL, NULL);
    assert_int_equal(a->status, 200);
    assert_int_equal(a->head_only, 1);
    assert_true(a->size > 0);
    promc_http_answer_free(a);
    promc_handler_free(h);
    promc_registry_free(reg);
}

static void refusals(void **state)
{
    static const struct {
        const char *method, *query;
        unsigned status;
        const char *allow;
    } rows[] = {
        { "POST", NULL, 405, "GET, HEAD" }, { "get", NULL, 405, "GET, HEAD" },
        { "", NULL, 405, "GET, HEAD" },     { "GET", "a=%", 400, NULL },
        { "GET", "a=%00", 400, NULL },      { "GET", "a=b c", 400, NULL },
        { "POST", "a=%", 400, NULL },       { NULL, NULL, 500, NULL },
    };
    promc_handler *h = promc_handler_new(NULL, NULL, NULL);
    size_t sizes[] = { PROMC__HTTP_MAX_QUERY, PROMC__HTTP_MAX_QUERY + 1 };
    promc_http_answer *a;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        a = promc_handler_handle(h, rows[i].method, rows[i].query, NULL, NULL);
        assert_int_equal(a->status, rows[i].status);
        if (rows[i].allow)
            assert_string_equal(field(a, "Allow"), rows[i].allow);
        else
            assert_null(field(a, "Allow"));
        assert_string_equal(field(a, "Content-Type"), "text/plain; charset=utf-8");
        promc_http_answer_free(a);
    }
    for (size_t i = 0; i < 2; i++) {
        char *query = malloc(sizes[i] + 1);

        memset(query, 'a', sizes[i]);
        query[sizes[i]] = '\0';
        a = get(h, query, NULL);
        assert_int_equal(a->status, i ? 400 : 200);
        promc_http_answer_free(a);
        for (size_t k = 0; k < 1024; k++)
            query[2 * k + 1] = '&';
        query[2048 + (i ? 0 : -1)] = '\0'; /* 1024 parameters, and an empty one more */
        a = get(h, query, NULL);
        assert_int_equal(a->status, i ? 400 : 200);
        promc_http_answer_free(a);
        free(query);
    }
    a = promc_handler_handle(NULL, "GET", NULL, NULL, NULL);
    assert_int_equal(a->status, 500);
    promc_http_answer_free(a);
    promc_http_answer_free(NULL);
    promc_handler_free(NULL);
    promc_handler_free(h);
}

static void emit_created(promc_emitter *e, void *arg)
{
    promc_sample sample = PROMC_SAMPLE_INIT;

    (void)arg;
    sample.value = 5;
    sample.created_ms = 1700000000123;
    promc_emit_sample(
        promc_emit_family(e, PROMC_TYPE_COUNTER, "e_total", "E.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, &sample);
}

/* Several registries on the page, and creation times where they are asked for. */
static void more_on_the_page(void **state)
{
    static const char *const headers[] = {
        "Accept: application/openmetrics-text;version=1.0.0", NULL
    };
    promc_registry *reg = some_registry(), *other = promc_registry_new(NULL);
    promc_registry *others[] = { other };
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;

    (void)state;
    promc_gauge_set(promc_gauge_new(other, "aa", "AA.", NULL), 7);
    promc_collector_register(other, emit_created, NULL, NULL);
    opts.others = others;
    opts.n_others = 1;
    for (int created = 0; created < 2; created++) {
        promc_http_answer *a;
        promc_handler *h;

        opts.created = created;
        others[0] = other;
        h = promc_handler_new(reg, &opts, NULL);
        others[0] = NULL; /* it was copied */
        a = get(h, NULL, headers);
        assert_int_equal(a->status, 200);
        assert_true(says(a, "a_total 1") && says(a, "aa 7") && says(a, "b_total 1"));
        assert_int_equal(says(a, "e_created 1700000000.123\n"), created);
        promc_http_answer_free(a);
        promc_handler_free(h);
    }
    promc_registry_free(other);
    promc_registry_free(reg);
}

/* A request is in flight until its answer has been freed. */
static void in_flight(void **state)
{
    promc_registry *reg = some_registry();
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_http_answer *a, *b, *c;
    promc_handler *h;

    (void)state;
    opts.max_in_flight = 2;
    opts.self_metrics = 1;
    h = promc_handler_new(reg, &opts, NULL);
    a = get(h, NULL, NULL);
    b = get(h, NULL, NULL);
    c = get(h, NULL, NULL);
    assert_int_equal(a->status, 200);
    assert_int_equal(b->status, 200);
    assert_true(says(b, "promhttp_metric_handler_requests_in_flight 2\n"));
    assert_int_equal(c->status, 503);
    assert_non_null(field(c, "Retry-After"));
    assert_true(says(c, "(2)"));
    promc_http_answer_free(a);
    promc_http_answer_free(c);
    c = get(h, NULL, NULL);
    assert_int_equal(c->status, 200);
    assert_true(says(c, "promhttp_metric_handler_requests_total{code=\"200\"} 1\n"));
    assert_true(says(c, "promhttp_metric_handler_requests_total{code=\"503\"} 1\n"));
    promc_http_answer_free(b);
    promc_http_answer_free(c);
    promc_handler_free(h);
    promc_registry_free(reg);
}

/* ------------------------------------------------------------------------------------
 * Several at once
 */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int open;
    unsigned inside;
    unsigned calls;
};

#define GATE_INIT                                                                        \
    {                                                                                    \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0                     \
    }

static void open_gate(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->open = 1;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

/* A collector that stays until the gate opens. */
static void wait_at_gate(promc_emitter *e, void *arg)
{
    struct gate *g = arg;

    (void)e;
    pthread_mutex_lock(&g->lock);
    g->calls++;
    g->inside++;
    pthread_cond_broadcast(&g->changed);
    while (!g->open)
        pthread_cond_wait(&g->changed, &g->lock);
    g->inside--;
    pthread_mutex_unlock(&g->lock);
}

static void wait_for_inside(struct gate *g, unsigned n)
{
    pthread_mutex_lock(&g->lock);
    while (g->inside < n)
        pthread_cond_wait(&g->changed, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

struct client {
    pthread_t thread;
    promc_handler *h;
    const char *query;
    const char *headers[4];
    promc_http_answer *answer;
};

static void *client_thread(void *arg)
{
    struct client *c = arg;

    c->answer = get(c->h, c->query, c->headers);
    return NULL;
}

static void start(struct client *c, promc_handler *h)
{
    c->h = h;
    assert_int_equal(pthread_create(&c->thread, NULL, client_thread, c), 0);
}

/* Until @n requests have joined. */
static void wait_for_in_flight(promc_handler *h, unsigned n)
{
    for (;;) {
        unsigned now;

        pthread_mutex_lock(&h->share.lock);
        now = h->share.in_flight;
        pthread_mutex_unlock(&h->share.lock);
        if (now >= n)
            return;
        usleep(1000);
    }
}

/* Equal requests share a collection, to the byte, each in the coding it takes. */
static void sharing(void **state)
{
    struct gate gate = GATE_INIT;
    promc_registry *reg = some_registry();
    promc_handler *h = promc_handler_new(reg, NULL, NULL);
    struct client clients[12] = { { 0 } };
    struct promc__http_coder *coder = promc__http_coder_new();
    struct promc__http_body gzip = { NULL, 0, 0 };
    const promc_http_answer *plain;

    (void)state;
    promc_collector_register(reg, wait_at_gate, &gate, NULL);
    for (size_t i = 0; i < 12; i++) {
        if (i % 3)
            clients[i].headers[0] =
                i % 3 == 1 ? "Accept-Encoding: gzip" : "Accept-Encoding: br";
        start(&clients[i], h);
    }
    wait_for_in_flight(h, 12);
    open_gate(&gate);
    for (size_t i = 0; i < 12; i++)
        pthread_join(clients[i].thread, NULL);
    plain = clients[0].answer;
    promc__http_compress(coder, PROMC__GZIP, plain->body, plain->size, &gzip);
    for (size_t i = 0; i < 12; i++) {
        promc_http_answer *a = clients[i].answer;

        assert_int_equal(a->status, 200);
        if (i % 3 == 1) {
            assert_string_equal(field(a, "Content-Encoding"), "gzip");
            assert_int_equal(a->size, gzip.size);
            assert_memory_equal(a->body, gzip.data, gzip.size);
        } else {
            assert_ptr_equal(a->body, plain->body);
        }
    }
    assert_int_equal(gate.calls, 1);
    for (size_t i = 0; i < 12; i++)
        promc_http_answer_free(clients[i].answer);
    promc__free(gzip.data);
    promc__http_coder_free(coder);
    promc_handler_free(h);
    promc_registry_free(reg);
}

/* Not shared is what differs in anything: query, format, or how names are escaped. */
static void not_shared(void **state)
{
    static const struct {
        const char *query;
        const char *accept;
        const char *says; /* the Content-Type */
    } rows[] = {
        { NULL, "Accept: text/plain;version=1.0.0;escaping=values", "escaping=values" },
        { NULL, "Accept: text/plain;version=1.0.0;escaping=dots", "escaping=dots" },
        { NULL, "Accept: application/openmetrics-text;version=1.0.0;escaping=dots",
          "openmetrics-text" },
        { "a=1", "Accept: text/plain;version=1.0.0;escaping=dots", "text/plain" },
    };
    struct gate gate = GATE_INIT;
    promc_registry *reg = some_registry();
    promc_handler *h = promc_handler_new(reg, NULL, NULL);
    struct client clients[4] = { { 0 } };

    (void)state;
    promc_collector_register(reg, wait_at_gate, &gate, NULL);
    for (size_t i = 0; i < 4; i++) {
        clients[i].query = rows[i].query;
        clients[i].headers[0] = rows[i].accept;
        start(&clients[i], h);
    }
    wait_for_inside(&gate, 4);
    open_gate(&gate);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(clients[i].thread, NULL);
        assert_int_equal(clients[i].answer->status, 200);
        assert_non_null(strstr(field(clients[i].answer, "Content-Type"), rows[i].says));
        promc_http_answer_free(clients[i].answer);
    }
    assert_int_equal(gate.calls, 4);
    promc_handler_free(h);
    promc_registry_free(reg);
}

/* Four scrapes at once, and no more; the others wait, if their time lasts. */
static void four_at_once(void **state)
{
    static const char *const queries[] = { "q=0", "q=1", "q=2", "q=3", "q=4", "q=5" };
    struct gate gate = GATE_INIT;
    promc_registry *reg = some_registry();
    promc_handler *h = promc_handler_new(reg, NULL, NULL);
    struct client clients[7] = { { 0 } };

    (void)state;
    promc_collector_register(reg, wait_at_gate, &gate, NULL);
    for (size_t i = 0; i < 4; i++) {
        clients[i].query = queries[i];
        start(&clients[i], h);
    }
    wait_for_inside(&gate, 4);
    for (size_t i = 4; i < 7; i++) {
        clients[i].query = queries[i == 6 ? 5 : i];
        if (i == 5) /* leads, and leaves the one that has joined it behind */
            clients[i].headers[0] = "X-Prometheus-Scrape-Timeout-Seconds: 0.3";
        start(&clients[i], h);
        wait_for_in_flight(h, (unsigned)i + 1);
    }
    pthread_join(clients[5].thread, NULL);
    assert_int_equal(clients[5].answer->status, 503);
    assert_int_equal(gate.calls, 4);
    open_gate(&gate);
    for (size_t i = 0; i < 7; i++) {
        if (i != 5)
            pthread_join(clients[i].thread, NULL);
        assert_int_equal(clients[i].answer->status, i == 5 ? 503 : 200);
        promc_http_answer_free(clients[i].answer);
    }
    assert_int_equal(gate.calls, 6);
    promc_handler_free(h);
    promc_registry_free(reg);
}

/* Who cannot wait gets a 503, while the others' scrape goes on. */
static void impatience(void **state)
{
    struct gate gate = GATE_INIT;
    promc_registry *reg = some_registry();
    promc_handler *h = promc_handler_new(reg, NULL, NULL);
    struct client patient = { 0 }, hasty = { 0 };

    (void)state;
    promc_collector_register(reg, wait_at_gate, &gate, NULL);
    start(&patient, h);
    wait_for_inside(&gate, 1);
    hasty.headers[0] = "X-Prometheus-Scrape-Timeout-Seconds: 0.2";
    start(&hasty, h);
    pthread_join(hasty.thread, NULL);
    assert_int_equal(hasty.answer->status, 503);
    assert_non_null(field(hasty.answer, "Retry-After"));
    open_gate(&gate);
    pthread_join(patient.thread, NULL);
    assert_int_equal(patient.answer->status, 200);
    assert_int_equal(gate.calls, 1);
    promc_http_answer_free(hasty.answer);
    promc_http_answer_free(patient.answer);
    promc_handler_free(h);
    promc_registry_free(reg);
}

static void sleep_and_count(promc_emitter *e, void *arg)
{
    (void)e;
    usleep(400000);
    ++*(unsigned *)arg;
}

/* A thread that collects for itself is held up by the collector that is running when the
 * time is up, and by no other. */
static void late_collectors(void **state)
{
    static const char *const headers[] = { "X-Prometheus-Scrape-Timeout-Seconds: 0.2",
                                           NULL };
    promc_registry *reg = some_registry();
    promc_handler *h = promc_handler_new(reg, NULL, NULL);
    unsigned counts[3] = { 0, 0, 0 };
    promc_http_answer *a;

    (void)state;
    for (int i = 0; i < 3; i++)
        promc_collector_register(reg, sleep_and_count, &counts[i], NULL);
    a = get(h, NULL, headers);
    assert_int_equal(a->status, 503);
    assert_int_equal(counts[0] + counts[1] + counts[2], 1);
    promc_http_answer_free(a);
    a = get(h, NULL, NULL);
    assert_int_equal(a->status, 200);
    assert_int_equal(counts[0] + counts[1] + counts[2], 4);
    promc_http_answer_free(a);
    promc_handler_free(h);
    promc_registry_free(reg);
}

/* ------------------------------------------------------------------------------------
 * Errors
 */
static void emit_and_fail(promc_emitter *e, void *arg)
{
    (void)arg;
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, "c", "C.", PROMC_NO_LABELS),
               PROMC_NO_LABELS, 3);
    promc_emit_error(e, "the disk is on fire");
}

static int failing_scrape(void *arg, const promc_http_request *req, promc_format format,
                          promc_page *page, promc_error *err)
{
    (void)format;
    (void)page;
    assert_null(promc_http_path(req));
    assert_string_equal(promc_http_method(req), "GET");
    assert_string_equal(promc_http_header(req, "x-why"), "not");
    strcpy(err->text, promc_http_query(req, "why", 0));
    return *(int *)arg;
}

static void error_policy(void **state)
{
    promc_registry *reg = some_registry();
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_http_answer *a;
    promc_handler *h;

    (void)state;
    promc_collector_register(reg, emit_and_fail, NULL, NULL);
    opts.self_metrics = 1;
    for (int fail = 0; fail < 2; fail++) {
        opts.errors = fail ? PROMC_HTTP_ERRORS_FAIL : PROMC_HTTP_ERRORS_CONTINUE;
        h = promc_handler_new(reg, &opts, NULL);
        a = get(h, NULL, NULL);
        if (fail) {
            assert_int_equal(a->status, 500);
            assert_true(says(a, "the disk is on fire"));
            assert_false(says(a, "a_total"));
        } else {
            assert_int_equal(a->status, 200);
            assert_true(says(a, "a_total 1\n") && says(a, "c 3\n"));
        }
        promc_http_answer_free(a);
        a = get(h, "name[]=promhttp_metric_handler_errors_total", NULL);
        if (!fail)
            assert_true(says(a, "errors_total{cause=\"gathering\"} 1\n"));
        promc_http_answer_free(a);
        promc_handler_free(h);
    }
    promc_registry_free(reg);
}

static void scrape_functions(void **state)
{
    static const char *const headers[] = { "X-Why: not", NULL };
    static const struct {
        int returned;
        unsigned status;
    } rows[] = { { 400, 400 }, { 500, 500 }, { 503, 503 }, { 7, 500 }, { -1, 500 } };
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    int returned = 0;
    promc_handler *h;

    (void)state;
    opts.scrape = failing_scrape;
    opts.scrape_arg = &returned;
    h = promc_handler_new(NULL, &opts, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        promc_http_answer *a;

        returned = rows[i].returned;
        a = get(h, "why=said+so", headers);
        assert_int_equal(a->status, rows[i].status);
        assert_int_equal(a->size, strlen("said so\n"));
        assert_memory_equal(a->body, "said so\n", a->size);
        promc_http_answer_free(a);
    }
    promc_handler_free(h);
}

/* ------------------------------------------------------------------------------------
 * No memory
 */
static atomic_int allocations_left;

static void *meager_realloc(void *p, size_t size)
{
    /* relaxed: a countdown, it guards nothing */
    if (atomic_fetch_sub_explicit(&allocations_left, 1, memory_order_relaxed) <= 0)
        return NULL;
    return realloc(p, size);
}

static void starve(int n)
{
    atomic_store_explicit(&allocations_left, n, memory_order_relaxed);
    promc__alloc_hook(meager_realloc);
}

/* Every allocation fails once: an error, a 500 or 503, or an answer without compression;
 * never half a page. */
static void without_memory(void **state)
{
    static const char *const headers[] = { "Accept-Encoding: gzip", NULL };
    promc_registry *reg = some_registry(), *other = promc_registry_new(NULL);
    promc_registry *const others[] = { other };
    promc_http_opts opts = PROMC_HTTP_OPTS_INIT;
    promc_handler *h = NULL;
    unsigned ok = 0;

    (void)state;
    opts.others = others;
    opts.n_others = 1;
    for (int n = 0; !h; n++) {
        promc_error err = { 0, "" };

        assert_true(n < 20);
        starve(n);
        h = promc_handler_new(reg, &opts, &err);
        promc__alloc_hook(NULL);
        assert_int_equal(h ? 0 : -ENOMEM, err.code);
    }
    for (int n = 0; ok < 3; n++) {
        promc_http_answer *a;

        assert_true(n < 200);
        starve(n);
        a = get(h, "name[]=a_total", headers);
        promc__alloc_hook(NULL);
        if (a->status == 200) {
            ok++;
            assert_non_null(field(a, "Content-Type"));
            if (!field(a, "Content-Encoding"))
                assert_true(says(a, "a_total 1\n"));
        } else {
            assert_true(a->status == 503 || a->status == 500);
        }
        promc_http_answer_free(a);
    }
    assert_int_equal(h->share.in_flight, 0);
    assert_int_equal(h->share.n_snapshots, 0);
    promc_handler_free(h);
    promc_registry_free(other);
    promc_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrapes),          cmocka_unit_test(refusals),
        cmocka_unit_test(more_on_the_page), cmocka_unit_test(in_flight),
        cmocka_unit_test(sharing),          cmocka_unit_test(not_shared),
        cmocka_unit_test(four_at_once),     cmocka_unit_test(impatience),
        cmocka_unit_test(late_collectors),  cmocka_unit_test(error_policy),
        cmocka_unit_test(scrape_functions), cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
