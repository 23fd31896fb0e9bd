/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_serve.c - how long collectors may take, by what the scraper and the flag say.
 */
#include "config.h"

#include "unit.h"

#include "node/serve.h"

static void deadlines(void **state)
{
    static const struct {
        double timeout, limit, deadline;
    } cases[] = {
        { 0, 0, 8 }, /* inside Prometheus' default timeout */
        { 10, 0, 9.5 },    { 6, 0, 5.5 }, { 1, 0, 0.9 },    { 2, 0, 1.8 },
        { 10, 3, 3 },                                       /* the flag caps */
        { 2, 3, 1.8 },                                      /* and never extends */
        { 0, 20, 20 },     { 0, 3, 3 },   { 1e300, 0, 55 }, /* below the life of a
                                                               connection */
        { 1e-9, 0, 0.05 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double d = node_serve_deadline(cases[i].timeout, cases[i].limit);

        if (d - cases[i].deadline > 1e-9 || cases[i].deadline - d > 1e-9)
            fail_msg("row %zu: %f", i, d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(deadlines) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
