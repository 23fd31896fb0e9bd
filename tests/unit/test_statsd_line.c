/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line grammar: each row is a line, the events it makes and the errors it counts.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <promc/promc.h>

#include "statsd/gofloat.h"
#include "statsd/line.h"

/* Events as text, one per line: "TYPE NAME VALUE[xTIMES]{k=v,k=v}", relative ones with
 * '~'. */
struct seen {
    char text[4096];
    size_t len;
};

static void append(struct seen *s, const char *p, size_t n)
{
    assert_true(s->len + n < sizeof(s->text));
    memcpy(s->text + s->len, p, n);
    s->len += n;
    s->text[s->len] = '\0';
}

static void add(struct seen *s, const char *p)
{
    append(s, p, strlen(p));
}

static void on_event(void *arg, const struct line *l, const struct line_event *e)
{
    struct seen *s = arg;
    char number[PROMC_NUMBER_SIZE];

    if (s->len > 0)
        add(s, " ");
    append(s, &"cgo"[e->type], 1);
    add(s, ":");
    append(s, l->name[0].p, l->name[0].n);
    append(s, l->name[1].p, l->name[1].n);
    add(s, e->relative ? "~" : "=");
    promc_number_format(e->value, number);
    add(s, number);
    if (e->times != 1) {
        promc_number_format(e->times, number);
        add(s, "x");
        add(s, number);
    }
    for (size_t i = 0; i < l->n_tags; i++) {
        add(s, i == 0 ? "{" : ",");
        append(s, l->key[i].p, l->key[i].n);
        add(s, "=");
        append(s, l->value[i].p, l->value[i].n);
    }
    if (l->n_tags > 0)
        add(s, "}");
}

/* Counts as text, those at 0 left out: "s2 t1 te1 malformed_value:1". */
static void describe(const struct line_counts *c, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    if (c->samples > 0)
        n += (size_t)snprintf(out + n, size - n, "s%d ", (int)c->samples);
    if (c->tags > 0)
        n += (size_t)snprintf(out + n, size - n, "t%d ", (int)c->tags);
    if (c->tag_errors > 0)
        n += (size_t)snprintf(out + n, size - n, "te%d ", (int)c->tag_errors);
    for (int i = 0; i < LINE_N_ERRORS; i++)
        if (c->errors[i] > 0)
            n += (size_t)snprintf(out + n, size - n, "%s:%d ",
                                  line_error_name((enum line_error)i), (int)c->errors[i]);
    if (n > 0)
        out[n - 1] = '\0';
}

static const struct line_options all = { true, true, true, true };

static void expect(const struct line_options *o, const char *line, size_t n,
                   const char *events, const char *counts)
{
    static struct line l;
    struct line_counts c = { 0 };
    struct seen s = { "", 0 };
    char *copy = malloc(n > 0 ? n : 1), got[512];

    /* a block of exactly this size, so that a checker sees any step outside */
    assert_non_null(copy);
    memcpy(copy, line, n);
    line_parse(o, copy, n, &l, &c, on_event, &s);
    free(copy);
    describe(&c, got, sizeof(got));
    if (strcmp(s.text, events) != 0 || strcmp(got, counts) != 0)
        fail_msg(
            "\"%s\":\n  events \"%s\"\n  want   \"%s\"\n  counts \"%s\"\n  want   \"%s\"",
            line, s.text, events, got, counts);
}

struct row {
    const char *line, *events, *counts;
};

static void run(const struct line_options *o, const struct row *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        expect(o, row[i].line, strlen(row[i].line), row[i].events, row[i].counts);
}

#define RUN(o, rows) run(o, rows, sizeof(rows) / sizeof(*(rows)))

