/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_services.c - what the collectors ntp, runit and supervisord make of good,
 * bad, cut and hostile input. How they speak to servers is tested by tests/e2e.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "node/collectors/ntp_packet.h"
#include "node/collectors/supervisord.h"
#include "node_run.h"

extern const struct node_collector node_ntp_collector;
extern const struct node_collector node_runit_collector;
extern const struct node_collector node_supervisord_collector;

/* ------------------------------------------------------------------------------------
 * runit
 */

static void put_status(struct node_test_tree *t, const char *service, uint64_t tai,
                       char want, char state, size_t len)
{
    unsigned char status[20] = { 0 };
    char path[512];
    int fd;

    snprintf(path, sizeof(path), "service/%s/supervise/", service);
    node_test_put(t, path, "");
    snprintf(path, sizeof(path), "%s/service/%s/supervise/status", t->root, service);
    for (int i = 0; i < 8; i++)
        status[i] = (unsigned char)(tai >> (56 - 8 * i));
    status[12] = 77; /* the pid, which is not shown */
    status[17] = (unsigned char)want;
    status[19] = (unsigned char)state;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, status, len), (ssize_t)len);
    close(fd);
}

#define RUNIT(metric, service, value)                                                    \
    "node_service_" metric "{service=\"" service "\",supervisor=\"runit\"} " value "\n"
#define RUNIT_TYPE(metric) "# TYPE node_service_" metric " gauge\n"

/* clang-format off */
static const char runit_text[] =
    RUNIT_TYPE("desired_state")
    RUNIT("desired_state", "cron", "1")
    RUNIT("desired_state", "off", "0")
    RUNIT("desired_state", "once", "0")
    RUNIT_TYPE("normal_state")
    RUNIT("normal_state", "cron", "1")
    RUNIT("normal_state", "off", "0")
    RUNIT("normal_state", "once", "1")
    RUNIT_TYPE("state")
    RUNIT("state", "cron", "1")
    RUNIT("state", "off", "0")
    RUNIT("state", "once", "2")
    RUNIT_TYPE("state_last_change_timestamp_seconds")
    RUNIT("state_last_change_timestamp_seconds", "cron", "1.6e+09")
    RUNIT("state_last_change_timestamp_seconds", "off", "5")
    RUNIT("state_last_change_timestamp_seconds", "once", "1.600000001e+09");
/* clang-format on */

static void test_runit(void **state)
{
    const uint64_t tai = (UINT64_C(1) << 62) + 10;
    struct node_test_tree t;
    struct node_run r;
    char flag[128];

    (void)state;
    node_test_tree_new(&t);
    snprintf(flag, sizeof(flag), "--collector.runit.servicedir=%s/service", t.root);
    node_run_flags(&node_runit_collector, (const char *const[]){ flag, NULL });
    assert_int_equal(node_run_start(&r, &node_runit_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), -ENOENT);
    node_test_expect(r.out, "");

    put_status(&t, "cron", tai + 1600000000, 'u', 1, 20);
    put_status(&t, "once", tai + 1600000001, 'd', 2, 20);
    put_status(&t, "off", tai + 5, 0, 0, 20);
    node_test_put(&t, "service/off/down", "");
    node_test_put(&t, "service/fresh/run", "#!/bin/sh\n"); /* not supervised yet */
    node_test_put(&t, "service/README", "text");
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, runit_text);

    /* One that is cut off, or no file at all, costs itself. */
    for (size_t len = 0; len < 20; len++) {
        put_status(&t, "once", tai, 'u', 1, len);
        assert_int_equal(node_run_once(&r, 10), -EINVAL);
        assert_true(node_test_holds(r.out, RUNIT("state", "cron", "1")));
        assert_false(node_test_holds(r.out, RUNIT("state", "once", "")));
    }
    node_test_remove(&t, "service/once/supervise/status");
    node_test_put(&t, "service/once/supervise/status/", "");
    assert_true(node_run_once(&r, 10) < 0);
    assert_true(node_test_holds(r.out, RUNIT("state", "cron", "1")));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

