/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "number.h"
#include "promc/promc.h"

static uint64_t bits_of(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* xorshift64*: the same numbers in every run. */
static uint64_t next_random(void)
{
    static uint64_t state = 0x9E3779B97F4A7C15;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1D;
}

/* The reference: libc in the "C" locale, in which the tests start. */
static double libc_parse(const char *text)
{
    char *end;
    double v = strtod(text, &end);
    assert_int_equal(*end, 0);
    return v;
}

static void check_format(double v, const char *text)
{
    char buf[PROMC_NUMBER_SIZE];
    size_t len = promc_number_format(v, buf);
    assert_string_equal(buf, text);
    assert_int_equal(len, strlen(text));
}

static void format_vectors(void **state)
{
    static const struct {
        double v;
        const char *text;
    } rows[] = {
        { 0, "0" },
        { -0.0, "-0" },
        { 1, "1" },
        { -1, "-1" },
        { 10, "10" },
        { 100000, "100000" },
        { 123456, "123456" },
        { 999999, "999999" },
        { 1e6, "1e+06" },
        { -1e6, "-1e+06" },
        { 1234567, "1.234567e+06" },
        { 999999.5, "999999.5" },
        { 123456.7, "123456.7" },
        { 1e-4, "0.0001" },
        { 1.5e-4, "0.00015" },
        { 1e-5, "1e-05" },
        { 0.1, "0.1" },
        { 0.3, "0.3" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { .005, "0.005" },
        { 2.5, "2.5" },
        { 1e7, "1e+07" },
        { 1e22, "1e+22" },
        { 1e23, "1e+23" },
        { 1e100, "1e+100" },
        { 5e-324, "5e-324" },
        { -5e-324, "-5e-324" },
        { 2.2250738585072014e-308, "2.2250738585072014e-308" },
        { 2.225073858507201e-308, "2.225073858507201e-308" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 9007199254740991, "9.007199254740991e+15" },
        { 9007199254740992, "9.007199254740992e+15" },
        { 9007199254740994, "9.007199254740994e+15" },
        { 18446744073709551615.0, "1.8446744073709552e+19" },
        { 2.938735877055719e-39, "2.938735877055719e-39" },
        { .8408964152537144, "0.8408964152537144" },
        { 1.189207115002721, "1.189207115002721" },
        { 9.5367431640625e-07, "9.5367431640625e-07" },
        { 2251799813685248.5, "2.2517998136852485e+15" },
        /* two equally near: the even one */
        { 1125899906842624.25, "1.1258999068426242e+15" },
        { 1125899906842624.75, "1.1258999068426248e+15" },
        { 1125899906842625.25, "1.1258999068426252e+15" },
        { 1 / 3.0, "0.3333333333333333" },
        { 5e-05, "5e-05" },
        { 9.999e-05, "9.999e-05" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_format(rows[i].v, rows[i].text);
    check_format(INFINITY, "+Inf");
    check_format(-INFINITY, "-Inf");
    check_format(NAN, "NaN");
    check_format(-NAN, "NaN");
}

static void format_openmetrics(void **state)
{
    static const struct {
        double v;
        const char *text;
    } rows[] = {
        { 0, "0.0" },          { 1, "1.0" },   { -3, "-3.0" },    { 100000, "100000.0" },
        { 1e6, "1e+06" },      { 0.5, "0.5" }, { 1e-5, "1e-05" }, { INFINITY, "+Inf" },
        { -INFINITY, "-Inf" }, { NAN, "NaN" },
    };
    char buf[PROMC_NUMBER_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = promc__number_format_om(rows[i].v, buf);
        assert_string_equal(buf, rows[i].text);
        assert_int_equal(len, strlen(rows[i].text));
    }
}

static void format_u64(void **state)
{
    char want[32], got[PROMC__U64_SIZE];
    uint64_t edge = 1;

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t v = i < 100000 ? i : next_random() >> (i % 64);
        if (i >= 100000 && i < 100060) { /* around the powers of ten */
            v = edge - 1 + i % 3;
            if (i % 3 == 2 && edge <= UINT64_MAX / 10)
                edge *= 10;
        }
        size_t len = promc__u64_format(v, got);
        assert_int_equal(len, snprintf(want, sizeof want, "%" PRIu64, v));
        assert_memory_equal(got, want, len);
    }
    assert_int_equal(promc__u64_format(UINT64_MAX, got), 20);
    assert_memory_equal(got, "18446744073709551615", 20);
}

static void check_parse(const char *text, int rc, double want)
{
    double v = 42;
    int got = promc_number_parse(text, strlen(text), &v);

    if (got != rc || (rc == -EINVAL ? v != 42 : bits_of(v) != bits_of(want)))
        fail_msg("\"%s\": %d, %.17g (want %d, %.17g)", text, got, v, rc, want);
}

static void parse_words(void **state)
{
    static const char *const refused[] = {
        "",     "+",         "-",     ".",     "e1",  "1e",   "1e+",      "1e-",
        "+.e1", "0x10",      "0x1p3", "1_000", "1,5", " 1",   "1 ",       "1.2.3",
        "--1",  "+-1",       "1e1.0", "1e1e1", "in",  "infi", "infin",    "infx",
        "nana", "infinity1", "+nan",  "-NaN",  "na",  "1f",   "\xc2\xb2",
    };
    double v;

    (void)state;
    check_parse("inf", 0, INFINITY);
    check_parse("+Inf", 0, INFINITY);
    check_parse("-Inf", 0, -INFINITY);
    check_parse("INFINITY", 0, INFINITY);
    check_parse("-infinity", 0, -INFINITY);
    assert_int_equal(promc_number_parse("NaN", 3, &v), 0);
    assert_true(isnan(v));
    assert_int_equal(promc_number_parse("nan", 3, &v), 0);
    assert_true(isnan(v));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        check_parse(refused[i], -EINVAL, 0);
    /* A NUL is a byte like any other, and the length is what counts. */
    assert_int_equal(promc_number_parse("1\0", 2, &v), -EINVAL);
    assert_int_equal(promc_number_parse("123", 2, &v), 0);
    assert_true(v == 12);
}

static void parse_numbers(void **state)
{
    static const char *const rows[] = {
        "0",
        "-0",
        "+1",
        "1.",
        ".5",
        "-.5e-1",
        "00012",
        "1e5",
        "1E+5",
        "0e999999999999999999999",
        "0.000e-5",
        "123456789012345678",
        "12345678901234567890",
        "9007199254740993",
        "9007199254740992.999999999",
        "9007199254740993.0000000001",
        /* middles between two doubles, and just beside */
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        "1.00000000000000033306690738754696212708950042724609375",
        "2."
        "22507385850720113605740979670913197593481954635164564802342610972482222202107694"
        "55"
        "16529523908135087914149158913039621106870086438694594645527657207407820621743379"
        "988141"
        "06326732925355228688137214901298112245145188984905722230728525513315575501591439"
        "747639"
        "79834118019993239625482890171070818506906306666559949382757725720157630626906633"
        "326475"
        "65300009245888316433037779791869612049497390377829704905051080609940730262937128"
        "958950"
        "00358379996720725430436028407889577179615094551674824347103070260914462157228988"
        "025818"
        "25451803257070188608721131280795122334262883686223215037756666225039825343359745"
        "688844"
        "23900265498198385487948292206894721689831099698365846814022854243330660339850886"
        "445804"
        "00103493397042756718644338377048603786162277173854562306587467901408672332763671"
        "875e-"
        "308",
        "2.47032822920623272088284396434110686182e-324",
        "2."
        "47032822920623272088284396434110686182529901307162382212792841250337753635104375"
        "93264"
        "99181808179961898982823477228588654633283551779698981993873980053909390631503565"
        "9515570"
        "22639229085839244910518443593180284993653615250031937045767824921936562366986365"
        "8480757"
        "00158576926990370631192827955855133292783433840935197801553124659726357957462276"
        "6465272"
        "82722005637400648549997709659947045402082816622623785739345073633900796776193057"
        "7506740"
        "176324673600968951340535537458516661134223766678604376620404006205168440059400e-"
        "324",
        "2e-324",
        "3e-324",
        "4.9e-324",
        "7.5e-324",
        "1e-400",
        "1e-99999999999999999999",
        "2.2250738585072012e-308",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "179769313486231580793e288",
        "0.00000000000000000000000000000000000000000000000000000000001e60",
        "1000000000000000000000000000000000000000000000000000000000000e-60",
        "1e22",
        "1e23",
        "8e22",
        "123e-22",
        "9007199254740992e22",
        "9007199254740993e-5",
        "1."
        "79769313486231580793728971405303415079934132710037826936173778980444968292764750"
        "94664"
        "90179775872070963302864166928879109465555478519404026306574886715058206819089020"
        "0070838"
        "36762738548458177115317644757302700698555713669596228429148198608349364752927190"
        "741684"
        "4365510704342711559699508093042880177904174497791e308",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_parse(rows[i], 0, libc_parse(rows[i]));
    check_parse("1e309", -ERANGE, INFINITY);
    check_parse("-1e309", -ERANGE, -INFINITY);
    check_parse("1e99999999999999999999", -ERANGE, INFINITY);
    /* The middle between the largest double and the power of two above: to even, so up.
     */
    check_parse(
        "1.797693134862315807937289714053034150799341327100378269361737789804449682927647"
        "50946649017977587207096330286416692887910946555547851940402630657488671505820681"
        "9"
        "08902000708383676273854845817711531764475730270069855571366959622842914819860834"
        "9"
        "364752927190741684443655107043427115596995080930428801779041744977920e308",
        -ERANGE, INFINITY);
}

/* Numbers longer than any buffer inside. */
static void parse_long(void **state)
{
    enum { ZEROS = 20000 };
    char *text = malloc(ZEROS + 32);
    size_t len;

    (void)state;
    assert_non_null(text);
    text[0] = '1';
    memset(text + 1, '0', ZEROS);
    len = 1 + ZEROS + (size_t)snprintf(text + 1 + ZEROS, 31, "e-%d", ZEROS - 2);
    text[len] = '\0';
    check_parse(text, 0, 100);
    memcpy(text, "0.", 2);
    len = ZEROS + (size_t)snprintf(text + ZEROS, 31, "25e%d", ZEROS - 2);
    text[len] = '\0';
    check_parse(text, 0, 0.25);
    /* A middle, with a last digit very far out that breaks the tie. */
    memset(text, '0', ZEROS);
    memcpy(text, "9007199254740993.", 17);
    text[ZEROS] = '\0';
    check_parse(text, 0, 9007199254740992.0);
    text[ZEROS - 1] = '1';
    check_parse(text, 0, 9007199254740994.0);
    free(text);
}

/* Whether two texts have the same digits, without zeros at either end. */
static int same_digits(const char *a, const char *b)
{
    char digits[2][40];
    const char *texts[] = { a, b };

    for (int i = 0; i < 2; i++) {
        size_t n = 0;
        for (const char *p = texts[i]; *p && *p != 'e'; p++)
            if (*p >= '0' && *p <= '9' && (n > 0 || *p != '0'))
                digits[i][n++] = *p;
        while (n > 0 && digits[i][n - 1] == '0')
            n--;
        digits[i][n] = '\0';
    }
    return strcmp(digits[0], digits[1]) == 0;
}

/* Any double survives the way to text and back; libc agrees; no text is shorter or
 * nearer. */
static void round_trip(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000000; i++) {
        uint64_t r = next_random();
        char buf[PROMC_NUMBER_SIZE], libc[40];
        double v, back;

        switch (i % 5) {
        case 0: /* any bits at all */
            v = from_bits(r);
            break;
        case 1: /* magnitudes of metrics */
            v = from_bits((r & 0x800FFFFFFFFFFFFF) | (1023 - 40 + (r >> 52) % 80) << 52);
            break;
        case 2: /* powers of two and their neighbours */
            v = from_bits((r >> 52 << 52) + (r & 3) - 1);
            break;
        case 3: /* few digits */
            v = (double)(r % 1000000) / (double)(1 + (r >> 20) % 10000);
            break;
        default: /* subnormal */
            v = from_bits(r & 0x000FFFFFFFFFFFFF);
        }
        size_t len = promc_number_format(v, buf);
        assert_true(len < sizeof buf);
        assert_int_equal(promc_number_parse(buf, len, &back), 0);
        if (isnan(v)) {
            assert_true(isnan(back));
            continue;
        }
        if (bits_of(back) != bits_of(v))
            fail_msg("%a became %s", v, buf);
        if (i % 8 == 0 && isfinite(v) && v != 0) {
            assert_int_equal(bits_of(libc_parse(buf)), bits_of(v));
            /* Significant digits of ours; one fewer from libc must not read back. */
            int digits = 0, zeros = 0;
            for (const char *p = buf; *p && *p != 'e'; p++) {
                if (*p < '0' || *p > '9' || (digits == 0 && *p == '0'))
                    continue;
                zeros = *p == '0' ? zeros + 1 : 0;
                digits++;
            }
            digits -= zeros;
            /* As many digits from libc are the nearest that there are; ours must be as
             * near, unless those read back as a neighbour. */
            snprintf(libc, sizeof libc, "%.*e", digits - 1, v);
            back = libc_parse(libc);
            if (bits_of(back) == bits_of(v))
                assert_true(same_digits(buf, libc));
            if (digits > 1) {
                snprintf(libc, sizeof libc, "%.*e", digits - 2, v);
                assert_int_not_equal(bits_of(libc_parse(libc)), bits_of(v));
            }
        }
    }
}

/* Our reading of random literals against libc's. */
static void parse_random(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300000; i++) {
        char text[1000];
        size_t n = 0, digits = 1 + next_random() % (i % 64 == 0 ? 900 : 24);
        size_t point = next_random() % (digits + 1);
        double want;

        for (size_t d = 0; d < digits; d++) {
            if (d == point)
                text[n++] = '.';
            text[n++] = (char)('0' + next_random() % 10);
        }
        snprintf(text + n, sizeof text - n, "e%d", (int)(next_random() % 700) - 350);
        want = libc_parse(text);
        check_parse(text, isinf(want) ? -ERANGE : 0, want);
    }
}

/* The hardest literals: all digits of the middle between two doubles, and a little more.
 */
static void parse_middles(void **state)
{
    (void)state;
    if (LDBL_MANT_DIG < 64)
        skip(); /* long double has to hold the middle */
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t bits = (60 + next_random() % 1980) << 52 | next_random() >> 12;
        char text[1200];
        int exponent;
        long double m = frexp(from_bits(bits), &exponent);
        int n =
            snprintf(text, sizeof text, "%.800Le", ldexpl(m + ldexpl(1, -54), exponent));

        assert_in_range(n, 800, sizeof text - 1);
        check_parse(text, 0, from_bits(bits + (bits & 1)));
        text[801] = '1'; /* the last digit before the exponent */
        check_parse(text, 0, from_bits(bits + 1));
    }
}

/* A host may run in a locale that writes 0.5 as "0,5". */
static void other_locale(void **state)
{
    static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "de_DE",
                                         "fr_FR.UTF-8" };
    const char *found = NULL;
    double v = 0;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !found; i++)
        found = setlocale(LC_ALL, names[i]);
    if (!found) {
        print_message("no locale with a decimal comma is installed\n");
        skip();
    }
    check_format(0.5, "0.5");
    assert_int_equal(promc_number_parse("0.5", 3, &v), 0);
    assert_true(v == 0.5);
    assert_int_equal(promc_number_parse("0,5", 3, &v), -EINVAL);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_vectors), cmocka_unit_test(format_openmetrics),
        cmocka_unit_test(format_u64),     cmocka_unit_test(parse_words),
        cmocka_unit_test(parse_numbers),  cmocka_unit_test(parse_long),
        cmocka_unit_test(round_trip),     cmocka_unit_test(parse_random),
        cmocka_unit_test(parse_middles),  cmocka_unit_test(other_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
