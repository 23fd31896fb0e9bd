/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_test.h - what the tests of the node exporter's collectors share: an emitter whose
 * content is compared as text, trees of files, and all prefixes of an input.
 */
#ifndef TESTS_NODE_TEST_H
#define TESTS_NODE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/collector.h"
#include "node/scan.h"

/* ------------------------------------------------------------------------------------
 * Emitters
 */

static inline void node_test_show(promc_emitter *e, void *arg)
{
    promc_emitter_append(e, arg);
}

/* What an emitter holds, in text format without the HELP lines; to be freed. */
static inline char *node_test_text(promc_emitter *e)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_page *page = promc_page_new(NULL);
    struct span rest, line;
    promc_error err = { 0, "" };
    char *text, *p;

    assert_non_null(reg);
    assert_non_null(page);
    assert_int_equal(promc_collector_register(reg, node_test_show, e, NULL), 0);
    assert_int_equal(promc_render(reg, PROMC_FORMAT_TEXT, page, NULL), 0);
    if (promc_page_error(page, &err) != 0)
        fail_msg("left out of the page: %s", err.text);
    p = text = malloc(promc_page_size(page) + 1);
    assert_non_null(text);
    rest = span_of(promc_page_data(page), promc_page_size(page));
    while (scan_line(&rest, &line)) {
        if (span_begins(line, "# HELP"))
            continue;
        memcpy(p, line.p, line.n);
        p += line.n;
        *p++ = '\n';
    }
    *p = '\0';
    promc_page_free(page);
    promc_registry_free(reg);
    return text;
}

/* The emitter holds exactly this. */
static inline void node_test_expect(promc_emitter *e, const char *text)
{
    char *got = node_test_text(e);

    assert_string_equal(got, text);
    free(got);
}

/* The emitter holds this line, or any of its beginning. */
static inline int node_test_holds(promc_emitter *e, const char *line)
{
    char *got = node_test_text(e);
    int found = strncmp(got, line, strlen(line)) == 0;

    for (const char *p = got; !found && (p = strchr(p, '\n')) != NULL; p++)
        found = strncmp(p + 1, line, strlen(line)) == 0;
    free(got);
    return found;
}

/* ------------------------------------------------------------------------------------
 * Input
 */

/* Hand every prefix of text to fn, each in memory of exactly its size, so that a look
 * beyond its end is found by the sanitizers, and at least by valgrind. */
static inline void node_test_prefixes(const char *text, size_t len,
                                      void (*fn)(struct span prefix))
{
    for (size_t n = 0; n <= len; n++) {
        char *copy = malloc(n ? n : 1);

        assert_non_null(copy);
        memcpy(copy, text, n);
        fn(span_of(n ? copy : NULL, n));
        free(copy);
    }
}

/* A tree of files in a directory of its own, with paths as a collector gets them. */
struct node_test_tree {
    char root[64];
    char proc[80];
    char sys[80];
    char udev[80];
    struct node_ctx ctx;
};

static inline void node_test_tree_new(struct node_test_tree *t)
{
    snprintf(t->root, sizeof(t->root), "/tmp/promc-test-XXXXXX");
    assert_non_null(mkdtemp(t->root));
    snprintf(t->proc, sizeof(t->proc), "%s/proc", t->root);
    snprintf(t->sys, sizeof(t->sys), "%s/sys", t->root);
    snprintf(t->udev, sizeof(t->udev), "%s/udev", t->root);
    t->ctx = (struct node_ctx){ .paths = { t->proc, t->sys, t->root, t->udev } };
}

/* Write a file of the tree and the directories above it; "" with a name ending in / makes
 * the directory alone. */
static inline void node_test_put(struct node_test_tree *t, const char *name,
                                 const char *content)
{
    char path[512];
    FILE *f;

    assert_true(snprintf(path, sizeof(path), "%s/%s", t->root, name) < (int)sizeof(path));
    for (char *p = path + strlen(t->root) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        mkdir(path, 0755);
        *p = '/';
    }
    if (path[strlen(path) - 1] == '/')
        return;
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(content, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static inline void node_test_remove(struct node_test_tree *t, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", t->root, name);
    assert_int_equal(remove(path), 0);
}

static inline void node_test_tree_free(struct node_test_tree *t)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", t->root);
    assert_int_equal(system(command), 0);
}

#endif /* TESTS_NODE_TEST_H */
