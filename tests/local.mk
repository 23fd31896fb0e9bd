# SPDX-License-Identifier: Apache-2.0

AM_TESTS_ENVIRONMENT = PYTHON3='$(PYTHON3)'; FUZZ_TARGETS='$(FUZZ_TARGETS)'; \
	FUZZ_RUNS='$(FUZZ_RUNS)'; export PYTHON3 FUZZ_TARGETS FUZZ_RUNS;

# --- unit tests: one program per source file, tests/unit/test_NAME.c ----------------------
# A new one is its name in the list and two lines below it. It links all of libpromc, the
# internals included, and may include libpromc's own headers by their bare names.
unit_tests = \
	tests/unit/test_alloc \
	tests/unit/test_error \
	tests/unit/test_nametree \
	tests/unit/test_negotiate \
	tests/unit/test_number \
	tests/unit/test_parse \
	tests/unit/test_utf8

UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libpromc $(CMOCKA_CFLAGS)
UNIT_LDADD = libpromc/libpromc-core.la $(CMOCKA_LIBS)

if CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

tests_unit_test_alloc_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alloc_LDADD = $(UNIT_LDADD)

tests_unit_test_error_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_error_LDADD = $(UNIT_LDADD)

tests_unit_test_nametree_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_nametree_LDADD = $(UNIT_LDADD)

tests_unit_test_negotiate_SOURCES = tests/unit/test_negotiate.c libpromc/encoding.c
tests_unit_test_negotiate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_negotiate_LDADD = $(UNIT_LDADD)

tests_unit_test_number_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_number_LDADD = $(UNIT_LDADD)

tests_unit_test_parse_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_parse_LDADD = $(UNIT_LDADD)

tests_unit_test_utf8_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_utf8_LDADD = $(UNIT_LDADD)
endif

# --- unit tests of the node exporter: they include the collector whose parser they call ---
node_unit_tests = \
	tests/unit/test_node_cpu \
	tests/unit/test_node_diskstats \
	tests/unit/test_node_netclass \
	tests/unit/test_node_netdev \
	tests/unit/test_node_scan \
	tests/unit/test_node_stat

NODE_UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters $(CMOCKA_CFLAGS)
NODE_UNIT_LDADD = exporters/node/libnode.a exporters/common/libcommon.a \
	libpromc/libpromc-core.la $(PCRE2_LIBS) $(CMOCKA_LIBS)

EXTRA_DIST += tests/unit/node_netlink.h tests/unit/node_test.h

if CMOCKA
if NODE
check_PROGRAMS += $(node_unit_tests)
TESTS += $(node_unit_tests)

tests_unit_test_node_cpu_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_cpu_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_diskstats_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_diskstats_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_netclass_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_netclass_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_netdev_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_netdev_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_scan_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_scan_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_stat_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_stat_LDADD = $(NODE_UNIT_LDADD)
endif
endif

# --- unit tests of the node exporter's collectors -----------------------------------------
# They run a collector over a tree of files and compare the page that comes out.
node_collector_tests = \
	tests/unit/test_node_filesystem \
	tests/unit/test_node_host \
	tests/unit/test_node_proc \
	tests/unit/test_node_statpool \
	tests/unit/test_node_textfile

NODE_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters -I$(top_srcdir)/tests/unit \
	$(CMOCKA_CFLAGS)
NODE_TEST_LDADD = exporters/node/libnode.a exporters/common/libcommon.a \
	libpromc/libpromc-http.la libpromc/libpromc.la $(PCRE2_LIBS) $(CMOCKA_LIBS)

if CMOCKA
if NODE
check_PROGRAMS += $(node_collector_tests)
TESTS += $(node_collector_tests)

tests_unit_test_node_host_SOURCES = tests/unit/test_node_host.c tests/unit/node_run.h
tests_unit_test_node_host_CPPFLAGS = $(NODE_TEST_CPPFLAGS)
tests_unit_test_node_host_LDADD = $(NODE_TEST_LDADD)

tests_unit_test_node_proc_CPPFLAGS = $(NODE_TEST_CPPFLAGS)
tests_unit_test_node_proc_LDADD = $(NODE_TEST_LDADD)

