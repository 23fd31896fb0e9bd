/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flags_help.c - print the declared flags, for --help and --help-man.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/flags_impl.h"

#define COLUMNS 80
#define HELP_COLUMN 30

/* Write the default of a flag as it would be typed; "" when there is none to show. */
static void default_text(const struct flag *flag, char *out, size_t size)
{
    char number[PROMC_NUMBER_SIZE];
    double s;

    out[0] = '\0';
    switch (flag->kind) {
    case FLAG_STRING:
    case FLAG_CHOICE:
        snprintf(out, size, "%s", *flag->target.s ? *flag->target.s : "");
        break;
    case FLAG_LIST:
        if (flag->target.list->n > 0)
            snprintf(out, size, "%s", flag->target.list->v[0]);
        break;
    case FLAG_INT:
        snprintf(out, size, "%ld", *flag->target.i);
        break;
    case FLAG_DURATION:
        s = *flag->target.seconds;
        promc_number_format(s > 0 && s < 1 ? s * 1000 : s, number);
        snprintf(out, size, "%s%s", number, s > 0 && s < 1 ? "ms" : "s");
        break;
    default:
        break;
    }
}

/* "--name=default" with the marks for what a flag takes: --[no-]x, --x=VALUE, "..." for
 * one that may be repeated. */
static void usage_text(const struct flag *flag, char *out, size_t size)
{
    char value[512];

    default_text(flag, value, sizeof(value));
    switch (flag->kind) {
    case FLAG_BOOL:
        snprintf(out, size, "--[no-]%s", flag->name);
        break;
    case FLAG_STRING:
    case FLAG_CHOICE:
    case FLAG_LIST:
        snprintf(out, size, value[0] ? "--%s=\"%s\"%s" : "--%s=%s%s", flag->name,
                 value[0] ? value : "VALUE", flag->kind == FLAG_LIST ? " ..." : "");
        break;
    case FLAG_INT:
    case FLAG_DURATION:
        snprintf(out, size, "--%s=%s", flag->name, value);
        break;
    default:
        snprintf(out, size, "--%s", flag->name);
        break;
    }
}

/* Print text in words from the given column on, folding at the right edge. */
static void print_folded(const char *text, size_t column)
{
    size_t at = column;

    while (*text) {
        size_t word = strcspn(text, " ");

        if (at > column && at + 1 + word > COLUMNS) {
            printf("\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        fwrite(text, 1, word, stdout);
        at += word;
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_flag(const struct flag *flag)
{
    char usage[640], help[512];
    int n;

    usage_text(flag, usage, sizeof(usage));
    n = printf("  %s%s  ", strcmp(flag->name, "help") == 0 ? "-h, " : "    ", usage);
    if (n > HELP_COLUMN)
        printf("\n%*s", HELP_COLUMN, "");
    else
        printf("%*s", HELP_COLUMN - n, "");
    if (flag->kind == FLAG_BOOL && *flag->target.b) {
        snprintf(help, sizeof(help), "%s (default: on)", flag->help);
        print_folded(help, HELP_COLUMN);
    } else {
        print_folded(flag->help, HELP_COLUMN);
    }
}

void flags__help(const struct flags *f)
{
    const char *group = NULL;
    size_t i;

    printf("usage: %s [<flags>]\n\n%s\n\nFlags:\n", f->program, f->about);
    for (i = 0; i < f->n; i++) {
        const struct flag *flag = &f->v[i];

        if (flag->hidden)
            continue;
        if (flag->group != group) {
            group = flag->group;
            printf("\n%s:\n", group);
        }
        print_flag(flag);
    }
}

/* Print text for troff: a backslash or a leading dot must not become a request. */
static void print_troff(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
    putchar('\n');
}

void flags__man(const struct flags *f)
{
    char usage[640];
    size_t i;

    printf(".TH %s 1\n.SH NAME\n%s\n.SH SYNOPSIS\n.B %s\n[flags]\n.SH DESCRIPTION\n",
           f->program, f->program, f->program);
    print_troff(f->about);
    printf(".SH OPTIONS\n");
    for (i = 0; i < f->n; i++) {
        if (f->v[i].hidden)
            continue;
        usage_text(&f->v[i], usage, sizeof(usage));
        printf(".TP\n");
        print_troff(usage);
        print_troff(f->v[i].help);
    }
}
