/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_late.c - a scrape that runs out of time leaves out collectors, and says so.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "promc/promc.h"

static void emit_one(promc_emitter *e, void *arg)
{
    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, arg, "G.", PROMC_NO_LABELS),
               PROMC_NO_LABELS, 1);
}

/* Time for as many as *arg says. */
static int late(void *arg)
{
    unsigned *left = arg;

    return *left == 0 || (*left)-- == 0;
}

static void collectors_left_out(void **state)
{
    static char names[][4] = { "c_0", "c_1", "c_2" };
    promc_registry *reg = promc_registry_new(NULL);
    promc_page *page = promc_page_new(NULL);
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;

    (void)state;
    promc_counter_inc(promc_counter_new(reg, "a_total", "A.", NULL));
    for (int i = 0; i < 3; i++)
        promc_collector_register(reg, emit_one, names[i], NULL);
    opts.late = late;
    for (unsigned time = 0; time <= 3; time++) {
        unsigned left = time, n = 0;
        promc_error err = { 0, "" };

        opts.late_arg = &left;
        assert_int_equal(promc_render_with(reg, PROMC_FORMAT_TEXT, &opts, page, NULL), 0);
        assert_non_null(strstr(promc_page_data(page), "a_total 1\n"));
        for (int i = 0; i < 3; i++)
            n += strstr(promc_page_data(page), names[i]) != NULL;
        assert_int_equal(n, time);
        assert_int_equal(promc_page_error(page, &err), 3 - time);
        if (time < 3)
            assert_non_null(strstr(err.text, "out of time"));
    }
    promc_page_free(page);
    promc_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(collectors_left_out) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
