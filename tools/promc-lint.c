/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promc-lint.c - check expositions from the command line.
 *
 *   FILE:LINE:COLUMN: severe|convention: NAME: text [rule]
 */
#include "config.h"
#include "promc-lint.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <promc/testing.h>
#include <promc/text.h>

enum status { CLEAN = 0, CONVENTION = 1, SEVERE = 2, UNREADABLE = 3 };

enum { MAX_RULES = 256 };

struct run {
    const char *file; /* the one being checked */
    unsigned char skip[MAX_RULES];
    int quiet;
    enum status status;
};

static void usage(FILE *to)
{
    fputs("usage: promc-lint [OPTION]... FILE|-|URL...\n"
          "Check expositions of metrics: Prometheus text 0.0.4 and 1.0.0, OpenMetrics "
          "1.0.\n"
          "\n"
          "  --format=FORMAT   text, text-1.0, openmetrics, or openmetrics-utf8 (with "
          "names\n"
          "                    in quotes). Else a URL's Content-Type says it; a file is\n"
          "                    OpenMetrics when it has a line # EOF\n"
          "  --only=RULE,...   report only these rules\n"
          "  --ignore=RULE,... do not report these rules\n"
          "  --list-rules      list all rules and end\n"
          "  --max-size=BYTES  refuse larger input (536870912)\n"
          "  --timeout=SECONDS give a URL up after this time (30)\n"
          "  --quiet           print nothing; the exit status tells\n"
          "  --help            print this and end\n"
          "  --version         print the version and end\n"
          "\n"
          "Exit status: 0 nothing found, 1 conventions broken, 2 severe findings,\n"
          "3 something could not be read, or these arguments.\n",
          to);
}

/* --- rules ------------------------------------------------------------------------------- */

static int find_rule(const char *name, size_t len)
{
    size_t n;
    const promc_lint_rule *rules = promc_lint_rules(&n);

    for (size_t i = 0; i < n && i < MAX_RULES; i++)
        if (strlen(rules[i].name) == len && memcmp(rules[i].name, name, len) == 0)
            return (int)i;
    return -1;
}

/* Mark the rules of a list. Returns 0, or -1 when one does not exist (said). */
static int mark_rules(unsigned char *marks, const char *list)
{
    while (*list) {
        size_t len = strcspn(list, ",");
        int rule = find_rule(list, len);
        if (rule < 0) {
            fprintf(stderr, "promc-lint: no rule %.*s, see --list-rules\n", (int)len,
                    list);
            return -1;
        }
        marks[rule] = 1;
        list += len + (list[len] == ',');
    }
    return 0;
}

static const char *severity(int severe)
{
    return severe ? "severe" : "convention";
}

static void list_rules(void)
{
    size_t n;
    const promc_lint_rule *rules = promc_lint_rules(&n);

    for (size_t i = 0; i < n; i++) {
        printf("%-18s %-11s", rules[i].name, severity(rules[i].severe));
        if (rules[i].severe != rules[i].severe_om)
            printf(" (OpenMetrics: %s)", severity(rules[i].severe_om));
        printf(" %s\n", rules[i].text);
    }
}

/* --- output ------------------------------------------------------------------------------ */

/* Print what comes from outside: nothing that a terminal would act on. */
static void put_text(FILE *to, const char *s)
{
    int valid = promc_utf8_valid(s, strlen(s));

    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        int control = c < 0x20 || c == 0x7F || (c >= 0x80 && !valid) ||
                      (c == 0xC2 && (unsigned char)s[1] < 0xA0);
        putc(control ? '?' : c, to);
        if (control && c == 0xC2 && valid)
            s++;
    }
}

static void on_finding(void *arg, const promc_lint_finding *f)
{
    struct run *run = arg;
    int rule = find_rule(f->rule, strlen(f->rule));

    if (rule >= 0 && run->skip[rule])
        return;
    if (run->status < (f->severe ? SEVERE : CONVENTION))
        run->status = f->severe ? SEVERE : CONVENTION;
    if (run->quiet)
        return;
    put_text(stdout, run->file);
    printf(":%zu:%zu: %s: ", f->line, f->column, severity(f->severe));
    if (f->name[0]) {
        put_text(stdout, f->name);
        fputs(": ", stdout);
    }
    put_text(stdout, f->text);
    printf(" [%s]\n", f->rule);
}

