/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_nodbus.c - the collectors that speak D-Bus, in a build without libsystemd.
 * This program is linked with the stand-in whatever the build has.
 */
#include "config.h"

#include <errno.h>

#include "node_run.h"

extern const struct node_collector node_logind_collector;
extern const struct node_collector node_systemd_collector;

static void test_refused(void **state)
{
    static const struct node_collector *const collectors[] = { &node_logind_collector,
                                                               &node_systemd_collector };
    static const char *const sentences[] = {
        "logind: this program was built without libsystemd",
        "systemd: this program was built without libsystemd"
    };
    struct node_ctx ctx = { .deadline = 0 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct node_run r;

        assert_int_equal(node_run_start(&r, collectors[i], &ctx), -ENOTSUP);
        assert_string_equal(r.err.text, sentences[i]);
        node_run_stop(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_refused) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
