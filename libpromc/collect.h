/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collect.h - the first half of a scrape: ask everything that has to be asked, with no lock
 * held, into the page's emitter.
 */
#ifndef PROMC_COLLECT_H
#define PROMC_COLLECT_H

#include "page.h"

/* Ask all of page->registries. Fills page->emitter and page->emitted, which is sorted by name.
 * 0 or -ENOMEM. */
int promc__collect(promc_page *page, const promc_render_opts *opts);

#endif /* PROMC_COLLECT_H */
