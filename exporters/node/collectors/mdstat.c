/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mdstat.c - the RAID arrays that /proc/mdstat tells of.
 *
 *   md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]
 *         195310144 blocks [2/1] [U_]
 *         [=>....]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=2597K/sec
 *
 * An array is a line that is not indented and the indented ones behind it: one about its
 * size, and any of a bitmap, of work under way, or of work that waits ("resync=DELAYED").
 */
#include "config.h"

#include "node/collectors/mdstat.h"

#include <errno.h>
#include <string.h>

static int is_indented(struct span line)
{
    return line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
}

static uint64_t count(struct span text, const char *what)
{
    uint64_t n = 0;

    for (; text.n > 0; text = span_of(text.p + 1, text.n - 1))
        n += (uint64_t)span_begins(text, what);
    return n;
}

/* A field of the form OPEN a/b CLOSE, or one that begins so. */
static int parse_pair(struct span field, char open, char close, uint64_t *a, uint64_t *b)
{
    struct span first, second;

    if (field.n == 0 || field.p[0] != open)
        return -EINVAL;
    field = span_of(field.p + 1, field.n - 1);
    if (!scan_until(&field, '/', &first) || !scan_until(&field, close, &second) ||
        scan_u64(first, a) < 0 || scan_u64(second, b) < 0)
        return -EINVAL;
    return 0;
}

/* The first line. *striped: all disks are needed, so there is no account of them. */
static int parse_array_line(struct span line, struct md_array *a, int *striped)
{
    struct span rest = line, colon, state, field;

    if (!scan_field(&rest, &a->name) || !scan_field(&rest, &colon) ||
        !scan_field(&rest, &state) || !span_is(colon, ":"))
        return -EINVAL;
    if (span_is(state, "active"))
        a->state = MD_ACTIVE;
    else if (span_is(state, "inactive"))
        a->state = MD_INACTIVE;
    else if (span_is(state, "broken")) /* by newer kernels; not a state of its own here */
        a->state = MD_STATES;
    else
        return -EINVAL;
    *striped = 0;
    while (scan_field(&rest, &field))
        if (span_is(field, "raid0") || span_is(field, "linear"))
            *striped = 1;
    a->disks_failed = count(line, "(F)");
    a->disks_spare = count(line, "(S)");
    if (*striped)
        a->disks_active = a->disks_required = count(line, "[");
    return 0;
}

/* The line of the size, with an account of the disks: [required/active]. */
static int parse_size_line(struct span line, struct md_array *a, int striped)
{
    uint64_t required, active;
    struct span field;
    int counted = 0;

    if (!scan_field(&line, &field) || scan_u64(field, &a->blocks) < 0)
        return -EINVAL;
    a->blocks_synced = a->blocks;
    /* That of an array that does not run is out of date. */
    if (striped || a->state == MD_INACTIVE)
        return 0;
    while (scan_field(&line, &field))
        if (parse_pair(field, '[', ']', &required, &active) == 0) {
            a->disks_required = required;
            a->disks_active = active;
            counted = 1;
        }
    return counted ? 0 : -EINVAL;
}

/* 1 when the field is this word, alone or with = and a value, which goes to *value. */
static int is_action(struct span field, const char *word, struct span *value)
{
    size_t n = strlen(word);

    if (!span_begins(field, word) || (field.n > n && field.p[n] != '='))
        return 0;
    *value = field.n > n ? span_of(field.p + n + 1, field.n - n - 1) : span_of(NULL, 0);
    return 1;
}

/* A line of work under way or waiting. Returns 0 too when it is neither. */
static int parse_action_line(struct span line, struct md_array *a)
{
    static const struct {
        const char *word;
        enum md_state state;
    } actions[] = { { "recovery", MD_RECOVERING },
                    { "resync", MD_RESYNC },
                    { "check", MD_CHECK },
                    { "reshape", MD_STATES } };
    struct span field, value = span_of(NULL, 0);
    uint64_t total;
    int found = 0;

    while (!found && scan_field(&line, &field))
        for (size_t i = 0; !found && i < sizeof(actions) / sizeof(actions[0]); i++)
            if (is_action(field, actions[i].word, &value)) {
                a->state = actions[i].state;
                found = 1;
            }
    if (!found)
        return 0;
    if (value.n > 0) { /* DELAYED, PENDING: nothing done so far */
        a->blocks_synced = 0;
        return 0;
    }
    while (scan_field(&line, &field))
        if (parse_pair(field, '(', ')', &a->blocks_synced, &total) == 0)
            return 0;
    return -EINVAL;
}

/* Take the next line if it belongs to the same array. */
static int take_indented(struct span *text, struct span *line)
{
    struct span ahead = *text;

    if (!scan_line(&ahead, line) || !is_indented(*line))
        return 0;
    *text = ahead;
    return 1;
}

int mdstat_next(struct span *text, struct md_array *a)
{
    struct span line;
    int striped, rc = 0;

    do {
        if (!scan_line(text, &line))
            return 0;
    } while (span_trim(line).n == 0 || is_indented(line) ||
             span_begins(line, "Personalities") || span_begins(line, "unused") ||
             span_begins(line, "read_ahead"));
    memset(a, 0, sizeof(*a));
    if (parse_array_line(line, a, &striped) < 0 || !take_indented(text, &line) ||
        parse_size_line(line, a, striped) < 0)
        return -EINVAL;
    while (rc == 0 && take_indented(text, &line))
        rc = parse_action_line(line, a);
    return rc < 0 ? rc : 1;
}
