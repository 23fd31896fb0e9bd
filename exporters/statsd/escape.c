/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape.c - letters, digits and '_' stay; any other character becomes one '_', however
 * many bytes it has; of a row of dashes only the first counts; a leading digit gets a '_'
 * before.
 */
#include "config.h"

#include "escape.h"

static const char keep[256] = {
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1,
    ['7'] = 1, ['8'] = 1, ['9'] = 1, ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1,
    ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1,
    ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1,
    ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1,
    ['Z'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
    ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1,
    ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1,
    ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1, ['_'] = 1,
};

size_t escape_name(struct escape *e, const char *s, size_t n, char *out)
{
    size_t len = 0;

    if (e->n == 0 && n > 0 && s[0] >= '0' && s[0] <= '9')
        out[len++] = '_';
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if (keep[c])
            out[len++] = (char)c;
        else if ((c & 0xc0) ==
                 0x80) /* inside a character whose first byte gave the '_' */
            continue;
        else if (c != '-' || e->last != '-')
            out[len++] = '_';
        e->last = (char)c;
    }
    e->n += n;
    return len;
}
