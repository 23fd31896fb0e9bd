/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core.h"
#include "push_internal.h"

static promc_error err;

static promc_push *to(const char *url, const char *job)
{
    promc_push *p;

    memset(&err, 0, sizeof err);
    p = promc_push_new(url, job, NULL, &err);
    if (p == NULL)
        fail_msg("%s", err.text);
    return p;
}

/* --- where to --------------------------------------------------------------------------- */

static void gateways(void **state)
{
    static const struct {
        const char *url;
        const char *base, *user, *password;
    } rows[] = {
        { "http://h", "http://h", NULL, NULL },
        { "http://h/", "http://h", NULL, NULL },
        { "HTTP://h:9091//", "http://h:9091", NULL, NULL },
        { "https://h:1/a/b/", "https://h:1/a/b", NULL, NULL },
        { "http://[::1]:9091", "http://[::1]:9091", NULL, NULL },
        { "http://u:p@h:9091/x", "http://h:9091/x", "u", "p" },
        { "http://u@h", "http://h", "u", NULL },
        { "http://u%40x:p%3a%2f@h", "http://h", "u@x", "p:/" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_push *p = to(rows[i].url, "j");

        assert_string_equal(p->base, rows[i].base);
        if (rows[i].user == NULL)
            assert_null(p->user);
        else
            assert_string_equal(p->user, rows[i].user);
        if (rows[i].password == NULL)
            assert_null(p->password);
        else
            assert_string_equal(p->password, rows[i].password);
        promc_push_free(p);
    }
}

static void bad_gateways(void **state)
{
    static const char *const rows[] = {
        "",
        "h",
        "h:9091",
        "/x",
        "http://",
        "ftp://h",
        "file:///x",
        "gopher://h",
        "http://h:x",
        "http://u:secret@h:99999",
        "http://h?a",
        "http://h/#x",
        "http://h o",
        "http://h\n",
        "http://u:secret@h/\r\nX: y",
        "http://u:secret%0a@h",
        "http://u:secret%00@h",
        "http://u%0d:secret@h",
        NULL,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(&err, 0, sizeof err);
        if (promc_push_new(rows[i], "j", NULL, &err) != NULL)
            fail_msg("row %zu: %s is taken", i, rows[i]);
        assert_int_equal(err.code, -EINVAL);
        assert_non_null(strstr(err.text, "URL"));
        assert_null(strstr(err.text, "secret"));
    }
}

static void groups(void **state)
{
    static const struct {
        const char *job;
        const char *labels[9]; /* name, value, ... */
        const char *path;
    } rows[] = {
        { "backup", { NULL }, "/metrics/job/backup" },
        { "a b", { NULL }, "/metrics/job@base64/YSBi" },
        { "directory/x", { NULL }, "/metrics/job@base64/ZGlyZWN0b3J5L3g=" },
        { "j", { "instance", "" }, "/metrics/job/j/instance@base64/=" },
        { "j", { "path", "/var/tmp" }, "/metrics/job/j/path@base64/L3Zhci90bXA=" },
        { "j", { "p", "/" }, "/metrics/job/j/p@base64/Lw==" },
        { "j", { "p", "." }, "/metrics/job/j/p@base64/Lg==" },
        { "j", { "p", ".." }, "/metrics/job/j/p@base64/Li4=" },
        { "j", { "p", "..." }, "/metrics/job/j/p/..." },
        { "j", { "p", "a.b-c_d~e" }, "/metrics/job/j/p/a.b-c_d~e" },
        { "j", { "p", "%2F+?#&=@:" }, "/metrics/job/j/p/%252F%2B%3F%23%26%3D%40%3A" },
        { "j", { "p", "\n\x7f\"\\" }, "/metrics/job/j/p/%0A%7F%22%5C" },
        { "j",
          { "p", "\xc3\xa4\xf0\x9f\x98\xb1" },
          "/metrics/job/j/p/%C3%A4%F0%9F%98%B1" },
        /* the two characters of URL-safe base64 */
        { "j", { "p", "/?\xc3\xbf\xc3\xbe~" }, "/metrics/job/j/p@base64/Lz_Dv8O-fg==" },
        /* sorted, whatever the order */
        { "j",
          { "b", "2", "a", "1", "c", "3", "B", "0" },
          "/metrics/job/j/B/0/a/1/b/2/c/3" },
        { "\xe8\x8a\xb1\xe7\x81\xab", { NULL }, "/metrics/job/%E8%8A%B1%E7%81%AB" },
        { "j", { "my.label", "x" }, "/metrics/job/j/U__my_2e_label/x" },
        { "j",
          { "mysystem.prod.load_total", "" },
          "/metrics/job/j/U__mysystem_2e_prod_2e_load__total@base64/=" },
        { "j",
          { "label with \xf0\x9f\x98\xb1", "x" },
          "/metrics/job/j/U__label_20_with_20__1f631_/x" },
        { "j", { "\xe8\x8a\xb1\xe7\x81\xab", "x" }, "/metrics/job/j/U___82b1__706b_/x" },
        { "j", { "1a2", "x" }, "/metrics/job/j/U___31_a2/x" },
        { "j", { "a:b", "x" }, "/metrics/job/j/U__a_3a_b/x" },
        { "j", { "a/b@base64", "x" }, "/metrics/job/j/U__a_2f_b_40_base64/x" },
        { "j", { "\xc3\xa4", "x" }, "/metrics/job/j/U___e4_/x" },
        { "j", { "U__x", "x" }, "/metrics/job/j/U__x/x" }, /* good as it is */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_push *p = to("http://h:9091/prefix", rows[i].job);
        char want[200];
        char *url;

        for (size_t k = 0; rows[i].labels[k] != NULL; k += 2)
            assert_int_equal(
                promc_push_group(p, rows[i].labels[k], rows[i].labels[k + 1], NULL), 0);
        snprintf(want, sizeof want, "http://h:9091/prefix%s", rows[i].path);
        url = promc__push_url(p);
        assert_string_equal(url, want);
        promc__free(url);
        promc_push_free(p);
    }
}

/* The longest that a name and a value can become. */
static void long_groups(void **state)
{
    static const char *const characters[] = { "\x01", "\xc3\xa4", "\xf4\x8f\xbf\xbf",
                                              "_",    "/",        "%" };

    (void)state;
    for (size_t i = 0; i < COUNT(characters); i++)
        for (size_t n = 1; n < 20; n++) {
            char text[81] = "";
            promc_push *p;
            char *url;

            for (size_t k = 0; k < n; k++)
                strcat(text, characters[i]);
            p = to("http://h", text);
            strcat(text, "-");
            if (strncmp(text, "__", 2) != 0)
                assert_int_equal(promc_push_group(p, text, text, &err), 0);
            assert_int_equal(promc_push_group(p, "x", text, &err), 0);
            url = promc__push_url(p);
            assert_non_null(url);
            promc__free(url);
            promc_push_free(p);
        }
}

static void bad_groups(void **state)
{
    static const struct {
        const char *name, *value, *rule;
    } rows[] = {
        { "job", "x", "the job is in the grouping key" },
        { "", "x", "\"\" is empty" },
        { NULL, "x", "\"\" is empty" },
        { "__x", "x", "\"__x\"" },
        { "\xff", "x", "not UTF-8" },
        { "x", "\xff", "value of label \"x\"" },
        { "x", NULL, "value of label \"x\"" },
        { "a", "2", "\"a\" is in the grouping key already" },
        { "U__b_2e_c", "2", "already" }, /* b.c in a path */
    };
    promc_push *p = to("http://h", "j");

    (void)state;
    assert_int_equal(promc_push_group(p, "a", "1", NULL), 0);
    assert_int_equal(promc_push_group(p, "b.c", "1", NULL), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(promc_push_group(p, rows[i].name, rows[i].value, &err), -EINVAL);
        if (err.code != -EINVAL || strstr(err.text, rows[i].rule) == NULL)
            fail_msg("row %zu: %s", i, err.text);
    }
    assert_int_equal(p->n_group, 2);
    promc_push_free(p);
}

/* --- settings --------------------------------------------------------------------------- */

static void settings(void **state)
{
    static const struct {
        double timeout;
        const char *header;
        const char *rule; /* NULL: fine */
        long timeout_ms;
    } rows[] = {
        { 0, NULL, NULL, 10000 },
        { 1.5, NULL, NULL, 1500 },
        { 1e-9, NULL, NULL, 1 },
        { -1, NULL, "timeout", 0 },
        { NAN, NULL, "timeout", 0 },
        { INFINITY, NULL, "timeout", 0 },
        { 2e6, NULL, "timeout", 0 },
        { 0, "Authorization: Bearer x", NULL, 10000 },
        { 0, "X:y", NULL, 10000 },
        { 0, "", "header 0", 0 },
        { 0, "X", "header 0", 0 },
        { 0, "X;", "header 0", 0 },
        { 0, ": y", "header 0", 0 },
        { 0, "Host:", "header 0", 0 },
        { 0, "Host: \t", "header 0", 0 },
        { 0, "X y: z", "header 0", 0 },
        { 0, "X: y\r\nZ: a", "header 0", 0 },
        { 0, "X: y\n", "header 0", 0 },
    };
    promc_push_opts opts = PROMC_PUSH_OPTS_INIT;
    promc_push *p;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_push_opts o = PROMC_PUSH_OPTS_INIT;

        o.timeout = rows[i].timeout;
        o.headers = &rows[i].header;
        o.n_headers = rows[i].header != NULL;
        p = promc_push_new("http://h", "j", &o, &err);
        if ((p != NULL) != (rows[i].rule == NULL))
            fail_msg("row %zu: %s", i, err.text);
        if (p == NULL) {
            assert_int_equal(err.code, -EINVAL);
            assert_non_null(strstr(err.text, rows[i].rule));
        } else {
            assert_int_equal(p->timeout_ms, rows[i].timeout_ms);
            assert_int_equal(p->n_headers, rows[i].header != NULL);
        }
        promc_push_free(p);
    }
    opts.n_headers = 1; /* and no headers */
    assert_null(promc_push_new("http://h", "j", &opts, &err));
    opts.n_headers = 0;
    opts.user = "settings";
    opts.ca_file = "/ca.pem";
    p = promc_push_new("http://url:word@h", "j", &opts, &err);
    assert_string_equal(p->user, "settings");
    assert_string_equal(p->password, "word");
    assert_string_equal(p->ca_file, "/ca.pem");
    promc_push_free(p);
    opts.size = offsetof(promc_push_opts, user); /* a caller with an older header */
    p = promc_push_new("http://h", "j", &opts, &err);
    assert_null(p->user);
    promc_push_free(p);
    assert_null(promc_push_new("http://h", "", NULL, &err));
    assert_null(promc_push_new("http://h", NULL, NULL, &err));
    assert_null(promc_push_new("http://h", "\xff", NULL, &err));
    assert_non_null(strstr(err.text, "the job"));
}