static void check(struct run *run, const char *name, promc_format format,
                  const struct limits *limits)
{
    struct input in;
    char *shown = input_shown(name);
    long n = 0;

    run->file = shown ? shown : "(out of memory)";
    if (input_read(&in, name, format, limits) == 0) {
        n = promc_lint_text(in.data, in.len, in.format, on_finding, run);
        if (n < 0)
            snprintf(in.why, sizeof in.why, "out of memory");
    } else {
        n = -1;
    }
    if (n < 0) {
        fputs("promc-lint: ", stderr);
        put_text(stderr, run->file);
        fputs(": ", stderr);
        put_text(stderr, in.why);
        putc('\n', stderr);
        run->status = UNREADABLE;
    }
    input_free(&in);
    free(shown);
}

/* --- arguments --------------------------------------------------------------------------- */

static int parse_format(const char *word, promc_format *format)
{
    static const struct {
        const char *word;
        promc_format format;
    } formats[] = {
        { "text", PROMC_FORMAT_TEXT },
        { "text-1.0", PROMC_FORMAT_TEXT_1_0 },
        { "openmetrics", PROMC_FORMAT_OPENMETRICS },
        { "openmetrics-utf8", PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_ALLOW_UTF8 },
    };

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(word, formats[i].word) == 0) {
            *format = formats[i].format;
            return 0;
        }
    fprintf(stderr, "promc-lint: no format %s\n", word);
    return -1;
}

static int parse_count(const char *text, unsigned long max, unsigned long *n)
{
    char *end;

    errno = 0;
    *n = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *n > 0 && *n <= max)
        return 0;
    fprintf(stderr, "promc-lint: %s is not a number from 1 to %lu\n", text, max);
    return -1;
}

static int finish(enum status status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "promc-lint: cannot write: %s\n", strerror(errno));
        return UNREADABLE;
    }
    return (int)status;
}

int main(int argc, char **argv)
{
    enum {
        OPT_FORMAT = 1,
        OPT_ONLY,
        OPT_IGNORE,
        OPT_LIST,
        OPT_MAX_SIZE,
        OPT_TIMEOUT,
        OPT_QUIET,
        OPT_HELP,
        OPT_VERSION
    };
    static const struct option options[] = {
        { "format", required_argument, NULL, OPT_FORMAT },
        { "only", required_argument, NULL, OPT_ONLY },
        { "ignore", required_argument, NULL, OPT_IGNORE },
        { "list-rules", no_argument, NULL, OPT_LIST },
        { "max-size", required_argument, NULL, OPT_MAX_SIZE },
        { "timeout", required_argument, NULL, OPT_TIMEOUT },
        { "quiet", no_argument, NULL, OPT_QUIET },
        { "help", no_argument, NULL, OPT_HELP },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
    };
    struct run run = { .status = CLEAN };
    struct limits limits = { (size_t)512 << 20, 30000 };
    promc_format format = FORMAT_UNKNOWN;
    unsigned char only[MAX_RULES] = { 0 };
    int c, restricted = 0, bad = 0;
    unsigned long n;

    while (!bad && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case OPT_FORMAT:
            bad = parse_format(optarg, &format);
            break;
        case OPT_ONLY:
            restricted = 1;
            bad = mark_rules(only, optarg);
            break;
        case OPT_IGNORE:
            bad = mark_rules(run.skip, optarg);
            break;
        case OPT_LIST:
            list_rules();
            return finish(CLEAN);
        case OPT_MAX_SIZE:
            bad = parse_count(optarg, 1ul << 31, &n);
            limits.size = (size_t)n;
            break;
        case OPT_TIMEOUT:
            bad = parse_count(optarg, 86400, &n);
            limits.timeout_ms = (long)n * 1000;
            break;
        case OPT_QUIET:
            run.quiet = 1;
            break;
        case OPT_HELP:
            usage(stdout);
            return finish(CLEAN);
        case OPT_VERSION:
            printf("promc-lint %s\n", promc_version());
            return finish(CLEAN);
        default:
            bad = 1;
        }
    }
    if (bad || optind == argc) {
        if (!bad)
            usage(stderr);
        return UNREADABLE;
    }
    for (size_t i = 0; restricted && i < MAX_RULES; i++)
        run.skip[i] |= !only[i];
    for (; optind < argc; optind++)
        check(&run, argv[optind], format, &limits);
    return finish(run.status);
}
