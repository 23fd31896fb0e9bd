/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_flags.c - what command lines mean, and what is refused with which words.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "common/flags.h"

static const char *const levels[] = { "debug", "info", NULL };
static const char *const default_list[] = { ":9100" };

/* The values of one parse, and a flags object with one flag of each kind. */
static struct values {
    int on, off, off_set, str_set;
    const char *str, *level;
    struct flag_list list;
    long number;
    double seconds;
} v;

static struct flags *flags;
static char output[8192];

static enum flags_result parse(int fd, const char *const *args)
{
    char *argv[16] = { (char *)(uintptr_t) "prog" };
    struct capture capture;
    enum flags_result rc;
    int argc = 1;

    for (; args[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
    flags_free(flags);
    v = (struct values){ .on = 1, .str = "", .level = "info", .number = 7, .seconds = 5 };
    v.list.v = (const char **)(uintptr_t)default_list;
    v.list.n = 1;
    flags = flags_new("prog", "Does things.", "prog, version 1");
    flags_bool(flags, "on", "A switch that is on.", &v.on, NULL);
    flags_bool(flags, "off", "A switch that is off.", &v.off, &v.off_set);
    flags_string(flags, "str", "A text.", &v.str, &v.str_set);
    flags_group(flags, "Second group");
    flags_list(flags, "list", "Several texts.", &v.list);
    flags_int(flags, "number", "A number.", &v.number, -5, 10);
    flags_duration(flags, "time", "A time.", &v.seconds);
    flags_choice(flags, "level", "A word.", &v.level, levels);
    flags_string(flags, "old", "Not for show.", &v.str, NULL);
    flags_hide(flags);

    capture_begin(&capture, fd);
    rc = flags_parse(flags, argc, argv);
    capture_end(&capture, output, sizeof(output));
    return rc;
}

#define PARSE(...) parse(2, (const char *const[]){ __VA_ARGS__, NULL })

static void values_land(void **state)
{
    (void)state;
    assert_int_equal(PARSE(NULL), FLAGS_OK);
    assert_string_equal(v.list.v[0], ":9100");
    assert_int_equal(v.off_set, 0);

    assert_int_equal(PARSE("--no-on", "--off", "--str=a=b", "--list", "x", "--list=y",
                           "--number", "10", "--time=1h30m", "--level=DEBUG"),
                     FLAGS_OK);
    assert_int_equal(v.on, 0);
    assert_int_equal(v.off, 1);
    assert_int_equal(v.off_set, 1);
    assert_string_equal(v.str, "a=b");
    assert_int_equal(v.str_set, 1);
    assert_int_equal(v.list.n, 2);
    assert_string_equal(v.list.v[0], "x");
    assert_string_equal(v.list.v[1], "y");
    assert_int_equal(v.number, 10);
    assert_true(v.seconds == 5400);
    assert_string_equal(v.level, "debug");

    assert_int_equal(PARSE("--str=", "--number=-5"), FLAGS_OK);
    assert_string_equal(v.str, "");
    assert_int_equal(v.number, -5);
    assert_int_equal(PARSE("--str", "-"), FLAGS_OK);
    assert_string_equal(v.str, "-");
    assert_int_equal(PARSE("--str", ""), FLAGS_OK);
    assert_int_equal(PARSE("--old=x"), FLAGS_OK);
    assert_int_equal(PARSE("--"), FLAGS_OK);
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        double seconds;
    } good[] = { { "0", 0 },      { "200ms", 0.2 },   { "1.5s", 1.5 },
                 { "2m", 120 },   { "1d", 86400 },    { "1w", 604800 },
                 { "5us", 5e-6 }, { "1h1m1s", 3661 }, { "3.5s", 3.5 } };
    static const char *const bad[] = { "",    "5",    "s",     "5x",     "-5s",
                                       "5s5", "1e3s", "1..5s", "99999w", " 5s" };
    char arg[64];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        snprintf(arg, sizeof(arg), "--time=%s", good[i].text);
        assert_int_equal(PARSE(arg), FLAGS_OK);
        assert_true(v.seconds - good[i].seconds < 1e-12 &&
                    good[i].seconds - v.seconds < 1e-12);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(arg, sizeof(arg), "--time=%s", bad[i]);
        assert_int_equal(PARSE(arg), FLAGS_BAD);
        assert_true(v.seconds == 5);
    }
}

