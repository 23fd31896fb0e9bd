# SPDX-License-Identifier: Apache-2.0
# libpromc (libc, libm, threads only), libpromc-http (libmicrohttpd, libdeflate; libzstd if
# there) and libpromc-push (libcurl).

lib_LTLIBRARIES += libpromc/libpromc.la
noinst_LTLIBRARIES += libpromc/libpromc-core.la

promcincludedir = $(includedir)/promc
promcinclude_HEADERS = \
	libpromc/include/promc/base.h \
	libpromc/include/promc/emit.h \
	libpromc/include/promc/promc.h \
	libpromc/include/promc/render.h \
	libpromc/include/promc/testing.h \
	libpromc/include/promc/text.h \
	libpromc/include/promc/textfile.h

# The objects, with every symbol visible: what the unit tests link, so that internals can be
# tested and still are not exported.
libpromc_libpromc_core_la_SOURCES = \
	libpromc/accept.h \
	libpromc/alloc.c \
	libpromc/alloc.h \
	libpromc/arena.c \
	libpromc/arena.h \
	libpromc/bounds.c \
	libpromc/bounds.h \
	libpromc/buf.c \
	libpromc/buf.h \
	libpromc/child.c \
	libpromc/clock.h \
	libpromc/collect.c \
	libpromc/collect.h \
	libpromc/counter.c \
	libpromc/emit_sample.c \
	libpromc/emitter.c \
	libpromc/emitter.h \
	libpromc/emitter_wrap.c \
	libpromc/encoder.h \
	libpromc/error.c \
	libpromc/error.h \
	libpromc/escape.c \
	libpromc/escape.h \
	libpromc/expiry.c \
	libpromc/expiry.h \
	libpromc/exemplar.c \
	libpromc/exemplar.h \
	libpromc/family.c \
	libpromc/family.h \
	libpromc/frame.c \
	libpromc/frame.h \
	libpromc/func.c \
	libpromc/gauge.c \
	libpromc/grace.c \
	libpromc/grace.h \
	libpromc/histogram.c \
	libpromc/histogram.h \
	libpromc/histogram_native.c \
	libpromc/info.c \
	libpromc/key.c \
	libpromc/key.h \
	libpromc/labels.c \
	libpromc/labels.h \
	libpromc/lane.c \
	libpromc/lane.h \
	libpromc/limbo.c \
	libpromc/limbo.h \
	libpromc/make.c \
	libpromc/metrics.h \
	libpromc/names.c \
	libpromc/names.h \
	libpromc/nametree.c \
	libpromc/nametree.h \
	libpromc/native.c \
	libpromc/native.h \
	libpromc/native_bounds.c \
	libpromc/native_limit.c \
	libpromc/negotiate.c \
	libpromc/number.c \
	libpromc/number.h \
	libpromc/number_parse.c \
	libpromc/number_pow10.c \
	libpromc/openmetrics2.c \
	libpromc/order.c \
	libpromc/page.c \
	libpromc/page.h \
	libpromc/parse.c \
	libpromc/periodic.c \
	libpromc/periodic.h \
	libpromc/process.c \
	libpromc/process.h \
	libpromc/protobuf.c \
	libpromc/registry.c \
	libpromc/registry.h \
	libpromc/remove.c \
	libpromc/render.c \
	libpromc/render_mixed.c \
	libpromc/render_series.c \
	libpromc/rendering.h \
	libpromc/scan.c \
	libpromc/scan.h \
	libpromc/shared.c \
	libpromc/shared.h \
	libpromc/shared_lane.c \
	libpromc/shared_series.c \
	libpromc/sketch.c \
	libpromc/sketch.h \
	libpromc/stateset.c \
	libpromc/summary.c \
	libpromc/table.c \
	libpromc/table.h \
	libpromc/text.c \
	libpromc/text.h \
	libpromc/text_parts.c \
	libpromc/textfile.c \
	libpromc/timer.c \
	libpromc/utf8.c \
	libpromc/utf8.h \
	libpromc/wire.h \
	libpromc/wrap.c \
	libpromc/wrap.h
# -fno-semantic-interposition: calls of our own public functions within a file may be inlined.
libpromc_libpromc_core_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden \
	-fno-semantic-interposition

libpromc_libpromc_la_SOURCES =
libpromc_libpromc_la_LIBADD = libpromc/libpromc-core.la
libpromc_libpromc_la_LDFLAGS = -version-info $(PROMC_LT_VERSION) -no-undefined \
	-Wl,-z,nodelete -export-symbols-regex '^promc_[a-z0-9]'

# native_bounds.c and number_pow10.c are checked in; this is what wrote them.
EXTRA_DIST += libpromc/gen_native_bounds.py libpromc/gen_pow10.py

pkgconfig_DATA += libpromc/libpromc.pc

cmakedir = $(libdir)/cmake/promc
cmake_DATA = libpromc/promc-config.cmake libpromc/promc-config-version.cmake
EXTRA_DIST += libpromc/promc-config.cmake.in libpromc/promc-config-version.cmake.in
CLEANFILES += $(cmake_DATA)
$(cmake_DATA): Makefile
	$(AM_V_GEN)sed -e 's|@LIBDIR[@]|$(libdir)|; s|@INCLUDEDIR[@]|$(includedir)|' \
		-e 's|@PACKAGE_VERSION[@]|$(PACKAGE_VERSION)|' "$(srcdir)/$@.in" >$@
