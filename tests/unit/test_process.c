/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "process.h"

#define BEFORE " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18"
#define BEHIND " 111 222 333 18446744073709551615 1\n"

static void stat_files(void **state)
{
    static const struct {
        const char *text;
        int ok;
    } rows[] = {
        { "12 (sh)" BEFORE BEHIND, 1 },
        { "12 (a b) c) (d)" BEFORE BEHIND, 1 },
        { "12 (\n)) 1 2)" BEFORE BEHIND, 1 },
        { "12 ()" BEFORE " 111 222 333", 1 },
        { "", 0 },
        { "12 sh" BEFORE BEHIND, 0 },
        { "12 (sh", 0 },
        { "12 (sh)", 0 },
        { "12 (sh)" BEFORE, 0 },
        { "12 (sh)" BEFORE " 111 222", 0 },
        { "12 (sh)" BEFORE " 111 222 ", 0 },
        { "12 (sh)" BEFORE " -1 222 333", 0 },
        { "12 (sh)" BEFORE " 111 x 333", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct promc__process_stat st = { 0 };

        if (promc__process_parse_stat(rows[i].text, &st) != (rows[i].ok ? 0 : -1))
            fail_msg("row %zu", i);
        if (rows[i].ok) {
            assert_int_equal(st.start_ticks, 111);
            assert_int_equal(st.virtual_bytes, 222);
            assert_int_equal(st.resident_pages, 333);
        }
    }
}

static const char netstat[] =
    "TcpExt: SyncookiesSent InOctets\nTcpExt: 7 8\n"
    "IpExt: InNoRoutes InTruncatedPkts InMcastPkts InOctets OutOctets InMcastOctets\n"
    "IpExt: 1 2 3 12345678901 222 4\nMPTcpExt: A\nMPTcpExt: 1\n";

static void netstat_files(void **state)
{
    static const struct {
        const char *text;
        int ok;
    } rows[] = {
        { netstat, 1 },
        { "IpExt: OutOctets InOctets\nIpExt: 222 12345678901\n", 1 },
        { "IpExt: InOctets OutOctets\nIpExt: 12345678901 222", 1 },
        { "", 0 },
        { "IpExt: InOctets OutOctets\n", 0 },
        { "IpExt: InOctets OutOctets\nIpExt: 1\n", 0 },
        { "IpExt: InOctets OutOctets\nOther: 1 2\n", 0 },
        { "IpExt: InOctets\nIpExt: 1\n", 0 },
        { "IpExt: InOctets OutOctets\nIpExt: 1 x\n", 0 },
        { "IpExt: InOctetsX OutOctets\nIpExt: 1 2\n", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t in = 0, out = 0;

        if (promc__process_parse_netstat(rows[i].text, &in, &out) !=
            (rows[i].ok ? 0 : -1))
            fail_msg("row %zu", i);
        assert_true(!rows[i].ok || (in == 12345678901 && out == 222));
    }
}

/* Cut short at every byte, in memory of just that size: a sanitizer sees any step beyond.
 */
static void truncated(void **state)
{
    static const char line[] = "12 (a b) c)" BEFORE BEHIND;

    (void)state;
    for (size_t len = 0; len < sizeof netstat; len++) {
        struct promc__process_stat st;
        uint64_t in, out;
        char *copy = strndup(netstat, len);

        promc__process_parse_netstat(copy, &in, &out);
        free(copy);
        copy = strndup(line, len < sizeof line ? len : sizeof line);
        promc__process_parse_stat(copy, &st);
        free(copy);
    }
}

static double value(const char *name)
{
    char start[100];
    const char *p;

    snprintf(start, sizeof start, "\n%s ", name);
    p = strstr(render(PROMC_FORMAT_TEXT), start);
    if (p == NULL)
        fail_msg("no %s in\n%s", name, promc_page_data(page));
    return strtod(p + strlen(start), NULL);
}

/* The values of this very process. */
static void live(void **state)
{
    struct rlimit files;
    double start, cpu, fds;
    int fd;

    (void)state;
    assert_int_equal(promc_process_register(reg, NULL), 0);
    getrlimit(RLIMIT_NOFILE, &files);
    start = value("process_start_time_seconds");
    assert_true(start > 1e9 && start <= (double)time(NULL) + 2);
    cpu = value("process_cpu_seconds_total");
    assert_true(cpu > 0 && value("process_cpu_seconds_total") >= cpu);
    assert_true(value("process_resident_memory_bytes") > 100000);
    assert_true(value("process_virtual_memory_bytes") >=
                value("process_resident_memory_bytes"));
    assert_true(value("process_virtual_memory_max_bytes") > 0);
    assert_true(value("process_max_fds") == (files.rlim_cur == RLIM_INFINITY
                                                 ? 18446744073709551615.0
                                                 : (double)files.rlim_cur));
    fds = value("process_open_fds");
    fd = dup(1);
    assert_true(fd >= 0 && value("process_open_fds") == fds + 1);
    close(fd);
    assert_true(value("process_open_fds") == fds && fds >= 3);
    assert_true(value("process_start_time_seconds") == start);
    if (access("/proc/self/net/netstat", R_OK) == 0) {
        assert_true(value("process_network_receive_bytes_total") >= 0);
        assert_true(value("process_network_transmit_bytes_total") >= 0);
    }
    assert_int_equal(promc_page_error(page, NULL), 0);
    assert_int_equal(promc_process_unregister(reg), 0);
    assert_string_equal(render(PROMC_FORMAT_TEXT), "");
}

/* A limit as large as can be is a number too. */
static void limits(void **state)
{
    struct rlimit old, limit;

    (void)state;
    assert_int_equal(promc_process_register(reg, NULL), 0);
    getrlimit(RLIMIT_NOFILE, &old);
    limit = old;
    limit.rlim_cur = old.rlim_cur > 100 ? old.rlim_cur - 1 : old.rlim_cur;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(value("process_max_fds") == (double)limit.rlim_cur);
    setrlimit(RLIMIT_NOFILE, &old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_files),
        cmocka_unit_test(netstat_files),
        cmocka_unit_test(truncated),
        TEST(live),
        TEST(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
