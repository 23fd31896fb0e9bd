/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - who else is on this page, and whether a family can be printed beside them.
 *
 * Registered families are checked against each other when they are registered; what collectors
 * emit, and what only OpenMetrics forbids, is known when the page is written.
 */
#ifndef PROMC_NAMES_H
#define PROMC_NAMES_H

#include "page.h"

int promc__names_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* 1 when a family of this name would be read as a sample of a histogram or summary. */
int promc__names_is_sample_of_another(const promc_page *page, const char *name,
                                      size_t len);

/* The same in OpenMetrics, which keeps x_created for histograms and summaries x. */
int promc__names_is_created_of_another(const promc_page *page, const char *name,
                                       size_t len);

/* 1 when a counter of this name cannot be one in OpenMetrics. */
int promc__names_plain_counter(const promc_page *page, const char *name, size_t len);

/* 1 when an info of this name cannot be one in OpenMetrics. */
int promc__names_plain_info(const promc_page *page, const char *name, size_t len);

/* 1 when an emitted histogram or summary would print a sample that is a registered family. */
int promc__names_shadow_registered(const promc_page *page, const promc_samples *f);

#endif /* PROMC_NAMES_H */
