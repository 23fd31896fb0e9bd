/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_host.c - the collectors that tell what the host is and what time it has: os,
 * time, timex, uname.
 */
#include "config.h"

#include <errno.h>

#include "node_run.h"

extern const struct node_collector node_os_collector;
extern const struct node_collector node_time_collector;
extern const struct node_collector node_timex_collector;
extern const struct node_collector node_uname_collector;

static const char release[] = "# a comment\n"
                              "NAME=\"Tidy Linux\"\n"
                              "ID=tidy\n"
                              "ID_LIKE='debian \"old\"'\n"
                              "VERSION=\"7.5 \\\"Quoted\\\" \\$x\"\n"
                              "VERSION_ID=7.5.1\n"
                              "PRETTY_NAME=Tidy\\ Seven\n"
                              "no equals sign\n"
                              "SUPPORT_END=2031-03-01\n";

#define INFO(like, name, pretty, version)                                                \
    "# TYPE node_os_info gauge\n"                                                        \
    "node_os_info{build_id=\"\",id=\"tidy\",id_like=\"" like                             \
    "\",image_id=\"\",image_version=\"\",name=\"" name "\",pretty_name=\"" pretty        \
    "\",variant=\"\",variant_id=\"\",version=\"" version                                 \
    "\",version_codename=\"\",version_id=\"7.5.1\"} 1\n"

static void test_os(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(node_run_start(&r, &node_os_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), NODE_NODATA);
    node_test_put(&t, "usr/lib/os-release", release);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(
        r.out,
        INFO("debian \\\"old\\\"", "Tidy Linux", "Tidy Seven",
             "7.5 \\\"Quoted\\\" $x") "# TYPE node_os_support_end_timestamp_seconds "
                                      "gauge\n"
                                      "node_os_support_end_timestamp_seconds "
                                      "1.9300896e+09\n"
                                      "# TYPE node_os_version gauge\n"
                                      "node_os_version{id=\"tidy\",id_like=\"debian "
                                      "\\\"old\\\"\","
                                      "name=\"Tidy Linux\"} 7.5\n");
    /* the one in etc goes first, and a change is noticed */
    node_test_put(&t, "etc/os-release", "ID=other\n");
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "node_os_info{build_id=\"\",id=\"other\""));
    assert_false(node_test_holds(r.out, "node_os_version"));
    node_test_put(&t, "etc/os-release",
                  "ID=third\nVERSION_ID=12\nSUPPORT_END=2031-02-30\n");
    assert_int_equal(node_run_once(&r, 10), -EINVAL);
    assert_true(node_test_holds(r.out, "node_os_info{build_id=\"\",id=\"third\""));
    assert_true(node_test_holds(
        r.out, "node_os_version{id=\"third\",id_like=\"\",name=\"\"} 12"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_os_cut(void **state)
{
    struct node_test_tree t;
    struct node_run r;
    char copy[sizeof(release)];

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(node_run_start(&r, &node_os_collector, &t.ctx), 0);
    for (size_t n = 0; n < sizeof(release); n++) {
        memcpy(copy, release, n);
        copy[n] = '\0';
        node_test_put(&t, "etc/os-release", copy);
        node_run_once(&r, 10);
        assert_true(r.rc == 0 || r.rc == -EINVAL);
        free(node_test_text(r.out));
    }
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_time(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    setenv("TZ", "XYZ-5:30", 1);
    node_test_tree_new(&t);
    node_test_put(&t, "sys/devices/system/clocksource/clocksource0/available_clocksource",
                  "tsc hpet \n");
    node_test_put(&t, "sys/devices/system/clocksource/clocksource0/current_clocksource",
                  "tsc\n");
    node_test_put(&t, "sys/devices/system/clocksource/power/control", "auto\n");
    assert_int_equal(node_run_start(&r, &node_time_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "node_time_seconds 1."));
    assert_true(node_test_holds(
        r.out, "node_time_zone_offset_seconds{time_zone=\"XYZ\"} 19800\n"));
    assert_true(node_test_holds(
        r.out,
        "# TYPE node_time_clocksource_available_info gauge\n"
        "node_time_clocksource_available_info{clocksource=\"hpet\",device=\"0\"} 1\n"
        "node_time_clocksource_available_info{clocksource=\"tsc\",device=\"0\"} 1\n"
        "# TYPE node_time_clocksource_current_info gauge\n"
        "node_time_clocksource_current_info{clocksource=\"tsc\",device=\"0\"} 1\n"));
    node_test_remove(&t,
                     "sys/devices/system/clocksource/clocksource0/current_clocksource");
    assert_int_equal(node_run_once(&r, 10), -ENOENT);
    assert_true(node_test_holds(r.out, "node_time_seconds 1."));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

static void test_no_clocksource(void **state)
{
    struct node_test_tree t;
    struct node_run r;

    (void)state;
    node_test_tree_new(&t);
    assert_int_equal(node_run_start(&r, &node_time_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "node_time_seconds 1."));
    assert_false(node_test_holds(r.out, "node_time_clocksource"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* These ask the running kernel, so only the form can be checked. */
static void test_kernel(void **state)
{
    struct node_ctx ctx = { .paths = { "/proc", "/sys", "", "" } };
    struct node_run r;

    (void)state;
    assert_int_equal(node_run_start(&r, &node_uname_collector, &ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "node_uname_info{domainname=\""));
    assert_true(node_test_holds(r.out, "node_uname_info"));
    node_run_stop(&r);

    assert_int_equal(node_run_start(&r, &node_timex_collector, &ctx), 0);
    if (node_run_once(&r, 10) != NODE_NODATA) {
        assert_int_equal(r.rc, 0);
        assert_true(node_test_holds(r.out, "node_timex_tick_seconds 0.0"));
        assert_true(node_test_holds(r.out, "# TYPE node_timex_pps_error_total counter"));
    }
    node_run_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_os),     cmocka_unit_test(test_os_cut),
        cmocka_unit_test(test_time),   cmocka_unit_test(test_no_clocksource),
        cmocka_unit_test(test_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
