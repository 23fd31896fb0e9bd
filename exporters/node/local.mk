# SPDX-License-Identifier: Apache-2.0
# promc-node-exporter. The collectors are listed one per line, by name.
if NODE
bin_PROGRAMS += promc-node-exporter
noinst_LIBRARIES += exporters/node/libnode.a

node_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters

# All but main.c, so that the unit tests can link it.
exporters_node_libnode_a_CPPFLAGS = $(node_cppflags)
exporters_node_libnode_a_SOURCES = \
	exporters/node/collector.h \
	exporters/node/collectors.c \
	exporters/node/enabled.h exporters/node/enabled.c \
	exporters/node/scrape.h exporters/node/scrape.c \
	exporters/node/serve.h exporters/node/serve.c

# One line for each collector.
exporters_node_libnode_a_SOURCES += exporters/node/collectors/loadavg.c

promc_node_exporter_CPPFLAGS = $(node_cppflags)
promc_node_exporter_SOURCES = exporters/node/main.c
promc_node_exporter_LDADD = \
	exporters/node/libnode.a \
	exporters/common/libcommon.a \
	libpromc/libpromc-http.la \
	libpromc/libpromc.la \
	$(PCRE2_LIBS)
endif