static void test_samples(void **state)
{
    static const struct row rows[] = {
        { "", "", "" },
        { "hits:1|c", "c:hits=1", "s1" },
        { "temp:21.5|g", "g:temp=21.5", "s1" },
        { "temp:-3|g", "g:temp~-3", "s1" },
        { "temp:+3|g", "g:temp~3", "s1" },
        { "wait:250|ms", "o:wait=0.25", "s1" },
        { "size:250|h", "o:size=250", "s1" },
        { "size:250|d", "o:size=250", "s1" },
        { "hits:-1|c", "c:hits~-1", "s1" },
        { "a:1|c:2|g:3|ms", "c:a=1 g:a=2 o:a=0.003", "s3" },
        { "a:1|c:x|c:2|c", "c:a=1 c:a=2", "s3 malformed_value:1" },
        { "a:1|ms:2|c|@0.5", "o:a=0.001 c:a=4", "s2" },
        { "a:1|ms:2", "o:a=0.001", "s2 malformed_component:1" },
        { "a:1|c:", "c:a=1", "s2 malformed_component:1" },
        { "a:5:6:7|ms", "o:a=0.005 o:a=0.006 o:a=0.007", "s3" },
        { "a:5:x:7|h|@0.5", "o:a=5x2 o:a=7x2", "s3 malformed_value:1" },
        { "a:5::7|d", "o:a=5 o:a=7", "s3 malformed_value:1" },
        { "a:5:7|d|", "", "s2 malformed_component:2" },
        { "a:5:7|d|?", "", "s2 invalid_sample_factor:2" },
        { "a:5:6|c", "", "invalid_extended_aggregate_type:1" },
        { "a:5:6|g|#x:y", "", "invalid_extended_aggregate_type:1" },
        { "a:5:6|ms:7|ms", "", "invalid_extended_aggregate_type:1" },
    };

    (void)state;
    RUN(&all, rows);
}

static void test_refused_lines(void **state)
{
    static const struct row rows[] = {
        { ":", "", "malformed_line:1" },
        { "|", "", "malformed_line:1" },
        { "a", "", "malformed_line:1" },
        { ":1|c", "", "malformed_line:1" },
        { "_sc|name|0", "", "malformed_line:1" },
        { "a\xff:1|c", "", "malformed_line:1" },
        { "a:1|c|#k:\xc3(", "", "malformed_line:1" },
        { "a:\xc0\x80|c", "", "malformed_line:1" },
        { "a:", "", "not_enough_parts_after_colon:1" },
        { "a:1", "", "not_enough_parts_after_colon:1" },
        { "a:|c", "", "s1 malformed_value:1" },
        { "a:1|", "", "s1 illegal_event:1" },
        { "a:1|c\r", "", "s1 illegal_event:1" },
        { "a:1|s", "", "s1 illegal_event:1" },
        { "a:1|C", "", "s1 illegal_event:1" },
        { "a:1|zz", "", "s1 illegal_event:1" },
        { "a:1|zz|@0.1|#k:v", "", "s1 t1 illegal_event:1" },
        { "a:1|c|", "", "s1 malformed_component:1" },
        { "a:1|c||@1", "", "s1 malformed_component:1" },
        { "a:1|c|@1|@1|@1|@1", "c:a=1", "s1" },
        { "a:1|c|@1|@1|@1|@1|@1", "", "s1 malformed_component:1" },
        { "a:x|c|@1|@1|@1|@1|@1", "", "s1 malformed_component:1" },
        { "a:x|c|", "", "s1 malformed_value:1" },
        { "a: 1|c", "", "s1 malformed_value:1" },
        { "a:1 |c", "", "s1 malformed_value:1" },
        { "a:1|c|x", "", "s1 invalid_sample_factor:1" },
        { "a:1|c|#k:v|x", "", "s1 invalid_sample_factor:1" },
        { "a:1|c|#k|x", "", "s1 te1 invalid_sample_factor:1" },
        { "_e{5,4}:title|text", "", "s1 te1 malformed_value:1" },
    };

    (void)state;
    RUN(&all, rows);
}

