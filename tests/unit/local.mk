# SPDX-License-Identifier: Apache-2.0
# Unit tests: one program per source file or concept, test_NAME.c. A new one is its name in a
# list and two lines. They link convenience libraries, so that internals can be tested.
EXTRA_DIST += tests/unit/capture.h tests/unit/core.h tests/unit/native_view.h \
	tests/unit/node_bus.h tests/unit/node_netlink.h tests/unit/node_netns.h \
	tests/unit/node_run.h tests/unit/node_test.h tests/unit/node_tree.h \
	tests/unit/node_tries.h \
	tests/unit/protowalk.h tests/unit/refuse.h tests/unit/refuse_families.h \
	tests/unit/unescape.h tests/unit/unit.h tests/fixtures/common

if CMOCKA

# --- libpromc; its own headers by their bare names ---
core_unit_tests = \
	tests/unit/test_alloc \
	tests/unit/test_alloc_failure \
	tests/unit/test_alloc_failure_family \
	tests/unit/test_alloc_failure_render \
	tests/unit/test_alloc_failure_series \
	tests/unit/test_alloc_failure_testing \
	tests/unit/test_arena \
	tests/unit/test_counter \
	tests/unit/test_created \
	tests/unit/test_emit_sample \
	tests/unit/test_emitter \
	tests/unit/test_encoding \
	tests/unit/test_error \
	tests/unit/test_escape \
	tests/unit/test_exemplar \
	tests/unit/test_expiry \
	tests/unit/test_family \
	tests/unit/test_first_use \
	tests/unit/test_frame \
	tests/unit/test_gauge \
	tests/unit/test_histogram \
	tests/unit/test_info \
	tests/unit/test_labels \
	tests/unit/test_lane \
	tests/unit/test_late \
	tests/unit/test_lint \
	tests/unit/test_nametree \
	tests/unit/test_native \
	tests/unit/test_native_threads \
	tests/unit/test_negotiate \
	tests/unit/test_nested \
	tests/unit/test_number \
	tests/unit/test_openmetrics2 \
	tests/unit/test_overflow \
	tests/unit/test_parse \
	tests/unit/test_periodic \
	tests/unit/test_process \
	tests/unit/test_protobuf \
	tests/unit/test_registry \
	tests/unit/test_remove \
	tests/unit/test_render \
	tests/unit/test_render_others \
	tests/unit/test_shared \
	tests/unit/test_shared_kill \
	tests/unit/test_sketch \
	tests/unit/test_stateset \
	tests/unit/test_summary \
	tests/unit/test_testing \
	tests/unit/test_textfile \
	tests/unit/test_unregister \
	tests/unit/test_utf8 \
	tests/unit/test_wrap
check_PROGRAMS += $(core_unit_tests)
TESTS += $(core_unit_tests)
UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libpromc $(CMOCKA_CFLAGS)
UNIT_LDADD = libpromc/libpromc-core.la $(CMOCKA_LIBS)

tests_unit_test_alloc_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alloc_LDADD = $(UNIT_LDADD)

tests_unit_test_alloc_failure_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alloc_failure_LDADD = $(UNIT_LDADD)

tests_unit_test_alloc_failure_family_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alloc_failure_family_LDADD = $(UNIT_LDADD)

tests_unit_test_alloc_failure_render_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alloc_failure_render_LDADD = $(UNIT_LDADD)

tests_unit_test_alloc_failure_series_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alloc_failure_series_LDADD = $(UNIT_LDADD)

tests_unit_test_alloc_failure_testing_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alloc_failure_testing_LDADD = libpromc/libpromc-test-core.la $(UNIT_LDADD)

tests_unit_test_arena_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_arena_LDADD = $(UNIT_LDADD)

tests_unit_test_counter_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_counter_LDADD = $(UNIT_LDADD)

tests_unit_test_emit_sample_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_emit_sample_LDADD = $(UNIT_LDADD)
tests_unit_test_created_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_created_LDADD = $(UNIT_LDADD)

tests_unit_test_emitter_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_emitter_LDADD = $(UNIT_LDADD)

tests_unit_test_encoding_SOURCES = tests/unit/test_encoding.c libpromc/encoding.c
tests_unit_test_encoding_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_encoding_LDADD = $(UNIT_LDADD)

tests_unit_test_error_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_error_LDADD = $(UNIT_LDADD)

tests_unit_test_escape_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_escape_LDADD = $(UNIT_LDADD)
tests_unit_test_expiry_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_expiry_LDADD = $(UNIT_LDADD)
tests_unit_test_exemplar_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_exemplar_LDADD = $(UNIT_LDADD)

