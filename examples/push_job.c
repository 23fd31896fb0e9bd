/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push_job.c - a job that is over before Prometheus could ask it: its metrics go to a
 * Pushgateway.
 *
 *   push_job http://localhost:9091 FILE...        count the lines of some files
 *
 * It pushes with POST, which leaves other metrics of the group alone: the time of the last
 * success is sent after a success only, so a failure does not wipe it out. Alert on its age.
 */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include <promc/push.h>

/* The work. Returns 0, or -1 for a file that cannot be read. */
static int count_lines(const char *path, promc_counter *lines)
{
    FILE *f = fopen(path, "r");
    int c;

    if (f == NULL) {
        perror(path);
        return -1;
    }
    while ((c = getc(f)) != EOF)
        if (c == '\n')
            promc_counter_inc(lines);
    fclose(f);
    return 0;
}

/* Where the metrics go: one group for this job on this host. */
static promc_push *destination(const char *url, promc_error *err)
{
    char host[256] = "";
    promc_push *p = promc_push_new(url, "count_lines", NULL, err);

    gethostname(host, sizeof host - 1);
    if (p != NULL && promc_push_group(p, "instance", host, err) != 0) {
        promc_push_free(p);
        return NULL;
    }
    return p;
}

int main(int argc, char **argv)
{
    promc_registry *reg =
        promc_registry_new(NULL); /* without process_*: it is gone soon */
    promc_counter *lines =
        promc_counter_new(reg, "count_lines_lines_total", "Lines in all files.", NULL);
    promc_gauge *duration = promc_gauge_new(reg, "count_lines_duration_seconds",
                                            "How long the last run took.", NULL);
    promc_timer timer = promc_timer_start();
    promc_error err;
    promc_push *p;
    int failed = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: push_job URL FILE...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        failed |= count_lines(argv[i], lines) != 0;
    promc_gauge_set_timer(duration, timer);
    if (!failed)
        promc_gauge_set_to_current_time(
            promc_gauge_new(reg, "count_lines_last_success_timestamp_seconds",
                            "When a run last read everything.", NULL));

    p = destination(argv[1], &err);
    if (p == NULL || promc_push_post(p, reg, &err) != 0) {
        fprintf(stderr, "%s\n", err.text); /* the work is done; only nobody hears of it */
        failed = 1;
    }
    promc_push_free(p);
    promc_registry_free(reg);
    return failed;
}
