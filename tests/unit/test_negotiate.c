/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "promc/promc.h"

#define PROTO_TYPE                                                                       \
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "         \
    "encoding=delimited"
#define OM "application/openmetrics-text"
#define PROTO                                                                            \
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding="  \
    "delimited"

static void formats(void **state)
{
    static const struct {
        const char *accept;
        promc_format format;
    } rows[] = {
        { NULL, PROMC_FORMAT_TEXT },
        { "", PROMC_FORMAT_TEXT },
        { "*/*", PROMC_FORMAT_TEXT },
        { "text/*", PROMC_FORMAT_TEXT },
        { "text/plain", PROMC_FORMAT_TEXT },
        { OM, PROMC_FORMAT_OPENMETRICS },
        { OM ";version=1.0.0", PROMC_FORMAT_OPENMETRICS },
        { OM "; version=\"1.0.0\"; charset=utf-8", PROMC_FORMAT_OPENMETRICS },
        { OM " ; Version = 1.0.0 ; Q = 0.5", PROMC_FORMAT_OPENMETRICS },
        { "Application/OpenMetrics-Text;version=1.0.0", PROMC_FORMAT_OPENMETRICS },
        { OM ";version=0.0.1", PROMC_FORMAT_TEXT },
        { OM ";version=2.0.0", PROMC_FORMAT_OPENMETRICS_2 },
        { OM ";version=2.0.0;escaping=values;q=0.5," OM ";version=1.0.0;q=0.4",
          PROMC_FORMAT_OPENMETRICS_2 | PROMC_ESCAPE_VALUES },
        { "text/plain;version=1.0.0", PROMC_FORMAT_TEXT_1_0 },
        { "text/plain;version=0.0.3", PROMC_FORMAT_TEXT },
        /* Prometheus before it knew OpenMetrics 1.0.0 */
        { OM "; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
          PROMC_FORMAT_TEXT },
        /* Prometheus 2.42 */
        { OM ";version=1.0.0," OM
             ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
          PROMC_FORMAT_OPENMETRICS },
        /* Prometheus 2.42 with native histograms */
        { PROTO "," OM ";version=1.0.0;q=0.8," OM
                ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
          PROMC_FORMAT_PROTOBUF },
        /* Prometheus 3 */
        { OM ";version=1.0.0;escaping=allow-utf-8;q=0.6," OM
             ";version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
             "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
          PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_ALLOW_UTF8 },
        /* Prometheus 3 with native histograms: says nothing of escaping in protobuf */
        { PROTO
          ";q=0.6," OM ";version=1.0.0;escaping=allow-utf-8;q=0.5," OM
          ";version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
          "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
          PROMC_FORMAT_PROTOBUF },
        /* Prometheus 3 told to scrape text */
        { "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/"
          "plain;version=0.0.4;q="
          "0.5," OM ";version=1.0.0;q=0.4,*/*;q=0.2",
          PROMC_FORMAT_TEXT_1_0 | PROMC_ESCAPE_ALLOW_UTF8 },
        /* a version of the text format that is not spoken here does not win for it */
        { "text/plain;version=2.0.0," OM ";version=1.0.0;q=0.1",
          PROMC_FORMAT_OPENMETRICS },
        /* protobuf in one shape only */
        { PROTO ";escaping=dots", PROMC_FORMAT_PROTOBUF | PROMC_ESCAPE_DOTS },
        { "application/vnd.google.protobuf," OM ";q=0.1", PROMC_FORMAT_OPENMETRICS },
        { "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
          "encoding=text," OM ";q=0.1",
          PROMC_FORMAT_OPENMETRICS },
        { "application/vnd.google.protobuf;proto=other;encoding=delimited," OM ";q=0.1",
          PROMC_FORMAT_OPENMETRICS },
        /* escaping: of the entry that is taken, and none of 0.0.4 with UTF-8 */
        { OM ";escaping=Allow-UTF-8",
          PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_ALLOW_UTF8 },
        { OM ";escaping=\"dots\"", PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_DOTS },
        { OM ";escaping=values", PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_VALUES },
        { OM ";escaping=underscores", PROMC_FORMAT_OPENMETRICS },
        { OM ";escaping=allow-utf-9", PROMC_FORMAT_OPENMETRICS },
        { OM ";escaping=", PROMC_FORMAT_OPENMETRICS },
        { OM ",text/plain;escaping=values;q=0.5", PROMC_FORMAT_OPENMETRICS },
        { "text/plain;escaping=allow-utf-8", PROMC_FORMAT_TEXT },
        { "text/plain;escaping=values", PROMC_FORMAT_TEXT | PROMC_ESCAPE_VALUES },
        { "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.1,text/plain",
          PROMC_FORMAT_TEXT },
        /* a browser, and others that know no metrics */
        { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
          PROMC_FORMAT_TEXT },
        { "application/json", PROMC_FORMAT_TEXT },
        { PROTO, PROMC_FORMAT_PROTOBUF },
        /* q */
        { OM ";q=0", PROMC_FORMAT_TEXT },
        { OM ";q=0.000", PROMC_FORMAT_TEXT },
        { OM ";q=0.0001", PROMC_FORMAT_OPENMETRICS },
        { OM ";q=0,*/*", PROMC_FORMAT_TEXT },
        { "text/plain;q=0," OM ";q=0.1", PROMC_FORMAT_OPENMETRICS },
        { "text/plain;q=0.5," OM ";q=0.51", PROMC_FORMAT_OPENMETRICS },
        { "text/plain;q=0.51," OM ";q=0.5", PROMC_FORMAT_TEXT },
        { "text/plain," OM, PROMC_FORMAT_TEXT },
        { OM ",text/plain", PROMC_FORMAT_OPENMETRICS },
        { "text/plain;q=1," OM ";q=1.000", PROMC_FORMAT_TEXT },
        { "text/plain;q=1," OM ";q=9", PROMC_FORMAT_TEXT },
        { "text/plain;q=.4," OM ";q=.5", PROMC_FORMAT_OPENMETRICS },
        { "text/plain;q=0.1," OM ";q=high", PROMC_FORMAT_TEXT },
        { "text/plain;q=0.1," OM ";q=", PROMC_FORMAT_TEXT },
        { "text/plain;q=0.1," OM ";q", PROMC_FORMAT_OPENMETRICS },
        { "text/plain;q=0.1," OM ";q=-1", PROMC_FORMAT_TEXT },
        { "text/plain;q=0.1," OM ";q=0.9.9", PROMC_FORMAT_TEXT },
        /* garbage */
        { ",,,;;;===", PROMC_FORMAT_TEXT },
        { ",, ;q=1,\t" OM, PROMC_FORMAT_OPENMETRICS },
        { OM ";version=\"1.0.0", PROMC_FORMAT_OPENMETRICS },
        { OM ";x=\"," OM ";\\\"\";version=1.0.0", PROMC_FORMAT_OPENMETRICS },
        { OM ";x=\"\\", PROMC_FORMAT_OPENMETRICS },
        { "x;a=\"" OM ",\", text/plain;q=0.2", PROMC_FORMAT_TEXT },
        { "x;a=\"\\\"," OM ",\"", PROMC_FORMAT_TEXT },
        { OM "x", PROMC_FORMAT_TEXT },
        { "text/plain " OM, PROMC_FORMAT_TEXT },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (promc_negotiate(rows[i].accept) != rows[i].format)
            fail_msg("wrong for: %s", rows[i].accept ? rows[i].accept : "(none)");
}

/* One format whenever it is taken at all, else the usual choice. */
static void preferring(void **state)
{
    static const struct {
        promc_format format;
        const char *accept;
        promc_format want;
    } rows[] = {
        { PROMC_FORMAT_TEXT, NULL, PROMC_FORMAT_TEXT },
        { PROMC_FORMAT_OPENMETRICS, NULL, PROMC_FORMAT_TEXT },
        { PROMC_FORMAT_TEXT, OM ",*/*;q=0.1", PROMC_FORMAT_TEXT },
        { PROMC_FORMAT_TEXT, OM ",text/plain;q=0", PROMC_FORMAT_OPENMETRICS },
        { PROMC_FORMAT_TEXT, OM, PROMC_FORMAT_OPENMETRICS },
        { PROMC_FORMAT_OPENMETRICS, "text/plain," OM ";escaping=dots;q=0.1",
          PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_DOTS },
        { PROMC_FORMAT_TEXT_1_0 | PROMC_ESCAPE_DOTS,
          PROTO ",text/plain;version=1.0.0;escaping=values;q=0.2,text/plain;"
                "version=1.0.0;escaping=allow-utf-8;q=0.3",
          PROMC_FORMAT_TEXT_1_0 | PROMC_ESCAPE_ALLOW_UTF8 },
        { PROMC_FORMAT_PROTOBUF, OM "," PROTO ";q=0.001", PROMC_FORMAT_PROTOBUF },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(promc_negotiate_preferring(rows[i].format, rows[i].accept),
                         rows[i].want);
}

static void content_types(void **state)
{
    static const struct {
        promc_format format;
        const char *type;
    } rows[] = {
        { PROMC_FORMAT_TEXT, "text/plain; version=0.0.4; charset=utf-8" },
        { PROMC_FORMAT_TEXT | PROMC_ESCAPE_ALLOW_UTF8,
          "text/plain; version=0.0.4; charset=utf-8" },
        { PROMC_FORMAT_TEXT | PROMC_ESCAPE_VALUES,
          "text/plain; version=0.0.4; charset=utf-8; escaping=values" },
        { PROMC_FORMAT_OPENMETRICS,
          "application/openmetrics-text; version=1.0.0; charset=utf-8; "
          "escaping=underscores" },
        { PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_DOTS,
          "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots" },
        { PROMC_FORMAT_TEXT_1_0 | PROMC_ESCAPE_ALLOW_UTF8,
          "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8" },
        { PROMC_FORMAT_PROTOBUF, PROTO_TYPE "; escaping=underscores" },
        { PROMC_FORMAT_OPENMETRICS_2 | PROMC_ESCAPE_VALUES,
          "application/openmetrics-text; version=2.0.0; charset=utf-8; escaping=values" },
        { 99, "text/plain; version=0.0.4; charset=utf-8" },
        { PROMC_FORMAT_OPENMETRICS | 0x400, "text/plain; version=0.0.4; charset=utf-8" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(promc_content_type(rows[i].format), rows[i].type);
}

/* A megabyte of every kind of nonsense has to end soon, which a quadratic reader would
 * not. */
static void long_garbage(void **state)
{
    static const char *const units[] = {
        ",", ";", "=", "\"", "\\", " ", "q=,", ";q", ";q=0.1", "a;b=", "a,b", "\"\\\","
    };
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE + 1);

    (void)state;
    assert_non_null(text);
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        for (size_t i = 0, n = strlen(units[u]); i < SIZE; i++)
            text[i] = units[u][i % n];
        text[SIZE] = '\0';
        assert_int_equal(promc_negotiate(text), PROMC_FORMAT_TEXT);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(preferring),
        cmocka_unit_test(content_types),
        cmocka_unit_test(long_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