/* ------------------------------------------------------------------------------------
 * ntp
 */

#define COOKIE UINT64_C(0x0123456789abcdef)
#define SECOND INT64_C(1000000000)
#define NOW (INT64_C(1700000000) * SECOND)

/* A time of the server as NTP has it. */
static uint64_t ntp_time(int64_t ns)
{
    uint64_t t = (uint64_t)(ns + 2208988800 * SECOND);

    return t / 1000000000 << 32 | (t % 1000000000 << 32) / 1000000000;
}

static void put_big(unsigned char *p, uint64_t v, int bytes)
{
    for (int i = bytes; i-- > 0; v >>= 8)
        p[i] = (unsigned char)v;
}

static void make_answer(unsigned char *p, int leap, int mode, int stratum,
                        int64_t reference, int64_t receive, int64_t transmit)
{
    memset(p, 0, NTP_PACKET_LEN);
    p[0] = (unsigned char)(leap << 6 | 4 << 3 | mode);
    p[1] = (unsigned char)stratum;
    put_big(p + 4, 0x00008000, 4); /* root delay 0.5 */
    put_big(p + 8, 0x00014000, 4); /* root dispersion 1.25 */
    put_big(p + 16, reference ? ntp_time(reference) : 0, 8);
    put_big(p + 24, COOKIE, 8);
    put_big(p + 32, ntp_time(receive), 8);
    put_big(p + 40, ntp_time(transmit), 8);
}

static int near(int64_t a, int64_t b)
{
    return a - b < 10 && b - a < 10;
}

