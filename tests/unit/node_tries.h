/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_tries.h - tables of what a collector makes of a few files, and the same files cut
 * off anywhere.
 */
#ifndef TESTS_NODE_TRIES_H
#define TESTS_NODE_TRIES_H

#include "node_run.h"

#define TRY_FILES 24

struct node_try {
    const struct node_collector *collector;
    const char *what;
    struct {
        const char *name;
        const char *content;
    } files[TRY_FILES];
    int rc;
    const char *expect; /* NULL: not looked at */
};

/* The files, of which one may be cut off. */
static inline void node_try_put(struct node_test_tree *t, const struct node_try *try,
                                size_t cut, size_t len)
{
    for (size_t i = 0; i < TRY_FILES && try->files[i].name; i++) {
        char *content = strdup(try->files[i].content);

        assert_non_null(content);
        if (i == cut)
            content[len] = '\0';
        node_test_put(t, try->files[i].name, content);
        free(content);
    }
}

/* Twice, since a collector remembers things. */
static inline void node_try_all(const struct node_try *tries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct node_try *try = &tries[i];
        struct node_test_tree t;
        struct node_run r;

        node_test_tree_new(&t);
        node_try_put(&t, try, SIZE_MAX, 0);
        assert_int_equal(node_run_start(&r, try->collector, &t.ctx), 0);
        for (int twice = 0; twice < 2; twice++) {
            if (node_run_once(&r, 10) != try->rc)
                fail_msg("%s, %s: returned %d, %s", try->collector->name, try->what, r.rc,
                         r.err.text);
            if (r.rc < 0 && r.err.text[0] == '\0')
                fail_msg("%s, %s: no reason given", try->collector->name, try->what);
            if (try->expect) {
                char *got = node_test_text(r.out);

                if (strcmp(got, try->expect) != 0)
                    fail_msg("%s, %s: got\n%s\ninstead of\n%s", try->collector->name,
                             try->what, got, try->expect);
                free(got);
            }
        }
        node_run_stop(&r);
        node_test_tree_free(&t);
    }
}

/* Whatever is cut off where: an answer, a page that can be read, and no crash. */
static inline void node_try_cut(const struct node_try *tries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct node_try *try = &tries[i];
        struct node_test_tree t;
        struct node_run r;

        node_test_tree_new(&t);
        node_try_put(&t, try, SIZE_MAX, 0);
        assert_int_equal(node_run_start(&r, try->collector, &t.ctx), 0);
        for (size_t cut = 0; cut < TRY_FILES && try->files[cut].name; cut++) {
            for (size_t len = strlen(try->files[cut].content); len-- > 0;) {
                node_try_put(&t, try, cut, len);
                node_run_once(&r, 10);
                free(node_test_text(r.out));
            }
            node_test_put(&t, try->files[cut].name, try->files[cut].content);
        }
        node_run_stop(&r);
        node_test_tree_free(&t);
    }
}

#endif /* TESTS_NODE_TRIES_H */
