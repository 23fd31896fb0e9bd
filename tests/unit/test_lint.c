/* SPDX-License-Identifier: Apache-2.0 */
/* The linter: for every rule what breaks it, where, and what does not. */
#include "config.h"
#include "core.h"

#include "promc/testing.h"

#define TX PROMC_FORMAT_TEXT
#define T1 PROMC_FORMAT_TEXT_1_0
#define OM PROMC_FORMAT_OPENMETRICS
#define OQ (PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_ALLOW_UTF8)

#define H "# HELP h x\n# TYPE h histogram\n"
#define INF "h_bucket{le=\"+Inf\"} 2\n"
#define SC "h_sum 1\nh_count 2\n"
#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X128 X32 X32 X32 X32

/* One rule, broken at a place; and the like that does not break it. */
static const struct row {
    const char *rule;
    promc_format format;
    const char *bad;
    size_t line, column;
    int severe;
    const char *good;
} rows[] = {
    { "utf8", TX, "a{b=\"\xFF\"} 1\n", 1, 6, 1, "a{b=\"\xC3\xA4\"} 1\n" },
    { "utf8", OM, "# HELP a \xC3\n# EOF\n", 1, 10, 1, "# HELP a \xC3\xA4\n# EOF\n" },
    { "line-end", TX, "a 1\r\n", 1, 4, 1, "a{b=\"\r\"} 1\n" },
    { "line-end", OM, "a 1\n# EOF\r\n", 2, 6, 1, "a 1\n# EOF\n" },
    { "final-newline", TX, "a 1", 1, 4, 1, "a 1\n" },
    { "final-newline", OM, "a 1\n# EOF", 2, 6, 0, "a 1\n# EOF\n" },
    { "eof", OM, "a 1\n", 2, 1, 1, "a 1\n# EOF\n" },
    { "eof", OM, "", 1, 1, 1, "# EOF\n" },
    { "after-eof", OM, "# EOF\na 1\n", 2, 1, 1, "a 1\n# EOF\n" },
    { "after-eof", OM, "# EOF\n\n", 2, 1, 1, "# EOF" },
    { "blank-line", OM, "a 1\n\n# EOF\n", 2, 1, 1, "a 1\n# EOF\n" },
    { "comment", OM, "# x\n# EOF\n", 1, 1, 1, "# HELP a x\n# EOF\n" },
    { "comment", OM, "#HELP a x\n# EOF\n", 1, 1, 1, "# UNIT a_s s\n# EOF\n" },
    { "spacing", OM, "a  1\n# EOF\n", 1, 2, 1, "a 1\n# EOF\n" },
    { "spacing", OM, "a\t1\n# EOF\n", 1, 2, 1, "a 1\n# EOF\n" },
    { "spacing", OM, "a{b=\"c\", d=\"e\"} 1\n# EOF\n", 1, 9, 1,
      "a{b=\"c\",d=\"e\"} 1\n# EOF\n" },
    { "spacing", OM, "a 1 \n# EOF\n", 1, 5, 1, "a 1 5\n# EOF\n" },
    { "spacing", OM, "#  HELP a x\n# EOF\n", 1, 2, 1, "# HELP a  x\n# EOF\n" },
    { "spacing", OM, "# HELP a\tx\n# EOF\n", 1, 9, 1, "# HELP a \tx\n# EOF\n" },
    { "metric-name", TX, "9a 1\n", 1, 1, 1, "a9 1\n" },
    { "metric-name", TX, "a-b 1\n", 1, 2, 1, "a_b 1\n" },
    { "metric-name", TX, "# HELP a.b x\n", 1, 9, 1, "# HELP a_b x\n" },
    { "metric-name", TX, "# TYPE 9 gauge\n", 1, 8, 1, "# TYPE a gauge\n" },
    { "metric-name", T1, "{b=\"c\"} 1\n", 1, 8, 1, "{\"a\",b=\"c\"} 1\n" },
    { "metric-name", OM, " a 1\n# EOF\n", 1, 1, 1, "a 1\n# EOF\n" },
    { "quoted-name", TX, "{\"a.b\"} 1\n", 1, 1, 1, "a{b=\"c.d\"} 1\n" },
    { "quoted-name", TX, "a{\"b.c\"=\"d\"} 1\n", 1, 3, 1, "a{b=\"c\"} 1\n" },
    { "quoted-name", OM, "{\"a.b\"} 1\n# EOF\n", 1, 1, 1, "a 1\n# EOF\n" },
    { "quoted-name", TX, "# TYPE \"a.b\" gauge\n", 1, 8, 1, "# TYPE a gauge\n" },
    { "label-name", TX, "a{9=\"b\"} 1\n", 1, 3, 1, "a{b9=\"b\"} 1\n" },
    { "label-name", TX, "a{,} 1\n", 1, 3, 1, "a{b=\"c\",} 1\n" },
    { "label-name", TX, "a{__name__=\"b\"} 1\n", 1, 3, 1, "a{name__=\"b\"} 1\n" },
    { "label-name", T1, "{\"a\",\"\"=\"b\"} 1\n", 1, 8, 1, "{\"a\",\"b\"=\"\"} 1\n" },
    { "label-syntax", TX, "a{b:c=\"d\"} 1\n", 1, 4, 1, "a{b=\"c:d\"} 1\n" },
    { "label-syntax", TX, "a{b=c} 1\n", 1, 5, 1, "a{b=\"c\"} 1\n" },
    { "label-syntax", TX, "a{b=\"c} 1\n", 1, 10, 1, "a{b=\"c}\"} 1\n" },
    { "label-syntax", TX, "a{b=\"c\" d=\"e\"} 1\n", 1, 9, 1,
      "a{b=\"c\" , d=\"e\" } 1\n" },
    { "label-syntax", OM, "a{b=\"c\",} 1\n# EOF\n", 1, 9, 1, "a{} 1\n# EOF\n" },
    { "label-syntax", T1, "{\"a\",\"b\"} 1\n", 1, 9, 1, "{\"a\",\"b\"=\"c\"} 1\n" },
    { "label-twice", TX, "a{b=\"1\",c=\"\",b=\"2\"} 1\n", 1, 14, 1,
      "a{b=\"1\",c=\"\",d=\"2\"} 1\n" },
    { "label-twice", T1, "a{b=\"1\",\"b\"=\"2\"} 1\n", 1, 10, 1,
      "a{b=\"1\",\"b.\"=\"2\"} 1\n" },
    { "label-reserved", TX, "a{__b=\"c\"} 1\n", 1, 3, 0, "a{_b=\"c\"} 1\n" },
    { "escape", TX, "a{b=\"\\t\"} 1\n", 1, 6, 1, "a{b=\"\\\\\\n\\\"\"} 1\n" },
    { "escape", TX, "# HELP a \\t\n", 1, 10, 1, "# HELP a \\\\t\n" },
    { "escape", OM, "a{b=\"\\t\"} 1\n# EOF\n", 1, 6, 0, "a{b=\"\\n\"} 1\n# EOF\n" },
    { "help-quote", OM, "# HELP a \"b\"\n# EOF\n", 1, 10, 0,
      "# HELP a \\\"b\\\"\n# EOF\n" },
    { "value", TX, "a\n", 1, 2, 1, "a 1\n" },
    { "value", TX, "a x\n", 1, 3, 1, "a NaN\n" },
    { "value", TX, "a 0x1\n", 1, 3, 1, "a -Inf\n" },
    { "value", OM, "a 1_0\n# EOF\n", 1, 3, 1, "a 1e1\n# EOF\n" },
    { "value", TX, "a 1e400\n", 1, 3, 1, "a 1e300\n" },
    { "timestamp", TX, "a 1 -5\n", 1, 5, 1, "a 1 5\n" },
    { "timestamp", TX, "a 1 1.5\n", 1, 5, 1, "a 1 9223372036854775807\n" },
    { "timestamp", TX, "a 1 9223372036854775808\n", 1, 5, 1, "a 1\t0\n" },
    { "timestamp", OM, "a 1 NaN\n# EOF\n", 1, 5, 1, "a 1 -1.5e3\n# EOF\n" },
    { "trailing-text", TX, "a 1 5 6\n", 1, 6, 1, "a 1 5\n" },
    { "trailing-text", TX, "a 1 \n", 1, 5, 1, " a  1\n" },
    { "trailing-text", OM, "a 1 5 6\n# EOF\n", 1, 7, 1, "a 1 5\n# EOF\n" },
    { "metadata", TX, "# TYPE\n", 1, 7, 1, "# TYPEX\n" },
    { "metadata", TX, "# TYPE a\n", 1, 9, 1, "# TYPE a gauge\n" },
    { "metadata", OM, "# HELP a\n# EOF\n", 1, 9, 1, "# HELP a \n# EOF\n" },
    { "type-word", TX, "# TYPE a info\n", 1, 10, 1, "# TYPE a untyped\n" },
    { "type-word", TX, "# TYPE a Gauge\n", 1, 10, 1, "# TYPE a gauge\n" },
    { "type-word", OM, "# TYPE a untyped\n# EOF\n", 1, 10, 1,
      "# TYPE a unknown\n# EOF\n" },
    { "metadata-twice", TX, "# HELP a x\n# HELP a x\n", 2, 8, 1, "# HELP a x\na 1\n" },
    { "metadata-twice", TX, "# TYPE a gauge\n# TYPE a gauge\n", 2, 8, 1,
      "# TYPE a gauge\n# TYPE b gauge\n" },
    { "metadata-twice", OM, "# UNIT a_b b\n# UNIT a_b b\n# EOF\n", 2, 8, 1,
      "# UNIT a_b b\n# EOF\n" },
    { "metadata-twice", OM, "# UNIT a \n# UNIT a \n# EOF\n", 2, 8, 1,
      "# UNIT a \n# TYPE a info\n# EOF\n" },
    { "late-type", TX, "a 1\n# TYPE a gauge\n", 2, 8, 1, "# TYPE a gauge\na 1\n" },
    { "late-type", OM, "a_b 1\n# UNIT a_b b\n# EOF\n", 2, 8, 1,
      "# UNIT a_b b\na_b 1\n# EOF\n" },
    { "late-help", TX, "a 1\n# HELP a x\n", 2, 8, 0, "# HELP a x\na 1\n" },
    { "late-help", OM, "a 1\n# HELP a x\n# EOF\n", 2, 8, 1, "# HELP a x\na 1\n# EOF\n" },
    { "unit", OM, "# UNIT a b\n# EOF\n", 1, 10, 1, "# UNIT a_b b\n# EOF\n" },
    { "unit", OM, "# TYPE a_b info\n# UNIT a_b b\n# EOF\n", 2, 12, 1,
      "# TYPE a_b gauge\n# UNIT a_b b\n# EOF\n" },
    { "unit", OM, "# UNIT a_b b\n# TYPE a_b stateset\n# EOF\n", 2, 12, 1,
      "# UNIT a_b b\n# TYPE a_b counter\na_b_total 1\n# EOF\n" },
    { "no-samples", TX, "# TYPE a gauge\n", 1, 8, 0, "# TYPE a gauge\na 1\n" },
    { "interleaved", TX, "a{x=\"1\"} 1\nb 1\na{x=\"2\"} 1\n", 3, 1, 1,
      "a{x=\"1\"} 1\na{x=\"2\"} 1\nb 1\n" },
    { "interleaved", TX, "a 1\nb 1\n# TYPE a gauge\n", 3, 8, 1, "a 1\nb 1\n" },
    { "interleaved", TX, H INF "a 1\n" SC, 5, 1, 1, H INF SC "a 1\n" },
    { "name-clash", TX, H INF SC "# TYPE h_sum gauge\nh_sum 2\n", 6, 8, 1,
      H INF SC "# TYPE h_max gauge\nh_max 2\n" },
    { "name-clash", TX, "h_bucket 1\n" H INF SC, 2, 8, 1, "h_total 1\n" H INF SC },
    { "name-clash", OM, "# TYPE a counter\na_total 1\n# TYPE a_created gauge\n# EOF\n", 3,
      8, 1, "# TYPE a gauge\na 1\n# TYPE a_created gauge\n# EOF\n" },
    { "sample-name", TX, H "h 1\n", 3, 1, 1, H INF SC },
    { "sample-name", OM, "# TYPE a info\na 1\n# EOF\n", 2, 1, 1,
      "# TYPE a info\na_info 1\n# EOF\n" },
    { "counter-total", TX, "# TYPE a counter\na 1\n", 1, 8, 0,
      "# TYPE a_total counter\na_total 1\n" },
    { "counter-total", OM, "# TYPE a_total counter\na_total 1\n# EOF\n", 2, 1, 1,
      "# TYPE a counter\na_total 1\n# EOF\n" },
    { "series-twice", TX, "a{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\"} 1\n", 2, 1, 1,
      "a{b=\"1\",c=\"2\"} 1\na{c=\"1\",b=\"2\"} 1\n" },
    { "series-twice", TX, "a 1 1\na 1 2\n", 2, 1, 1, "a 1 1\nb 1 2\n" },
    { "series-twice", OM, "a 1\na 1\n# EOF\n", 2, 1, 1, "a 1 1\na 1 2\n# EOF\n" },
    { "series-twice", OM, "# TYPE a stateset\na{a=\"x\"} 1\na{a=\"x\"} 0\n# EOF\n", 3, 1,
      1, "# TYPE a stateset\na{a=\"x\"} 1\na{a=\"y\"} 0\n# EOF\n" },
    { "series-twice", TX,
      "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns{quantile=\"0.5\"} 1\n", 3, 1, 1,
      "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns{quantile=\"0.9\"} 1\n" },
    { "point-twice", OM, "a 1 1\na 2 1\n# EOF\n", 2, 1, 0, "a 1 1\na 2 2\n# EOF\n" },
    { "series-split", OM, "a{b=\"1\"} 1 1\na{b=\"2\"} 1 1\na{b=\"1\"} 1 2\n# EOF\n", 3, 1,
      1, "a{b=\"1\"} 1 1\na{b=\"1\"} 1 2\na{b=\"2\"} 1 1\n# EOF\n" },
    { "timestamp-order", OM, "a 1 2\na 1 1\n# EOF\n", 2, 5, 1, "a 1 1\na 1 2\n# EOF\n" },
    { "timestamp-order", OM, "a 1 -1.25\na 1 -1.5\n# EOF\n", 2, 5, 1,
      "a 1 -1.5\na 1 -1.25\n# EOF\n" },
    { "timestamp-order", OM, "a 1\na 1 1\n# EOF\n", 2, 5, 1,
      "a{b=\"1\"} 1\na{b=\"2\"} 1 1\n# EOF\n" },
    { "counter-value", TX, "# TYPE a_total counter\na_total -1\n", 2, 9, 1,
      "# TYPE a gauge\na -1\n" },
    { "counter-value", OM, "# TYPE a counter\na_total NaN\n# EOF\n", 2, 9, 1,
      "# TYPE a counter\na_total 0\n# EOF\n" },
    { "count-value", TX, H INF "h_sum 1\nh_count -2\n", 5, 9, 1, H INF SC },
    { "count-value", OM, H "h_bucket{le=\"+Inf\"} 1.5\n# EOF\n", 3, 21, 1,
      H "h_bucket{le=\"+Inf\"} 2.0\n# EOF\n" },
    { "sum-value", OM, H INF "h_sum NaN\nh_count 2\n# EOF\n", 4, 7, 1,
      H INF SC "# EOF\n" },
    { "sum-value", OM, H "h_bucket{le=\"-1.0\"} 1\n" INF SC "# EOF\n", 6, 1, 1,
      H "h_bucket{le=\"1.0\"} 1\n" INF SC "# EOF\n" },
    { "sum-value", OM,
      "# TYPE g gaugehistogram\ng_bucket{le=\"+Inf\"} 1\ng_gsum -1\ng_gcount 1\n# EOF\n",
      4, 1, 1,
      "# TYPE g gaugehistogram\ng_bucket{le=\"-1.0\"} 1\ng_bucket{le=\"+Inf\"} 1\n"
      "g_gsum -1\ng_gcount 1\n# EOF\n" },
    { "quantile", TX, "# TYPE s summary\ns{quantile=\"2\"} 1\ns_sum 1\ns_count 1\n", 2,
      13, 1, "# TYPE s summary\ns{quantile=\"1\"} 1\ns_sum 1\ns_count 1\n" },
    { "quantile", TX, "# TYPE s summary\ns 1\ns_sum 1\ns_count 1\n", 2, 1, 1,
      "# TYPE s summary\ns_sum 1\ns_count 1\n" },
    { "quantile", TX, "# TYPE s summary\ns_sum{quantile=\"1\"} 1\n", 2, 7, 1,
      "# TYPE s summary\ns_sum{q=\"1\"} 1\n" },
    { "quantile-value", OM, "# TYPE s summary\ns{quantile=\"0.5\"} -1\n# EOF\n", 2, 19, 1,
      "# TYPE s summary\ns{quantile=\"0.5\"} NaN\n# EOF\n" },
    { "quantile-order", TX,
      "# TYPE s summary\ns{quantile=\"0.9\"} 1\ns{quantile=\"0.5\"} 1\n", 3, 13, 1,
      "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns{quantile=\"0.9\"} 1\n" },
    { "bucket-bound", TX, H "h_bucket 1\n", 3, 1, 1, H INF SC },
    { "bucket-bound", TX, H "h_bucket{le=\"x\"} 1\n", 3, 14, 1, H INF SC },
    { "bucket-bound", OM, H "h_bucket{le=\"Inf\"} 1\n# EOF\n", 3, 14, 1,
      H INF "# EOF\n" },
    { "bucket-bound", TX, H INF "h_sum{le=\"1\"} 1\nh_count 2\n", 4, 7, 1,
      H INF "h_sum 1\nh_count 2\n" },
    { "canonical", TX, H "h_bucket{le=\"1.0E7\"} 1\n", 3, 14, 0,
      H "h_bucket{le=\"1e+07\"} 1\n" },
    { "canonical", OM, H "h_bucket{le=\"1\"} 1\n# EOF\n", 3, 14, 0,
      H "h_bucket{le=\"1.0\"} 1\n# EOF\n" },
    { "canonical", TX, H "h_bucket{le=\"0.50\"} 1\n", 3, 14, 0,
      H "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"2\"} 1\n" },
    { "bucket-order", TX, H "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n", 4, 14, 1,
      H "h_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 1\n" },
    { "bucket-order", TX, H "h_bucket{le=\"1\"} 1\nh_bucket{le=\"1.0\"} 1\n", 4, 14, 1,
      H "h_bucket{a=\"1\",le=\"1\"} 1\nh_bucket{a=\"2\",le=\"1\"} 1\n" },
    { "bucket-decrease", TX, H "h_bucket{le=\"1\"} 3\n" INF, 4, 21, 1,
      H "h_bucket{le=\"1\"} 2\n" INF },
    { "bucket-inf", TX, H "h_bucket{le=\"1\"} 2\n" SC, 5, 1, 1, H INF SC },
    { "bucket-inf", TX, H SC, 4, 1, 1, H INF SC },
    { "bucket-count", TX, H INF "h_sum 1\nh_count 3\n", 5, 1, 1, H INF SC },
    { "sum-count", TX, H INF "h_sum 1\n", 4, 1, 1, H INF SC },
    { "sum-count", TX, H INF, 3, 1, 1, H INF SC },
    { "sum-count", OM, H INF "h_count 2\n# EOF\n", 4, 1, 1, H INF "# EOF\n" },
    { "sum-count", TX, "# TYPE s summary\ns_sum 1\n", 2, 1, 1,
      "# TYPE s summary\ns_sum 1\ns_count 1\n" },
    { "info-value", OM, "# TYPE a info\na_info 2\n# EOF\n", 2, 8, 1,
      "# TYPE a info\na_info 1\n# EOF\n" },
    { "stateset", OM, "# TYPE a stateset\na{b=\"x\"} 1\n# EOF\n", 2, 1, 1,
      "# TYPE a stateset\na{a=\"x\"} 1\n# EOF\n" },
    { "stateset", OM, "# TYPE a stateset\na{a=\"x\"} 2\n# EOF\n", 2, 10, 1,
      "# TYPE a stateset\na{a=\"x\"} 0\n# EOF\n" },
    { "created-order", OM, "# TYPE a counter\na_created 1\na_total 1\n# EOF\n", 3, 1, 0,
      "# TYPE a counter\na_total 1\na_created 1\n# EOF\n" },
    { "exemplar-place", TX, "a 1 # {} 1\n", 1, 5, 1, "a 1\n" },
    { "exemplar-place", OM, "a 1 # {} 1\n# EOF\n", 1, 5, 1,
      "# TYPE a counter\na_total 1 # {} 1\n# EOF\n" },
    { "exemplar-place", OM, H INF "h_sum 1 # {} 1\nh_count 2\n# EOF\n", 4, 9, 1,
      H "h_bucket{le=\"+Inf\"} 2 # {} 1\n# EOF\n" },
    { "exemplar", OM, "# TYPE a counter\na_total 1 # 1\n# EOF\n", 2, 13, 1,
      "# TYPE a counter\na_total 1 2 # {a=\"b\"} 1 2\n# EOF\n" },
    { "exemplar", OM, "# TYPE a counter\na_total 1 # {} x\n# EOF\n", 2, 16, 1,
      "# TYPE a counter\na_total 1 # {} 1\n# EOF\n" },
    { "exemplar", OM, "# TYPE a counter\na_total 1 # {} 1 NaN\n# EOF\n", 2, 18, 1,
      "# TYPE a counter\na_total 1 # {} 1 1.5\n# EOF\n" },
    { "exemplar-length", OM, "# TYPE a counter\na_total 1 # {a=\"" X128 "\"} 1\n# EOF\n",
      2, 11, 1, "# TYPE a counter\na_total 1 # {" X128 "=\"\"} 1\n# EOF\n" },
    { "exemplar-length", OM,
      "# TYPE a counter\na_total 1 # {" X32 X32 "=\"" X32 X32 "\\n\"} 1\n# EOF\n", 2, 11,
      1,
      "# TYPE a counter\na_total 1 # {" X32 X32 "=\"" X32 "\xC3\xA4\\n\"} 1\n# EOF\n" },
    { "exemplar-bucket", OM, H "h_bucket{le=\"1.0\"} 1 # {} 2\n# EOF\n", 3, 27, 0,
      H "h_bucket{le=\"1.0\"} 1 # {} 1\n# EOF\n" },
    { "exemplar-bucket", OM,
      H "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"2.0\"} 1 # {} 1\n# EOF\n", 4, 27, 0,
      H "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"2.0\"} 1 # {} 1.5\n# EOF\n" },
    { "help-missing", TX, "# TYPE a gauge\na 1\n", 1, 8, 0, "# HELP a x\na 1\n" },
    { "help-missing", TX, "# HELP a \na 1\n", 1, 8, 0, "# HELP a x\na 1\n" },
    { "total-suffix", TX, "# TYPE a_total gauge\n", 1, 8, 0, "a_total 1\n" },
    { "timestamp-suffix", TX, "# TYPE a_timestamp_seconds counter\n", 1, 8, 0,
      "# TYPE a_timestamp_seconds gauge\n" },
    { "reserved-suffix", TX, "# TYPE a_count gauge\n", 1, 8, 0,
      "# TYPE a_count summary\n" },
    { "reserved-suffix", TX, "# TYPE a_bucket summary\n", 1, 8, 0, "a_bucket 1\n" },
    { "reserved-label", TX, "# TYPE a gauge\na{le=\"1\"} 1\n", 2, 3, 0,
      "a{le=\"1\"} 1\n" },
    { "reserved-label", TX, H "h_bucket{le=\"+Inf\",quantile=\"1\"} 1\n", 3, 20, 0,
      "# TYPE s summary\ns{quantile=\"1\"} 1\n" },
    { "unit-base", TX, "a_milliseconds 1\n", 1, 1, 0, "a_seconds 1\n" },
    { "unit-base", TX, "a_hours_total 1\n", 1, 1, 0, "a_bytes_hours 1\n" },
    { "unit-base", TX, "kibibytes 1\n", 1, 1, 0, "celsius 1\n" },
    { "unit-abbreviation", TX, "a_ms 1\n", 1, 1, 0, "ms_a 1\n" },
    { "unit-abbreviation", TX, "a_KB_b 1\n", 1, 1, 0, "a_kbx 1\n" },
    { "type-in-name", TX, "a_Counter 1\n", 1, 1, 0, "a_counters 1\n" },
    { "type-in-name", TX, "a_gauge_b 1\n", 1, 1, 0, "gauge_b 1\n" },
    { "colon", TX, "a:b 1\n", 1, 1, 0, "a_b 1\n" },
    { "camel-case", TX, "aB 1\n", 1, 1, 0, "ab_C 1\n" },
    { "camel-case", TX, "a{bC=\"\"} 1\n", 1, 3, 0, "a{b_c=\"\"} 1\n" },
};