static void test_ntp_question(void **state)
{
    static const unsigned char rest[NTP_PACKET_LEN - 9];
    unsigned char p[NTP_PACKET_LEN];

    (void)state;
    ntp_question(p, 4, COOKIE);
    assert_int_equal(p[0], 0x23);
    assert_memory_equal(p + 1, rest, sizeof(rest));
    assert_memory_equal(p + 40, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
}

static void test_ntp_answer(void **state)
{
    unsigned char p[NTP_PACKET_LEN];
    const char *reason = NULL;
    struct ntp_answer a;

    (void)state;
    /* The server is 10 s ahead; 2 ms there, 1 ms at the server, 4 ms back. */
    make_answer(p, 1, 4, 2, NOW - 60 * SECOND, NOW + 10002000000, NOW + 10003000000);
    assert_int_equal(ntp_parse(p, sizeof(p), COOKIE, NOW, NOW + 7000000, &a, &reason), 0);
    assert_int_equal(a.leap, 1);
    assert_int_equal(a.stratum, 2);
    assert_true(near(a.time, NOW + 10003000000));
    assert_true(near(a.reference, NOW - 60 * SECOND));
    assert_true(near(a.rtt, 6000000));
    assert_true(near(a.offset, 9999000000));
    assert_true(near(a.min_error, 9996000000));
    assert_int_equal(a.root_delay, SECOND / 2);
    assert_int_equal(a.root_dispersion, SECOND + SECOND / 4);
    assert_true(ntp_sane(&a, 2 * SECOND, 10 * SECOND));
    assert_false(ntp_sane(&a, SECOND, 10 * SECOND));
    assert_false(ntp_sane(&a, 2 * SECOND, 9 * SECOND));

    /* One that is behind. */
    make_answer(p, 0, 4, 1, NOW - 60 * SECOND, NOW - 10 * SECOND, NOW - 10 * SECOND);
    assert_int_equal(ntp_parse(p, sizeof(p), COOKIE, NOW, NOW + 2000000, &a, &reason), 0);
    assert_true(near(a.offset, -10001000000));
    assert_true(near(a.min_error, 10 * SECOND));

    /* Over the end of the era in 2036. */
    make_answer(p, 0, 4, 1, INT64_C(2085978490) * SECOND, INT64_C(2085978500) * SECOND,
                INT64_C(2085978500) * SECOND);
    assert_int_equal(ntp_parse(p, sizeof(p), COOKIE, INT64_C(2085978495) * SECOND,
                               INT64_C(2085978495) * SECOND, &a, &reason),
                     0);
    assert_true(near(a.time, INT64_C(2085978500) * SECOND));
    assert_true(near(a.reference, INT64_C(2085978490) * SECOND));
    assert_true(near(a.offset, 5 * SECOND));
}

static const struct {
    int leap, mode, stratum;
    int64_t reference, receive, transmit;
    int rc, sane;
} answers[] = {
    { 0, 4, 1, NOW, NOW, NOW, 0, 1 },
    { 3, 4, 1, NOW, NOW, NOW, 0, 0 },                         /* not in sync */
    { 0, 4, 0, NOW, NOW, NOW, 0, 0 },                         /* leave me alone */
    { 0, 4, 16, NOW, NOW, NOW, 0, 0 },                        /* not in sync either */
    { 0, 4, 1, NOW - 131073 * SECOND, NOW, NOW, 0, 0 },       /* not set for long */
    { 0, 4, 1, NOW + SECOND, NOW, NOW, 0, 0 },                /* set in the future */
    { 0, 4, 1, 0, NOW, NOW, 0, 0 },                           /* never set */
    { 0, 3, 1, NOW, NOW, NOW, -EBADMSG, 0 },                  /* a question */
    { 0, 4, 1, NOW, NOW + SECOND, NOW, -EBADMSG, 0 },         /* backwards */
    { 0, 4, 1, NOW, NOW, -2208988800 * SECOND, -EBADMSG, 0 }, /* no time */
};

static void test_ntp_answers(void **state)
{
    unsigned char p[NTP_PACKET_LEN];
    const char *reason = NULL;
    struct ntp_answer a;

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        make_answer(p, answers[i].leap, answers[i].mode, answers[i].stratum,
                    answers[i].reference, answers[i].receive, answers[i].transmit);
        assert_int_equal(ntp_parse(p, sizeof(p), COOKIE, NOW, NOW, &a, &reason),
                         answers[i].rc);
        if (answers[i].rc == 0)
            assert_int_equal(ntp_sane(&a, 4 * SECOND, 1000000), answers[i].sane);
        for (size_t len = 0; len < sizeof(p); len++)
            assert_int_equal(ntp_parse(p, len, COOKIE, NOW, NOW, &a, &reason), -EBADMSG);
        if (answers[i].mode == 4)
            assert_int_equal(ntp_parse(p, sizeof(p), 1, NOW, NOW, &a, &reason), -EAGAIN);
    }
}

/* Whatever numbers come, none of them overflows. */
static void test_ntp_extremes(void **state)
{
    static const uint64_t extreme[] = { 0, 1, UINT64_C(1) << 63, UINT64_MAX,
                                        UINT64_C(0x7fffffffffffffff) };
    const size_t n = sizeof(extreme) / sizeof(extreme[0]);
    unsigned char p[NTP_PACKET_LEN];
    const char *reason = NULL;
    struct ntp_answer a;

    (void)state;
    for (size_t i = 0; i < n * n * n * n; i++) {
        make_answer(p, 0, 4, 1, NOW, NOW, NOW);
        put_big(p + 4, extreme[i % n], 8);
        put_big(p + 16, extreme[i / n % n], 8);
        put_big(p + 32, extreme[i / n / n % n], 8);
        put_big(p + 40, extreme[i / n / n / n], 8);
        if (ntp_parse(p, sizeof(p), COOKIE, NOW, NOW, &a, &reason) == 0)
            ntp_sane(&a, 4 * SECOND, 1000000);
    }
}

