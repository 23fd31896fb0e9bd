/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flags.c - declare and parse command line flags.
 *
 * The habits are those of the parser the Prometheus exporters use, since start scripts
 * and unit files depend on them: what is an error there is an error here, with the same
 * words where scripts might look for them.
 */
#include "config.h"

#include "common/flags.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/flags_impl.h"
#include "common/readfile.h"

/* @files may name further @files; a file that names itself must still come to an end. */
#define MAX_ARG_FILES 32

/* The arguments, growing as @files are put in the place of their names. */
struct args {
    const char **v;
    size_t n;
    size_t next;
    unsigned files;
    int literal; /* after "--": nothing is a flag any more */
};

/* Keep p until flags_free(). Returns p, or NULL (p is then freed). */
static void *own(struct flags *f, void *p)
{
    void **grown;

    if (!p)
        return NULL;
    grown = realloc(f->owned, (f->n_owned + 1) * sizeof(*grown));
    if (!grown) {
        free(p);
        return NULL;
    }
    f->owned = grown;
    f->owned[f->n_owned++] = p;
    return p;
}

static struct flag *add(struct flags *f, const char *name, const char *help,
                        enum flag_kind kind)
{
    static struct flag nowhere;
    struct flag *grown;

    if (f->n == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 64;

        grown = realloc(f->v, cap * sizeof(*grown));
        if (!grown) {
            f->broken = 1;
            return &nowhere;
        }
        f->v = grown;
        f->cap = cap;
    }
    memset(&f->v[f->n], 0, sizeof(f->v[f->n]));
    f->v[f->n].name = name;
    f->v[f->n].help = help;
    f->v[f->n].group = f->group;
    f->v[f->n].kind = kind;
    return &f->v[f->n++];
}

struct flags *flags_new(const char *program, const char *about, const char *version)
{
    struct flags *f = calloc(1, sizeof(*f));

    if (!f)
        return NULL;
    f->program = program;
    f->about = about;
    f->version = version;
    add(f, "help", "Show this help.", FLAG_HELP);
    add(f, "help-long", "Show this help.", FLAG_HELP)->hidden = 1;
    add(f, "help-man", "Print the flags as a manual page.", FLAG_MAN)->hidden = 1;
    add(f, "version", "Show the version and how the program was built.", FLAG_VERSION);
    return f;
}

void flags_free(struct flags *f)
{
    size_t i;

    if (!f)
        return;
    for (i = 0; i < f->n_owned; i++)
        free(f->owned[i]);
    free(f->owned);
    free(f->v);
    free(f);
}

void flags_group(struct flags *f, const char *title)
{
    f->group = title;
}

void flags_bool(struct flags *f, const char *name, const char *help, int *target,
                int *set)
{
    struct flag *flag = add(f, name, help, FLAG_BOOL);

    flag->target.b = target;
    flag->set = set;
}

void flags_string(struct flags *f, const char *name, const char *help,
                  const char **target, int *set)
{
    struct flag *flag = add(f, name, help, FLAG_STRING);

    flag->target.s = target;
    flag->set = set;
}

void flags_list(struct flags *f, const char *name, const char *help,
                struct flag_list *target)
{
    add(f, name, help, FLAG_LIST)->target.list = target;
}

void flags_int(struct flags *f, const char *name, const char *help, long *target,
               long min, long max)
{
    struct flag *flag = add(f, name, help, FLAG_INT);

    flag->target.i = target;
    flag->min = min;
    flag->max = max;
}

void flags_duration(struct flags *f, const char *name, const char *help, double *target)
{
    add(f, name, help, FLAG_DURATION)->target.seconds = target;
}

void flags_choice(struct flags *f, const char *name, const char *help,
                  const char **target, const char *const *choices)
{
    struct flag *flag = add(f, name, help, FLAG_CHOICE);

    flag->target.s = target;
    flag->choices = choices;
}

void flags_hide(struct flags *f)
{
    if (f->n > 0)
        f->v[f->n - 1].hidden = 1;
}

/* Say why the command line is refused. Returns FLAGS_BAD. */
__attribute__((format(printf, 2, 3))) static enum flags_result
bad(const struct flags *f, const char *format, ...)
{
    va_list ap;

    fprintf(stderr, "%s: error: ", f->program);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputs(", try --help\n", stderr);
    return FLAGS_BAD;
}

/* Put the lines of the file at path in front of the arguments still to come. Blank lines
 * and lines that begin with '#' are left out. */
static enum flags_result expand(struct flags *f, struct args *a, const char *path)
{
    struct readbuf buf = { 0 };
    const char **grown;
    char *text, *line, *end;
    size_t lines = 1, i;
    int rc;

