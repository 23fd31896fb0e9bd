# SPDX-License-Identifier: Apache-2.0
# Tests of promc-statsd-exporter.
if STATSD
STATSD_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters -I$(top_srcdir)/tests/fuzz \
	$(CMOCKA_CFLAGS)
STATSD_TEST_LIBS = exporters/statsd/libstatsd.a exporters/common/libcommon.a \
	libpromc/libpromc-core.la

if CMOCKA
statsd_unit_tests = \
	tests/unit/test_statsd_cache \
	tests/unit/test_statsd_escape \
	tests/unit/test_statsd_line \
	tests/unit/test_statsd_series
check_PROGRAMS += $(statsd_unit_tests)
TESTS += $(statsd_unit_tests)

tests_unit_test_statsd_cache_CPPFLAGS = $(STATSD_TEST_CPPFLAGS)
tests_unit_test_statsd_cache_LDADD = $(STATSD_TEST_LIBS) $(CMOCKA_LIBS)

tests_unit_test_statsd_escape_CPPFLAGS = $(STATSD_TEST_CPPFLAGS)
tests_unit_test_statsd_escape_LDADD = $(STATSD_TEST_LIBS) $(CMOCKA_LIBS)

tests_unit_test_statsd_line_CPPFLAGS = $(STATSD_TEST_CPPFLAGS)
tests_unit_test_statsd_line_LDADD = $(STATSD_TEST_LIBS) $(CMOCKA_LIBS)

tests_unit_test_statsd_series_CPPFLAGS = $(STATSD_TEST_CPPFLAGS)
tests_unit_test_statsd_series_LDADD = $(STATSD_TEST_LIBS) $(CMOCKA_LIBS)
endif

FUZZ_TARGETS += statsd_line
fuzz_programs += tests/fuzz/fuzz_statsd_line
tests_fuzz_fuzz_statsd_line_CPPFLAGS = $(STATSD_TEST_CPPFLAGS)
tests_fuzz_fuzz_statsd_line_LDADD = $(STATSD_TEST_LIBS) $(FUZZ_MAIN)

TESTS += tests/e2e/statsd_test.py tests/e2e/statsd_cases_test.py
endif

# tests/bench/run-statsd uses these.
check_PROGRAMS += tests/bench/statsd_send tests/bench/statsd_floor
EXTRA_DIST += tests/bench/run-statsd
EXTRA_DIST += tests/e2e/statsd_test.py tests/e2e/statsd_cases_test.py
