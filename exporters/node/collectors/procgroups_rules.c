/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_rules.c - match processes, and name their groups.
 *
 * Lists of names match when one of them does, patterns when all do, and a rule when all
 * that it has matches. A name is a template; it is cut into parts when it is read, so that
 * nothing can go wrong later.
 */
#include "config.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include "node/collectors/procgroups_rules.h"

#include <errno.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/regex.h"
#include "node/fail.h"
#include "node/grow.h"
#include "node/scan.h"

/* The command line as patterns see it, in bytes; an argument more is not looked at. */
#define CMDLINE_MAX 65536

enum part_kind {
    PART_TEXT,
    PART_COMM,
    PART_EXE_BASE,
    PART_EXE_FULL,
    PART_USER,
    PART_PID,
    PART_START,
    PART_CGROUPS,
    PART_MATCH, /* text is the group's name */
};

static const struct {
    const char *name;
    enum part_kind kind;
    unsigned needs;
} variables[] = {
    { ".Comm", PART_COMM, 0 },
    { ".ExeBase", PART_EXE_BASE, PROCGROUPS_ARGV },
    { ".ExeFull", PART_EXE_FULL, PROCGROUPS_ARGV },
    { ".Username", PART_USER, PROCGROUPS_USER },
    { ".PID", PART_PID, 0 },
    { ".StartTime", PART_START, 0 },
    { ".Cgroups", PART_CGROUPS, PROCGROUPS_CGROUPS },
};

struct part {
    enum part_kind kind;
    char *text;
    size_t pattern; /* PART_MATCH: which of the rule's */
};

struct strings {
    char **v;
    size_t n, cap;
};

struct rule {
    struct strings comm, exe;
    struct {
        pcre2_code **v;
        size_t n, cap;
    } cmdline;
    struct {
        struct part *v;
        size_t n, cap;
    } name;
    pcre2_match_data **matched; /* for each pattern, what it matched last */
};

struct procgroups_rules {
    struct rule *v;
    size_t n, cap;
    unsigned needs;
    pcre2_match_context *limits;
    struct log_limit complaints;
    char cmdline[CMDLINE_MAX];
};

/* ------------------------------------------------------------------------------------
 * Making rules
 */

static int no_memory(promc_error *err)
{
    return node_fail(err, -ENOMEM, "out of memory");
}

struct procgroups_rules *procgroups_rules_new(void)
{
    struct procgroups_rules *r = calloc(1, sizeof(*r));

    if (r)
        r->limits = regex_limits();
    if (r && !r->limits) {
        free(r);
        r = NULL;
    }
    return r;
}

static void strings_free(struct strings *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->v[i]);
    free(s->v);
}

void procgroups_rules_free(struct procgroups_rules *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++) {
        struct rule *rule = &r->v[i];

        strings_free(&rule->comm);
        strings_free(&rule->exe);
        for (size_t k = 0; k < rule->cmdline.n; k++) {
            pcre2_code_free(rule->cmdline.v[k]);
            if (rule->matched)
                pcre2_match_data_free(rule->matched[k]);
        }
        free(rule->cmdline.v);
        free(rule->matched);
        for (size_t k = 0; k < rule->name.n; k++)
            free(rule->name.v[k].text);
        free(rule->name.v);
    }
    free(r->v);
    pcre2_match_context_free(r->limits);
    free(r);
}

int procgroups_rules_add(struct procgroups_rules *r, promc_error *err)
{
    if (grow(&r->v, r->n, &r->cap, sizeof(*r->v)) != 0)
        return no_memory(err);
    memset(&r->v[r->n++], 0, sizeof(*r->v));
    return 0;
}

static int strings_add(struct strings *s, const char *text, promc_error *err)
{
    if (grow(&s->v, s->n, &s->cap, sizeof(*s->v)) != 0)
        return no_memory(err);
    s->v[s->n] = strdup(text);
    return s->v[s->n++] ? 0 : no_memory(err);
}

int procgroups_rules_comm(struct procgroups_rules *r, const char *comm, promc_error *err)
{
    return strings_add(&r->v[r->n - 1].comm, comm, err);
}

int procgroups_rules_exe(struct procgroups_rules *r, const char *exe, promc_error *err)
{
    r->needs |= PROCGROUPS_ARGV;
    return strings_add(&r->v[r->n - 1].exe, exe, err);
}

int procgroups_rules_cmdline(struct procgroups_rules *r, const char *pattern,
                             promc_error *err)
{
    struct rule *rule = &r->v[r->n - 1];
    promc_error why = { 0, "" };

    r->needs |= PROCGROUPS_ARGV;
    if (grow(&rule->cmdline.v, rule->cmdline.n, &rule->cmdline.cap,
             sizeof(*rule->cmdline.v)) != 0)
        return no_memory(err);
    rule->cmdline.v[rule->cmdline.n] = regex_compile(pattern, &why);
    if (!rule->cmdline.v[rule->cmdline.n])
        return node_fail(err, why.code, "bad pattern: %.100s", why.text);
    rule->cmdline.n++;
    return 0;
}

