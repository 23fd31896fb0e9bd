/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textpath.c - the name under which a text file is shown.
 */
#include "config.h"

#include "node/collectors/textpath.h"

#include <string.h>

/* Take the last part off out[0..n). Returns the new length; n when there is none to take:
 * at the root, or when it is ".." itself. */
static size_t drop_part(const char *out, size_t n, size_t root)
{
    size_t start = n;

    while (start > root && out[start - 1] != '/')
        start--;
    if (start == n || (n - start == 2 && memcmp(out + start, "..", 2) == 0))
        return n;
    return start > root ? start - 1 : start;
}

char *text_path(struct arena *a, const char *dir, const char *name)
{
    size_t dir_len = strlen(dir), name_len = strlen(name), n = 0, root;
    char *in = arena_alloc(a, dir_len + name_len + 2);
    char *out = arena_alloc(a, dir_len + name_len + 2);

    if (!in || !out)
        return NULL;
    memcpy(in, dir, dir_len);
    in[dir_len] = '/';
    memcpy(in + dir_len + 1, name, name_len + 1);

    if (in[0] == '/')
        out[n++] = '/';
    root = n;
    for (const char *part = in, *end; *part; part = *end ? end + 1 : end) {
        size_t len;

        end = strchrnul(part, '/');
        len = (size_t)(end - part);
        if (len == 0 || (len == 1 && part[0] == '.'))
            continue;
        if (len == 2 && memcmp(part, "..", 2) == 0) {
            size_t shorter = drop_part(out, n, root);

            if (shorter < n || root > 0) {
                n = shorter;
                continue;
            }
        }
        if (n > root)
            out[n++] = '/';
        memcpy(out + n, part, len);
        n += len;
    }
    out[n] = '\0';
    return out;
}