tests_unit_test_family_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_family_LDADD = $(UNIT_LDADD)

tests_unit_test_first_use_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_first_use_LDADD = $(UNIT_LDADD)

tests_unit_test_frame_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_frame_LDADD = $(UNIT_LDADD)

tests_unit_test_gauge_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gauge_LDADD = $(UNIT_LDADD)

tests_unit_test_histogram_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_histogram_LDADD = $(UNIT_LDADD)

tests_unit_test_info_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_info_LDADD = $(UNIT_LDADD)

tests_unit_test_labels_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_labels_LDADD = $(UNIT_LDADD)

tests_unit_test_lane_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_lane_LDADD = $(UNIT_LDADD)

tests_unit_test_late_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_late_LDADD = $(UNIT_LDADD)
tests_unit_test_lint_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_lint_LDADD = libpromc/libpromc-test-core.la $(UNIT_LDADD)

tests_unit_test_nametree_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_nametree_LDADD = $(UNIT_LDADD)

tests_unit_test_native_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_native_LDADD = $(UNIT_LDADD)

tests_unit_test_native_threads_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_native_threads_LDADD = $(UNIT_LDADD) -lm

tests_unit_test_negotiate_SOURCES = tests/unit/test_negotiate.c libpromc/encoding.c
tests_unit_test_negotiate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_negotiate_LDADD = $(UNIT_LDADD)

tests_unit_test_nested_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_nested_LDADD = $(UNIT_LDADD)

tests_unit_test_number_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_number_LDADD = $(UNIT_LDADD)

tests_unit_test_openmetrics2_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_openmetrics2_LDADD = $(UNIT_LDADD)
tests_unit_test_overflow_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_overflow_LDADD = $(UNIT_LDADD)

tests_unit_test_parse_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_parse_LDADD = $(UNIT_LDADD)

tests_unit_test_periodic_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_periodic_LDADD = $(UNIT_LDADD)

tests_unit_test_process_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_process_LDADD = $(UNIT_LDADD)

tests_unit_test_protobuf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_protobuf_LDADD = $(UNIT_LDADD)

tests_unit_test_registry_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_registry_LDADD = $(UNIT_LDADD)

tests_unit_test_remove_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_remove_LDADD = $(UNIT_LDADD)

tests_unit_test_render_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_render_LDADD = $(UNIT_LDADD)

tests_unit_test_render_others_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_render_others_LDADD = $(UNIT_LDADD)
tests_unit_test_shared_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_shared_LDADD = $(UNIT_LDADD)

tests_unit_test_shared_kill_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_shared_kill_LDADD = $(UNIT_LDADD)

tests_unit_test_sketch_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sketch_LDADD = $(UNIT_LDADD)

tests_unit_test_stateset_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_stateset_LDADD = $(UNIT_LDADD)

tests_unit_test_summary_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_summary_LDADD = $(UNIT_LDADD)

tests_unit_test_testing_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_testing_LDADD = libpromc/libpromc-test-core.la $(UNIT_LDADD)

tests_unit_test_textfile_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_textfile_LDADD = $(UNIT_LDADD)

tests_unit_test_unregister_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_unregister_LDADD = $(UNIT_LDADD)

tests_unit_test_wrap_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_wrap_LDADD = $(UNIT_LDADD)

tests_unit_test_utf8_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_utf8_LDADD = $(UNIT_LDADD)
if HTTP
# --- libpromc-http ---
check_PROGRAMS += tests/unit/test_alloc_failure_http
TESTS += tests/unit/test_alloc_failure_http
tests_unit_test_alloc_failure_http_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alloc_failure_http_LDADD = libpromc/libpromc-http-core.la $(UNIT_LDADD)

check_PROGRAMS += tests/unit/test_http
TESTS += tests/unit/test_http
tests_unit_test_http_CPPFLAGS = $(UNIT_CPPFLAGS) $(MHD_CFLAGS)
tests_unit_test_http_LDADD = libpromc/libpromc-http-core.la $(UNIT_LDADD)

check_PROGRAMS += tests/unit/test_http_admit
TESTS += tests/unit/test_http_admit
tests_unit_test_http_admit_CPPFLAGS = $(UNIT_CPPFLAGS) $(MHD_CFLAGS)
tests_unit_test_http_admit_LDADD = libpromc/libpromc-http-core.la $(UNIT_LDADD)

