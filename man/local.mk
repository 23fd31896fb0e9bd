# SPDX-License-Identifier: Apache-2.0
# The manual pages, one a line.
dist_man_MANS += \
	man/libpromc.3 \
	man/promc-lint.1 \
	man/promc-native.3 \
	man/promc_emit_sample.3 \
	man/promc_exemplar.3 \
	man/promc_handler_new.3 \
	man/promc_http_start.3 \
	man/promc_info.3 \
	man/promc_lint.3 \
	man/promc_push.3 \
	man/promc_registry_new_shared.3 \
	man/promc_remove.3 \
	man/promc_stateset.3 \
	man/promc_testing.3 \
	man/promc_textfile.3
if NODE
dist_man_MANS += man/promc-node-exporter.1
endif
if STATSD
dist_man_MANS += man/promc-statsd-exporter.1
endif