static void test_ntp_flags(void **state)
{
    static const struct {
        const char *flag, *reason;
    } bad[] = {
        { "--collector.ntp.server=192.0.2.1", "--collector.ntp.server must be" },
        { "--collector.ntp.server=localhost", "--collector.ntp.server must be" },
        { "--collector.ntp.server=::ffff:192.0.2.1", "--collector.ntp.server must be" },
        { "--collector.ntp.server=::1", NULL },
        { "--collector.ntp.server=127.1.2.3", NULL },
        { "--collector.ntp.protocol-version=5", "must be 2, 3 or 4, not 5" },
        { "--collector.ntp.protocol-version=2", NULL },
        { "--collector.ntp.server-port=65536", "must be from 1 to 65535, not 65536" },
    };
    struct node_ctx ctx = { .deadline = 0 };
    struct node_run r;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const flags[] = { bad[i].flag, NULL };
        int rc;

        node_run_flags(&node_ntp_collector, flags);
        rc = node_run_start(&r, &node_ntp_collector, &ctx);
        if (rc != (bad[i].reason ? -EINVAL : 0))
            fail_msg("%s: %d", bad[i].flag, rc);
        if (bad[i].reason && !strstr(r.err.text, bad[i].reason))
            fail_msg("%s: %s", bad[i].flag, r.err.text);
        node_run_stop(&r);
    }
}

/* ------------------------------------------------------------------------------------
 * supervisord: what comes
 */

/* All that was handed out, as text. */
static char processes[4096];

static void keep(void *arg, const struct supervisord_process *p)
{
    size_t n = strlen(processes);

    (void)arg;
    snprintf(processes + n, sizeof(processes) - n, "%s/%s %lld", p->group, p->name,
             (long long)p->state);
    n = strlen(processes);
    if (p->has & SUPERVISORD_START)
        snprintf(processes + n, sizeof(processes) - n, " start %lld",
                 (long long)p->start);
    n = strlen(processes);
    if (p->has & SUPERVISORD_EXIT)
        snprintf(processes + n, sizeof(processes) - n, " exit %lld",
                 (long long)p->exit_status);
    n = strlen(processes);
    snprintf(processes + n, sizeof(processes) - n, ";");
}

#define HEAD                                                                             \
    "<?xml version='1.0'?>\n<methodResponse>\n<params><param><value><array><data>\n"
#define TAIL "</data></array></value></param></params></methodResponse>\n"
#define MEMBER(name, value)                                                              \
    "<member><name>" name "</name>\n <value>" value "</value></member>\n"
#define PROCESS(members) "<value><struct>\n" members "</struct></value>\n"
#define WEB                                                                              \
    PROCESS(MEMBER("description", "<string>pid 7, uptime 0:01</string>")                 \
                MEMBER("name", "<string>web</string>")                                   \
                    MEMBER("group", "<string>site</string>")                             \
                        MEMBER("start", "<int>12</int>") MEMBER("stop", "<int>0</int>")  \
                            MEMBER("state", "<int>20</int>")                             \
                                MEMBER("exitstatus", "<int>0</int>"))
#define WEB_TEXT "site/web 20 start 12 exit 0;"