struct seen {
    const char *rule;
    size_t n; /* of findings by this rule */
    size_t severe;
    promc_lint_finding first;
    char all[2000];
};

static void note(void *arg, const promc_lint_finding *f)
{
    struct seen *s = arg;
    size_t len = strlen(s->all);

    snprintf(s->all + len, sizeof s->all - len, "  %zu:%zu %s %s [%s]\n", f->line,
             f->column, f->name, f->text, f->rule);
    s->severe += f->severe != 0;
    assert_true(f->text[0] != '\0');
    if (!s->rule || strcmp(f->rule, s->rule) != 0)
        return;
    if (s->n++ == 0)
        s->first = *f;
}

static struct seen look(const char *text, size_t len, promc_format format,
                        const char *rule)
{
    struct seen s = { .rule = rule };
    /* on the heap, so that a sanitizer sees what is read beyond it */
    char *copy = malloc(len ? len : 1);
    size_t lines = 0;

    assert_non_null(copy);
    memcpy(copy, text, len);
    s.n = 0;
    assert_true(promc_lint_text(copy, len, format, note, &s) >= 0);
    for (const char *p = s.all; *p; p++)
        lines += *p == '\n';
    assert_int_equal(promc_lint_text(copy, len, format, NULL, NULL), lines);
    free(copy);
    return s;
}

