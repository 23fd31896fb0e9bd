/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native_server.c - a server for native_test.py with what only some formats can say: native
 * histograms beside classic ones, exemplars, fractions, timestamps. Prints its port; SIGTERM ends
 * it.
 */
#include "config.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include <promc/http.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define L(...) PROMC_LABELS(__VA_ARGS__)

enum { OBSERVATIONS = 10000 };

static promc_histogram *histogram(promc_registry *reg, const char *name, double factor,
                                  int native_only)
{
    promc_opts opts = PROMC_OPTS_INIT;

    opts.native_factor = factor;
    opts.native_only = native_only;
    opts.exemplars = 1;
    return promc_histogram_labels(promc_histogram_family_new_with(
                                      reg, name, "Help.", L("who"), NULL, 0, &opts, NULL),
                                  L("\xc3\xa4 \"\\"));
}

/* From 2^-9 to 2^4, evenly by exponent; native_test.py knows the same. */
static void observe(promc_histogram *h)
{
    for (int i = 0; i < OBSERVATIONS; i++) {
        double v = exp2(-9 + 13.0 * i / OBSERVATIONS);

        if (i % 100 == 0)
            promc_histogram_observe_exemplar(h, v, L("trace_id"), L("abc"));
        else
            promc_histogram_observe(h, v);
    }
}

static const promc_span spans[] = { { -1, 2 }, { 3, 1 } };

static void collect(promc_emitter *e, void *arg)
{
    promc_native native = { 0,    1e-3, 2,   spans, 2, (const double[]){ 1, 2, 3 },
                            NULL, 0,    NULL };
    promc_sample s = PROMC_SAMPLE_INIT;
    struct timespec now;

    (void)arg;
    clock_gettime(CLOCK_REALTIME, &now);
    s.native = &native;
    s.count = 8;
    s.sum = 20;
    promc_emit_sample(promc_emit_family(e, PROMC_TYPE_HISTOGRAM, "whole_seconds", "Help.",
                                        PROMC_NO_LABELS),
                      PROMC_NO_LABELS, &s);
    promc_emit_sample(promc_emit_family(e, PROMC_TYPE_GAUGEHISTOGRAM, "waiting_seconds",
                                        "Help.", PROMC_NO_LABELS),
                      PROMC_NO_LABELS, &s);
    native.positive = (const double[]){ .5, 2, 3 };
    s.count = 7.5;
    promc_emit_sample(promc_emit_family(e, PROMC_TYPE_HISTOGRAM, "float_seconds", "Help.",
                                        PROMC_NO_LABELS),
                      PROMC_NO_LABELS, &s);
    s = (promc_sample)PROMC_SAMPLE_INIT;
    s.value = 5;
    s.has_timestamp = 1;
    s.timestamp_ms = ((int64_t)now.tv_sec - 10) * 1000 + 250;
    promc_emit_sample(
        promc_emit_family(e, PROMC_TYPE_GAUGE, "earlier", "Help.", PROMC_NO_LABELS),
        PROMC_NO_LABELS, &s);
}

static int fill(promc_registry *reg)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_histogram *all[] = { histogram(reg, "both_seconds", 1.1, 0),
                               histogram(reg, "native_seconds", 1.1, 1),
                               histogram(reg, "classic_seconds", 0, 0) };
    promc_counter *c;

    for (size_t i = 0; i < COUNT(all); i++)
        observe(all[i]);
    opts.native_factor = 1.1;
    opts.native_only = 1;
    promc_histogram_family_new_with(reg, "empty_seconds", "Help.", PROMC_NO_LABELS, NULL,
                                    0, &opts, NULL);
    opts.native_zero_threshold = -1;
    promc_histogram_family_new_with(reg, "exact_seconds", "Help.", PROMC_NO_LABELS, NULL,
                                    0, &opts, NULL);
    opts = (promc_opts)PROMC_OPTS_INIT;
    opts.exemplars = 1;
    c = promc_counter_labels(promc_counter_family_new_with(reg, "answers_total", "Help.",
                                                           PROMC_NO_LABELS, &opts, NULL),
                             PROMC_NO_LABELS);
    promc_counter_add_exemplar(c, 3, L("trace_id"), L("xyz"));
    return promc_collector_register(reg, collect, NULL, NULL);
}

int main(void)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_error err;
    promc_http *http;
    sigset_t end;
    int signal;

    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    if (reg == NULL || fill(reg) != 0 ||
        (http = promc_http_start(reg, "127.0.0.1:0", &err)) == NULL) {
        fprintf(stderr, "native_server: cannot start\n");
        return 1;
    }
    printf("port %u\n", promc_http_port(http));
    fflush(stdout);
    sigwait(&end, &signal);
    promc_http_stop(http);
    promc_registry_free(reg);
    return 0;
}
