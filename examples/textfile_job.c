/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfile_job.c - run a command from cron and leave in a file how it went, for the textfile
 * collector of a node exporter.
 *
 *   textfile_job /var/lib/node_exporter/backup.prom backup COMMAND [ARGUMENT]...
 *
 * While the command runs, the file is written again every ten seconds, so that a graph shows
 * how long it has been at work.
 */
#include "config.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <promc/textfile.h>

enum { RUNNING, SUCCEEDED, FAILED };

/* Returns the exit status as a shell would, 127 when there is no such command. */
static int run(char **argv)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct job {
    const char *name;
    promc_timer timer;
};

/* Asked for at each write. */
static void collect(promc_emitter *e, void *arg)
{
    const struct job *job = arg;

    promc_emit(promc_emit_family(e, PROMC_TYPE_GAUGE, "cron_job_duration_seconds",
                                 "How long it has taken.", PROMC_LABELS("job_name")),
               PROMC_LABELS(job->name), promc_timer_seconds(job->timer));
}

int main(int argc, char **argv)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_stateset *state;
    struct job job;
    promc_textfile *file;
    promc_error err;
    int status;

    if (argc < 4) {
        fprintf(stderr, "usage: textfile_job FILE NAME COMMAND [ARGUMENT]...\n");
        return 2;
    }
    job.name = argv[2];
    job.timer = promc_timer_start();
    promc_collector_register(reg, collect, &job, NULL);
    /* a node exporter puts the files of all jobs on one page: the label tells them apart */
    state = promc_stateset_labels(
        promc_stateset_family_new(reg, "cron_job_state", "How it goes.",
                                  PROMC_LABELS("job_name"),
                                  PROMC_LABELS("running", "succeeded", "failed"), NULL),
        PROMC_LABELS(job.name));
    promc_stateset_set_only(state, RUNNING);

    file = promc_textfile_start(reg, argv[1], 10, &err);
    if (file == NULL)
        fprintf(stderr, "%s\n", err.text); /* no reason not to do the work */
    status = run(argv + 3);
    promc_stateset_set_only(state, status == 0 ? SUCCEEDED : FAILED);
    if (promc_textfile_stop(file, &err) != 0)
        fprintf(stderr, "%s\n", err.text);
    promc_registry_free(reg);
    return status;
}