static void each_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        struct seen s = look(r->bad, strlen(r->bad), r->format, r->rule);
        if (s.n != 1 || s.first.line != r->line || s.first.column != r->column ||
            s.first.severe != r->severe)
            fail_msg("%s, row %zu: %zu times in\n%sfound:\n%s", r->rule, i, s.n, r->bad,
                     s.all);
        s = look(r->good, strlen(r->good), r->format, r->rule);
        if (s.n != 0)
            fail_msg("%s, row %zu: found in\n%s%s", r->rule, i, r->good, s.all);
    }
}

/* A rule that no row breaks is a rule that nobody has seen work. */
static void all_rules(void **state)
{
    size_t n;
    const promc_lint_rule *rules = promc_lint_rules(&n);

    (void)state;
    assert_in_range(n, 60, 256);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < COUNT(rows) && strcmp(rows[k].rule, rules[i].name) != 0)
            k++;
        /* these two have tests of their own */
        if (k == COUNT(rows) && strcmp(rules[i].name, "nul") != 0 &&
            strcmp(rules[i].name, "left-out") != 0)
            fail_msg("no row breaks %s", rules[i].name);
        for (k = 0; k < i; k++)
            assert_string_not_equal(rules[k].name, rules[i].name);
        assert_true(rules[i].text[0] != '\0');
    }
    assert_ptr_equal(promc_lint_rules(NULL), rules);
}