unsigned procgroups_rules_needs(const struct procgroups_rules *r)
{
    return r->needs;
}

/* ------------------------------------------------------------------------------------
 * Templates
 */

static int part_add(struct rule *rule, enum part_kind kind, struct span text,
                    size_t pattern, promc_error *err)
{
    struct part *p;

    if (grow(&rule->name.v, rule->name.n, &rule->name.cap, sizeof(*p)) != 0)
        return no_memory(err);
    p = &rule->name.v[rule->name.n];
    *p = (struct part){ kind, strndup(text.n ? text.p : "", text.n), pattern };
    if (!p->text)
        return no_memory(err);
    rule->name.n++;
    return 0;
}

/* A group that a pattern has; of several of that name, the last one. */
static int match_add(struct rule *rule, struct span group, promc_error *err)
{
    char name[64];

    if (group.n > 0 && group.n < sizeof(name)) {
        span_copy(group, name, sizeof(name));
        for (size_t i = rule->cmdline.n; i-- > 0;) {
            if (pcre2_substring_number_from_name(rule->cmdline.v[i], (PCRE2_SPTR)name) >
                0)
                return part_add(rule, PART_MATCH, group, i, err);
        }
    }
    return node_fail(err, -EINVAL, "no pattern of this rule has a group \"%.*s\"",
                     (int)(group.n < 60 ? group.n : 60), group.p);
}

/* What stands between the brackets. */
static int variable_add(struct procgroups_rules *r, struct span v, promc_error *err)
{
    struct rule *rule = &r->v[r->n - 1];
    static const char matches[] = ".Matches.";

    v = span_trim(v);
    if (span_begins(v, matches)) {
        size_t skip = sizeof(matches) - 1;

        return match_add(rule, span_of(v.p + skip, v.n - skip), err);
    }
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (!span_is(v, variables[i].name))
            continue;
        r->needs |= variables[i].needs;
        return part_add(rule, variables[i].kind, span_of(NULL, 0), 0, err);
    }
    return node_fail(err, -EINVAL,
                     "\"{{%.*s}}\" is none of Comm, ExeBase, ExeFull, Username, PID, "
                     "StartTime, Cgroups and Matches.GROUP",
                     (int)(v.n < 40 ? v.n : 40), v.n ? v.p : "");
}

static int matched_make(struct rule *rule, promc_error *err)
{
    rule->matched = calloc(rule->cmdline.n + 1, sizeof(*rule->matched));
    if (!rule->matched)
        return no_memory(err);
    for (size_t i = 0; i < rule->cmdline.n; i++) {
        rule->matched[i] = pcre2_match_data_create_from_pattern(rule->cmdline.v[i], NULL);
        if (!rule->matched[i])
            return no_memory(err);
    }
    return 0;
}

int procgroups_rules_name(struct procgroups_rules *r, const char *name, promc_error *err)
{
    struct rule *rule = &r->v[r->n - 1];
    int rc = 0;

    if (rule->comm.n + rule->exe.n + rule->cmdline.n == 0)
        return node_fail(err, -EINVAL, "a rule needs one of comm, exe and cmdline");
    if (name[0] == '\0')
        return node_fail(err, -EINVAL, "an empty name");
    while (rc == 0 && name[0]) {
        const char *open = strstr(name, "{{");
        const char *close = open ? strstr(open, "}}") : NULL;

        if (open && !close)
            return node_fail(err, -EINVAL, "\"{{\" without \"}}\"");
        if (open != name)
            rc = part_add(rule, PART_TEXT,
                          span_of(name, open ? (size_t)(open - name) : strlen(name)), 0,
                          err);
        if (rc == 0 && open)
            rc = variable_add(r, span_of(open + 2, (size_t)(close - open - 2)), err);
        name = close ? close + 2 : "";
    }
    return rc ? rc : matched_make(rule, err);
}

/* ------------------------------------------------------------------------------------
 * Matching
 */

static const char *text_of(const char *s)
{
    return s ? s : "";
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    /* A path that ends with a slash is no program's; what is before it will do. */
    return slash && slash[1] ? slash + 1 : path;
}

/* What the process was called as; a kernel thread has only its name. */
static const char *exe_of(const struct procgroups_attrs *a)
{
    return a->argv && a->argv[0] ? a->argv[0] : text_of(a->comm);
}

static int comm_matches(const struct rule *rule, const struct procgroups_attrs *a)
{
    for (size_t i = 0; i < rule->comm.n; i++) {
        if (strcmp(rule->comm.v[i], text_of(a->comm)) == 0)
            return 1;
    }
    return rule->comm.n == 0;
}

static int exe_matches(const struct rule *rule, const struct procgroups_attrs *a)
{
    const char *full = a->argv ? a->argv[0] : NULL;

    for (size_t i = 0; full && i < rule->exe.n; i++) {
        const char *exe = rule->exe.v[i];

        if (strcmp(exe, strchr(exe, '/') ? full : base_of(full)) == 0)
            return 1;
    }
    return rule->exe.n == 0;
}

/* All patterns, on the arguments with blanks between them. These stay out of the log: there
 * may be passwords among them. */
