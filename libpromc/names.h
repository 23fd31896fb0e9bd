/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - which names are on this page, and whether a family can be printed beside the others.
 *
 * Registered families are checked against each other when they are registered; what collectors
 * emit, what another registry brings, what only OpenMetrics forbids, and what escaping makes of
 * names is known when the page is written.
 */
#ifndef PROMC_NAMES_H
#define PROMC_NAMES_H

#include "page.h"

int promc__names_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* Fill page->groups from page->families and page->emitted, which are sorted by name. 0 or
 * -ENOMEM. */
int promc__names_gather(promc_page *page, unsigned escaping);

/* Why @g cannot be shown; NULL: it can. @openmetrics: in OpenMetrics 1.0. */
const char *promc__names_clash(promc_page *page, const struct promc__group *g,
                               int openmetrics);

/* 1 when a counter or an info cannot be one in OpenMetrics 1.0. */
int promc__names_plain(promc_page *page, const struct promc__group *g);

#endif /* PROMC_NAMES_H */