static void nul(void **state)
{
    static const char label[] = "a{b=\"\0\"} 1\n# EOF\n", name[] = "a\0b 1\n# EOF\n";
    static const char twice[] = "a{b=\"\0\"} 1\na{b=\"\0\"} 1\na{b=\"\"} 1\n# EOF\n";
    struct seen s;

    (void)state;
    s = look(label, 11, TX, "nul");
    assert_int_equal(s.n, 1);
    assert_int_equal(s.first.column, 6);
    assert_int_equal(s.severe, 1);
    s = look(label, sizeof label - 1, OM, "nul");
    assert_int_equal(s.n, 1);
    assert_int_equal(s.severe, 0);
    s = look(name, sizeof name - 1, OM, "metric-name");
    assert_int_equal(s.n, 1);
    s = look(twice, sizeof twice - 1, OM, "series-twice");
    assert_int_equal(s.n, 1);
    assert_int_equal(s.first.line, 2);
}

/* What is right has no severe finding; most of it has none at all. */
static void clean(void **state)
{
    static const struct {
        promc_format format;
        const char *text;

    } pages[] = {
        { TX, "" },
        { TX,
          "\n \n# a comment\n#\n\t# HELP a_total x\n#TYPE a_total counter\na_total 1\n" },
        { TX, "# HELP h_seconds x\n# TYPE h_seconds histogram\n"
              "h_seconds_bucket{a=\"1\",le=\"0.1\"} "
              "0\nh_seconds_bucket{a=\"1\",le=\"+Inf\"} 1\n"
              "h_seconds_sum{a=\"1\"} 1\nh_seconds_count{a=\"1\"} 1\n"
              "h_seconds_bucket{a=\"2\",le=\"+Inf\"} 1\n"
              "h_seconds_sum{a=\"2\"} -1\nh_seconds_count{a=\"2\"} 1\n" },
        /* in the text format the parts of series may stand in any order */
        { TX,
          H "h_count{a=\"1\"} 1\nh_count{a=\"2\"} 2\nh_bucket{a=\"1\",le=\"+Inf\"} 1\n"
            "h_bucket{a=\"2\",le=\"+Inf\"} 2\nh_sum{a=\"1\"} 1\nh_sum{a=\"2\"} 1\n" },
        { T1, "# HELP \"a.b\" x\n# TYPE \"a.b\" gauge\n{\"a.b\",\"c d\"=\"e\"} 1\n"
              "{\"a.b\"} 1\n# HELP f x\nf{\"g.h\"=\"\"} 1\n" },
        { OQ, "# HELP \"a.b\" x\n# TYPE \"a.b\" gauge\n{\"a.b\"} 1\n# EOF\n" },
        { OM,
          "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds x\n"
          "a_seconds_total{b=\"1\"} 1.5 2 # {trace=\"\\\"\"} 1 1.5\n"
          "a_seconds_created{b=\"1\"} 1 2\na_seconds_total{b=\"2\"} 1\n"
          "# TYPE i info\n# HELP i x\ni_info{v=\"1\"} 1\n"
          "# TYPE s stateset\n# HELP s x\ns{s=\"a\"} 1\ns{s=\"b\"} 0\n"
          "# TYPE g gaugehistogram\n# HELP g x\ng_bucket{le=\"1.0\"} 1 # {} 0.5\n"
          "g_bucket{le=\"+Inf\"} 2\ng_gcount 2\ng_gsum 3\n"
          "# TYPE q summary\n# HELP q x\nq{quantile=\"0.5\"} NaN\nq_count 0\nq_sum 0\n"
          "q_created 1\n# EOF\n" },
        { OM, H "h_bucket{le=\"+Inf\"} 1 1\nh_bucket{le=\"+Inf\"} 2 2\n# EOF\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct seen s = look(pages[i].text, strlen(pages[i].text), pages[i].format, NULL);
        if (s.all[0])
            fail_msg("%s\n%s", pages[i].text, s.all);
    }
}

static void formats(void **state)
{
    (void)state;
    assert_int_equal(promc_lint_text("a 1\n", 4, PROMC_FORMAT_PROTOBUF, NULL, NULL),
                     -EINVAL);
    assert_int_equal(promc_lint_text("a 1\n", 4, PROMC_FORMAT_OPENMETRICS_2, NULL, NULL),
                     -EINVAL);
    assert_int_equal(promc_lint_text(NULL, 0, TX, NULL, NULL), 0);
    assert_int_equal(promc_lint_text(NULL, 0, OM, NULL, NULL), 1);
}

/* A name that is long, or made to do harm, is cut. */
static void long_names(void **state)
{
    enum { N = 100000 };
    char *text = malloc(N + 10);
    struct seen s;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', N);
    memcpy(text + N, " 1\n", 4);
    s = look(text, N + 3, TX, "help-missing");
    assert_int_equal(s.n, 1);
    free(text);
}

static void place(void *arg, const promc_lint_finding *f)
{
    assert_int_equal(f->line, 0);
    assert_int_equal(f->column, 0);
    note(arg, f);
}

static void collect(promc_emitter *e, void *arg)
{
    promc_samples *f = promc_emit_family(e, PROMC_TYPE_GAUGE, "g", "x", PROMC_NO_LABELS);

    (void)arg;
    promc_emit(f, PROMC_NO_LABELS, 1);
    promc_emit(f, PROMC_NO_LABELS, 2);
}

static void registry(void **state)
{
    struct seen s = { .rule = "left-out" };

    (void)state;
    assert_int_equal(promc_lint(reg, place, &s), 0);
    promc_counter_inc(promc_counter_new(reg, "a_total", "x", NULL));
    promc_histogram_new(reg, "h_seconds", "x", NULL, 0, NULL);
    assert_int_equal(promc_lint(reg, place, &s), 0);
    promc_gauge_new(reg, "a_ms", "x", NULL);
    assert_int_equal(promc_lint(reg, place, &s), 1);
    assert_int_equal(promc_lint(reg, NULL, NULL), 1);
    assert_non_null(promc_gauge_new(reg, "a.colour_b", "x", NULL));
    assert_int_equal(promc_lint(reg, place, &s), 1 + 1);
    assert_non_null(strstr(s.all, " a.colour_b "));
    promc_unregister(reg, "a.colour_b");
    assert_int_equal(s.n, 0);
    assert_int_equal(promc_collector_register(reg, collect, NULL, NULL), 0);
    assert_int_equal(promc_lint(reg, place, &s), 2);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.first.severe, 1);
}