static const struct {
    const char *what;
    const char *text;
    const char *expect;
    const char *reason; /* NULL: it is good */
} replies[] = {
    { "a process", HEAD WEB TAIL, WEB_TEXT, NULL },
    { "two", HEAD WEB WEB TAIL, WEB_TEXT WEB_TEXT, NULL },
    { "none", HEAD TAIL, "", NULL },
    { "no list", "<methodResponse><params/></methodResponse>", "",
      "no list of processes" },
    { "a fault",
      "<methodResponse><fault><value><struct>" MEMBER(
          "faultCode", "<int>1</int>") "</struct></value></fault></methodResponse>",
      "", "it reports a fault" },
    { "nothing", "", "", "empty" },
    { "HTML", "<html><body>hello</body></html>", "", "no list of processes" },
    { "text", "hello", "", "no list of processes" },
    { "entities, CDATA, comments, no type",
      HEAD PROCESS(MEMBER("na<!-- x -->me", "a&lt;&#65;&#x20ac;<![CDATA[<b>]]>") MEMBER(
          "group", "<string/>") MEMBER(" state ", " <i4> 10 </i4> ")) TAIL,
      "/a<A\xe2\x82\xac<b> 10;", NULL },
    { "attributes and empty elements",
      HEAD "<value a='1'><struct >" MEMBER("name", "<string x='y'>n</string >")
          MEMBER("state", "<int>0</int>") "<member/></struct></value>" TAIL,
      "/n 0;", NULL },
    { "values with more in them",
      HEAD PROCESS(
          MEMBER("name", "<string>n</string>") MEMBER("state", "<int>0</int>") MEMBER(
              "more", "<struct>" MEMBER("state", "<int>9</int>") "</struct>")
              MEMBER("list", "<array><data><value><int>1</int></value></data></array>"))
          TAIL,
      "/n 0;", NULL },
    { "a name that is a number costs its process",
      HEAD PROCESS(MEMBER("name", "<int>1</int>") MEMBER("state", "<int>0</int>"))
          WEB TAIL,
      WEB_TEXT, "a name that is no string" },
    { "a state that is a string",
      HEAD PROCESS(MEMBER("name", "<string>n</string>")
                       MEMBER("state", "<string>0</string>")) WEB TAIL,
      WEB_TEXT, "a number that is none" },
    { "over 64 bits",
      HEAD PROCESS(MEMBER("name", "<string>n</string>")
                       MEMBER("state", "<int>9223372036854775808</int>")) TAIL,
      "", "a number that is none" },
    { "no state", HEAD PROCESS(MEMBER("name", "<string>n</string>")) WEB TAIL, WEB_TEXT,
      "a process without name or state" },
    { "a document type", "<!DOCTYPE x [<!ENTITY a 'b'>]>" HEAD TAIL, "",
      "a document type" },
    { "an entity of its own", HEAD PROCESS(MEMBER("name", "&a;")) TAIL, "",
      "an entity that is not known" },
    { "NUL as an entity", HEAD PROCESS(MEMBER("name", "&#0;")) TAIL, "",
      "an entity that is not known" },
    { "tags crossed", "<a><b></a></b>", "", "tags that do not match" },
    { "a closing tag too many", HEAD WEB TAIL "</a>", WEB_TEXT,
      "tags that do not match" },
    { "deep",
      "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"
      "<a><a><a><a><a><a>",
      "", "nested too deep" },
};

static int parse(const char *text, size_t len, const char **reason)
{
    char *copy = malloc(len ? len : 1);
    int rc;

    assert_non_null(copy);
    memcpy(copy, text, len);
    processes[0] = '\0';
    *reason = NULL;
    rc = supervisord_parse(copy, len, keep, NULL, reason);
    free(copy);
    return rc;
}

static void test_supervisord_replies(void **state)
{
    const char *reason;

    (void)state;
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        int rc = parse(replies[i].text, strlen(replies[i].text), &reason);

        if (rc != (replies[i].reason ? -EBADMSG : 0) ||
            (reason && strcmp(reason, replies[i].reason) != 0))
            fail_msg("%s: %d, %s", replies[i].what, rc, reason ? reason : "");
        if (strcmp(processes, replies[i].expect) != 0)
            fail_msg("%s: %s", replies[i].what, processes);
    }
}

/* Cut anywhere it is an error, and what came whole before is handed out. */
static void test_supervisord_cut(void **state)
{
    static const char text[] = HEAD WEB WEB TAIL;
    size_t first = strlen(HEAD WEB), whole = strlen(text) - 1;
    const char *reason;

    (void)state;
    for (size_t len = 0; len < whole; len++) {
        assert_int_equal(parse(text, len, &reason), -EBADMSG);
        if (len >= first)
            assert_int_equal(strncmp(processes, WEB_TEXT, strlen(WEB_TEXT)), 0);
    }
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
        for (size_t len = 0; len < strlen(replies[i].text); len++)
            parse(replies[i].text, len, &reason);
    assert_int_equal(parse("<a>\0</a>", 8, &reason), -EBADMSG);
}

