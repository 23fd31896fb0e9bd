/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push_client.c - do what the arguments say, one after the other, and print the outcome of each
 * step that sends something, a line each: its name, its result and the error's text.
 *
 *   push_client URL JOB [timeout S|user U|password P|header H|ca FILE]...
 *       [group NAME VALUE|gauge NAME VALUE|counter NAME VALUE|labelled NAME LABEL VALUE|
 *        put|post|delete|start SECONDS|stop|line|descriptors]...
 *
 * "line" waits for a line on standard input.
 */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <promc/push.h>

static char **args; /* what is left of the arguments */
static promc_push_opts opts = PROMC_PUSH_OPTS_INIT;
static const char *headers[10];
static promc_registry *reg;
static promc_push *push;
static promc_error err;

/* The next argument, which there must be. */
static const char *word(void)
{
    if (*args == NULL) {
        fprintf(stderr, "an argument is missing\n");
        exit(2);
    }
    return *args++;
}

static double number(void)
{
    const char *text = word();
    double v = 0;

    if (promc_number_parse(text, strlen(text), &v) != 0)
        exit(2);
    return v;
}

static void say(const char *what, int rc)
{
    printf("%s %d%s%s\n", what, rc, rc != 0 ? " " : "", rc != 0 ? err.text : "");
    fflush(stdout);
}

/* Take a setting, if one is next. */
static int setting(void)
{
    const char *name = word();

    if (strcmp(name, "timeout") == 0)
        opts.timeout = number();
    else if (strcmp(name, "user") == 0)
        opts.user = word();
    else if (strcmp(name, "password") == 0)
        opts.password = word();
    else if (strcmp(name, "ca") == 0)
        opts.ca_file = word();
    else if (strcmp(name, "header") == 0)
        headers[opts.n_headers++] = word();
    else {
        args--;
        return 0;
    }
    return 1;
}

static int metric(const char *type)
{
    if (strcmp(type, "gauge") == 0) {
        static promc_gauge *gauge; /* the one last made, to be set again */
        static const char *of = "";
        const char *name = word();

        if (strcmp(name, of) != 0)
            gauge = promc_gauge_new(reg, name, "Help.", NULL);
        of = name;
        promc_gauge_set(gauge, number());
    } else if (strcmp(type, "counter") == 0) {
        const char *name = word();

        promc_counter_add(promc_counter_new(reg, name, "Help.", NULL), number());
    } else if (strcmp(type, "labelled") == 0) {
        const char *name = word(), *label = word(), *value = word();

        promc_gauge_family_set(
            promc_gauge_family_new(reg, name, "Help.", PROMC_LABELS(label), NULL),
            PROMC_LABELS(value), 1);
    } else {
        return 0;
    }
    return 1;
}

static int descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void step(const char *name)
{
    if (metric(name))
        return;
    if (strcmp(name, "group") == 0) {
        const char *label = word(), *value = word();

        if (promc_push_group(push, label, value, &err) != 0)
            say(name, err.code);
    } else if (strcmp(name, "put") == 0) {
        say(name, promc_push_put(push, reg, &err));
    } else if (strcmp(name, "post") == 0) {
        say(name, promc_push_post(push, reg, &err));
    } else if (strcmp(name, "delete") == 0) {
        say(name, promc_push_delete(push, &err));
    } else if (strcmp(name, "start") == 0) {
        say(name, promc_push_start(push, reg, number(), &err));
    } else if (strcmp(name, "stop") == 0) {
        say(name, promc_push_stop(push, &err));
    } else if (strcmp(name, "descriptors") == 0) {
        say(name, descriptors());
    } else if (strcmp(name, "line") == 0) {
        int c;

        while ((c = getchar()) != '\n' && c != EOF)
            ;
    } else {
        fprintf(stderr, "%s: no such step\n", name);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    const char *url, *job;

    (void)argc;
    args = argv + 1;
    url = word();
    job = word();
    opts.headers = headers;
    while (*args != NULL && setting())
        ;
    reg = promc_registry_new(NULL);
    push = promc_push_new(url, job, &opts, &err);
    if (push == NULL) {
        say("new", err.code);
        return 1;
    }
    while (*args != NULL)
        step(word());
    promc_push_free(push);
    promc_registry_free(reg);
    return 0;
}
