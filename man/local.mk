# SPDX-License-Identifier: Apache-2.0
# The manual pages, one a line.
dist_man_MANS += \
	man/libpromc.3 \
	man/promc-lint.1 \
	man/promc-native.3 \
	man/promc_counter.3 \
	man/promc_emit.3 \
	man/promc_emit_sample.3 \
	man/promc_exemplar.3 \
	man/promc_gauge.3 \
	man/promc_handler_new.3 \
	man/promc_histogram.3 \
	man/promc_http_start.3 \
	man/promc_info.3 \
	man/promc_lint.3 \
	man/promc_number.3 \
	man/promc_opts.3 \
	man/promc_push.3 \
	man/promc_registry.3 \
	man/promc_registry_new_shared.3 \
	man/promc_remove.3 \
	man/promc_render.3 \
	man/promc_stateset.3 \
	man/promc_summary.3 \
	man/promc_testing.3 \
	man/promc_text_parse.3 \
	man/promc_textfile.3 \
	man/promc_timer.3
if NODE
dist_man_MANS += man/promc-node-collectors.5 man/promc-node-exporter.1
endif
if STATSD
dist_man_MANS += man/promc-statsd-exporter.1
endif

# `man promc_counter_inc` finds the page: each name that a page of section 3 begins with is a
# link to it, unless there is a page of that name. Prints pairs of page and name.
man_names = (cd $(srcdir)/man && for page in *.3; do \
	sed -n '/^\.Nd/q; s/^\.Nm \([Pp][Rr][Oo][Mm][Cc]_[A-Za-z0-9_]*\).*/\1/p' $$page | \
	while read name; do test -f $$name.3 || echo $$page $$name; done; done)
install-data-hook:
	$(man_names) | while read page name; do \
		(cd "$(DESTDIR)$(man3dir)" && rm -f $$name.3 && $(LN_S) $$page $$name.3) || exit 1; done
uninstall-hook:
	$(man_names) | while read page name; do rm -f "$(DESTDIR)$(man3dir)/$$name.3"; done
