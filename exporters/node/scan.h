/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h - cut the text of /proc and /sys into lines, fields and numbers.
 *
 * Everything works on spans, pieces of a buffer that need no NUL at their end, so a
 * parser never looks past what was read. Nothing here depends on the locale or allocates.
 */
#ifndef NODE_SCAN_H
#define NODE_SCAN_H

#include <stddef.h>
#include <stdint.h>

struct span {
    const char *p;
    size_t n;
};

static inline struct span span_of(const char *p, size_t n)
{
    return (struct span){ p, n };
}

/* A NUL-terminated string as a span. */
struct span span_str(const char *s);

/* 1 when the span is exactly s, or begins with it. */
int span_is(struct span a, const char *s);
int span_begins(struct span a, const char *s);

/* Without the white space at both ends. */
struct span span_trim(struct span a);

/* Copy as a NUL-terminated string; what does not fit is cut off. Returns buf. */
char *span_copy(struct span a, char *buf, size_t size);

/* Take the next line (without its newline) off the front of *rest. The last line needs no
 * newline. Lines end at \n only. Returns 1, or 0 when nothing is left. */
int scan_line(struct span *rest, struct span *line);

/* Take the next field off the front of *rest: a run of bytes that are not white space.
 * Returns 1, or 0 when only white space is left. */
int scan_field(struct span *rest, struct span *field);

/* Cut a line into fields. Returns how many it has; the first max of them are stored. */
size_t scan_fields(struct span line, struct span *fields, size_t max);

/* Take what stands before the first sep off the front of *rest, and sep with it.
 * Returns 1; 0 when there is no sep, with *rest untouched. */
int scan_until(struct span *rest, char sep, struct span *before);

/* The whole span as a number. Return 0; -EINVAL when it is none; -ERANGE when it does not
 * fit. _hex: hexadecimal digits without prefix. _any: 0x, 0o, 0b or a leading 0 set the
 * base, as in C. _double: as promc_number_parse(), and too large is -ERANGE. *v is only
 * set on success. */
int scan_u64(struct span s, uint64_t *v);
int scan_i64(struct span s, int64_t *v);
int scan_hex(struct span s, uint64_t *v);
int scan_any_u64(struct span s, uint64_t *v);
int scan_any_i64(struct span s, int64_t *v);
int scan_double(struct span s, double *v);

#endif /* NODE_SCAN_H */
