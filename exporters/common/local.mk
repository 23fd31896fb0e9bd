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
	exporters/common/web.h exporters/common/web.c \
	exporters/common/web_guard.h \
	exporters/common/web_socket.h exporters/common/web_socket.c
if WEB_CONFIG
# --web.config.file, with libyaml, libxcrypt and GnuTLS; or the lack of it.
exporters_common_libcommon_a_SOURCES += \
	exporters/common/web_auth.h exporters/common/web_auth.c \
	exporters/common/web_config.h exporters/common/web_config.c \
	exporters/common/web_guard.c \
	exporters/common/web_tls.h exporters/common/web_tls.c \
	exporters/common/web_tls_prio.h exporters/common/web_tls_prio.c \
	exporters/common/web_yaml.h exporters/common/web_yaml.c
else
exporters_common_libcommon_a_SOURCES += exporters/common/web_guard_none.c
endif
if NODE
# The parts that need libpcre2.
exporters_common_libcommon_a_SOURCES += \
	exporters/common/filter.h exporters/common/filter.c \
	exporters/common/re2.h exporters/common/re2.c \
	exporters/common/regex.h exporters/common/regex.c
endif
exporters_common_libcommon_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters $(PCRE2_CFLAGS) $(WEB_CONFIG_CFLAGS)
endif