/* Sizes at which anything quadratic would not end while one waits. */
static void large(void **state)
{
    enum { N = 200000, ROOM = 48 };
    char *text = malloc((size_t)N * ROOM), *p = text;
    long n;

    (void)state;
    assert_non_null(text);
    p += sprintf(p, "# HELP a x\na{");
    for (int i = 0; i < N; i++)
        p += snprintf(p, ROOM, "l%d=\"%d\",", i * 7919 % N, i);
    p += snprintf(p, ROOM, "} 1\n");
    assert_int_equal(promc_lint_text(text, (size_t)(p - text), TX, NULL, NULL), 0);
    p = text + sprintf(text, "# HELP a x\n# TYPE a gauge\n");
    for (int i = 0; i < N; i++)
        p += snprintf(p, ROOM, "a{b=\"%d\"} 1\n", i * 7919 % N);
    assert_int_equal(promc_lint_text(text, (size_t)(p - text), TX, NULL, NULL), 0);
    p = text;
    for (int i = 0; i < N; i++)
        p += snprintf(p, ROOM, "a%d{x=\"%d\"} 1\n", i % 3, i);
    n = promc_lint_text(text, (size_t)(p - text), TX, NULL, NULL);
    assert_int_equal(n, 6); /* each without help, and interleaved; once each */
    free(text);
}

static void out_of_memory(void **state)
{
    static const char text[] = H
        "h_bucket{le=\"1.0\"} 1\nh_bucket{a=\"b\",le=\"1.0\"} 1\n"
        "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns{quantile=\"0.9\"} 1\n"
        "# TYPE t stateset\nt{t=\"a\"} 1\n{\"u.v\",\"w\"=\"\"} 1 # {a=\"b\"} 1\n# EOF\n";
    long rc = 0;

    (void)state;
    refuse_to = SIZE_MAX;
    for (size_t n = 1; rc == 0 && n < 1000; n++) {
        refuse_from = n;
        count_allocations();
        rc = promc_lint_text(text, sizeof text - 1, OQ, NULL, NULL);
        counted_allocations();
        assert_true(rc == -ENOMEM || n > 5);
        rc = rc == -ENOMEM ? 0 : rc;
    }
    assert_true(rc > 0);
    refuse_from = SIZE_MAX;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule),
        cmocka_unit_test(all_rules),
        cmocka_unit_test(nul),
        cmocka_unit_test(clean),
        cmocka_unit_test(formats),
        cmocka_unit_test(long_names),
        TEST(registry),
        cmocka_unit_test(large),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
