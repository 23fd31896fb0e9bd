/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core.h"

#include "buf.h"
#include "encoder.h"
#include "escape.h"
#include "labels.h"
#include "unescape.h"

#define UTF8 PROMC_ESCAPE_ALLOW_UTF8
#define DOTS PROMC_ESCAPE_DOTS
#define VALUES PROMC_ESCAPE_VALUES
#define OM PROMC_FORMAT_OPENMETRICS
#define TEXT1 PROMC_FORMAT_TEXT_1_0

static const char *escaped(const char *name, unsigned escaping,
                           enum promc__name_kind kind)
{
    static struct promc__buf b;

    promc__buf_reset(&b);
    promc__escape_name(&b, name, strlen(name), escaping, kind);
    promc__buf_put(&b, "", 1);
    assert_false(b.oom);
    return b.data;
}

static void vectors(void **state)
{
    static const struct {
        const char *name, *underscores, *dots, *values;
        int label;
    } rows[] = {
        { "plain", "plain", "plain", "plain", 0 },
        { "no:escaping_required", "no:escaping_required", "no:escaping__required",
          "no:escaping_required", 0 },
        { "mysystem.prod.load_total", "mysystem_prod_load_total",
          "mysystem_dot_prod_dot_load__total", "U__mysystem_2e_prod_2e_load__total", 0 },
        { "label with \U0001F631", "label_with__", "label__with____",
          "U__label_20_with_20__1f631_", 1 },
        { "\u82b1\u706b", "__", "____", "U___82b1__706b_", 0 },
        { "1a", "_a", "__a", "U___31_a", 0 },
        { "a:b", "a:b", "a:b", "a:b", 0 },
        { "a:b", "a_b", "a__b", "U__a_3a_b", 1 },
        { "_", "_", "__", "_", 1 },
        { "a\"\\\n", "a___", "a______", "U__a_22__5c__a_", 1 },
        { "\U0010FFFF\u00e9", "__", "____", "U___10ffff__e9_", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum promc__name_kind kind =
            rows[i].label ? PROMC__LABEL_NAME : PROMC__METRIC_NAME;
        char back[100];

        assert_string_equal(escaped(rows[i].name, UTF8, kind), rows[i].name);
        assert_string_equal(escaped(rows[i].name, PROMC_ESCAPE_UNDERSCORES, kind),
                            rows[i].underscores);
        assert_string_equal(escaped(rows[i].name, DOTS, kind), rows[i].dots);
        assert_string_equal(escaped(rows[i].name, VALUES, kind), rows[i].values);
        assert_int_equal(unescape_values(rows[i].values, back), 0);
        assert_string_equal(back, rows[i].name);
    }
}

static void label_sets(void **state)
{
    static const struct {
        const char *labels, *want; /* NULL: two labels of one name */
        unsigned escaping;
    } rows[] = {
        { "\"a.b\"=\"1\"", "a_b=\"1\"", 0 },
        { "\"a.b\"=\"1\",aX=\"2\"", "aX=\"2\",a_b=\"1\"", 0 }, /* sorted again */
        { "\"a.b\"=\"1\",a_b=\"2\"", NULL, 0 },
        { "\"a.b\"=\"1\",a_b=\"2\"", "a__b=\"2\",a_dot_b=\"1\"", DOTS },
        { "\"a b\"=\"1\",\"a-b\"=\"2\"", NULL, DOTS },
        { "\"a b\"=\"1\",\"a-b\"=\"2\"", "U__a_20_b=\"1\",U__a_2d_b=\"2\"", VALUES },
        { "U__a_2e_b=\"2\",\"a.b\"=\"1\"", NULL, VALUES },
        { "\"..name..\"=\"1\"", NULL, 0 }, /* that is the metric's name */
        { "\"a\\\"\\\\\\n\"=\"\\\"\\\\\\n\",b=\"2\"",
          "U__a_22__5c__a_=\"\\\"\\\\\\n\",b=\"2\"", VALUES },
    };
    struct promc__buf b = { 0 }, scratch = { 0 };

    (void)state;
    /* none need no memory */
    assert_int_equal(promc__escape_labels(&b, "", 0, VALUES, &scratch), 0);
    assert_int_equal(b.len, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len = strlen(rows[i].labels);
        int rc;

        assert_int_equal(promc__escape_changes(rows[i].labels, len, rows[i].escaping), 1);
        assert_int_equal(promc__escape_changes(rows[i].labels, len, UTF8), 0);
        promc__buf_reset(&b);
        rc = promc__escape_labels(&b, rows[i].labels, len, rows[i].escaping, &scratch);
        assert_int_equal(rc, rows[i].want != NULL ? 0 : -EEXIST);
        if (rc == 0 &&
            (b.len != strlen(rows[i].want) || memcmp(b.data, rows[i].want, b.len) != 0))
            fail_msg("row %zu: %.*s", i, (int)b.len, b.data);
    }
    assert_int_equal(promc__escape_changes("a_b=\"1\"", 7, DOTS), 1);
    assert_int_equal(promc__escape_changes("ab=\"_\"", 6, DOTS), 0);
    assert_int_equal(promc__escape_changes("a_b=\"1\"", 7, VALUES), 0);
    promc__buf_free(&b);
    promc__buf_free(&scratch);
}

/* --- pages ------------------------------------------------------------------------------ */

static size_t left_out(const char *why)
{
    promc_error err = { 0 };
    size_t n = promc_page_error(page, &err);

    if (n != 0 && strstr(err.text, why) == NULL)
        fail_msg("\"%s\" does not say %s", err.text, why);
    return n;
}

static void quoted(void **state)
{
    promc_counter_family *f = promc_counter_family_new(
        reg, "my.metric_total", "Says \"\\\n.", L("lab.el", "plain", "a:b"), NULL);
    static const double bounds[] = { 1 };
    char *plain;

    (void)state;
    promc_counter_family_inc(f, L("v", "w", "\""));
    promc_histogram_observe(promc_histogram_new(reg, "h\"\\\n", "Help.", bounds, 1, NULL),
                            2);
    assert_string_equal(
        render(TEXT1 | UTF8),
        "# HELP \"h\\\"\\\\\\n\" Help.\n# TYPE \"h\\\"\\\\\\n\" histogram\n"
        "{\"h\\\"\\\\\\n_bucket\",le=\"1\"} 0\n{\"h\\\"\\\\\\n_bucket\",le=\"+Inf\"} 1\n"
        "{\"h\\\"\\\\\\n_sum\"} 2\n{\"h\\\"\\\\\\n_count\"} 1\n"
        "# HELP \"my.metric_total\" Says \"\\\\\\n.\n# TYPE \"my.metric_total\" counter\n"
        "{\"my.metric_total\",\"a:b\"=\"\\\"\",\"lab.el\"=\"v\",plain=\"w\"} 1\n");
    assert_string_equal(
        render(OM | UTF8),
        "# TYPE \"h\\\"\\\\\\n\" histogram\n# HELP \"h\\\"\\\\\\n\" Help.\n"
        "{\"h\\\"\\\\\\n_bucket\",le=\"1.0\"} 0\n{\"h\\\"\\\\\\n_bucket\",le=\"+Inf\"} "
        "1\n"
        "{\"h\\\"\\\\\\n_sum\"} 2\n{\"h\\\"\\\\\\n_count\"} 1\n"
        "# TYPE \"my.metric\" counter\n# HELP \"my.metric\" Says \\\"\\\\\\n.\n"
        "{\"my.metric_total\",\"a:b\"=\"\\\"\",\"lab.el\"=\"v\",plain=\"w\"} 1\n# EOF\n");
    assert_string_equal(
        without_times(render(PROMC_FORMAT_OPENMETRICS_2 | UTF8)),
        "# TYPE \"h\\\"\\\\\\n\" histogram\n# HELP \"h\\\"\\\\\\n\" Help.\n"
        "{\"h\\\"\\\\\\n\"} {count:1,sum:2,bucket:[1.0:0,+Inf:1]}\n"
        "# TYPE \"my.metric_total\" counter\n"
        "# HELP \"my.metric_total\" Says \\\"\\\\\\n.\n"
        "{\"my.metric_total\",\"a:b\"=\"\\\"\",\"lab.el\"=\"v\",plain=\"w\"} 1\n# EOF\n");
    assert_samples(
        "h____bucket{le=\"1\"} 0\nh____bucket{le=\"+Inf\"} 1\nh____sum 2\n"
        "h____count 1\nmy_metric_total{a_b=\"\\\"\",lab_el=\"v\",plain=\"w\"} 1\n");
    /* 0.0.4 has no quotes, whatever is asked for */
    plain = strdup(samples_of(PROMC_FORMAT_TEXT));
    assert_string_equal(samples_of(PROMC_FORMAT_TEXT | UTF8), plain);
    free(plain);
    assert_non_null(strstr(render(OM | VALUES),
                           "# TYPE U__my_2e_metric_ counter\n"
                           "# HELP U__my_2e_metric_ Says \\\"\\\\\\n.\n"
                           "U__my_2e_metric__total{U__a_3a_b=\"\\\"\",U__lab_2e_el=\"v\","
                           "plain=\"w\"} 1\n"));
    assert_non_null(strstr(render(OM | DOTS),
                           "# TYPE my_dot_metric_ counter\n"
                           "# HELP my_dot_metric_ Says \\\"\\\\\\n.\n"
                           "my_dot_metric__total{a__b=\"\\\"\",lab_dot_el=\"v\","
                           "plain=\"w\"} 1\n"));
    assert_int_equal(promc_page_error(page, NULL), 0);
}

/* Names that are different, and written alike. Of two the later one is left out. */
static void families_collide(void **state)
{
    static const struct {
        char type;
        const char *a, *b;
        unsigned format;
        size_t out;
        const char *want, *why;
    } rows[] = {
        { 'g', "a.b", "a_b", 0, 1, "a_b 1\n", "a_b" },
        { 'g', "a.b", "a_b", DOTS, 0, "a_dot_b 1\na__b 2\n", "" },
        { 'g', "a.b", "a_b", VALUES, 0, "U__a_2e_b 1\na_b 2\n", "" },
        { 'g', "a b", "a-b", DOTS, 1, "a__b 1\n", "a-b" },
        { 'g', "U__a_2e_b", "a.b", VALUES, 1, "U__a_2e_b 1\n", "a.b" },
        { 'g', "a.b", "a_b", TEXT1 | UTF8, 0, "{\"a.b\"} 1\na_b 2\n", "" },
        /* a sample of the other */
        { 'h', "x", "x.count", 0, 1, "x_bucket{le=\"+Inf\"} 0\nx_sum 0\nx_count 0\n",
          "sample of another" },
        { 'h', "x", "x.count", TEXT1 | UTF8, 0,
          "x_bucket{le=\"+Inf\"} 0\nx_sum 0\nx_count 0\n{\"x.count\"} 2\n", "" },
        { 'h', "x.y", "x_y_sum", 0, 1,
          "x_y_bucket{le=\"+Inf\"} 0\nx_y_sum 0\nx_y_count 0\n", "sample of another" },
        { 'h', "x.y", "x_y_sum", DOTS, 0,
          "x_dot_y_bucket{le=\"+Inf\"} 0\nx_dot_y_sum 0\nx_dot_y_count 0\nx__y__sum 2\n",
          "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        promc_registry_free(reg);
        reg = promc_registry_new(NULL);
        if (rows[i].type == 'g')
            promc_gauge_set(promc_gauge_new(reg, rows[i].a, "Help.", NULL), 1);
        else
            promc_histogram_new(reg, rows[i].a, "Help.", (const double[]){ 1 }, 0, NULL);
        promc_gauge_set(promc_gauge_new(reg, rows[i].b, "Help.", NULL), 2);
        if (strcmp(samples_of(rows[i].format), rows[i].want) != 0)
            fail_msg("row %zu:\n%s", i, promc_page_data(page));
        assert_int_equal(left_out(rows[i].why), rows[i].out);
    }
}

static void counters_in_openmetrics(void **state)
{
    (void)state;
    promc_gauge_new(reg, "a_b", "Help.", NULL);
    promc_counter_new(reg, "a.b_total", "Help.", NULL);
    assert_non_null(strstr(render(OM), "# TYPE a_b_total unknown\n"));
    assert_non_null(strstr(render(OM | UTF8), "# TYPE \"a.b\" counter\n"));
    assert_non_null(strstr(render(OM | DOTS), "# TYPE a_dot_b_ counter\n"));
}

static void series_collide(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_gauge_family *f;

    (void)state;
    opts.open_labels = 1;
    f = promc_gauge_family_new_with(reg, "g", "Help.", PROMC_NO_LABELS, &opts, NULL);
    promc_gauge_set(promc_gauge_labelset(f, L("a.b"), L("1")), 1);
    promc_gauge_set(promc_gauge_labelset(f, L("a_b"), L("1")), 2);
    promc_gauge_set(promc_gauge_labelset(f, L("a_b"), L("2")), 3);
    promc_gauge_set(promc_gauge_labelset(f, L("a_b", "a.b"), L("2", "3")), 4);
    promc_gauge_set(promc_gauge_labelset(f, L("aX", "a.c"), L("x", "c")), 5);
    assert_samples("g{a_b=\"1\"} 1\ng{a_b=\"2\"} 3\ng{aX=\"x\",a_c=\"c\"} 5\n");
    assert_int_equal(left_out("once escaped"), 2);
    assert_string_equal(samples_of(TEXT1 | UTF8),
                        "g{\"a.b\"=\"1\"} 1\ng{a_b=\"1\"} 2\ng{a_b=\"2\"} 3\n"
                        "g{\"a.b\"=\"3\",a_b=\"2\"} 4\ng{\"a.c\"=\"c\",aX=\"x\"} 5\n");
    assert_int_equal(left_out(""), 0);
    assert_string_equal(samples_of(DOTS),
                        "g{a_dot_b=\"1\"} 1\ng{a__b=\"1\"} 2\ng{a__b=\"2\"} 3\n"
                        "g{a__b=\"2\",a_dot_b=\"3\"} 4\ng{aX=\"x\",a_dot_c=\"c\"} 5\n");
    assert_int_equal(left_out(""), 0);
}

static void states_collide(void **state)
{
    (void)state;
    promc_stateset_new(reg, "d.oor", "Help.", L("open", "shut"), NULL);
    promc_stateset_set_only(
        promc_stateset_labels(
            promc_stateset_family_new(reg, "p.p", "Help.", L("p_p"), L("on"), NULL),
            L("x")),
        0);
    assert_samples("d_oor{d_oor=\"open\"} 0\nd_oor{d_oor=\"shut\"} 0\n");
    assert_int_equal(left_out("p.p"), 1);
    assert_string_equal(
        samples_of(TEXT1 | UTF8),
        "{\"d.oor\",\"d.oor\"=\"open\"} 0\n{\"d.oor\",\"d.oor\"=\"shut\"} 0\n"
        "{\"p.p\",p_p=\"x\",\"p.p\"=\"on\"} 1\n");
}

/* A label that becomes the one of the metric's name. */
static void states_of_a_name(void **state)
{
    (void)state;
    promc_stateset_new(reg, "..name..", "Help.", L("on"), NULL);
    assert_samples("");
    assert_int_equal(left_out("..name.."), 1);
    assert_string_equal(samples_of(TEXT1 | UTF8),
                        "{\"..name..\",\"..name..\"=\"on\"} 0\n");
}

/* --- any names -------------------------------------------------------------------------- */

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}

/* Valid UTF-8, with much of what has a meaning somewhere. */
static void random_text(char *to, size_t min, size_t max)
{
    static const char special[] = "_.:-\"\\\n{},= #0aU";
    size_t n = min + random_below((uint32_t)(max - min + 1));

    for (size_t i = 0; i < n; i++) {
        uint32_t c = random_below(4);

        if (c == 0) {
            c = random_below(0x110000);
            if (c == 0 || (c >= 0xD800 && c < 0xE000))
                c = 'x';
        } else {
            c = c == 1 ? 'a' + random_below(26)
                       : (uint32_t)special[random_below(sizeof special - 1)];
        }
        to += put_utf8(to, c);
    }
    *to = '\0';
}

/* The quoted or plain name at *p, which moves behind it. */
static void read_name(const char **p, char *to)
{
    size_t n = 0;

    if (**p != '"') {
        n = strcspn(*p, "{=,} \n");
        memcpy(to, *p, n);
        *p += n;
    } else {
        const char *from = ++*p;

        while (**p != '"')
            *p += **p == '\\' ? 2 : 1;
        n = promc__unescape(from, (size_t)(*p - from), to);
        ++*p;
    }
    to[n] = '\0';
}

struct line {
    char name[200], label[200], value[200];
};

/* One line with one label. */
static void read_line(const char *p, struct line *l)
{
    if (*p == '{') {
        p++;
        read_name(&p, l->name);
        assert_int_equal(*p++, ',');
    } else {
        read_name(&p, l->name);
        assert_int_equal(*p++, '{');
    }
    read_name(&p, l->label);
    assert_int_equal(*p++, '=');
    read_name(&p, l->value);
    assert_string_equal(p, "} 7\n");
}

static void read_help(char *help)
{
    const char *p = strstr(promc_page_data(page), "# HELP ");
    char name[1000];

    assert_non_null(p);
    p += 7;
    read_name(&p, name);
    assert_int_equal(*p++, ' ');
    help[promc__unescape(p, strcspn(p, "\n"), help)] = '\0';
}

/* Whatever names, label names, values and help are, a reader gets them back: as they are, from
 * the schemes that can be undone, or as their shape in those that cannot. */
static void random_names(void **state)
{
    static const unsigned syntaxes[] = { PROMC_FORMAT_TEXT, TEXT1, OM };

    (void)state;
    for (int round = 0; round < 2000; round++) {
        char name[100], label[100], value[100], help[100], back[1000];
        promc_gauge_family *f;

        random_text(name, 1, 12);
        do
            random_text(label, 1, 12);
        while (strncmp(label, "__", 2) == 0);
        random_text(value, 0, 12);
        random_text(help, 0, 12);
        promc_registry_free(reg);
        reg = promc_registry_new(NULL);
        f = promc_gauge_family_new(reg, name, help, L(label), NULL);
        assert_non_null(f);
        promc_gauge_family_set(f, L(value), 7);
        for (size_t i = 0; i < COUNT(syntaxes); i++)
            for (unsigned escaping = 0; escaping <= UTF8; escaping += DOTS) {
                unsigned as = syntaxes[i] == PROMC_FORMAT_TEXT && escaping == UTF8
                                  ? PROMC_ESCAPE_UNDERSCORES
                                  : escaping;
                struct line l;

                read_line(samples_of(syntaxes[i] | escaping), &l);
                assert_int_equal(promc_page_error(page, NULL), 0);
                assert_string_equal(l.value, value);
                assert_string_equal(l.name, escaped(name, as, PROMC__METRIC_NAME));
                assert_string_equal(l.label, escaped(label, as, PROMC__LABEL_NAME));
                assert_true(as == UTF8 ||
                            (promc__name_legacy(l.name, strlen(l.name)) &&
                             promc__label_name_legacy(l.label, strlen(l.label))));
                if (as == VALUES && strncmp(name, "U__", 3) != 0) {
                    assert_int_equal(unescape_values(l.name, back), 0);
                    assert_string_equal(back, name);
                }
                if (as == VALUES && strncmp(label, "U__", 3) != 0) {
                    assert_int_equal(unescape_values(l.label, back), 0);
                    assert_string_equal(back, label);
                }
                read_help(back);
                assert_string_equal(back, help);
            }
    }
}

/* Dots and underscores come back from the scheme that is made for them. */
static void random_dots(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        char name[20], back[20];
        size_t n = 1 + random_below(16);

        for (size_t i = 0; i < n; i++)
            name[i] = "ab_.:"[random_below(5)];
        name[n] = '\0';
        assert_int_equal(unescape_dots(escaped(name, DOTS, PROMC__METRIC_NAME), back), 0);
        assert_string_equal(back, name);
    }
}