static void test_rates(void **state)
{
    static const struct row rows[] = {
        { "a:1|c|@0.1", "c:a=10", "s1" },
        { "a:1|c|@0.5|@0.5", "c:a=4", "s1" },
        { "a:1|c|@0", "c:a=1", "s1" },
        { "a:1|c|@", "c:a=1", "s1 invalid_sample_factor:1" },
        { "a:1|c|@x", "c:a=1", "s1 invalid_sample_factor:1" },
        { "a:1|c|@-1", "c:a=-1", "s1" },
        { "a:1|c|@2", "c:a=0.5", "s1" },
        { "a:1|c|@0x1p-3", "c:a=8", "s1" },
        { "a:1|c|@NaN", "c:a=NaN", "s1" },
        { "a:7|g|@0.1", "g:a=7", "s1" },
        { "a:7|h|@0.1", "o:a=7x10", "s1" },
        { "a:7|h|@0.3", "o:a=7x3", "s1" },
        { "a:7|h|@0.3|@1", "o:a=7", "s1" },
        { "a:7|h|@0", "o:a=7", "s1" },
        { "a:7|h|@x", "o:a=7", "s1 invalid_sample_factor:1" },
        { "a:1|c|@1e400", "c:a=0", "s1 invalid_sample_factor:1" },
        { "a:7|h|@1e400", "", "s1 invalid_sample_factor:1 rate_out_of_range:1" },
        { "a:7|h|@1.5", "", "s1 rate_out_of_range:1" },
        { "a:7|h|@-1", "", "s1 rate_out_of_range:1" },
        { "a:7|h|@NaN", "", "s1 rate_out_of_range:1" },
        { "a:7|h|@Inf", "", "s1 rate_out_of_range:1" },
        { "a:7|h|@1e-9", "o:a=7x9.99999999e+08", "s1" },
        { "a:7|h|@1e-10", "", "s1 rate_out_of_range:1" },
        { "a:7|h|@1e-300", "", "s1 rate_out_of_range:1" },
    };

    (void)state;
    RUN(&all, rows);
}

static void test_dogstatsd(void **state)
{
    static const struct line_options off = { false, true, true, true };
    static const struct row rows[] = {
        { "a:1|c|#k:v", "c:a=1{k=v}", "s1 t1" },
        { "a:1|c|#k:v,l:w", "c:a=1{k=v,l=w}", "s1 t1" },
        { "a:1|c|#k:v,#l:w,##m:x", "c:a=1{k=v,l=w,#m=x}", "s1 t1" },
        { "a:1|c|#k:v:w", "c:a=1{k=v:w}", "s1 t1" },
        { "a:1|c|#k:v,", "c:a=1{k=v}", "s1 t1" },
        { "a:1|c|#k:v,,", "c:a=1{k=v}", "s1 t1 te1" },
        { "a:1|c|#,k:v", "c:a=1{k=v}", "s1 t1 te1" },
        { "a:1|c|#k", "c:a=1", "s1 te1" },
        { "a:1|c|#k:", "c:a=1", "s1 te1" },
        { "a:1|c|#:v", "c:a=1", "s1 te1" },
        { "a:1|c|#", "c:a=1", "s1" },
        { "a:1|c|#,", "c:a=1", "s1 te1" },
        { "a:1|c|#k:v|#l:w", "c:a=1{k=v,l=w}", "s1 t1" },
        { "a:1|c|#k:v|@0.5", "c:a=2{k=v}", "s1 t1" },
        { "a:1:2|h|#k:v", "o:a=1{k=v} o:a=2{k=v}", "s2 t2" },
        { "a:1:2|h|#k:v,l", "o:a=1{k=v} o:a=2{k=v}", "s2 t2 te2" },
        { "a:1|c|#k:v|c:box", "c:a=1{k=v,container_id=box}", "s1 t1" },
        { "a:1|c|#k:v|c:in:box", "c:a=1{k=v,container_id=in:box}", "s1 t1" },
        { "a:1|c|#k:v|c", "", "s1 malformed_container_id:1" },
        { "a:1|c|#k:v|c:", "", "s1 malformed_container_id:1" },
        { "a:1|c|c:box", "", "s2 malformed_component:1 malformed_container_id:1" },
        { "a:1|c|#k:v|T1700000000", "c:a=1{k=v}", "s1 t1" },
        { "a:1|c|T", "c:a=1", "s1" },
    };
    static const struct row off_rows[] = {
        { "a:1|c|#k:v", "c:a=1", "s1" },
        { "a,k=v:1|c|#k:v", "", "mixed_tagging_styles:1" },
        { "a:1|c|#k:v|c:box", "c:a=1{container_id=box}", "s1 t1" },
    };

    (void)state;
    RUN(&all, rows);
    RUN(&off, off_rows);
}

