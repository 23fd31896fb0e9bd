# SPDX-License-Identifier: Apache-2.0
# What all tests share; each kind has a folder.
AM_TESTS_ENVIRONMENT = PYTHON3='$(PYTHON3)'; FUZZ_TARGETS='$(FUZZ_TARGETS)'; \
	FUZZ_RUNS='$(FUZZ_RUNS)'; export PYTHON3 FUZZ_TARGETS FUZZ_RUNS;
TEST_EXTENSIONS = .py .sh
PY_LOG_COMPILER = $(PYTHON3)

# Whole programs first: they wait more than they work, and the last one should not be alone.
include tests/e2e/local.mk
include tests/unit/local.mk
include tests/frame/local.mk
include tests/bench/local.mk
include tests/fuzz/local.mk

# --- the tests in which more than one thread runs: all that ThreadSanitizer can judge ---------
# A unit test has threads where it, or core.h, makes them, or where it starts what does.
THREADS = pthread|_start\(|http\.h|http_internal|core\.h
check-threads:
	@tests=; programs=; \
	for t in $(TESTS); do \
		case $$t in \
		tests/unit/*) \
			grep -qE '$(THREADS)' $(srcdir)/$${t%$(EXEEXT)}.c || continue; \
			programs="$$programs $$t";; \
		tests/frame/*|tests/fuzz/*) continue;; \
		esac; \
		tests="$$tests $$t"; \
	done; \
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$$tests" check_LIBRARIES= check_PROGRAMS="$$programs \
		$(filter-out tests/unit/% tests/fuzz/% tests/bench/%,$(check_PROGRAMS))"
.PHONY: check-threads

# --- how much of the libraries the tests reach: in a build with --enable-coverage -------------
COVERAGE_LINES = 95
COVERAGE_BRANCHES = 85
coverage_tests = $(filter $(core_unit_tests) tests/unit/test_alloc% tests/unit/test_http% \
	tests/unit/test_push% tests/stress/% tests/cxx/api,$(TESTS))
coverage:
	@case '$(AM_CFLAGS)' in *--coverage*) ;; \
	*) echo 'coverage: configure with --enable-coverage' >&2; exit 1;; esac
	@command -v gcovr >/dev/null || \
	{ echo 'coverage: gcovr is missing' >&2; exit 1; }
	find libpromc -name '*.gcda' -exec rm -f {} +
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(coverage_tests)' check_PROGRAMS=
	gcovr --root '$(top_srcdir)' --object-directory . --filter '$(top_srcdir)/libpromc/' \
		--json coverage.json
	gcovr --root '$(top_srcdir)' --add-tracefile coverage.json \
		--fail-under-line $(COVERAGE_LINES)
	gcovr --root '$(top_srcdir)' --add-tracefile coverage.json --branches \
		--fail-under-branch $(COVERAGE_BRANCHES)
.PHONY: coverage
CLEANFILES += coverage.json
