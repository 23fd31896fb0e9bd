/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoding.h - choose the coding of an answer. Compiled into libpromc-http.
 */
#ifndef PROMC_ENCODING_H
#define PROMC_ENCODING_H

/* Whether to answer in @coding ("gzip") to a request with this Accept-Encoding @header
 * (NULL: it had none). 1 when the client takes that coding and does not like plain text
 * better. */
int promc__accept_encoding(const char *header, const char *coding);

#endif /* PROMC_ENCODING_H */