/* --- what is not sent ------------------------------------------------------------------- */

static void checked(void **state)
{
    static const struct {
        const char *text;
        const char *rule; /* NULL: fine */
    } rows[] = {
        { "", NULL },
        { "x 1\n", NULL },
        { "# HELP x job=\"a\"\nx{jobs=\"job\",Job=\"\"} 1\n", NULL },
        { "x{job=\"\"} 1\n", "x has the label \"job\"" },
        { "a 1\ny{z=\"1\",instance=\"2\"} 1\n", "y has the label \"instance\"" },
        { "y{U__b_2e_c=\"2\"} 1\n", "y has the label \"U__b_2e_c\"" },
        { "x 1 1700000000000\n", "x has a timestamp" },
        { "x 1 0\n", "x has a timestamp" },
    };
    promc_push *p = to("http://h", "j");

    (void)state;
    assert_int_equal(promc_push_group(p, "instance", "1", NULL), 0);
    assert_int_equal(promc_push_group(p, "b.c", "1", NULL), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int rc = promc__push_check(p, rows[i].text, strlen(rows[i].text), &err);

        if (rc != (rows[i].rule != NULL ? -EINVAL : 0) ||
            (rc != 0 && (err.code != rc || strstr(err.text, rows[i].rule) == NULL)))
            fail_msg("row %zu: %d %s", i, rc, err.text);
    }
    promc_push_free(p);
}

