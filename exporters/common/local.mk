# SPDX-License-Identifier: Apache-2.0
# What every exporter shares. Knows no exporter.
if HTTP
noinst_LIBRARIES += exporters/common/libcommon.a
exporters_common_libcommon_a_SOURCES = \
	exporters/common/flags.h exporters/common/flags.c \
	exporters/common/filter.h exporters/common/filter.c \
	exporters/common/log.h exporters/common/log.c \
	exporters/common/readfile.h exporters/common/readfile.c
exporters_common_libcommon_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters $(PCRE2_CFLAGS)
endif
