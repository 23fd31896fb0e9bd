# SPDX-License-Identifier: Apache-2.0
# promc-statsd-exporter.
if STATSD
bin_PROGRAMS += promc-statsd-exporter
noinst_LIBRARIES += exporters/statsd/libstatsd.a

statsd_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters

# All but main.c, so that the unit tests can link it.
exporters_statsd_libstatsd_a_CPPFLAGS = $(statsd_cppflags)
exporters_statsd_libstatsd_a_SOURCES = \
	exporters/statsd/cache.h exporters/statsd/cache.c \
	exporters/statsd/conflicts.h exporters/statsd/conflicts.c \
	exporters/statsd/dgram.h exporters/statsd/dgram.c \
	exporters/statsd/escape.h exporters/statsd/escape.c \
	exporters/statsd/gofloat.h exporters/statsd/gofloat.c \
	exporters/statsd/hash.h \
	exporters/statsd/ingest.h exporters/statsd/ingest.c \
	exporters/statsd/line.h exporters/statsd/line.c \
	exporters/statsd/listen.h exporters/statsd/listen.c \
	exporters/statsd/options.h exporters/statsd/options.c \
	exporters/statsd/ptrtable.h exporters/statsd/ptrtable.c \
	exporters/statsd/selfmetrics.h exporters/statsd/selfmetrics.c \
	exporters/statsd/series.h exporters/statsd/series.c \
	exporters/statsd/series_id.h exporters/statsd/series_id.c \
	exporters/statsd/stats.h \
	exporters/statsd/tcp.h exporters/statsd/tcp.c

promc_statsd_exporter_CPPFLAGS = $(statsd_cppflags)
promc_statsd_exporter_SOURCES = exporters/statsd/main.c
promc_statsd_exporter_LDADD = \
	exporters/statsd/libstatsd.a \
	exporters/common/libcommon.a \
	libpromc/libpromc-http.la \
	libpromc/libpromc.la \
	$(WEB_CONFIG_LIBS)
endif
