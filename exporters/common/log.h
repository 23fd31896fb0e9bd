/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line per event on stderr, logfmt or JSON, as the Prometheus exporters
 * write: time=2026-01-02T15:04:05.000Z level=INFO source=file.c:12 msg="text" key=value
 *
 * Values come as key, value pairs of strings, ended by NULL; a NULL value is left out
 * with its key. A line is one write(2) of at most 4 KiB; longer values are cut. Never
 * blocks on a full pipe for long and never fails: a line that nobody takes is dropped,
 * and counted in the next one that gets through ("dropped=N").
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdatomic.h>
#include <stdint.h>

#include <promc/http.h> /* promc_log_level */

/* level: "debug", "info", "warn", "error", any case; format: "logfmt" or "json".
 * Returns 0 or -EINVAL. */
int log_setup(const char *level, const char *format);

int log_enabled(promc_log_level level);

void log_write(promc_log_level level, const char *file, int line, const char *msg, ...)
    __attribute__((sentinel));

#define log_at(level, ...)                                                               \
    do {                                                                                 \
        if (log_enabled(level))                                                          \
            log_write(level, __FILE__, __LINE__, __VA_ARGS__, (char *)NULL);             \
    } while (0)
#define log_debug(...) log_at(PROMC_LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(PROMC_LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_at(PROMC_LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(PROMC_LOG_ERROR, __VA_ARGS__)

/* For a message that bad input could repeat without end: the first of every ten seconds
 * is written, the rest is counted and the count added to the next ("suppressed=N").
 * Zero-initialise; one per call site or reason. Thread-safe. */
struct log_limit {
    _Atomic uint64_t next_ns;
    _Atomic uint64_t suppressed;
};
/* 1: write it now; *suppressed is what was held back since. 0: hold it back. */
int log_limit_pass(struct log_limit *l, uint64_t *suppressed);

#endif /* COMMON_LOG_H */
