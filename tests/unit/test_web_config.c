/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_web_config.c - what a --web.config.file may say, and where it is said to be wrong.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/web_config.h"
#include "common/web_tls_prio.h"

#define HASH "$2b$04$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE"

static const char whole[] = "# all there is\n"
                            "tls_server_config:\n"
                            "  cert_file: a.pem\n"
                            "  key: |\n"
                            "    text\n"
                            "  client_auth_type: RequireAndVerifyClientCert\n"
                            "  client_ca_file: ca.pem\n"
                            "  client_allowed_sans: [one.example, \"10.0.0.1\"]\n"
                            "  min_version: TLS13\n"
                            "  max_version: TLS13\n"
                            "  cipher_suites:\n"
                            "    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
                            "  curve_preferences: [X25519]\n"
                            "  prefer_server_cipher_suites: no\n"
                            "http_server_config:\n"
                            "  http2: false\n"
                            "  headers:\n"
                            "    x-frame-options: SAMEORIGIN\n"
                            "    Strict-Transport-Security: max-age=31536000\n"
                            "basic_auth_users:\n"
                            "  alice: " HASH "\n"
                            "  bob: '" HASH "'\n"
                            "rate_limit:\n"
                            "  interval: 1m1.5s\n"
                            "  burst: 20\n";

static void everything(void **state)
{
    promc_error err = { 0, "" };
    struct web_config c;

    (void)state;
    if (web_config_parse("web.yml", whole, strlen(whole), &c, &err) != 0)
        fail_msg("%s", err.text);
    assert_true(c.tls.on);
    assert_string_equal(c.tls.cert.file, "a.pem");
    assert_null(c.tls.cert.text);
    assert_string_equal(c.tls.key.text, "text\n");
    assert_int_equal(c.tls.client_auth, WEB_CLIENT_REQUIRE_AND_VERIFY);
    assert_int_equal(c.tls.client_allowed_sans.n, 2);
    assert_string_equal(c.tls.client_allowed_sans.v[1], "10.0.0.1");
    assert_int_equal(c.tls.min_version, 13);
    assert_int_equal(c.tls.cipher_suites.n, 1);
    assert_int_equal(c.tls.prefer_server_cipher_suites, 0);
    assert_int_equal(c.http2, 0);
    assert_string_equal(c.headers[WEB_X_FRAME_OPTIONS], "SAMEORIGIN");
    assert_null(c.headers[WEB_CONTENT_SECURITY_POLICY]);
    assert_int_equal(c.n_users, 2);
    assert_string_equal(c.users[1].name, "bob");
    assert_true(c.rate_interval == 61.5);
    assert_int_equal(c.rate_burst, 20);
    web_config_free(&c);
}

static void every_cut_is_survived(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(whole); len++) {
        promc_error err = { 0, "" };
        char *cut = strndup(whole, len);
        struct web_config c;
        int rc = web_config_parse("web.yml", cut, len, &c, &err);

        assert_true(rc == 0 || (rc == -EINVAL && err.text[0]));
        web_config_free(&c);
        free(cut);
    }
}

static void nothing_is_a_configuration(void **state)
{
    static const char *const texts[] = {
        "",
        "# nothing\n",
        "{}",
        "~",
        "---\n",
        "tls_server_config:\n",
        "tls_server_config: {}\n",
        "tls_server_config: {cert_file: \"\"}\n",
        "basic_auth_users: {}\n",
        "http_server_config:\n  headers:\n",
        "rate_limit: {interval: 0}\n",
        "tls_server_config: {client_auth_type: NoClientCert}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        promc_error err = { 0, "" };
        struct web_config c;

        if (web_config_parse("web.yml", texts[i], strlen(texts[i]), &c, &err) != 0)
            fail_msg("%s: %s", texts[i], err.text);
        assert_false(c.tls.on);
        assert_int_equal(c.n_users, 0);
        assert_int_equal(c.tls.min_version, 12);
        web_config_free(&c);
    }
}

