/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpufreq.h - what the cpu collector wants to know of the cpufreq collector.
 */
#ifndef NODE_COLLECTORS_CPUFREQ_H
#define NODE_COLLECTORS_CPUFREQ_H

/* 1 once the cpufreq collector has been initialised, that is, it is enabled: only then
 * does the cpu collector add the frequencies of /proc/cpuinfo, as the peer has it. */
int cpufreq_is_enabled(void);

#endif /* NODE_COLLECTORS_CPUFREQ_H */
