/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoding.h - choose the coding of an answer. Compiled into libpromc-http.
 */
#ifndef PROMC_ENCODING_H
#define PROMC_ENCODING_H

enum promc__coding {
    PROMC__IDENTITY = 0, /* as it is */
    PROMC__GZIP,
    PROMC__ZSTD, /* where libzstd is built in */
    PROMC__CODINGS
};

/* The name as in Content-Encoding; NULL for identity. */
const char *promc__coding_name(enum promc__coding coding);

/* The coding for an answer to a request with this Accept-Encoding @header (NULL: it had
 * none): the one that the client likes best, among equals the one that costs least. */
enum promc__coding promc__accept_encoding(const char *header);

#endif /* PROMC_ENCODING_H */
