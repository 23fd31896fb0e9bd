/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mountinfo.c - the mounts that /proc/PID/mountinfo tells of.
 *
 *   36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/sda1 rw,errors=continue
 *
 * Fields stand between single blanks; one of them may be empty (a device without a name).
 * Any number of optional fields precede the lone "-".
 */
#include "config.h"

#include "node/collectors/mountinfo.h"

#include <errno.h>
#include <string.h>

/* Take a field that ends at one blank or at the end of the line. */
static int take(struct span *rest, struct span *field)
{
    if (rest->n == 0)
        return 0;
    if (!scan_until(rest, ' ', field)) {
        *field = *rest;
        rest->n = 0;
    }
    return 1;
}

/* 1 when a list of options, parted by commas, holds this one. */
static int has_option(struct span list, const char *option)
{
    struct span one;

    while (scan_until(&list, ',', &one))
        if (span_is(one, option))
            return 1;
    return span_is(list, option);
}

int mountinfo_parse_line(struct span line, struct mount_line *m)
{
    struct span id, parent, device_number, root, options, field;

    if (!take(&line, &id) || !take(&line, &parent) || !take(&line, &device_number) ||
        !take(&line, &root) || !take(&line, &m->point) || !take(&line, &options) ||
        scan_u64(id, &m->id) < 0 || m->point.n == 0)
        return -EINVAL;
    if (!scan_until(&device_number, ':', &m->major))
        return -EINVAL;
    m->minor = device_number;
    do {
        if (!take(&line, &field))
            return -EINVAL;
    } while (!span_is(field, "-"));
    if (!take(&line, &m->fstype) || !take(&line, &m->device) || m->fstype.n == 0)
        return -EINVAL;
    /* The rest of the line: some file systems print blanks among their options. */
    m->super = line;
    if (m->super.n == 0)
        return -EINVAL;
    m->readonly = has_option(options, "ro") || has_option(m->super, "ro") ||
                  has_option(m->super, "emergency_ro");
    return 0;
}

size_t mountinfo_label(struct span in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        struct span rest = span_of(in.p + i, in.n - i);

        if (span_begins(rest, "\\040") || span_begins(rest, "\\011")) {
            out[n++] = in.p[i + 2] == '4' ? ' ' : '\t';
            i += 3;
        } else {
            out[n++] = in.p[i];
        }
    }
    out[n] = '\0';
    return n;
}

static int is_octal(char c)
{
    return c >= '0' && c <= '7';
}

size_t mountinfo_path(struct span in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        const char *p = in.p + i;

        if (*p == '\\' && in.n - i >= 4 && p[1] >= '0' && p[1] <= '3' && is_octal(p[2]) &&
            is_octal(p[3])) {
            out[n++] = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
            i += 3;
        } else {
            out[n++] = *p;
        }
    }
    out[n] = '\0';
    return n;
}
