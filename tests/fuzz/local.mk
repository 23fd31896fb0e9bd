# SPDX-License-Identifier: Apache-2.0
# Fuzz targets, tests/fuzz/fuzz_NAME.c. Built everywhere, to replay tests/fuzz/seeds/NAME in
# `make check`; with --enable-fuzz they are libFuzzer programs, and `make fuzz` runs each for
# FUZZ_TIME seconds. An input that once broke something becomes a seed.
#
# A new target is its name in the list, its own two lines below, and a folder of seeds.
FUZZ_TARGETS = accept emit escape lint number parse registry
if NODE
FUZZ_TARGETS += node_files node_network node_services re2 textfile
endif
if PROCGROUPS
if NODE
FUZZ_TARGETS += process_groups
endif
endif
if HTTP
FUZZ_TARGETS += query
endif
if STATSD
FUZZ_TARGETS += statsd_ingest statsd_line
endif
if WEB_CONFIG
FUZZ_TARGETS += web_config
endif
FUZZ_TIME = 600

FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libpromc -I$(top_srcdir)/tests/fuzz
if FUZZ
FUZZ_MAIN = $(PROMC_FUZZ_LDFLAGS)
FUZZ_RUNS = -runs=0
else
FUZZ_MAIN = tests/fuzz/libfuzzmain.a
FUZZ_RUNS =
endif
FUZZ_LDADD = libpromc/libpromc-core.la $(FUZZ_MAIN)

check_LIBRARIES = tests/fuzz/libfuzzmain.a
tests_fuzz_libfuzzmain_a_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_main.c

check_PROGRAMS += tests/fuzz/fuzz_accept tests/fuzz/fuzz_emit tests/fuzz/fuzz_escape \
	tests/fuzz/fuzz_lint tests/fuzz/fuzz_number tests/fuzz/fuzz_parse tests/fuzz/fuzz_registry

tests_fuzz_fuzz_accept_SOURCES = tests/fuzz/fuzz_accept.c libpromc/encoding.c
tests_fuzz_fuzz_accept_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_accept_LDADD = $(FUZZ_LDADD)

tests_fuzz_fuzz_emit_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_emit_LDADD = libpromc/libpromc-test-core.la $(FUZZ_LDADD)

tests_fuzz_fuzz_escape_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_escape_LDADD = $(FUZZ_LDADD)

tests_fuzz_fuzz_lint_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_lint_LDADD = libpromc/libpromc-test-core.la $(FUZZ_LDADD)

tests_fuzz_fuzz_number_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_number_LDADD = $(FUZZ_LDADD)

tests_fuzz_fuzz_parse_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_parse_LDADD = $(FUZZ_LDADD)

if HTTP
check_PROGRAMS += tests/fuzz/fuzz_query
tests_fuzz_fuzz_query_SOURCES = tests/fuzz/fuzz_query.c libpromc/http_query.c
tests_fuzz_fuzz_query_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_query_LDADD = $(FUZZ_LDADD)
endif

tests_fuzz_fuzz_registry_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_registry_LDADD = $(FUZZ_LDADD)

if NODE
check_PROGRAMS += tests/fuzz/fuzz_node_files tests/fuzz/fuzz_node_network \
	tests/fuzz/fuzz_node_services \
	tests/fuzz/fuzz_re2 tests/fuzz/fuzz_textfile
FUZZ_NODE_LDADD = exporters/node/libnode.a exporters/common/libcommon.a $(FUZZ_LDADD) \
	$(NODE_LIBS)

tests_fuzz_fuzz_node_files_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/exporters \
	-I$(top_srcdir)/tests/unit -DFIXTURES='"$(abs_top_srcdir)/tests/fixtures"'
tests_fuzz_fuzz_node_files_LDADD = exporters/node/libnode.a exporters/common/libcommon.a \
	libpromc/libpromc-test-core.la $(FUZZ_LDADD) $(NODE_LIBS)

tests_fuzz_fuzz_node_network_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/exporters
tests_fuzz_fuzz_node_network_LDADD = $(FUZZ_NODE_LDADD)

tests_fuzz_fuzz_node_services_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/exporters
tests_fuzz_fuzz_node_services_LDADD = $(FUZZ_NODE_LDADD)

if PROCGROUPS
check_PROGRAMS += tests/fuzz/fuzz_process_groups
tests_fuzz_fuzz_process_groups_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/exporters
tests_fuzz_fuzz_process_groups_LDADD = $(FUZZ_NODE_LDADD)
endif

tests_fuzz_fuzz_re2_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/exporters
tests_fuzz_fuzz_re2_LDADD = $(FUZZ_NODE_LDADD)

tests_fuzz_fuzz_textfile_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/exporters
tests_fuzz_fuzz_textfile_LDADD = $(FUZZ_NODE_LDADD)
endif

if STATSD
check_PROGRAMS += tests/fuzz/fuzz_statsd_ingest tests/fuzz/fuzz_statsd_line
FUZZ_STATSD_LDADD = exporters/statsd/libstatsd.a exporters/common/libcommon.a $(FUZZ_LDADD)

tests_fuzz_fuzz_statsd_ingest_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/exporters
tests_fuzz_fuzz_statsd_ingest_LDADD = $(FUZZ_STATSD_LDADD)

tests_fuzz_fuzz_statsd_line_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/exporters
tests_fuzz_fuzz_statsd_line_LDADD = $(FUZZ_STATSD_LDADD)
endif

if WEB_CONFIG
check_PROGRAMS += tests/fuzz/fuzz_web_config
tests_fuzz_fuzz_web_config_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/exporters
tests_fuzz_fuzz_web_config_LDADD = exporters/common/libcommon.a $(FUZZ_LDADD) $(WEB_CONFIG_LIBS)
endif

TESTS += tests/fuzz/replay.sh
EXTRA_DIST += tests/fuzz/replay.sh tests/fuzz/seeds tests/fuzz/dict

# The corpus stays in the build folder from run to run; what breaks a target lands beside it.
.PHONY: fuzz
fuzz: $(FUZZ_TARGETS:%=tests/fuzz/fuzz_%)
if FUZZ
	@set -e; for t in $(FUZZ_TARGETS); do \
	    mkdir -p tests/fuzz/corpus/$$t; \
	    dict=$(srcdir)/tests/fuzz/dict/$$t.dict; \
	    echo "fuzz_$$t: $(FUZZ_TIME) s"; \
	    tests/fuzz/fuzz_$$t -max_total_time=$(FUZZ_TIME) -timeout=10 -print_final_stats=1 \
	        -artifact_prefix=tests/fuzz/$$t- $$(test ! -f $$dict || echo -dict=$$dict) \
	        tests/fuzz/corpus/$$t $(srcdir)/tests/fuzz/seeds/$$t; \
	done
else
	@echo "this build has no libFuzzer: configure with --enable-fuzz CC=clang CXX=clang++"
	@exit 1
endif

.PHONY: clean-fuzz
clean-local: clean-fuzz
clean-fuzz:
	rm -rf tests/fuzz/corpus