static void test_tags_in_names(void **state)
{
    static const struct line_options no_signalfx = { true, true, true, false };
    static const struct line_options no_librato = { true, true, false, true };
    static const struct line_options no_influxdb = { true, false, true, true };
    static const struct row rows[] = {
        { "a,k=v,l=w:1|c", "c:a=1{k=v,l=w}", "s1 t1" },
        { "a#k=v,l=w:1|c", "c:a=1{k=v,l=w}", "s1 t1" },
        { "a#k=v=w,l=#:1|c", "c:a=1{k=v=w,l=#}", "s1 t1" },
        { "a[k=v,l=w]b:1|c", "c:ab=1{k=v,l=w}", "s1 t1" },
        { "[k=v]b:1|c", "c:b=1{k=v}", "s1 t1" },
        { "j[x=1],y=2:1|c", "c:j,y=2=1{x=1}", "s1 t1" },
        { "a[]:1|c", "c:a=1", "s1" },
        { "a[k=v:1|c", "c:a[k=v=1", "s1 te1" },
        { "ak=v]:1|c", "c:ak=v]=1", "s1 te1" },
        { "a]x[:1|c", "c:a]x[=1", "s1 te1" },
        { "][:1|c", "c:][=1", "s1 te1" },
        { "#t=a:1|c", "c:=1{t=a}", "s1 t1" },
        { "a,:1|c", "c:a=1", "s1" },
        { "a,k=:1|c", "c:a=1", "s1 te1" },
        { "a,=v:1|c", "c:a=1", "s1 te1" },
        { "a,k=v:1|c:2|c", "c:a=1{k=v} c:a=2{k=v}", "s2 t2" },
        { "a,k=v:1:2|ms", "o:a=0.001{k=v} o:a=0.002{k=v}", "s2 t2" },
        { "a,k=v:1|c|#l:w", "", "mixed_tagging_styles:1" },
        { "a,k:1|c|#l:w", "c:a=1{l=w}", "s1 t1 te1" },
        { "a[k=v]:1|c|#l:w", "", "mixed_tagging_styles:1" },
    };
    static const struct row signalfx_rows[] = { { "a[k=v]:1|c", "c:a[k=v]=1", "s1" } };
    static const struct row librato_rows[] = { { "a#k=v:1|c", "c:a#k=v=1", "s1" } };
    static const struct row influxdb_rows[] = { { "a,k=v:1|c", "c:a,k=v=1", "s1" } };

    (void)state;
    RUN(&all, rows);
    RUN(&no_signalfx, signalfx_rows);
    RUN(&no_librato, librato_rows);
    RUN(&no_influxdb, influxdb_rows);
}

static void count_bytes(void *arg, const struct line *l, const struct line_event *e)
{
    (void)e;
    *(size_t *)arg += l->name[0].n;
}

/* A NUL is a character like any other here. */
static void test_nul(void **state)
{
    static struct line l;
    struct line_counts c = { 0 };
    size_t n = 0;

    (void)state;
    line_parse(&all, "a\0b:1|c", 7, &l, &c, count_bytes, &n);
    assert_int_equal(n, 3);
}

static void count_tags(void *arg, const struct line *l, const struct line_event *e)
{
    (void)e;
    assert_int_equal(l->n_tags, LINE_MAX_TAGS);
    assert_true(l->too_many_tags);
    *(int *)arg += 1;
}

