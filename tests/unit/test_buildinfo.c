/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_buildinfo.c - the build_info metric and --version.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#include "common/buildinfo.h"

static void metric(void **state)
{
    static const char *const labels[] = { "branch",
                                          "goarch",
                                          "goos=\"linux\"",
                                          "goversion",
                                          "revision",
                                          "tags",
                                          "version=\"" PACKAGE_VERSION "\"} 1\n" };
    promc_registry *reg = promc_registry_new(NULL);
    promc_page *page = promc_page_new(NULL);
    promc_error err = { 0, "" };
    const char *p;

    (void)state;
    assert_int_equal(buildinfo_register(reg, "some_exporter", &err), 0);
    assert_int_equal(promc_render(reg, PROMC_FORMAT_TEXT, page, NULL), 0);
    p = strstr(promc_page_data(page), "\nsome_exporter_build_info{");
    for (size_t i = 0; i < COUNT(labels); i++) {
        assert_non_null(p);
        p = strstr(p, labels[i]);
    }
    assert_non_null(p);
    promc_page_free(page);
    promc_registry_free(reg);
}

static void text(void **state)
{
    char buf[512];

    (void)state;
    buildinfo_text("prog", " +this -that", buf, sizeof(buf));
    assert_int_equal(strncmp(buf, "prog, version " PACKAGE_VERSION " (branch: ",
                             24 + strlen(PACKAGE_VERSION)),
                     0);
    assert_non_null(strstr(buf, "\n  platform:         linux/"));
    assert_non_null(strstr(buf, "\n  libraries:        "));
    assert_non_null(strstr(buf, "zstd +this -that"));
    assert_true(buf[strlen(buf) - 1] != '\n');
    assert_string_equal(buildinfo_version(), PACKAGE_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(metric),
                                        cmocka_unit_test(text) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
