/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_rules.h - which group a process belongs to: rules, the first that matches
 * gives the name.
 */
#ifndef NODE_PROCGROUPS_RULES_H
#define NODE_PROCGROUPS_RULES_H

#include <stddef.h>
#include <stdint.h>

#include <promc/promc.h>

/* What is known about a process. Any pointer may be NULL. */
struct procgroups_attrs {
    const char *comm;
    const char *const *argv; /* NULL-ended */
    const char *user;
    const char *const *cgroups; /* lines of its cgroup file, NULL-ended */
    int pid;
    int64_t start; /* seconds since 1970 */
};

/* What rules look at beside the command name. */
enum {
    PROCGROUPS_ARGV = 1,
    PROCGROUPS_USER = 2,
    PROCGROUPS_CGROUPS = 4,
};

struct procgroups_rules;

/* No rules: nothing matches. NULL: out of memory. */
struct procgroups_rules *procgroups_rules_new(void);
void procgroups_rules_free(struct procgroups_rules *r);

/* Add an empty rule, which the next three calls are about. Each returns 0 or -errno with
 * the reason in *err. */
int procgroups_rules_add(struct procgroups_rules *r, promc_error *err);
int procgroups_rules_comm(struct procgroups_rules *r, const char *comm, promc_error *err);
int procgroups_rules_exe(struct procgroups_rules *r, const char *exe, promc_error *err);
int procgroups_rules_cmdline(struct procgroups_rules *r, const char *pattern,
                             promc_error *err);

/* The rule is complete: look at its template for the name, after its patterns, whose
 * groups the template may use. */
int procgroups_rules_name(struct procgroups_rules *r, const char *name, promc_error *err);

/* An or of PROCGROUPS_*. */
unsigned procgroups_rules_needs(const struct procgroups_rules *r);

/* Write the name of the process's group, cut to fit. Returns 1; 0 when no rule matches. Not
 * to be called twice at once. */
int procgroups_rules_apply(struct procgroups_rules *r, const struct procgroups_attrs *a,
                           char *name, size_t size);

/* Read rules from YAML as process-exporter has it; file is for errors, which name line and
 * column. Returns NULL with *err filled: -EINVAL, -ENOMEM, or -ENOTSUP when the build
 * lacks libyaml. */
struct procgroups_rules *procgroups_config(const char *file, const char *text, size_t len,
                                           promc_error *err);

#endif /* NODE_PROCGROUPS_RULES_H */