tests_unit_test_node_filesystem_CPPFLAGS = $(NODE_TEST_CPPFLAGS)
tests_unit_test_node_filesystem_LDADD = $(NODE_TEST_LDADD)

tests_unit_test_node_statpool_CPPFLAGS = $(NODE_TEST_CPPFLAGS)
tests_unit_test_node_statpool_LDADD = $(NODE_TEST_LDADD)

tests_unit_test_node_textfile_CPPFLAGS = $(NODE_TEST_CPPFLAGS)
tests_unit_test_node_textfile_LDADD = $(NODE_TEST_LDADD)
endif
endif

# --- checked-in output of generators ------------------------------------------------------
EXTRA_DIST += tests/check_pow10.sh
TESTS += tests/check_pow10.sh

# --- the HTTP server ----------------------------------------------------------------------
TEST_EXTENSIONS = .py
PY_LOG_COMPILER = $(PYTHON3)
if HTTP
check_PROGRAMS += tests/e2e/http_server
tests_e2e_http_server_LDFLAGS = -no-install
tests_e2e_http_server_LDADD = libpromc/libpromc-http.la libpromc/libpromc.la
dist_check_SCRIPTS = tests/e2e/http_test.py
TESTS += tests/e2e/http_test.py
if CMOCKA
check_PROGRAMS += tests/unit/test_http
TESTS += tests/unit/test_http
tests_unit_test_http_CPPFLAGS = $(UNIT_CPPFLAGS) $(MHD_CFLAGS)
tests_unit_test_http_LDADD = libpromc/libpromc-http-core.la $(UNIT_LDADD)
endif
endif

# --- unit tests of the exporters: one program per source file, tests/unit/test_NAME.c -----
# A new one is its name in the list and two lines below it. Those of collectors include the
# collector's .c file to reach its parser, and say so.
exporter_unit_tests = \
	tests/unit/test_buildinfo \
	tests/unit/test_enabled \
	tests/unit/test_filter \
	tests/unit/test_flags \
	tests/unit/test_loadavg \
	tests/unit/test_log \
	tests/unit/test_readfile \
	tests/unit/test_scrape \
	tests/unit/test_serve \
	tests/unit/test_sig \
	tests/unit/test_web

EXPORTER_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters $(CMOCKA_CFLAGS) \
	-DFIXTURES='"$(abs_top_srcdir)/tests/fixtures"'
EXPORTER_LDADD = exporters/node/libnode.a exporters/common/libcommon.a \
	libpromc/libpromc-http.la libpromc/libpromc.la $(PCRE2_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/unit/unit.h tests/unit/capture.h tests/fixtures/common

if CMOCKA
if NODE
check_PROGRAMS += $(exporter_unit_tests)
TESTS += $(exporter_unit_tests)

tests_unit_test_buildinfo_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_buildinfo_LDADD = $(EXPORTER_LDADD)

tests_unit_test_enabled_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_enabled_LDADD = $(EXPORTER_LDADD)

tests_unit_test_filter_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_filter_LDADD = $(EXPORTER_LDADD)

tests_unit_test_flags_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_flags_LDADD = $(EXPORTER_LDADD)

tests_unit_test_loadavg_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_loadavg_LDADD = $(EXPORTER_LDADD)

tests_unit_test_log_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_log_LDADD = $(EXPORTER_LDADD)

tests_unit_test_readfile_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_readfile_LDADD = $(EXPORTER_LDADD)

tests_unit_test_scrape_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_scrape_LDADD = $(EXPORTER_LDADD)

tests_unit_test_serve_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_serve_LDADD = $(EXPORTER_LDADD)

tests_unit_test_sig_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_sig_LDADD = $(EXPORTER_LDADD)

tests_unit_test_web_CPPFLAGS = $(EXPORTER_CPPFLAGS)
tests_unit_test_web_LDADD = $(EXPORTER_LDADD)
endif
endif

# --- what the manual says of the node exporter's flags -------------------------------------
EXTRA_DIST += tests/man_flags.sh
if NODE
TESTS += tests/man_flags.sh
endif
