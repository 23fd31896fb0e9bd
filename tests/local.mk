# SPDX-License-Identifier: Apache-2.0

AM_TESTS_ENVIRONMENT = PYTHON3='$(PYTHON3)'; FUZZ_TARGETS='$(FUZZ_TARGETS)'; \
	FUZZ_RUNS='$(FUZZ_RUNS)'; export PYTHON3 FUZZ_TARGETS FUZZ_RUNS;

# --- unit tests: one program per source file, tests/unit/test_NAME.c ----------------------
# A new one is its name in the list and two lines below it. It links all of libpromc, the
# internals included, and may include libpromc's own headers by their bare names.
unit_tests = \
	tests/unit/test_negotiate \
	tests/unit/test_number \
	tests/unit/test_parse \
	tests/unit/test_utf8

UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libpromc $(CMOCKA_CFLAGS)
UNIT_LDADD = libpromc/libpromc-core.la $(CMOCKA_LIBS)

if CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

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
dist_check_SCRIPTS = tests/check_pow10.sh
TESTS += tests/check_pow10.sh
