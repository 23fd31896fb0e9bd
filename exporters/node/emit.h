/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit.h - the commonest thing a collector says: one family with one sample, no labels.
 */
#ifndef NODE_EMIT_H
#define NODE_EMIT_H

#include <promc/promc.h>

static inline void emit_one(promc_emitter *out, promc_type type, const char *name,
                            const char *help, double v)
{
    promc_emit(promc_emit_family(out, type, name, help, PROMC_NO_LABELS), PROMC_NO_LABELS,
               v);
}

static inline void emit_gauge(promc_emitter *out, const char *name, const char *help,
                              double v)
{
    emit_one(out, PROMC_TYPE_GAUGE, name, help, v);
}

static inline void emit_counter(promc_emitter *out, const char *name, const char *help,
                                double v)
{
    emit_one(out, PROMC_TYPE_COUNTER, name, help, v);
}

#endif /* NODE_EMIT_H */
