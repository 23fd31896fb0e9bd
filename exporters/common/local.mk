# SPDX-License-Identifier: Apache-2.0
# What every exporter shares. Knows no exporter.
if HTTP
noinst_LIBRARIES += exporters/common/libcommon.a
exporters_common_libcommon_a_SOURCES = \
	exporters/common/buildinfo.h exporters/common/buildinfo.c \
	exporters/common/flags.h exporters/common/flags.c \
	exporters/common/flags_impl.h exporters/common/flags_help.c \
	exporters/common/log.h exporters/common/log.c \
	exporters/common/readfile.h exporters/common/readfile.c \
	exporters/common/sig.h exporters/common/sig.c \
	exporters/common/startup.h exporters/common/startup.c \
	exporters/common/web.h exporters/common/web.c
if NODE
# The parts that need libpcre2.
exporters_common_libcommon_a_SOURCES += \
	exporters/common/filter.h exporters/common/filter.c \
	exporters/common/re2.h exporters/common/re2.c \
	exporters/common/regex.h exporters/common/regex.c
endif
exporters_common_libcommon_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters $(PCRE2_CFLAGS)
endif