    if (++a->files > MAX_ARG_FILES)
        return bad(f, "arguments file \"%s\": more than %d files", path, MAX_ARG_FILES);
    rc = read_file(NULL, path, &buf, 0);
    if (rc < 0) {
        readbuf_free(&buf);
        return bad(f, "failed to open arguments file \"%s\": %s", path, strerror(-rc));
    }
    if (memchr(buf.data, '\0', buf.len)) {
        readbuf_free(&buf);
        return bad(f, "arguments file \"%s\" holds a NUL byte", path);
    }
    for (i = 0; i < buf.len; i++)
        lines += buf.data[i] == '\n';
    text = own(f, buf.data);
    grown = calloc(lines + (a->n - a->next) + 1, sizeof(*grown));
    if (!text || !grown) {
        free(grown);
        return bad(f, "out of memory");
    }

    i = 0;
    for (line = text; line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        if (line[0] != '\0' && line[0] != '#')
            grown[i++] = line;
    }
    memcpy(grown + i, a->v + a->next, (a->n - a->next) * sizeof(*grown));
    a->n = i + (a->n - a->next);
    a->next = 0;
    free(a->v);
    a->v = grown;
    return FLAGS_OK;
}

/* Take in the @files that come next, so that the next argument is a word of its own. */
static enum flags_result settle(struct flags *f, struct args *a)
{
    while (!a->literal && a->next < a->n && a->v[a->next][0] == '@') {
        const char *path = a->v[a->next++] + 1;
        enum flags_result rc = expand(f, a, path);

        if (rc != FLAGS_OK)
            return rc;
    }
    return FLAGS_OK;
}

static struct flag *find(const struct flags *f, const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < f->n; i++) {
        if (strlen(f->v[i].name) == len && memcmp(f->v[i].name, name, len) == 0)
            return &f->v[i];
    }
    return NULL;
}

/* Read one duration, a sum of numbers with units, such as 1h30m, into seconds. Returns 0
 * or -EINVAL. */
static int parse_duration(const char *s, double *seconds)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = { { "ns", 1e-9 }, { "us", 1e-6 }, { "\xc2\xb5s", 1e-6 },
                  { "ms", 1e-3 }, { "s", 1 },     { "m", 60 },
                  { "h", 3600 },  { "d", 86400 }, { "w", 604800 } };
    double total = 0, v;
    size_t n, unit_len, i;

    if (strcmp(s, "0") == 0) {
        *seconds = 0;
        return 0;
    }
    do {
        n = strspn(s, "0123456789.");
        if (n == 0 || promc_number_parse(s, n, &v) < 0)
            return -EINVAL;
        s += n;
        unit_len = strcspn(s, "0123456789.");
        for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            if (strlen(units[i].unit) == unit_len &&
                memcmp(s, units[i].unit, unit_len) == 0)
                break;
        }
        if (i == sizeof(units) / sizeof(units[0]))
            return -EINVAL;
        total += v * units[i].seconds;
        s += unit_len;
    } while (*s != '\0');
    if (total > 1e9) /* beyond 30 years nothing computes sensibly with it */
        return -EINVAL;
    *seconds = total;
    return 0;
}

static enum flags_result set_int(const struct flags *f, const struct flag *flag,
                                 const char *value)
{
    char *end;
    long v;

    errno = 0;
    v = strtol(value, &end, 10);
    if (value[0] == '\0' || isspace((unsigned char)value[0]) || *end != '\0' ||
        errno != 0)
        return bad(f, "--%s: \"%s\" is not a whole number", flag->name, value);
    if (v < flag->min || v > flag->max)
        return bad(f, "--%s: %s is not between %ld and %ld", flag->name, value, flag->min,
                   flag->max);
    *flag->target.i = v;
    return FLAGS_OK;
}

static enum flags_result set_list(struct flags *f, struct flag *flag, const char *value)
{
    struct flag_list *list = flag->target.list;
    const char **v;

    /* A list that is given at all replaces its default. Lists are short: a new array for
     * each value keeps the ownership simple. */
    if (flag->given == 1)
        list->n = 0;
    v = own(f, calloc(list->n + 1, sizeof(*v)));
    if (!v)
        return bad(f, "out of memory");
    if (list->n > 0)
        memcpy(v, list->v, list->n * sizeof(*v));
    v[list->n] = value;
    list->v = v;
    list->n++;
    return FLAGS_OK;
}

static enum flags_result set_value(struct flags *f, struct flag *flag, const char *value)
{
    size_t i;

