/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.c - the clock, the time zone, and what the kernel takes the time from.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/dirlist.h"
#include "node/emit.h"
#include "node/fail.h"
#include "node/scan.h"

#define SOURCES "devices/system/clocksource"
#define SOURCE "clocksource"

static int time_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct dirlist *list = calloc(1, sizeof(*list));

    (void)ctx;
    if (!list)
        return node_fail(err, -ENOMEM, "out of memory");
    tzset(); /* localtime_r() need not do it */
    *priv = list;
    return 0;
}

static void time_clock(promc_emitter *out)
{
    struct timespec now;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME, &now);
    emit_gauge(out, "node_time_seconds", "The system's time, in seconds since 1970.",
               (double)((int64_t)now.tv_sec * 1000000000 + now.tv_nsec) / 1e9);
    if (localtime_r(&now.tv_sec, &tm))
        promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE,
                                     "node_time_zone_offset_seconds",
                                     "Seconds that the local time zone is ahead of UTC.",
                                     PROMC_LABELS("time_zone")),
                   PROMC_LABELS(tm.tm_zone ? tm.tm_zone : ""), (double)tm.tm_gmtoff);
}

/* One value of a clock source: opens NAME/FILE below the directory. */
static int time_read(int fd, const char *name, const char *file, char *buf, size_t size,
                     promc_error *err)
{
    char path[300];
    ssize_t n;

    snprintf(path, sizeof(path), "%s/%s", name, file);
    n = read_value_at(fd, path, buf, size);
    return n < 0 ? node_fail_read(err, (int)n, SOURCES, path) : 0;
}

static int time_source(int fd, const char *name, const char *device,
                       promc_samples *available, promc_samples *current, promc_error *err)
{
    char text[129], word[129];
    struct span rest, field;
    int rc = time_read(fd, name, "available_clocksource", text, sizeof(text), err);

    if (rc < 0)
        return rc;
    rest = span_str(text);
    while (scan_field(&rest, &field))
        promc_emit(available, PROMC_LABELS(span_copy(field, word, sizeof(word)), device),
                   1);
    rc = time_read(fd, name, "current_clocksource", text, sizeof(text), err);
    if (rc < 0)
        return rc;
    promc_emit(current, PROMC_LABELS(text, device), 1);
    return 0;
}

static int time_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                        promc_error *err)
{
    struct dirlist *list = priv;
    promc_samples *available, *current;
    int fd, rc;

    time_clock(out);

    rc = dirlist_read(list, ctx->paths.sysfs, SOURCES, &fd);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return node_fail_read(err, rc, ctx->paths.sysfs, SOURCES);
    available =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_time_clocksource_available_info",
                          "Always 1; a clock source that the kernel could use.",
                          PROMC_LABELS("clocksource", "device"));
    current =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_time_clocksource_current_info",
                          "Always 1; the clock source that the kernel uses.",
                          PROMC_LABELS("clocksource", "device"));
    for (size_t i = 0; i < list->n && rc == 0; i++) {
        const char *name = list->v[i].name;

        if (dirlist_number(name, SOURCE) >= 0)
            rc =
                time_source(fd, name, name + sizeof(SOURCE) - 1, available, current, err);
    }
    close(fd);
    return rc;
}

static void time_fini(void *priv)
{
    dirlist_free(priv);
    free(priv);
}

const struct node_collector node_time_collector = {
    .name = "time",
    .help = "The system's time, time zone and clock sources.",
    .default_on = 1,
    .init = time_init,
    .collect = time_collect,
    .fini = time_fini,
};
