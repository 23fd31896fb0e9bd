# SPDX-License-Identifier: Apache-2.0
# promc-node-exporter. The collectors are listed one per line, by name.
if NODE
bin_PROGRAMS += promc-node-exporter
noinst_LIBRARIES += exporters/node/libnode.a

node_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/exporters $(NODE_CFLAGS)
# What the collectors need, for all that link libnode.a.
NODE_CFLAGS = $(JANSSON_CFLAGS) $(SYSTEMD_CFLAGS) $(PROC2_CFLAGS) $(YAML_CFLAGS)
NODE_LIBS = $(PCRE2_LIBS) $(JANSSON_LIBS) $(SYSTEMD_LIBS) $(PROC2_LIBS) $(YAML_LIBS) $(WEB_CONFIG_LIBS)

# All but main.c, so that the unit tests can link it.
exporters_node_libnode_a_CPPFLAGS = $(node_cppflags)
exporters_node_libnode_a_SOURCES = \
	exporters/node/collector.h \
	exporters/node/collectors.c \
	exporters/node/enabled.h exporters/node/enabled.c \
	exporters/node/once.h exporters/node/once.c \
	exporters/node/roots.h exporters/node/roots.c \
	exporters/node/scrape.h exporters/node/scrape_impl.h exporters/node/scrape.c \
	exporters/node/scrape_life.c \
	exporters/node/serve.h exporters/node/serve.c

# What collectors share.
exporters_node_libnode_a_SOURCES += \
	exporters/node/arena.h exporters/node/arena.c \
	exporters/node/attr.h exporters/node/attr.c \
	exporters/node/cpucolumns.h exporters/node/cpucolumns.c \
	exporters/node/cpulist.h exporters/node/cpulist.c \
	exporters/node/devfilter.h exporters/node/devfilter.c \
	exporters/node/dbus.h \
	exporters/node/deadline.h \
	exporters/node/dirlist.h exporters/node/dirlist.c \
	exporters/node/dirwalk.h exporters/node/dirwalk.c \
	exporters/node/emit.h \
	exporters/node/ethtool_ask.h exporters/node/ethtool_ask.c \
	exporters/node/fail.h exporters/node/fail.c \
	exporters/node/fieldset.h exporters/node/fieldset.c \
	exporters/node/fixture.h exporters/node/fixture.c \
	exporters/node/humansize.h exporters/node/humansize.c \
	exporters/node/metricname.h exporters/node/metricname.c \
	exporters/node/grow.h \
	exporters/node/netlink.h exporters/node/netlink.c \
	exporters/node/netlink_link.h exporters/node/netlink_link.c \
	exporters/node/scan.h exporters/node/scan.c \
	exporters/node/source.h exporters/node/source.c

# D-Bus with libsystemd, or the lack of it.
if SYSTEMD
exporters_node_libnode_a_SOURCES += exporters/node/dbus.c
else
exporters_node_libnode_a_SOURCES += exporters/node/dbus_none.c
endif

# Groups of processes with libproc2 and libyaml, or the lack of them.
if PROCGROUPS
exporters_node_libnode_a_SOURCES += \
	exporters/node/collectors/procgroups_config.c \
	exporters/node/collectors/procgroups_read.c
else
exporters_node_libnode_a_SOURCES += exporters/node/collectors/procgroups_none.c
endif