    switch (flag->kind) {
    case FLAG_STRING:
        *flag->target.s = value;
        return FLAGS_OK;
    case FLAG_LIST:
        return set_list(f, flag, value);
    case FLAG_INT:
        return set_int(f, flag, value);
    case FLAG_DURATION:
        if (parse_duration(value, flag->target.seconds) < 0)
            return bad(f, "--%s: invalid duration \"%s\"", flag->name, value);
        return FLAGS_OK;
    case FLAG_CHOICE:
        for (i = 0; flag->choices[i]; i++) {
            if (strcasecmp(flag->choices[i], value) == 0) {
                *flag->target.s = flag->choices[i];
                return FLAGS_OK;
            }
        }
        fprintf(stderr, "%s: error: --%s must be one of ", f->program, flag->name);
        for (i = 0; flag->choices[i]; i++)
            fprintf(stderr, "%s%s", i ? "," : "", flag->choices[i]);
        fprintf(stderr, ", not \"%s\", try --help\n", value);
        return FLAGS_BAD;
    default:
        return FLAGS_OK;
    }
}

/* A flag that takes no value: booleans, and those that print something and end. */
static enum flags_result parse_plain(struct flags *f, struct flag *flag, int on)
{
    switch (flag->kind) {
    case FLAG_HELP:
        flags__help(f);
        return FLAGS_DONE;
    case FLAG_MAN:
        flags__man(f);
        return FLAGS_DONE;
    case FLAG_VERSION:
        printf("%s\n", f->version);
        return FLAGS_DONE;
    default:
        *flag->target.b = on;
        return FLAGS_OK;
    }
}

/* Parse one argument "--name", "--name=value" or "--name" with its value following. */
static enum flags_result parse_long(struct flags *f, struct args *a, const char *arg)
{
    const char *name = arg + 2, *eq = strchr(name, '=');
    size_t len = eq ? (size_t)(eq - name) : strlen(name);
    struct flag *flag = find(f, name, len);
    enum flags_result rc;
    int on = 1;

    if (!flag && len > 3 && memcmp(name, "no-", 3) == 0) {
        flag = find(f, name + 3, len - 3);
        if (flag && flag->kind != FLAG_BOOL)
            flag = NULL;
        on = 0;
    }
    if (!flag)
        return bad(f, "unknown long flag '--%.*s'", (int)len, name);
    if (flag->given++ && flag->kind != FLAG_LIST)
        return bad(f, "flag '%s' cannot be repeated", flag->name);
    if (flag->set)
        *flag->set = 1;

    if (flag->kind == FLAG_BOOL || flag->kind >= FLAG_HELP) {
        if (eq)
            return bad(f, "unexpected %s", eq + 1);
        return parse_plain(f, flag, on);
    }
    if (eq)
        return set_value(f, flag, eq + 1);
    rc = settle(f, a);
    if (rc != FLAGS_OK)
        return rc;
    if (a->next == a->n || (a->v[a->next][0] == '-' && a->v[a->next][1] != '\0'))
        return bad(f, "expected argument for flag '--%s'", flag->name);
    return set_value(f, flag, a->v[a->next++]);
}

static enum flags_result parse_all(struct flags *f, struct args *a)
{
    for (;;) {
        enum flags_result rc = settle(f, a);
        const char *arg;

        if (rc != FLAGS_OK || a->next == a->n)
            return rc;
        arg = a->v[a->next++];
        if (!a->literal && strcmp(arg, "--") == 0)
            a->literal = 1;
        else if (!a->literal && strcmp(arg, "-h") == 0)
            rc = parse_plain(f, find(f, "help", 4), 1);
        else if (!a->literal && strncmp(arg, "--", 2) == 0)
            rc = parse_long(f, a, arg);
        else if (!a->literal && arg[0] == '-' && arg[1] != '\0')
            rc = bad(f, "unknown short flag '-%c'", arg[1]);
        else
            rc = bad(f, "unexpected %s", arg);
        if (rc != FLAGS_OK)
            return rc;
    }
}

enum flags_result flags_parse(struct flags *f, int argc, char **argv)
{
    struct args a = { 0 };
    enum flags_result rc;
    int i;

    if (f->broken)
        return bad(f, "out of memory");
    if (argc < 1)
        return FLAGS_OK;
    a.v = calloc((size_t)argc, sizeof(*a.v));
    if (!a.v)
        return bad(f, "out of memory");
    for (i = 1; i < argc; i++)
        a.v[a.n++] = argv[i];
    rc = parse_all(f, &a);
    free(a.v);
    return rc;
}
