/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_web_auth.c - who is let in, and what is remembered of it.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "common/web_auth.h"

/* of "open sesame", at the least cost */
#define HASH "$2b$04$w0SRHLO80AsmMRxWslwPm.f8eNzjdJftPEtoqC6TMMzCxrpzCAKkC"

static char *str(const char *s)
{
    return (char *)(uintptr_t)s;
}

static struct web_auth *make(void)
{
    struct web_user users[] = { { str("ali"), str(HASH) }, { str("baba"), str(HASH) } };
    struct web_config c = { .users = users, .n_users = 2 };
    struct web_auth *a = web_auth_new(&c);

    assert_non_null(a);
    return a;
}

static void right_and_wrong(void **state)
{
    static const struct {
        const char *header;
        int ok;
    } cases[] = {
        { "Basic YWxpOm9wZW4gc2VzYW1l", 1 },     /* ali:open sesame */
        { "basic YmFiYTpvcGVuIHNlc2FtZQ==", 1 }, /* baba:open sesame */
        { "BASIC YWxpOm9wZW4gc2VzYW1l", 1 },
        { "Basic YWxpOm9wZW4gYmFybGV5", 0 }, /* ali:open barley */
        { "Basic ZXZlOm9wZW4gc2VzYW1l", 0 }, /* eve:open sesame */
        { "Basic YWxpOg==", 0 },             /* ali: */
        { "Basic Om9wZW4gc2VzYW1l", 0 },     /* :open sesame */
    };
    struct web_auth *a = make();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum web_auth_verdict want = cases[i].ok ? WEB_AUTH_YES : WEB_AUTH_NO;

        if (i != 2) /* the same as before, whatever the case of the scheme */
            assert_int_equal(web_auth_look(a, cases[i].header), WEB_AUTH_UNKNOWN);
        if (web_auth_check(a, cases[i].header) != want)
            fail_msg("%s", cases[i].header);
        assert_int_equal(web_auth_look(a, cases[i].header), want);
    }
    web_auth_free(a);
}

/* What is no name and password takes no work, whoever asks. */
static void malformed(void **state)
{
    static const char *const headers[] = {
        "",
        "Basic",
        "Basic ",
        "Bearer YWxpOm9wZW4gc2VzYW1l",
        "Basic YWxpOm9wZW4gc2VzYW1", /* cut */
        "Basic !!!!",
        "Basic YWxp",                     /* ali, no colon */
        "Basic YWxpOm9wZW4gc2VzYW1lAA==", /* with a NUL at the end */
        "Basic YWxpAGI6b3BlbiBzZXNhbWU=", /* ali NUL b:open sesame */
    };
    struct web_auth *a = make();
    static char large[20000];

    (void)state;
    assert_int_equal(web_auth_look(a, NULL), WEB_AUTH_NO);
    for (size_t i = 0; i < COUNT(headers); i++) {
        if (web_auth_look(a, headers[i]) != WEB_AUTH_NO ||
            web_auth_check(a, headers[i]) != WEB_AUTH_NO)
            fail_msg("%s", headers[i]);
    }
    memset(large, 'Y', sizeof(large) - 1);
    memcpy(large, "Basic ", 6);
    assert_int_equal(web_auth_look(a, large), WEB_AUTH_NO);
    web_auth_free(a);
}

/* The same characters, split between name and password at another place, are another pair. */
static void no_pair_passes_for_another(void **state)
{
    struct web_auth *a = make();

    (void)state;
    assert_int_equal(web_auth_check(a, "Basic YWxpOm9wZW4gc2VzYW1l"), WEB_AUTH_YES);
    /* al:iopen sesame; alio:pen sesame */
    assert_int_equal(web_auth_look(a, "Basic YWw6aW9wZW4gc2VzYW1l"), WEB_AUTH_UNKNOWN);
    assert_int_equal(web_auth_look(a, "Basic YWxpbzpwZW4gc2VzYW1l"), WEB_AUTH_UNKNOWN);
    web_auth_free(a);
}

static void guesses_do_not_push_out_what_is_right(void **state)
{
    struct web_auth *a = make();
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop";

    (void)state;
    assert_int_equal(web_auth_check(a, "Basic YWxpOm9wZW4gc2VzYW1l"), WEB_AUTH_YES);
    for (unsigned i = 0; i < 300; i++) {
        char header[32];

        snprintf(header, sizeof(header), "Basic YWxpOng%c%c%c%c%c", digits[i % 16],
                 digits[i / 16 % 16], digits[i / 256], 'a', 'a');
        assert_int_equal(web_auth_check(a, header), WEB_AUTH_NO);
    }
    assert_int_equal(web_auth_look(a, "Basic YWxpOm9wZW4gc2VzYW1l"), WEB_AUTH_YES);
    web_auth_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_and_wrong),
        cmocka_unit_test(malformed),
        cmocka_unit_test(no_pair_passes_for_another),
        cmocka_unit_test(guesses_do_not_push_out_what_is_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