check_PROGRAMS += tests/unit/test_http_compress
TESTS += tests/unit/test_http_compress
tests_unit_test_http_compress_CPPFLAGS = $(UNIT_CPPFLAGS) $(DEFLATE_CFLAGS) $(ZSTD_CFLAGS)
tests_unit_test_http_compress_LDADD = libpromc/libpromc-http-core.la $(UNIT_LDADD)

check_PROGRAMS += tests/unit/test_http_conn
TESTS += tests/unit/test_http_conn
tests_unit_test_http_conn_CPPFLAGS = $(UNIT_CPPFLAGS) $(MHD_CFLAGS)
tests_unit_test_http_conn_LDADD = libpromc/libpromc-http-core.la $(UNIT_LDADD)

check_PROGRAMS += tests/unit/test_http_handler
TESTS += tests/unit/test_http_handler
tests_unit_test_http_handler_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_http_handler_LDADD = libpromc/libpromc-http-core.la $(UNIT_LDADD)

check_PROGRAMS += tests/unit/test_http_keeper
TESTS += tests/unit/test_http_keeper
tests_unit_test_http_keeper_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_http_keeper_LDADD = libpromc/libpromc-http-core.la $(UNIT_LDADD)

check_PROGRAMS += tests/unit/test_http_route
TESTS += tests/unit/test_http_route
tests_unit_test_http_route_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_http_route_LDADD = libpromc/libpromc-http-core.la $(UNIT_LDADD)
endif

if PUSH
# --- libpromc-push ---
check_PROGRAMS += tests/unit/test_push
TESTS += tests/unit/test_push
tests_unit_test_push_CPPFLAGS = $(UNIT_CPPFLAGS) $(CURL_CFLAGS)
tests_unit_test_push_LDADD = libpromc/libpromc-push-core.la $(UNIT_LDADD)

check_PROGRAMS += tests/unit/test_push_http
TESTS += tests/unit/test_push_http
tests_unit_test_push_http_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_push_http_LDADD = libpromc/libpromc-push-core.la $(UNIT_LDADD)
endif

if NODE
# --- exporters/common and exporters/node ---
node_unit_tests = \
	tests/unit/test_buildinfo \
	tests/unit/test_enabled \
	tests/unit/test_filter \
	tests/unit/test_flags \
	tests/unit/test_loadavg \
	tests/unit/test_log \
	tests/unit/test_node_attr \
	tests/unit/test_node_bcache \
	tests/unit/test_node_btrfs \
	tests/unit/test_node_cpu \
	tests/unit/test_node_devices \
	tests/unit/test_node_diskstats \
	tests/unit/test_node_ethtool \
	tests/unit/test_node_filesystem \
	tests/unit/test_node_host \
	tests/unit/test_node_hostile \
	tests/unit/test_node_hwmon \
	tests/unit/test_node_infiniband \
	tests/unit/test_node_ipvs \
	tests/unit/test_node_kernel \
	tests/unit/test_node_kernel_tables \
	tests/unit/test_node_mountstats \
	tests/unit/test_node_netclass \
	tests/unit/test_node_netdev \
	tests/unit/test_node_network \
	tests/unit/test_node_nfs \
	tests/unit/test_node_nodbus \
	tests/unit/test_node_pcidevice \
	tests/unit/test_node_perf \
	tests/unit/test_node_proc \
	tests/unit/test_node_processes \
	tests/unit/test_node_procgroups \
	tests/unit/test_node_raid \
	tests/unit/test_node_scan \
	tests/unit/test_node_services \
	tests/unit/test_node_stat \
	tests/unit/test_node_statpool \
	tests/unit/test_node_storage \
	tests/unit/test_node_sysctl \
	tests/unit/test_node_textfile \
	tests/unit/test_node_wifi \
	tests/unit/test_node_zfs \
	tests/unit/test_readfile \
	tests/unit/test_scrape \
	tests/unit/test_serve \
	tests/unit/test_sig \
	tests/unit/test_web
if SYSTEMD
node_unit_tests += \
	tests/unit/test_node_logind \
	tests/unit/test_node_systemd
endif
if PROCGROUPS
node_unit_tests += tests/unit/test_node_process_groups
endif
check_PROGRAMS += $(node_unit_tests)
TESTS += $(node_unit_tests)
NODE_UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters $(CMOCKA_CFLAGS) \
	$(NODE_CFLAGS) -DFIXTURES='"$(abs_top_srcdir)/tests/fixtures"'
NODE_UNIT_LDADD = exporters/node/libnode.a exporters/common/libcommon.a \
	libpromc/libpromc-http.la libpromc/libpromc.la $(NODE_LIBS) $(CMOCKA_LIBS)

