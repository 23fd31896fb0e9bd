# SPDX-License-Identifier: Apache-2.0
# libpromc (libc, libm, threads only) and libpromc-http (libmicrohttpd, zlib).

lib_LTLIBRARIES += libpromc/libpromc.la
noinst_LTLIBRARIES += libpromc/libpromc-core.la

promcincludedir = $(includedir)/promc
promcinclude_HEADERS = libpromc/include/promc/promc.h

# The objects, with every symbol visible: what the unit tests link, so that internals can be
# tested and still are not exported.
libpromc_libpromc_core_la_SOURCES = \
	libpromc/alloc.c \
	libpromc/alloc.h \
	libpromc/error.c \
	libpromc/error.h \
	libpromc/number.c
libpromc_libpromc_core_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden

libpromc_libpromc_la_SOURCES =
libpromc_libpromc_la_LIBADD = libpromc/libpromc-core.la
libpromc_libpromc_la_LDFLAGS = -version-info $(PROMC_LT_VERSION) -no-undefined \
	-export-symbols-regex '^promc_[a-z0-9]'

pkgconfig_DATA += libpromc/libpromc.pc

if HTTP
lib_LTLIBRARIES += libpromc/libpromc-http.la
promcinclude_HEADERS += libpromc/include/promc/http.h
libpromc_libpromc_http_la_SOURCES = \
	libpromc/http.c
libpromc_libpromc_http_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden $(MHD_CFLAGS) $(ZLIB_CFLAGS)
libpromc_libpromc_http_la_LIBADD = libpromc/libpromc.la $(MHD_LIBS) $(ZLIB_LIBS)
libpromc_libpromc_http_la_LDFLAGS = -version-info $(PROMC_LT_VERSION) -no-undefined \
	-export-symbols-regex '^promc_[a-z0-9]'
pkgconfig_DATA += libpromc/libpromc-http.pc
endif