/* What the schemes take more memory for does not come and go from page to page. */
static void stable(void **state)
{
    promc_opts opts = PROMC_OPTS_INIT;
    promc_gauge_family *f;

    (void)state;
    opts.open_labels = 1;
    f = promc_gauge_family_new_with(reg, "g.g", "Help.", PROMC_NO_LABELS, &opts, NULL);
    for (int i = 0; i < 100; i++) {
        char value[20];

        snprintf(value, sizeof value, "%d", i * 7 % 100);
        promc_gauge_labelset(f, L("a.b", "c_d"), L(value, "x"));
    }
    for (unsigned escaping = 0; escaping <= UTF8; escaping += DOTS) {
        char *first = strdup(render(OM | escaping));

        for (int i = 0; i < 3; i++) {
            count_allocations();
            render(OM | escaping);
            assert_int_equal(counted_allocations(), 0);
            assert_string_equal(promc_page_data(page), first);
        }
        free(first);
    }
}

static void no_memory(void **state)
{
    promc_gauge_family *f;
    int failed = 0;
    char *want;

    (void)state;
    f = promc_gauge_family_new(reg, "a.b", "Help.", L("x.y"), NULL);
    promc_gauge_family_set(f, L("1"), 1);
    want = strdup(render(VALUES));
    for (size_t n = 1;; n++) {
        promc_page *fresh = promc_page_new(NULL);
        size_t asked;
        int rc;

        refuse_from = refuse_to = n;
        count_allocations();
        rc = promc_render(reg, VALUES, fresh, NULL);
        asked = counted_allocations();
        refuse_from = refuse_to = SIZE_MAX;
        failed += rc != 0;
        assert_true(rc == 0 ? strcmp(promc_page_data(fresh), want) == 0
                            : rc == -ENOMEM && promc_page_size(fresh) == 0);
        assert_int_equal(promc_render(reg, VALUES, fresh, NULL), 0);
        assert_string_equal(promc_page_data(fresh), want);
        promc_page_free(fresh);
        if (asked < n)
            break;
    }
    assert_true(failed > 5);
    free(want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(label_sets),
        TEST(quoted),
        TEST(families_collide),
        TEST(series_collide),
        TEST(states_collide),
        TEST(states_of_a_name),
        TEST(random_names),
        cmocka_unit_test(random_dots),
        TEST(stable),
        TEST(no_memory),
        TEST(counters_in_openmetrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
