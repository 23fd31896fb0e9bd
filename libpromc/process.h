/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - the parsers behind the process_* metrics.
 */
#ifndef PROMC_PROCESS_H
#define PROMC_PROCESS_H

#include <stdint.h>

#include "promc/promc.h"

struct promc__process_stat {
    uint64_t start_ticks; /* after boot */
    uint64_t virtual_bytes;
    uint64_t resident_pages;
};

/* /proc/PID/stat, NUL-terminated. 0 or -1. */
int promc__process_parse_stat(const char *text, struct promc__process_stat *out);

/* The bytes of IpExt in /proc/PID/net/netstat. 0 or -1. */
int promc__process_parse_netstat(const char *text, uint64_t *in, uint64_t *out);

#endif /* PROMC_PROCESS_H */