static int cmdline_matches(struct procgroups_rules *r, const struct rule *rule,
                           const struct procgroups_attrs *a)
{
    size_t len = strlen(r->cmdline);

    for (size_t i = 0; i < rule->cmdline.n; i++) {
        int rc = pcre2_match(rule->cmdline.v[i], (PCRE2_SPTR)r->cmdline, len, 0,
                             PCRE2_NO_UTF_CHECK, rule->matched[i], r->limits);
        uint64_t n;

        if (rc >= 0)
            continue;
        if (rc != PCRE2_ERROR_NOMATCH && log_limit_pass(&r->complaints, &n))
            log_warn("Pattern not applied: it takes too long", "process",
                     text_of(a->comm));
        return 0;
    }
    return 1;
}

/* Join the arguments, as valid UTF-8. */
static void cmdline_make(struct procgroups_rules *r, const char *const *argv)
{
    size_t at = 0;
    char *mended;

    for (size_t i = 0; argv && argv[i]; i++) {
        size_t n = strlen(argv[i]);

        if (n + 2 > sizeof(r->cmdline) - at)
            break;
        if (i > 0)
            r->cmdline[at++] = ' ';
        memcpy(r->cmdline + at, argv[i], n);
        at += n;
    }
    r->cmdline[at] = '\0';
    if (promc_utf8_valid(r->cmdline, at))
        return;
    mended = regex_mend(r->cmdline, at);
    at = mended ? strlen(mended) : 0;
    while (at >= sizeof(r->cmdline) || !promc_utf8_valid(text_of(mended), at))
        at--;
    memcpy(r->cmdline, text_of(mended), at);
    r->cmdline[at] = '\0';
    free(mended);
}

/* ------------------------------------------------------------------------------------
 * Names
 */

struct out {
    char *buf;
    size_t n, size;
};

static void put(struct out *o, const char *s, size_t n)
{
    size_t room = o->size - 1 - o->n;

    if (n > room)
        n = room;
    memcpy(o->buf + o->n, s, n);
    o->n += n;
}

static void put_string(struct out *o, const char *s)
{
    put(o, s, strlen(s));
}

/* What stands behind the second colon of each line. */
static void put_cgroups(struct out *o, const char *const *lines)
{
    put_string(o, "[");
    for (size_t i = 0; lines && lines[i]; i++) {
        const char *p = strchr(lines[i], ':');

        p = p ? strchr(p + 1, ':') : NULL;
        put_string(o, i > 0 ? " " : "");
        put_string(o, p ? p + 1 : lines[i]);
    }
    put_string(o, "]");
}

static void put_match(struct out *o, const struct procgroups_rules *r,
                      const struct rule *rule, const struct part *p)
{
    PCRE2_SIZE *ends = pcre2_get_ovector_pointer(rule->matched[p->pattern]);
    int at = pcre2_substring_number_from_name(rule->cmdline.v[p->pattern],
                                              (PCRE2_SPTR)p->text);

    /* A group that took no part in the match is empty. */
    if (at > 0 && ends[2 * at] != PCRE2_UNSET)
        put(o, r->cmdline + ends[2 * at], ends[2 * at + 1] - ends[2 * at]);
}

static void put_part(struct out *o, const struct procgroups_rules *r,
                     const struct rule *rule, const struct part *p,
                     const struct procgroups_attrs *a)
{
    time_t start = (time_t)a->start;
    char number[64];
    struct tm tm;

    switch (p->kind) {
    case PART_TEXT:
        put_string(o, p->text);
        break;
    case PART_COMM:
        put_string(o, text_of(a->comm));
        break;
    case PART_EXE_BASE:
        put_string(o, base_of(exe_of(a)));
        break;
    case PART_EXE_FULL:
        put_string(o, exe_of(a));
        break;
    case PART_USER:
        put_string(o, text_of(a->user));
        break;
    case PART_PID:
        snprintf(number, sizeof(number), "%d", a->pid);
        put_string(o, number);
        break;
    case PART_START:
        if (gmtime_r(&start, &tm) &&
            strftime(number, sizeof(number), "%Y-%m-%d %H:%M:%S +0000 UTC", &tm) > 0)
            put_string(o, number);
        break;
    case PART_CGROUPS:
        put_cgroups(o, a->cgroups);
        break;
    case PART_MATCH:
        put_match(o, r, rule, p);
        break;
    }
}

int procgroups_rules_apply(struct procgroups_rules *r, const struct procgroups_attrs *a,
                           char *name, size_t size)
{
    int joined = 0;

    for (size_t i = 0; i < r->n; i++) {
        const struct rule *rule = &r->v[i];
        struct out o = { name, 0, size };

        if (!comm_matches(rule, a) || !exe_matches(rule, a))
            continue;
        if (rule->cmdline.n > 0 && !joined) {
            cmdline_make(r, a->argv);
            joined = 1;
        }
        if (!cmdline_matches(r, rule, a))
            continue;
        for (size_t k = 0; k < rule->name.n; k++)
            put_part(&o, r, rule, &rule->name.v[k], a);
        name[o.n] = '\0';
        return 1;
    }
    return 0;
}
