/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rendering.h - what the files that write a page share.
 */
#ifndef PROMC_RENDERING_H
#define PROMC_RENDERING_H

#include "encoder.h"
#include "page.h"

struct promc__rendering {
    promc_page *page;
    struct promc__encoder *e;
    promc_render_opts opts;
    unsigned escaping;
    const char *name; /* of the group being written, as registered */
};

/* Write the series of one group. Return 0 or -ENOMEM. */

/* Those of a registered family, as they lie there. */
int promc__render_family(struct promc__rendering *r, const struct promc__meta *meta,
                         const struct promc__family *f);
/* Those that were emitted. */
int promc__render_emitted(struct promc__rendering *r, const struct promc__meta *meta,
                          const struct promc__group *g);
/* Of all sources, or with names of labels that are escaped. */
int promc__render_mixed(struct promc__rendering *r, const struct promc__meta *meta,
                        const struct promc__group *g);

/* Write one series, with the labels in @p. 0, -ENOMEM, or -EINVAL when the format has no way to
 * say it: why, says _unsayable(). */
int promc__render_child(struct promc__rendering *r, const struct promc__child *c,
                        struct promc__point *p);
int promc__render_sample(struct promc__rendering *r, promc_type type,
                         const struct promc__sample *s,
                         const struct promc__point *labels);
const char *promc__render_unsayable(promc_type type);
void promc__render_end_family(const struct promc__rendering *r);

int promc__render_is_hidden(const struct promc__child *c);
/* 1 when a family has a series to show. */
int promc__render_has_children(const struct promc__family *f);
/* Whether what was emitted is of the family that is being written; if not, it is reported. */
int promc__render_belongs(promc_page *page, const struct promc__meta *meta,
                          const promc_samples *s);

/* Count a series as left out. Its labels come last: they may be long, and what is cut off is
 * cut between characters. */
void promc__render_leave_out(const struct promc__rendering *r, const char *labels,
                             size_t labels_len, const char *why);

#endif /* PROMC_RENDERING_H */