static const struct {
    const char *answer;
    const char *body; /* NULL: refused */
} http[] = {
    { "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\nbody", "body" },
    { "HTTP/1.1 200 OK\r\ncontent-length:  4 \r\n\r\nbodyrest", "body" },
    { "HTTP/1.0 200 OK\n\nbody", "body" },
    { "HTTP/1.0 200\r\n\r\n", "" },
    { "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nbody", NULL },
    { "HTTP/1.0 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nbody", NULL },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n", NULL },
    { "HTTP/1.0 401 Unauthorized\r\n\r\nbody", NULL },
    { "HTTP/1.0 2000 OK\r\n\r\nbody", NULL },
    { "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n", NULL },
    { "<methodResponse/>", NULL },
    { "", NULL },
};

static void test_supervisord_http(void **state)
{
    const char *reason;
    char copy[256], *body;
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(http) / sizeof(http[0]); i++) {
        size_t n = strlen(http[i].answer);
        int rc;

        memcpy(copy, http[i].answer, n);
        rc = supervisord_http_parse(copy, n, &body, &len, &reason);
        assert_int_equal(rc, http[i].body ? 0 : -EBADMSG);
        if (http[i].body) {
            assert_int_equal(len, strlen(http[i].body));
            assert_memory_equal(body, http[i].body, len);
        }
        while (n-- > 0)
            supervisord_http_parse(copy, n, &body, &len, &reason);
    }
}

static const struct {
    const char *url;
    const char *parts; /* host port target user; NULL: refused */
} urls[] = {
    { "http://localhost:9001/RPC2", "localhost 9001 /RPC2 " },
    { "http://127.0.0.1", "127.0.0.1 80 / " },
    { "http://u:p@[::1]:9001/RPC2?x", "::1 9001 /RPC2?x u:p" },
    { "http://[::1]/RPC2", "::1 80 /RPC2 " },
    { "http://u:p%40%2Fs%3as@localhost/", "localhost 80 / u:p@/s:s" },
    { "http://u:p@s@localhost:9001/", "localhost 9001 / u:p@s" },
    { "http://u:%4@localhost/", NULL },
    { "http://u:%xy@localhost/", NULL },
    { "http://u:%00@localhost/", NULL },
    { "unix:///run/supervisor.sock", "/run/supervisor.sock  /RPC2 " },
    { "unix:/run/supervisor.sock", "/run/supervisor.sock  /RPC2 " },
    { "unix://", NULL },
    { "unix:///12345678901234567890123456789012345678901234567890123456789012345678901234"
      "5678901234567890123456789012345678901234567890",
      NULL },
    { "https://localhost:9001/RPC2", NULL },
    { "localhost:9001", NULL },
    { "http://:9001/RPC2", NULL },
    { "http://[::1/RPC2", NULL },
    { "http://[::1]x/RPC2", NULL },
    { "http://localhost:99999/", NULL },
    { "http://localhost:x/", NULL },
    { "http://localhost/ HTTP/1.0\r\nX: y", NULL },
    { "", NULL },
};

static void test_supervisord_urls(void **state)
{
    struct supervisord_url u;
    const char *reason;
    char parts[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        int rc = supervisord_url_parse(urls[i].url, &u, &reason);

        if (rc != (urls[i].parts ? 0 : -EINVAL))
            fail_msg("%s: %d", urls[i].url, rc);
        snprintf(parts, sizeof(parts), "%s %s %s %s", u.host, u.port, u.target, u.user);
        if (rc == 0)
            assert_string_equal(parts, urls[i].parts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runit),
        cmocka_unit_test(test_ntp_question),
        cmocka_unit_test(test_ntp_answer),
        cmocka_unit_test(test_ntp_answers),
        cmocka_unit_test(test_ntp_extremes),
        cmocka_unit_test(test_ntp_flags),
        cmocka_unit_test(test_supervisord_replies),
        cmocka_unit_test(test_supervisord_cut),
        cmocka_unit_test(test_supervisord_http),
        cmocka_unit_test(test_supervisord_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