libpromc/promc-config.cmake: $(srcdir)/libpromc/promc-config.cmake.in
libpromc/promc-config-version.cmake: $(srcdir)/libpromc/promc-config-version.cmake.in

# --- libpromc-test: the linter, and helpers for the tests of programs that use libpromc ---
lib_LTLIBRARIES += libpromc/libpromc-test.la
noinst_LTLIBRARIES += libpromc/libpromc-test-core.la
libpromc_libpromc_test_core_la_SOURCES = \
	libpromc/lint.c \
	libpromc/lint.h \
	libpromc/lint_family.c \
	libpromc/lint_group.c \
	libpromc/lint_line.c \
	libpromc/lint_names.c \
	libpromc/lint_rules.c \
	libpromc/lint_series.c \
	libpromc/testing.c
libpromc_libpromc_test_core_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden

# Small files of the core are in here a second time: libpromc does not export them.
libpromc_libpromc_test_la_SOURCES = \
	libpromc/alloc.c \
	libpromc/arena.c \
	libpromc/buf.c \
	libpromc/error.c \
	libpromc/nametree.c \
	libpromc/scan.c \
	libpromc/utf8.c
libpromc_libpromc_test_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
libpromc_libpromc_test_la_LIBADD = libpromc/libpromc-test-core.la libpromc/libpromc.la
libpromc_libpromc_test_la_LDFLAGS = -version-info $(PROMC_LT_VERSION) -no-undefined \
	-export-symbols-regex '^promc_(lint|test)'
pkgconfig_DATA += libpromc/libpromc-test.pc

if HTTP
lib_LTLIBRARIES += libpromc/libpromc-http.la
promcinclude_HEADERS += libpromc/include/promc/http.h
noinst_LTLIBRARIES += libpromc/libpromc-http-core.la
libpromc_libpromc_http_core_la_SOURCES = \
	libpromc/accept.h \
	libpromc/encoding.c \
	libpromc/encoding.h \
	libpromc/http.c \
	libpromc/http_admit.c \
	libpromc/http_answer.c \
	libpromc/http_compress.c \
	libpromc/http_conn.c \
	libpromc/http_content.c \
	libpromc/http_handler.c \
	libpromc/http_handler.h \
	libpromc/http_internal.h \
	libpromc/http_keeper.c \
	libpromc/http_listen.c \
	libpromc/http_log.c \
	libpromc/http_metrics.c \
	libpromc/http_pool.c \
	libpromc/http_query.c \
	libpromc/http_receive.c \
	libpromc/http_request.c \
	libpromc/http_route.c \
	libpromc/http_scrape.c \
	libpromc/http_share.c \
	libpromc/http_thread.c
libpromc_libpromc_http_core_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden $(MHD_CFLAGS) \
	$(DEFLATE_CFLAGS) $(ZSTD_CFLAGS)
libpromc_libpromc_http_core_la_LIBADD = $(MHD_LIBS) $(DEFLATE_LIBS) $(ZSTD_LIBS)

# Two small files of the core are in here a second time: libpromc does not export them.
libpromc_libpromc_http_la_SOURCES = \
	libpromc/alloc.c \
	libpromc/alloc.h \
	libpromc/error.c \
	libpromc/error.h
libpromc_libpromc_http_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
libpromc_libpromc_http_la_LIBADD = libpromc/libpromc-http-core.la libpromc/libpromc.la \
	$(MHD_LIBS) $(DEFLATE_LIBS) $(ZSTD_LIBS)
libpromc_libpromc_http_la_LDFLAGS = -version-info $(PROMC_LT_VERSION) -no-undefined \
	-Wl,-z,nodelete -export-symbols-regex '^promc_[a-z0-9]'
pkgconfig_DATA += libpromc/libpromc-http.pc
endif

if PUSH
lib_LTLIBRARIES += libpromc/libpromc-push.la
promcinclude_HEADERS += libpromc/include/promc/push.h
noinst_LTLIBRARIES += libpromc/libpromc-push-core.la
libpromc_libpromc_push_core_la_SOURCES = \
	libpromc/push.c \
	libpromc/push_check.c \
	libpromc/push_http.c \
	libpromc/push_internal.h \
	libpromc/push_url.c
libpromc_libpromc_push_core_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden $(CURL_CFLAGS)
libpromc_libpromc_push_core_la_LIBADD = $(CURL_LIBS)

# As for libpromc-http.
libpromc_libpromc_push_la_SOURCES = \
	libpromc/alloc.c \
	libpromc/alloc.h \
	libpromc/error.c \
	libpromc/error.h \
	libpromc/periodic.c \
	libpromc/periodic.h
libpromc_libpromc_push_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
libpromc_libpromc_push_la_LIBADD = libpromc/libpromc-push-core.la libpromc/libpromc.la \
	$(CURL_LIBS)
libpromc_libpromc_push_la_LDFLAGS = -version-info $(PROMC_LT_VERSION) -no-undefined \
	-Wl,-z,nodelete -export-symbols-regex '^promc_[a-z0-9]'
pkgconfig_DATA += libpromc/libpromc-push.pc
endif
