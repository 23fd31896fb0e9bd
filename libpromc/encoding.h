/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoding.h - the Accept-Encoding header.
 */
#ifndef PROMC_ENCODING_H
#define PROMC_ENCODING_H

/* 1 when @header (an Accept-Encoding value, NULL when there is none) allows @coding, by
 * name or by "*", with q above 0; else 0. */
int promc__accept_encoding(const char *header, const char *coding);

#endif /* PROMC_ENCODING_H */
