/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.h - take XML apart: as much of it as machines write to each other.
 *
 * Elements without regard to attributes, text, CDATA, comments, the five named entities
 * and numbered characters. No document types, and so no entities of the sender's. The
 * text is changed in place, where it is never longer than it was.
 */
#ifndef NODE_XML_H
#define NODE_XML_H

#include "node/scan.h"

/* Deeper nesting is refused. */
#define XML_DEPTH 32

enum xml_token { XML_END, XML_OPEN, XML_CLOSE, XML_TEXT, XML_BAD };

/* Start with p and end around the text, and all else 0. */
struct xml {
    char *p, *end;
    struct span stack[XML_DEPTH]; /* names of the open elements */
    int depth;
    int closing; /* the element just opened was empty: <a/> */
    char *text;  /* of XML_TEXT; text may come in several pieces */
    size_t text_len;
    const char *reason; /* of XML_BAD */
};

/* The next token. After XML_OPEN the element is the last of the stack, after XML_CLOSE it
 * is no longer there. At the end of the text comes XML_END, or XML_BAD when
 * elements are still open. */
enum xml_token xml_next(struct xml *x);

#endif /* NODE_XML_H */
