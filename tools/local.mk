# SPDX-License-Identifier: Apache-2.0
# The command promc-lint; scripts need no building.
bin_PROGRAMS += promc-lint
promc_lint_SOURCES = tools/promc-lint.c tools/promc-lint.h tools/promc-lint-read.c
promc_lint_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
promc_lint_LDADD = libpromc/libpromc-test.la libpromc/libpromc.la $(CURL_LIBS)
