/* SPDX-License-Identifier: Apache-2.0 */
/* When series were made, and how pages show it. */
#include "config.h"

#include <unistd.h>

#include "clock.h"
#include "core.h"
#include "protowalk.h"

static const char *page_with_created(promc_format format)
{
    promc_render_opts opts = PROMC_RENDER_OPTS_INIT;

    opts.created = 1;
    assert_int_equal(promc_render_with(reg, format, &opts, page, NULL), 0);
    return promc_page_data(page);
}

/* The value of a line @sample, in milliseconds; 0 when there is none. */
static int64_t created(const char *sample)
{
    const char *p = strstr(page_with_created(PROMC_FORMAT_OPENMETRICS), sample);
    double v = 0;

    if (p == NULL)
        return 0;
    p += strlen(sample);
    assert_int_equal(promc_number_parse(p, strcspn(p, "\n"), &v), 0);
    return (int64_t)(v * 1000 + .5);
}

static void openmetrics(void **state)
{
    int64_t before = promc__now_ms();
    promc_counter_family *f =
        promc_counter_family_new(reg, "c_total", "H.", L("l"), NULL);
    int64_t first;

    (void)state;
    promc_counter_labels(f, L("x"));
    promc_histogram_new(reg, "h", "H.", NULL, 0, NULL);
    promc_summary_new(reg, "s", "H.", NULL, 0, NULL);
    promc_gauge_new(reg, "g", "H.", NULL);
    first = created("\nc_created{l=\"x\"} ");
    assert_in_range(first, before, promc__now_ms());
    assert_in_range(created("\nh_created "), before, promc__now_ms());
    assert_in_range(created("\ns_created "), before, promc__now_ms());
    assert_null(strstr(promc_page_data(page), "g_created"));
    /* only where asked for, and only where there is such a thing */
    assert_null(strstr(render(PROMC_FORMAT_OPENMETRICS), "_created"));
    assert_null(strstr(page_with_created(PROMC_FORMAT_TEXT), "_created"));
    /* counting, and other series, leave it alone */
    while (promc__now_ms() == first)
        usleep(1000);
    promc_counter_family_inc(f, L("x"));
    promc_counter_family_inc(f, L("y"));
    assert_int_equal(created("\nc_created{l=\"x\"} "), first);
    assert_true(created("\nc_created{l=\"y\"} ") > first);
    /* one that starts again has a new one */
    promc_counter_remove(f, L("x"));
    promc_counter_family_inc(f, L("x"));
    assert_true(created("\nc_created{l=\"x\"} ") > first);
}

static void protobuf(void **state)
{
    struct promc__buf text = { 0 };
    char want[100];

    (void)state;
    promc_counter_new(reg, "c_total", "H.", NULL);
    promc_histogram_new(reg, "h", "H.", NULL, 0, NULL);
    promc_summary_new(reg, "s", "H.", NULL, 0, NULL);
    promc_gauge_new(reg, "g", "H.", NULL);
    assert_int_equal(promc_render(reg, PROMC_FORMAT_PROTOBUF, page, NULL), 0);
    assert_true(walk_page(promc_page_data(page), promc_page_size(page), &text));
    promc__buf_put(&text, "", 1);
    snprintf(want, sizeof want, "counter{value:0 created{seconds:%lld nanos:",
             (long long)(created("\nc_created ") / 1000));
    assert_non_null(strstr(text.data, want));
    assert_non_null(strstr(text.data, "le:+Inf} created{seconds:"));
    assert_non_null(strstr(text.data, "summary{count:0 sum:0 created{seconds:"));
    assert_non_null(strstr(text.data, "metric{gauge{value:0}}"));
    promc__buf_free(&text);
}

/* Native buckets that start again are of that moment, in every format. */
static void native(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_histogram *h;
    int64_t first;

    (void)state;
    opts.native_factor = 1.1;
    opts.native_buckets = 10;
    opts.native_min_reset = .001;
    h = promc_histogram_labels(promc_histogram_family_new_with(
                                   reg, "h", "H.", PROMC_NO_LABELS, NULL, 0, &opts, NULL),
                               PROMC_NO_LABELS);
    first = created("\nh_created ");
    assert_true(first > 0);
    while (promc__now_ms() < first + 20)
        usleep(1000);
    assert_int_equal(created("\nh_created "), first);
    for (int i = 0; i < 11; i++)
        promc_histogram_observe(h, 1 << i);
    assert_true(created("\nh_created ") > first);
    assert_int_equal(promc_histogram_count(h), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(openmetrics),
        TEST(protobuf),
        TEST(native),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