/* The address of a port where nobody listens. */
static const char *nobody(void)
{
    static char url[60];
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    close(fd);
    snprintf(url, sizeof url, "http://user:secret@127.0.0.1:%u",
             (unsigned)ntohs(a.sin_port));
    return url;
}

static void nobody_there(void **state)
{
    promc_push *p = to(nobody(), "j");

    (void)state;
    promc_counter_new(reg, "x_total", "Help.", NULL);
    for (int i = 0; i < 3; i++) {
        memset(&err, 0, sizeof err);
        assert_int_equal(i == 0   ? promc_push_put(p, reg, &err)
                         : i == 1 ? promc_push_post(p, reg, &err)
                                  : promc_push_delete(p, &err),
                         -EIO);
        assert_int_equal(err.code, -EIO);
        assert_non_null(strstr(err.text, "push: http://127.0.0.1:"));
        assert_null(strstr(err.text, "secret"));
        assert_null(strstr(err.text, "user"));
    }
    promc_push_free(p);
}

static const char *closed;

static void *push_to_nobody(void *arg)
{
    (void)arg;
    for (int i = 0; i < 5; i++) {
        promc_push *p = promc_push_new(closed, "j", NULL, NULL);

        assert_int_equal(promc_push_put(p, reg, NULL), -EIO);
        promc_push_free(p);
    }
    return NULL;
}

