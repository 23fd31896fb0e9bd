/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_run.h - run a collector as the exporter does: flags, init, collect, fini.
 */
#ifndef TESTS_NODE_RUN_H
#define TESTS_NODE_RUN_H

#include <time.h>

#include "common/flags.h"
#include "node_test.h"

/* A collector that is set up, and what its last run said. */
struct node_run {
    const struct node_collector *collector;
    struct node_ctx ctx;
    void *priv;
    promc_emitter *out;
    promc_error err;
    int rc;
};

/* Give the collector flags, each as on the command line; the list ends with NULL. They
 * stay set for the rest of the program. */
static inline void node_run_flags(const struct node_collector *c, const char *const *args)
{
    /* The values point into these. */
    static struct {
        struct flags *flags;
        char *argv[16];
    } kept[64];
    static size_t n;
    int argc = 1;

    assert_true(n < 64);
    kept[n].flags = flags_new("test", "test", "test");
    assert_non_null(kept[n].flags);
    c->flags(kept[n].flags);
    kept[n].argv[0] = strdup("test");
    for (; args[argc - 1]; argc++)
        kept[n].argv[argc] = strdup(args[argc - 1]);
    assert_int_equal(flags_parse(kept[n].flags, argc, kept[n].argv), FLAGS_OK);
    n++;
}

/* Set up. Returns what init does. */
static inline int node_run_start(struct node_run *r, const struct node_collector *c,
                                 const struct node_ctx *ctx)
{
    memset(r, 0, sizeof(*r));
    r->collector = c;
    r->ctx = *ctx;
    r->out = promc_emitter_new(NULL);
    assert_non_null(r->out);
    return c->init ? c->init(&r->ctx, &r->priv, &r->err) : 0;
}

/* One scrape with that many seconds of time. Returns what collect does. */
static inline int node_run_once(struct node_run *r, double deadline)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    r->ctx.deadline = deadline;
    r->ctx.deadline_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec +
                         (uint64_t)(deadline * 1e9);
    promc_emitter_reset(r->out);
    memset(&r->err, 0, sizeof(r->err));
    r->rc = r->collector->collect(&r->ctx, r->priv, r->out, &r->err);
    return r->rc;
}

static inline void node_run_stop(struct node_run *r)
{
    if (r->priv && r->collector->fini)
        r->collector->fini(r->priv);
    promc_emitter_free(r->out);
}

#endif /* TESTS_NODE_RUN_H */
