# SPDX-License-Identifier: Apache-2.0
# Benchmarks: built by "make check" so that they keep compiling, run by "make bench".

BENCHES = \
	tests/bench/bench_update \
	tests/bench/bench_floor \
	tests/bench/bench_growth \
	tests/bench/bench_scrape \
	tests/bench/bench_scrape_floor

tests_bench_bench_update_SOURCES = tests/bench/bench_update.c tests/bench/bench.h
tests_bench_bench_update_LDADD = libpromc/libpromc.la
tests_bench_bench_growth_SOURCES = tests/bench/bench_growth.c tests/bench/bench.h
tests_bench_bench_growth_LDADD = libpromc/libpromc.la
tests_bench_bench_scrape_SOURCES = tests/bench/bench_scrape.c tests/bench/bench.h \
	tests/bench/bench_series.h
tests_bench_bench_scrape_LDADD = libpromc/libpromc.la
tests_bench_bench_scrape_floor_SOURCES = tests/bench/bench_scrape_floor.c tests/bench/bench.h

# A shared object, as the library is one: -rpath makes libtool build it so.
check_LTLIBRARIES = tests/bench/libfloor.la
tests_bench_libfloor_la_SOURCES = tests/bench/floor.c tests/bench/floor.h
tests_bench_libfloor_la_LDFLAGS = -rpath /nowhere -avoid-version -no-undefined
tests_bench_bench_floor_SOURCES = tests/bench/bench_floor.c tests/bench/bench.h
tests_bench_bench_floor_LDADD = tests/bench/libfloor.la

if HTTP
BENCHES += tests/bench/bench_http
tests_bench_bench_http_SOURCES = tests/bench/bench_http.c tests/bench/bench.h \
	tests/bench/bench_series.h
tests_bench_bench_http_LDADD = libpromc/libpromc-http.la libpromc/libpromc.la

check_PROGRAMS += tests/bench/bench_compress
tests_bench_bench_compress_SOURCES = tests/bench/bench_compress.c tests/bench/bench.h \
	tests/bench/bench_series.h
tests_bench_bench_compress_CPPFLAGS = $(AM_CPPFLAGS) $(DEFLATE_CFLAGS) $(ZLIB_CFLAGS) \
	$(ZSTD_CFLAGS)
tests_bench_bench_compress_LDADD = libpromc/libpromc.la $(DEFLATE_LIBS) $(ZLIB_LIBS) \
	$(ZSTD_LIBS)
endif

if CPP_PEER
BENCHES += tests/bench/bench_update_cpp tests/bench/bench_scrape_cpp
tests_bench_bench_update_cpp_SOURCES = tests/bench/bench_update_cpp.cc tests/bench/bench.h
tests_bench_bench_update_cpp_CPPFLAGS = $(AM_CPPFLAGS) $(PROMETHEUS_CPP_CFLAGS)
tests_bench_bench_update_cpp_LDADD = $(PROMETHEUS_CPP_LIBS)
tests_bench_bench_scrape_cpp_SOURCES = tests/bench/bench_scrape_cpp.cc tests/bench/bench.h
tests_bench_bench_scrape_cpp_CPPFLAGS = $(AM_CPPFLAGS) $(PROMETHEUS_CPP_CFLAGS)
tests_bench_bench_scrape_cpp_LDADD = $(PROMETHEUS_CPP_LIBS)
endif

check_PROGRAMS += $(BENCHES)
EXTRA_DIST += tests/bench/run tests/bench/run-node tests/bench/run-node-growth \
	tests/bench/chart.py tests/bench/exporter.py \
	tests/bench/go/main.go docs/benchmarks.md docs/benchmarks.svg docs/node-growth.svg
CLEANFILES += bench.md bench.svg tests/bench/bench_go

.PHONY: bench
bench: $(BENCHES)
	$(srcdir)/tests/bench/run

# tests/bench/run-statsd uses these.
check_PROGRAMS += tests/bench/statsd_send tests/bench/statsd_floor

# tests/bench/run-process-groups uses this.
check_PROGRAMS += tests/bench/sleepers
EXTRA_DIST += tests/bench/run-process-groups
EXTRA_DIST += tests/bench/run-statsd
