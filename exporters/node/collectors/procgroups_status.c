/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procgroups_status.c - lines of /proc/PID/status by their names.
 */
#include "config.h"

#include "node/collectors/procgroups_status.h"

void procgroups_status_parse(struct span text, struct procgroups_sample *s)
{
    const struct {
        const char *name;
        uint64_t *v;
        unsigned factor;
    } lines[] = {
        { "VmSwap", &s->gauge[PROCGROUPS_SWAPPED], 1024 },
        { "voluntary_ctxt_switches", &s->counter[PROCGROUPS_VOLUNTARY], 1 },
        { "nonvoluntary_ctxt_switches", &s->counter[PROCGROUPS_NONVOLUNTARY], 1 },
    };
    struct span line, name, value;

    while (scan_line(&text, &line)) {
        uint64_t v;

        if (!scan_until(&line, ':', &name))
            continue;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
            if (span_is(name, lines[i].name) && scan_field(&line, &value) &&
                scan_u64(value, &v) == 0)
                *lines[i].v = v * lines[i].factor;
        }
    }
}
