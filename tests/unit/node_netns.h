/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_netns.h - a network of the test's own.
 */
#ifndef TESTS_NODE_NETNS_H
#define TESTS_NODE_NETNS_H

#include <sched.h>

#include "node_test.h"

/* Move into a new network namespace and run a shell command there that sets it up. Skips
 * the test where that is not allowed. For the last test of a program: there is no way
 * back. */
static inline void node_test_netns(const char *setup)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        print_message("skipped: no network namespace may be made here\n");
        skip();
    }
    if (system(setup) != 0) {
        print_message("skipped: cannot run: %s\n", setup);
        skip();
    }
}

#endif /* TESTS_NODE_NETNS_H */
