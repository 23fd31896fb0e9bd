# SPDX-License-Identifier: Apache-2.0

# --- threads, forks and scrapes at once ---
check_PROGRAMS += tests/stress/stress_churn tests/stress/stress_lanes
TESTS += tests/stress/stress_churn tests/stress/stress_lanes
# It looks at the registry's memory.
tests_stress_stress_churn_SOURCES = tests/stress/stress_churn.c tests/stress/stress.h
tests_stress_stress_churn_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libpromc
tests_stress_stress_churn_LDADD = libpromc/libpromc-core.la
tests_stress_stress_lanes_SOURCES = tests/stress/stress_lanes.c tests/stress/stress.h
tests_stress_stress_lanes_LDADD = libpromc/libpromc.la

# --- processes that are killed; "make stress-shared KILLS=20000" for longer ---
check_PROGRAMS += tests/stress/stress_shared
TESTS += tests/stress/stress_shared
tests_stress_stress_shared_SOURCES = tests/stress/stress_shared.c tests/stress/stress.h
tests_stress_stress_shared_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libpromc
tests_stress_stress_shared_LDADD = libpromc/libpromc-core.la
KILLS = 20000
stress-shared: tests/stress/stress_shared$(EXEEXT)
	tests/stress/stress_shared$(EXEEXT) $(KILLS)
.PHONY: stress-shared

# --- both formats, read back by the Prometheus project's own parsers ---
check_PROGRAMS += tests/e2e/formats
tests_e2e_formats_LDFLAGS = -no-install
tests_e2e_formats_LDADD = libpromc/libpromc.la

# --- whole programs, with a real Prometheus where one is installed ---
E2E_TESTS = \
	tests/e2e/acceptance.py \
	tests/e2e/formats_test.py \
	tests/e2e/lint_test.py \
	tests/e2e/node_dashboard_test.py \
	tests/e2e/node_faults_test.py \
	tests/e2e/node_fixtures_test.py \
	tests/e2e/node_live_test.py \
	tests/e2e/node_once_test.py \
	tests/e2e/node_process_groups_test.py \
	tests/e2e/node_services_test.py \
	tests/e2e/node_test.py \
	tests/e2e/protobuf_test.py \
	tests/e2e/sandbox_test.py \
	tests/e2e/web_config_test.py \
	tests/golden/node_golden.py
if HTTP
check_PROGRAMS += tests/e2e/http_server
tests_e2e_http_server_LDFLAGS = -no-install
tests_e2e_http_server_LDADD = libpromc/libpromc-http.la libpromc/libpromc.la
check_PROGRAMS += tests/e2e/http_mount
tests_e2e_http_mount_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS)
tests_e2e_http_mount_LDFLAGS = -no-install
tests_e2e_http_mount_LDADD = libpromc/libpromc-http.la libpromc/libpromc.la $(MHD_LIBS)
check_PROGRAMS += tests/e2e/native_server
tests_e2e_native_server_LDFLAGS = -no-install
tests_e2e_native_server_LDADD = libpromc/libpromc-http.la libpromc/libpromc.la -lm
TESTS += tests/e2e/http_mount_test.py tests/e2e/http_test.py tests/e2e/native_test.py
endif
if PUSH
check_PROGRAMS += tests/e2e/push_client
tests_e2e_push_client_LDFLAGS = -no-install
tests_e2e_push_client_LDADD = libpromc/libpromc-push.la libpromc/libpromc.la
TESTS += tests/e2e/push_test.py
endif
if STATSD
TESTS += tests/e2e/statsd_test.py tests/e2e/statsd_cases_test.py
endif
TESTS += $(E2E_TESTS)
EXTRA_DIST += $(E2E_TESTS) tests/e2e/http_mount_test.py tests/e2e/http_test.py \
	tests/e2e/native_test.py tests/e2e/prom.py tests/e2e/protopage.py tests/e2e/push_test.py \
	tests/e2e/statsd_test.py tests/fixtures/metrics.proto \
	tests/e2e/statsd_cases_test.py tests/e2e/harness.py tests/e2e/node_tree.py \
	tests/e2e/queries.json \
	tests/e2e/promtool-allowed.txt tests/golden/node.prom tests/fixtures/lint tests/fixtures/node
