# SPDX-License-Identifier: Apache-2.0
# What all tests share; each kind has a folder.
AM_TESTS_ENVIRONMENT = PYTHON3='$(PYTHON3)'; FUZZ_TARGETS='$(FUZZ_TARGETS)'; \
	FUZZ_RUNS='$(FUZZ_RUNS)'; export PYTHON3 FUZZ_TARGETS FUZZ_RUNS;
TEST_EXTENSIONS = .py .sh
PY_LOG_COMPILER = $(PYTHON3)

include tests/unit/local.mk
include tests/frame/local.mk
include tests/e2e/local.mk
include tests/bench/local.mk
include tests/fuzz/local.mk
