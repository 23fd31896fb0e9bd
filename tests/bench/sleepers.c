/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sleepers.c - that many processes which do nothing, in a hundred names; they are there when
 * it has printed a line, and end with its standard input.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    unsigned n = 0;
    char byte;

    if (argc != 2 || sscanf(argv[1], "%u", &n) != 1) {
        fputs("usage: sleepers NUMBER\n", stderr);
        return 2;
    }
    for (unsigned i = 0; i < n; i++) {
        pid_t pid = fork();

        if (pid < 0) {
            perror("fork");
            return 1;
        }
        if (pid == 0) {
            char name[16];

            snprintf(name, sizeof(name), "sleeper%u", i % 100);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            prctl(PR_SET_NAME, name);
            for (;;)
                pause();
        }
    }
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}
