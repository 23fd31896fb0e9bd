/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flags.h - command line flags in the manner of the Prometheus exporters.
 *
 * --name=value, --name value; booleans --name and --no-name; a flag given twice is an error
 * unless it is a list; @file adds the lines of a file as arguments ('#' lines and blank ones are
 * left out); --help, -h, --help-long, --help-man and --version.
 * Values land in variables of the caller.
 */
#ifndef COMMON_FLAGS_H
#define COMMON_FLAGS_H

#include <promc/promc.h>

struct flags;

/* A growing list for repeatable flags. What it holds when declared is its default, which the
 * first value given replaces. Owned by the flags object. */
struct flag_list {
    const char **v;
    size_t n;
};

/* program: as in usage lines. version: the full text of --version. NULL: out of memory. */
struct flags *flags_new(const char *program, const char *about, const char *version);
void flags_free(struct flags *f);

/* Start a new group of --help; later flags belong to it. */
void flags_group(struct flags *f, const char *title);

/* Declare a flag. name without "--"; help is one sentence; *target holds the default and gets
 * the value. Names, help and default strings must outlive the flags object. A bool also gets
 * --no-NAME; set (may be NULL) becomes 1 when the flag was given at all. */
void flags_bool(struct flags *f, const char *name, const char *help, int *target,
                int *set);
void flags_string(struct flags *f, const char *name, const char *help,
                  const char **target, int *set);
void flags_list(struct flags *f, const char *name, const char *help,
                struct flag_list *target);
void flags_int(struct flags *f, const char *name, const char *help, long *target,
               long min, long max);
/* A duration: 5s, 1h30m, 200ms, also w, d and us; in seconds. */
void flags_duration(struct flags *f, const char *name, const char *help, double *target);
/* One of the words of choices, a NULL-ended array. */
void flags_choice(struct flags *f, const char *name, const char *help,
                  const char **target, const char *const *choices);
/* The last declared flag: accepted, but left out of --help. */
void flags_hide(struct flags *f);

enum flags_result { FLAGS_OK = 0, FLAGS_DONE, FLAGS_BAD };

/* Parse. FLAGS_DONE: --help or --version was asked for and printed to stdout; exit 0.
 * FLAGS_BAD: the reason has been printed to stderr ("PROGRAM: error: ..., try --help");
 * exit 1. String values point into argv or into memory of f, which must outlive them. */
enum flags_result flags_parse(struct flags *f, int argc, char **argv);

#endif /* COMMON_FLAGS_H */
