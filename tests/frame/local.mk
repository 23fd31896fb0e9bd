# SPDX-License-Identifier: Apache-2.0
# Tests of what surrounds the code: what is exported, installed, documented.
frame_tests = tests/frame/compat tests/frame/lint-rules tests/frame/man tests/frame/rules \
	tests/frame/units
frame_node_tests = tests/frame/man-flags tests/frame/man-metrics
frame_plain_tests = tests/frame/core-alone tests/frame/abi tests/frame/docs \
	tests/frame/exports tests/frame/headers tests/frame/install.sh tests/frame/man-names \
	tests/frame/native-bounds tests/frame/pow10 tests/frame/scripts tests/frame/tutorial

TESTS += $(frame_tests)
if NODE
TESTS += $(frame_node_tests)
endif
if !SANITIZED
# These look at the libraries as users get them, or run none of our code.
TESTS += $(frame_plain_tests)
endif
EXTRA_DIST += $(frame_tests) $(frame_node_tests) $(frame_plain_tests) tests/frame/lib.sh \
	tests/frame/leaks tests/rules tests/exports/libpromc.txt tests/exports/libpromc-http.txt \
	tests/exports/libpromc-push.txt tests/exports/libpromc-test.txt

check_PROGRAMS += tests/cxx/api
TESTS += tests/cxx/api
tests_cxx_api_SOURCES = tests/cxx/api.cc
tests_cxx_api_LDADD = libpromc/libpromc.la

# libtool relinks while it installs, under the feet of whatever is running from the build tree.
tests/frame/install.log: $(filter-out tests/frame/install.log,$(TEST_LOGS))

# What tests/frame/abi compares with.
abi_baselines = tests/exports/libpromc.abi tests/exports/libpromc-http.abi \
	tests/exports/libpromc-push.abi tests/exports/libpromc-test.abi
EXTRA_DIST += $(abi_baselines)
.PHONY: abi-baseline
abi-baseline: $(lib_LTLIBRARIES)
	for library in $(lib_LTLIBRARIES); do \
		name=$$(basename $$library .la); \
		abidw --drop-private-types --no-corpus-path --no-comp-dir-path --no-show-locs \
			--headers-dir "$(srcdir)/libpromc/include" libpromc/.libs/$$name.so \
			>"$(srcdir)/tests/exports/$$name.abi" || exit 1; \
	done