tests_unit_test_buildinfo_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_buildinfo_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_enabled_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_enabled_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_filter_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_filter_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_flags_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_flags_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_loadavg_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_loadavg_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_log_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_log_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_readfile_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_readfile_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_scrape_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_scrape_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_serve_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_serve_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_sig_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_sig_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_web_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_web_LDADD = $(NODE_UNIT_LDADD)

if WEB_CONFIG
check_PROGRAMS += tests/unit/test_web_auth tests/unit/test_web_config
TESTS += tests/unit/test_web_auth tests/unit/test_web_config

tests_unit_test_web_auth_CPPFLAGS = $(NODE_UNIT_CPPFLAGS) $(WEB_CONFIG_CFLAGS)
tests_unit_test_web_auth_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_web_config_CPPFLAGS = $(NODE_UNIT_CPPFLAGS) $(WEB_CONFIG_CFLAGS)
tests_unit_test_web_config_LDADD = $(NODE_UNIT_LDADD)
endif

tests_unit_test_node_attr_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_attr_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_bcache_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_bcache_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_btrfs_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_btrfs_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_cpu_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_cpu_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_devices_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_devices_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_diskstats_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_diskstats_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_ethtool_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_ethtool_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_filesystem_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_filesystem_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_host_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_host_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_ipvs_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_ipvs_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_kernel_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_kernel_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_hostile_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_hostile_LDADD = libpromc/libpromc-test.la $(NODE_UNIT_LDADD)

tests_unit_test_node_hwmon_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_hwmon_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_infiniband_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_infiniband_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_kernel_tables_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_kernel_tables_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_mountstats_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_mountstats_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_netclass_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_netclass_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_netdev_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_netdev_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_network_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_network_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_pcidevice_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_pcidevice_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_nfs_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_nfs_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_perf_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_perf_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_logind_CPPFLAGS = $(NODE_UNIT_CPPFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_test_node_logind_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_nodbus_SOURCES = tests/unit/test_node_nodbus.c exporters/node/dbus_none.c
tests_unit_test_node_nodbus_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_nodbus_LDADD = $(NODE_UNIT_LDADD)



tests_unit_test_node_proc_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_proc_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_raid_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_raid_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_processes_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_processes_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_process_groups_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_process_groups_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_procgroups_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_procgroups_LDADD = $(NODE_UNIT_LDADD) -lm

tests_unit_test_node_scan_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_scan_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_services_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_services_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_stat_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_stat_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_statpool_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_statpool_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_storage_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_storage_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_sysctl_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_sysctl_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_systemd_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_systemd_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_textfile_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_textfile_LDADD = $(NODE_UNIT_LDADD)
tests_unit_test_node_zfs_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_zfs_LDADD = $(NODE_UNIT_LDADD)

tests_unit_test_node_wifi_CPPFLAGS = $(NODE_UNIT_CPPFLAGS)
tests_unit_test_node_wifi_LDADD = $(NODE_UNIT_LDADD)
endif

if STATSD
# --- exporters/statsd ---
statsd_unit_tests = \
	tests/unit/test_statsd_cache \
	tests/unit/test_statsd_escape \
	tests/unit/test_statsd_line \
	tests/unit/test_statsd_series
check_PROGRAMS += $(statsd_unit_tests)
TESTS += $(statsd_unit_tests)
STATSD_UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters $(CMOCKA_CFLAGS)
STATSD_UNIT_LDADD = exporters/statsd/libstatsd.a exporters/common/libcommon.a \
	libpromc/libpromc-core.la $(CMOCKA_LIBS)

tests_unit_test_statsd_cache_CPPFLAGS = $(STATSD_UNIT_CPPFLAGS)
tests_unit_test_statsd_cache_LDADD = $(STATSD_UNIT_LDADD)

tests_unit_test_statsd_escape_CPPFLAGS = $(STATSD_UNIT_CPPFLAGS)
tests_unit_test_statsd_escape_LDADD = $(STATSD_UNIT_LDADD)

tests_unit_test_statsd_line_CPPFLAGS = $(STATSD_UNIT_CPPFLAGS)
tests_unit_test_statsd_line_LDADD = $(STATSD_UNIT_LDADD)

tests_unit_test_statsd_series_CPPFLAGS = $(STATSD_UNIT_CPPFLAGS)
tests_unit_test_statsd_series_LDADD = $(STATSD_UNIT_LDADD)
endif

endif