static void refusals(void **state)
{
    static const struct {
        const char *text;
        const char *says; /* all of it when it begins with "w:" */
    } cases[] = {
        { "nonsense: 1\n", "w:1:1: unknown key \"nonsense\"" },
        { "\n  tls_server_config:\n    cert: x\n    bad: y\n",
          "w:4:5: unknown key \"bad\"" },
        { "http_server_config: {http3: true}", "w:1:22: unknown key \"http3\"" },
        { "rate_limit: {rate: 1}", "unknown key" },
        { "rate_limit: {}\nrate_limit: {}", "w:2:1: \"rate_limit\" is there twice" },
        { "- a\n- b\n", "w:1:1: want keys and values here" },
        { "text", "want keys" },
        { "[a]: b", "want a key here" },
        { "tls_server_config: [a]", "want keys" },
        { "tls_server_config: {cert_file: [a]}", "want text here" },
        { "tls_server_config: {cert_file: a}", "w:1:20: key_file (or key) is missing" },
        { "tls_server_config: {key_file: a}", "cert_file (or cert) is missing" },
        { "tls_server_config: {client_auth_type: RequestClientCert}", "is missing" },
        { "tls_server_config: {cert_file: a, cert: b, key: c}", "exclude each other" },
        { "tls_server_config: {cert: b, key: c, key_file: d}", "exclude each other" },
        { "tls_server_config: {cert: b, key: c, client_ca: d, client_ca_file: e}",
          "exclude each other" },
        { "tls_server_config: {cert: b, key: c, client_ca: d}", "client_auth_type" },
        { "tls_server_config: {cert: b, key: c, client_auth_type: x}",
          "\"x\" is none of those" },
        { "tls_server_config: {cert: b, key: c, client_auth_type: "
          "VerifyClientCertIfGiven}",
          "needs client_ca_file" },
        { "tls_server_config: {cert: b, key: c, client_allowed_sans: [a]}", "verifies" },
        { "tls_server_config: {client_allowed_sans: a}", "want a list" },
        { "tls_server_config: {client_allowed_sans: [[a]]}", "want text" },
        { "tls_server_config: {min_version: TLS10}", "not served" },
        { "tls_server_config: {min_version: SSL3}", "none of those" },
        { "tls_server_config: {min_version: TLS13, max_version: TLS12}", "below" },
        { "http_server_config: {http2: maybe}", "\"maybe\" is not true or false" },
        { "http_server_config: {headers: [a]}", "want names" },
        { "http_server_config: {headers: {X-Powered-By: a}}",
          "header \"X-Powered-By\" cannot be set" },
        { "http_server_config: {headers: {X-Frame-Options: a}}", "not one of its" },
        { "http_server_config: {headers: {X-Content-Type-Options: sniff}}", "not one" },
        { "http_server_config: {headers: {X-XSS-Protection: \"a\\r\\nb\"}}", "control" },
        { "http_server_config: {headers: {X-XSS-Protection: a, x-xss-protection: b}}",
          "twice" },
        { "basic_auth_users: {alice: secret}", "user \"alice\": not a bcrypt hash" },
        { "basic_auth_users: {alice: }", "not a bcrypt hash" },
        { "basic_auth_users: {\"a:b\": x}", "colon" },
        { "basic_auth_users: [alice]", "want names of users" },
        { "basic_auth_users: {a: " HASH ", a: " HASH "}", "twice" },
        { "basic_auth_users: {\"a\\0b\": " HASH "}", "NUL" },
        { "rate_limit: {interval: 1 second}", "is not a duration" },
        { "rate_limit: {interval: -1s}", "is not a duration" },
        { "rate_limit: {interval: s}", "is not a duration" },
        { "rate_limit: {burst: 1.5}", "is not a number" },
        { "rate_limit: {burst: 99999999999999999999}", "is not a number" },
        { "a: b: c", "w:1:5: " },
        { "a: \"b", "w:" },
        { "a: *b", "w:" },
        { "\t", "w:" },
        { "{}\n---\n{}\n", "w:3:1: more than one document" },
        { "{}\n---\n{", "w:" },
        { "&a {tls_server_config: *a}", "unknown key" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = cases[i].text;
        promc_error err = { 0, "" };
        struct web_config c;
        int rc = web_config_parse("w", text, strlen(text), &c, &err);

        if (rc != -EINVAL || err.code != rc || !strstr(err.text, cases[i].says) ||
            strncmp(err.text, "w:", 2) != 0)
            fail_msg("%s: %d \"%s\"", text, rc, err.text);
        if (strstr(err.text, "secret"))
            fail_msg("the password is shown: %s", err.text);
        web_config_free(&c);
    }
}

static void a_long_file_name_loses_its_beginning(void **state)
{
    char name[301];
    promc_error err;
    struct web_config c;

    (void)state;
    memset(name, 'x', 300);
    memcpy(name + 295, "e.yml", 6);
    assert_int_equal(web_config_parse(name, "a: 1", 4, &c, &err), -EINVAL);
    assert_non_null(strstr(err.text, "xe.yml:1:1: unknown key \"a\""));
    web_config_free(&c);
}

static void hashes(void **state)
{
    static const struct {
        const char *text;
        int ok;
    } cases[] = {
        { HASH, 1 },
        { "$2a$31$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE", 1 },
        { "$2y$10$./cdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz01234", 1 },
        { "$2x$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE", 0 },
        { "$2b$03$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE", 0 },
        { "$2b$32$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE", 0 },
        { "$2b$1a$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE", 0 },
        { "$2b$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCD", 0 },
        { "$2b$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDEF", 0 },
        { "$2b$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABC:E", 0 },
        { "$6$abc", 0 },
        { "", 0 },
        { "$2", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (web_is_bcrypt(cases[i].text) != cases[i].ok)
            fail_msg("%s", cases[i].text);
    }
}

static void ciphers(void **state)
{
    static const struct {
        const char *text;
        const char *says; /* NULL: accepted */
    } cases[] = {
        { "{}", NULL },
        { "{min_version: TLS13}", NULL },
        { "{max_version: TLS12}", NULL },
        { "{cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}", NULL },
        { "{cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, "
          "TLS_AES_256_GCM_SHA384]}",
          NULL },
        { "{cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]}", NULL },
        { "{cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]}",
          "would allow TLS_ECDHE_" },
        { "{cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}",
          "\"TLS_RSA_WITH_RC4_128_SHA\" is not served" },
        { "{curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]}", NULL },
        { "{curve_preferences: [X25519MLKEM768]}", "\"X25519MLKEM768\" is not served" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        promc_error err = { 0, "" };
        gnutls_priority_t priority;
        struct web_config c;
        char text[512];
        int rc;

        snprintf(text, sizeof(text), "tls_server_config: %s", cases[i].text);
        assert_int_equal(web_config_parse("w", text, strlen(text), &c, &err), 0);
        rc = web_tls_priority(&c.tls, &priority, &err);
        if (rc == 0)
            gnutls_priority_deinit(priority);
        if ((rc == 0) != !cases[i].says ||
            (cases[i].says && !strstr(err.text, cases[i].says)))
            fail_msg("%s: %s", text, err.text);
        web_config_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything),
        cmocka_unit_test(every_cut_is_survived),
        cmocka_unit_test(nothing_is_a_configuration),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_long_file_name_loses_its_beginning),
        cmocka_unit_test(hashes),
        cmocka_unit_test(ciphers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