static void refused(const char *words, enum flags_result rc)
{
    char line[512];

    assert_int_equal(rc, FLAGS_BAD);
    snprintf(line, sizeof(line), "prog: error: %s, try --help\n", words);
    assert_string_equal(output, line);
}

static void refusals(void **state)
{
    (void)state;
    refused("unknown long flag '--x'", PARSE("--x"));
    refused("unknown long flag '--x'", PARSE("--x=1"));
    refused("unknown long flag '--no-str'", PARSE("--no-str"));
    refused("unknown short flag '-x'", PARSE("-x"));
    refused("flag 'str' cannot be repeated", PARSE("--str=a", "--str=b"));
    refused("flag 'on' cannot be repeated", PARSE("--on", "--no-on"));
    refused("unexpected false", PARSE("--on=false"));
    refused("unexpected word", PARSE("word"));
    refused("unexpected --on", PARSE("--", "--on"));
    refused("expected argument for flag '--str'", PARSE("--str"));
    refused("expected argument for flag '--str'", PARSE("--str", "--on"));
    refused("--number: \"1x\" is not a whole number", PARSE("--number=1x"));
    refused("--number: \"\" is not a whole number", PARSE("--number="));
    refused("--number: 11 is not between -5 and 10", PARSE("--number=11"));
    refused("--number: \"99999999999999999999\" is not a whole number",
            PARSE("--number=99999999999999999999"));
    refused("--level must be one of debug,info, not \"loud\"", PARSE("--level=loud"));
}

static void argument_files(void **state)
{
    char path[] = "/tmp/test_flags.XXXXXX", at[64], words[256];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");

    (void)state;
    assert_non_null(file);
    fputs("# a comment\n\n--str=from file\r\n--list\n# another\n", file);
    fclose(file);
    snprintf(at, sizeof(at), "@%s", path);
    assert_int_equal(PARSE("--off", at, "value", "--list=b"), FLAGS_OK);
    assert_string_equal(v.str, "from file");
    assert_int_equal(v.list.n, 2);
    assert_string_equal(v.list.v[0], "value");

    /* A file that names itself comes to an end. */
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", at);
    fclose(file);
    snprintf(words, sizeof(words), "arguments file \"%s\": more than 32 files", path);
    refused(words, PARSE(at));

    unlink(path);
    snprintf(words, sizeof(words),
             "failed to open arguments file \"%s\": No such file or directory", path);
    refused(words, PARSE(at));
    refused(words, PARSE("--str", at));
}

static void help(void **state)
{
    static const char *const asks[] = { "--help", "-h", "--help-long" };

    (void)state;
    for (size_t i = 0; i < COUNT(asks); i++) {
        assert_int_equal(parse(1, (const char *const[]){ asks[i], NULL }), FLAGS_DONE);
        assert_non_null(strstr(output, "usage: prog [<flags>]\n"));
        assert_non_null(strstr(output, "Does things."));
        assert_non_null(strstr(output, "  -h, --help"));
        assert_non_null(strstr(output, "--[no-]on"));
        assert_non_null(strstr(output, "--list=\":9100\" ..."));
        assert_non_null(strstr(output, "--time=5s"));
        assert_non_null(strstr(output, "--number=7"));
        assert_non_null(strstr(output, "\nSecond group:\n"));
        assert_null(strstr(output, "--old"));
        for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n"))
            assert_true(strlen(line) <= 80);
    }
    assert_int_equal(parse(1, (const char *const[]){ "--help-man", NULL }), FLAGS_DONE);
    assert_non_null(strstr(output, ".TH prog 1\n"));
    assert_non_null(strstr(output, "\\-\\-str=VALUE\n"));
    assert_int_equal(parse(1, (const char *const[]){ "--version", NULL }), FLAGS_DONE);
    assert_string_equal(output, "prog, version 1\n");
}

static int release(void **state)
{
    (void)state;
    flags_free(flags);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_land), cmocka_unit_test(durations),
        cmocka_unit_test(refusals),    cmocka_unit_test(argument_files),
        cmocka_unit_test(help),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
