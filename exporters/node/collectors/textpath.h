/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textpath.h - the name under which a text file is shown.
 */
#ifndef NODE_TEXTPATH_H
#define NODE_TEXTPATH_H

#include "node/arena.h"

/* DIR/NAME in its shortest form: no "//", no ".", no ".." behind a name. Only the text is
 * looked at, not the file system. NULL: out of memory. */
char *text_path(struct arena *a, const char *dir, const char *name);

#endif /* NODE_TEXTPATH_H */