# One line for each collector.
exporters_node_libnode_a_SOURCES += \
	exporters/node/collectors/arp.c \
	exporters/node/collectors/bcache.c \
	exporters/node/collectors/bcachefs.h exporters/node/collectors/bcachefs.c \
	exporters/node/collectors/bcachefs_device.c \
	exporters/node/collectors/bonding.c \
	exporters/node/collectors/btrfs.c \
	exporters/node/collectors/btrfs_ioctl.h exporters/node/collectors/btrfs_ioctl.c \
	exporters/node/collectors/buddyinfo.c \
	exporters/node/collectors/cgroups.c \
	exporters/node/collectors/conntrack.c \
	exporters/node/collectors/cpu.c \
	exporters/node/collectors/cpu_info.h exporters/node/collectors/cpu_info.c \
	exporters/node/collectors/cpu_topology.h exporters/node/collectors/cpu_topology.c \
	exporters/node/collectors/cpu_vulnerabilities.c \
	exporters/node/collectors/cpufreq.h exporters/node/collectors/cpufreq.c \
	exporters/node/collectors/disk_udev.h exporters/node/collectors/disk_udev.c \
	exporters/node/collectors/diskstats.c \
	exporters/node/collectors/dmi.c \
	exporters/node/collectors/dmmultipath.c \
	exporters/node/collectors/drbd.c \
	exporters/node/collectors/drm.c \
	exporters/node/collectors/edac.c \
	exporters/node/collectors/entropy.c \
	exporters/node/collectors/ethtool.h exporters/node/collectors/ethtool.c \
	exporters/node/collectors/ethtool_mode.c \
	exporters/node/collectors/ethtool_name.c \
	exporters/node/collectors/fibrechannel.c \
	exporters/node/collectors/filefd.c \
	exporters/node/collectors/filesystem.h exporters/node/collectors/filesystem.c \
	exporters/node/collectors/hwmon.c \
	exporters/node/collectors/hwmon_chip.h exporters/node/collectors/hwmon_chip.c \
	exporters/node/collectors/hwmon_layout.h exporters/node/collectors/hwmon_layout.c \
	exporters/node/collectors/hwmon_name.h exporters/node/collectors/hwmon_name.c \
	exporters/node/collectors/infiniband.c \
	exporters/node/collectors/infiniband_counters.h exporters/node/collectors/infiniband_counters.c \
	exporters/node/collectors/interrupts.c \
	exporters/node/collectors/ipvs.c \
	exporters/node/collectors/kernel_hung.c \
	exporters/node/collectors/ksmd.c \
	exporters/node/collectors/lnstat.c \
	exporters/node/collectors/loadavg.c \
	exporters/node/collectors/logind.c \
	exporters/node/collectors/mdadm.c \
	exporters/node/collectors/mdstat.h exporters/node/collectors/mdstat.c \
	exporters/node/collectors/meminfo.c \
	exporters/node/collectors/meminfo_line.h exporters/node/collectors/meminfo_line.c \
	exporters/node/collectors/meminfo_numa.c \
	exporters/node/collectors/mountinfo.h exporters/node/collectors/mountinfo.c \
	exporters/node/collectors/mounts.h exporters/node/collectors/mounts.c \
	exporters/node/collectors/mountstats.c \
	exporters/node/collectors/mountstats_nfs.h exporters/node/collectors/mountstats_nfs.c \
	exporters/node/collectors/netclass.h exporters/node/collectors/netclass.c \
	exporters/node/collectors/netclass_emit.c \
	exporters/node/collectors/netclass_netlink.c \
	exporters/node/collectors/netclass_rtnl.c \
	exporters/node/collectors/netclass_sysfs.c \
	exporters/node/collectors/netdev.c \
	exporters/node/collectors/netdev_address.h exporters/node/collectors/netdev_address.c \
	exporters/node/collectors/netdev_metrics.h exporters/node/collectors/netdev_metrics.c \
	exporters/node/collectors/netstat.c \
	exporters/node/collectors/network_route.c \
	exporters/node/collectors/nfs.c \
	exporters/node/collectors/nfs_rpc.h exporters/node/collectors/nfs_rpc.c \
	exporters/node/collectors/nfsd.c \
	exporters/node/collectors/ntp.c \
	exporters/node/collectors/ntp_packet.h exporters/node/collectors/ntp_packet.c \
	exporters/node/collectors/nvme.c \
	exporters/node/collectors/nvmesubsystem.c \
	exporters/node/collectors/os.c \
	exporters/node/collectors/pci_ids.h exporters/node/collectors/pci_ids.c \
	exporters/node/collectors/pci_names.h exporters/node/collectors/pci_names.c \
	exporters/node/collectors/pci_place.h exporters/node/collectors/pci_place.c \
	exporters/node/collectors/pcidevice.c \
	exporters/node/collectors/perf.h exporters/node/collectors/perf.c \
	exporters/node/collectors/perf_config.c \
	exporters/node/collectors/powersupplyclass.c \
	exporters/node/collectors/pressure.c \
	exporters/node/collectors/process_groups.c \
	exporters/node/collectors/processes.c \
	exporters/node/collectors/procgroups_emit.h exporters/node/collectors/procgroups_emit.c \
	exporters/node/collectors/procgroups_read.h \
	exporters/node/collectors/procgroups_rules.h exporters/node/collectors/procgroups_rules.c \
	exporters/node/collectors/procgroups_status.h exporters/node/collectors/procgroups_status.c \
	exporters/node/collectors/procgroups_track.h exporters/node/collectors/procgroups_track.c \
	exporters/node/collectors/qdisc.h exporters/node/collectors/qdisc.c \
	exporters/node/collectors/qdisc_fixture.c \
	exporters/node/collectors/rapl.c \
	exporters/node/collectors/runit.c \
	exporters/node/collectors/schedstat.c \
	exporters/node/collectors/selinux.c \
	exporters/node/collectors/slabinfo.c \
	exporters/node/collectors/sockstat.c \
	exporters/node/collectors/softirqs.c \
	exporters/node/collectors/softnet.c \
	exporters/node/collectors/stat.c \
	exporters/node/collectors/statpool.h exporters/node/collectors/statpool.c \
	exporters/node/collectors/supervisord.h exporters/node/collectors/supervisord.c \
	exporters/node/collectors/supervisord_http.c \
	exporters/node/collectors/supervisord_url.c \
	exporters/node/collectors/supervisord_xml.c \
	exporters/node/collectors/swap.c \
	exporters/node/collectors/sysctl.c \
	exporters/node/collectors/systemd.h exporters/node/collectors/systemd.c \
	exporters/node/collectors/systemd_ask.c \
	exporters/node/collectors/systemd_emit.c \
	exporters/node/collectors/tapestats.c \
	exporters/node/collectors/tcpstat.c \
	exporters/node/collectors/textfamily_impl.h exporters/node/collectors/textfamily.h exporters/node/collectors/textfamily.c \
	exporters/node/collectors/textfamily_emit.c \
	exporters/node/collectors/textfile.c \
	exporters/node/collectors/textpath.h exporters/node/collectors/textpath.c \
	exporters/node/collectors/thermal_zone.c \
	exporters/node/collectors/time.c \
	exporters/node/collectors/timex.c \
	exporters/node/collectors/udp_queues.c \
	exporters/node/collectors/uname.c \
	exporters/node/collectors/vmstat.c \
	exporters/node/collectors/watchdog.c \
	exporters/node/collectors/wifi.h exporters/node/collectors/wifi.c \
	exporters/node/collectors/wifi_fixture.c \
	exporters/node/collectors/wifi_nl80211.c \
	exporters/node/collectors/xfrm.c \
	exporters/node/collectors/xfs.c \
	exporters/node/collectors/xml.h exporters/node/collectors/xml.c \
	exporters/node/collectors/zfs.c \
	exporters/node/collectors/zoneinfo.c

promc_node_exporter_CPPFLAGS = $(node_cppflags)
promc_node_exporter_SOURCES = exporters/node/main.c
promc_node_exporter_LDADD = \
	exporters/node/libnode.a \
	exporters/common/libcommon.a \
	libpromc/libpromc-http.la \
	libpromc/libpromc.la \
	$(NODE_LIBS)
endif