static void test_too_many_tags(void **state)
{
    static struct line l;
    struct line_counts c = { 0 };
    char text[8192];
    size_t n = (size_t)snprintf(text, sizeof(text), "a:1|c|#");
    int events = 0;

    (void)state;
    for (int i = 0; i < LINE_MAX_TAGS + 1; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%sk%d:v", i > 0 ? "," : "", i);
    line_parse(&all, text, n, &l, &c, count_tags, &events);
    assert_int_equal(events, 1);
    assert_int_equal(c.tag_errors, 0);
}

/* What may be kept of a line: all but the values, if it has one suffix that is in order.
 */
static void test_plain(void **state)
{
    static const struct {
        const char *line, *head, *tail;
    } rows[] = {
        { "a:1|c", "a", "|c" },
        { "a,k=v:1|ms|@0.5", "a,k=v", "|ms|@0.5" },
        { "a:1:2|h|#k:v", "a", "|h|#k:v" },
        { "a:1|c|#k", "a", "|c|#k" },
        { "a:x|c", "a", "|c" },
        { "a:1|c:2|c", NULL, NULL },
        { "a:1|zz", NULL, NULL },
        { "a:1|c|@x", NULL, NULL },
        { "a:1", NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        static struct line l;
        struct line_counts c = { 0 };
        struct seen s = { "", 0 };

        line_parse(&all, rows[i].line, strlen(rows[i].line), &l, &c, on_event, &s);
        assert_int_equal(l.plain, rows[i].head != NULL);
        if (rows[i].head == NULL)
            continue;
        assert_int_equal(l.head.n, strlen(rows[i].head));
        assert_memory_equal(l.head.p, rows[i].head, l.head.n);
        assert_int_equal(l.tail.n, strlen(rows[i].tail));
        assert_memory_equal(l.tail.p, rows[i].tail, l.tail.n);
    }
}

static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {
        { "0", 0 },
        { "-0", -0.0 },
        { "7", 7 },
        { "+7", 7 },
        { ".5", .5 },
        { "5.", 5 },
        { "-.5", -.5 },
        { "1e5", 1e5 },
        { "1E-5", 1e-5 },
        { "0.1", 0.1 },
        { "123456789012345", 123456789012345 },
        { "1234567890123456", 1234567890123456 },
        { "12345.67890123456", 12345.67890123456 },
        { "0.30000000000000004", 0.30000000000000004 },
        { "1_000", 1000 },
        { "1_0.2_5e1_0", 10.25e10 },
        { "0x10p0", 16 },
        { "0X1P-3", .125 },
        { "-0x.8p1", -1 },
        { "0x1.8p1", 3 },
        { "0x_1_0p0", 16 },
        { "0x1p-1074", 0x1p-1074 },
        { "0x1.fffffffffffff7p0", 0x1.fffffffffffffp0 },
        { "0x1.fffffffffffff8p0", 2 },
        { "0x10000000000000000000p0", 0x1p76 },
        { "0x0p99999999", 0 },
        { "0x1p-99999999", 0 },
        { "1e-400", 0 },
        { "4.9e-324", 4.9e-324 },
        { "1.7976931348623157e308", 1.7976931348623157e308 },
        { "inf", INFINITY },
        { "-Infinity", -INFINITY },
        { "+INF", INFINITY },
        { "9007199254740993", 9007199254740992 },
    };
    static const char *const bad[] = {
        "",      "-",    "+",    ".",     "-.",   " 1",    "1 ",    "1e",   "1e+",
        "e5",    "0x10", "0xp1", "0x.p1", "0x1p", "0x1p+", "0x1px", "_1",   "1_",
        "1__0",  "1_.0", "1._0", "1e_5",  "_",    "+nan",  "-nan",  "infi", "1,5",
        "1.2.3", "--1",  "0b1",  "1d",    "1p5",  "0x1e5",
    };
    static const char *const too_large[] = { "1e400", "-1e400", "0x1p1024", "-0x1p9999",
                                             "1_0e400" };
    double v;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        v = 99;
        if (gofloat_parse(good[i].text, strlen(good[i].text), &v) != 0 ||
            memcmp(&v, &good[i].value, sizeof(v)) != 0)
            fail_msg("%s: got %.17g", good[i].text, v);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        v = 99;
        if (gofloat_parse(bad[i], strlen(bad[i]), &v) != -EINVAL || v != 99)
            fail_msg("\"%s\" was taken for %.17g", bad[i], v);
    }
    for (size_t i = 0; i < sizeof(too_large) / sizeof(*too_large); i++) {
        double sign = too_large[i][0] == '-' ? -1 : 1;

        if (gofloat_parse(too_large[i], strlen(too_large[i]), &v) != -ERANGE ||
            !isinf(v) || v * sign < 0)
            fail_msg("\"%s\" was taken for %.17g", too_large[i], v);
    }
    assert_int_equal(gofloat_parse("NaN", 3, &v), 0);
    assert_true(isnan(v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),       cmocka_unit_test(test_refused_lines),
        cmocka_unit_test(test_rates),         cmocka_unit_test(test_dogstatsd),
        cmocka_unit_test(test_tags_in_names), cmocka_unit_test(test_nul),
        cmocka_unit_test(test_too_many_tags), cmocka_unit_test(test_plain),
        cmocka_unit_test(test_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