static void at_once(void **state)
{
    (void)state;
    closed = nobody();
    run_threads(4, push_to_nobody, NULL);
}

static void busy(void **state)
{
    promc_push *p = to(nobody(), "j");

    (void)state;
    assert_int_equal(promc_push_start(p, reg, 0, &err), -EINVAL);
    assert_int_equal(promc_push_start(p, reg, 1e9, &err), 0);
    assert_int_equal(promc_push_start(p, reg, 1e9, &err), -EBUSY);
    assert_int_equal(promc_push_group(p, "a", "b", &err), -EBUSY);
    assert_int_equal(promc_push_put(p, reg, &err), -EBUSY);
    assert_int_equal(promc_push_post(p, reg, &err), -EBUSY);
    assert_int_equal(promc_push_delete(p, &err), -EBUSY);
    assert_int_equal(err.code, -EBUSY);
    assert_int_equal(promc_push_stop(p, &err), -EIO);
    assert_int_equal(promc_push_stop(p, &err), 0);
    assert_int_equal(promc_push_group(p, "a", "b", &err), 0);
    assert_int_equal(promc_push_start(p, reg, 1e9, &err), 0);
    promc_push_free(p); /* ends it too */
}

static void nothing(void **state)
{
    (void)state;
    promc_push_free(NULL);
    assert_int_equal(promc_push_group(NULL, "a", "b", &err), -EINVAL);
    assert_int_equal(promc_push_put(NULL, reg, &err), -EINVAL);
    assert_int_equal(promc_push_delete(NULL, NULL), -EINVAL);
    assert_int_equal(promc_push_start(NULL, reg, 1, &err), -EINVAL);
    assert_int_equal(promc_push_stop(NULL, &err), 0);
}

/* Everything, with the n-th allocation refused. */
static int all_steps(void)
{
    const char *header = "X: y";
    promc_push_opts opts = PROMC_PUSH_OPTS_INIT;
    promc_push *p;
    int rc;

    opts.headers = &header;
    opts.n_headers = 1;
    opts.user = "u";
    p = promc_push_new("http://u:p@127.0.0.1:1", "j", &opts, &err);
    if (p == NULL)
        return err.code;
    rc = promc_push_group(p, "b", "1", &err);
    if (rc == 0)
        rc = promc_push_group(p, "a", "1", &err);
    if (rc == 0)
        rc = promc_push_put(p, reg, &err);
    if (rc == -EIO)
        rc = promc_push_start(p, reg, 1e9, &err);
    promc_push_free(p);
    return rc;
}

static void out_of_memory(void **state)
{
    size_t n;

    (void)state;
    promc_counter_new(reg, "x_total", "Help.", NULL);
    count_allocations();
    assert_int_equal(all_steps(), 0);
    n = counted_allocations();
    assert_true(n > 10);
    for (size_t i = 1; i <= n; i++) {
        int rc;

        refuse_from = refuse_to = i;
        count_allocations();
        rc = all_steps();
        counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        assert_true(rc == 0 || (rc == -ENOMEM && err.code == -ENOMEM));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gateways), TEST(bad_gateways), TEST(groups),  TEST(long_groups),
        TEST(settings), TEST(bad_groups),   TEST(checked), TEST(nobody_there),
        TEST(at_once),  TEST(busy),         TEST(nothing), TEST(out_of_memory),
    };

    return cmocka_run_group_tests_name("push", tests, NULL, NULL);
}
