/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd_emit.c - the metrics of the systemd collector.
 */
#include "config.h"

#include "node/collectors/systemd.h"

#include <string.h>

#include "node/emit.h"
#include "node/scan.h"

const char *const systemd_unit_states[] = { "active",   "activating", "deactivating",
                                            "inactive", "failed",     NULL };

static int digit(char c)
{
    return c >= '0' && c <= '9';
}

double systemd_version_number(const char *version)
{
    const char *p = version, *end;
    double v = 0;

    for (;; p = end) {
        while (*p && !digit(*p))
            p++;
        for (end = p; digit(*end);)
            end++;
        if (end == p)
            return 0;
        if (end - p >= 3)
            break;
    }
    if (end[0] == '.' && digit(end[1])) {
        while (digit(end[1]))
            end++;
        end++;
    }
    return scan_double(span_of(p, (size_t)(end - p)), &v) == 0 ? v : 0;
}

/* Properties that are shown as they are. micro: microseconds, to be seconds. */
static const struct {
    int property;
    promc_type type;
    int micro;
    const char *name;
    const char *help;
} systemd_plain[] = {
    { SYSTEMD_RESTARTS, PROMC_TYPE_COUNTER, 0, "node_systemd_service_restart_total",
      "Times that systemd has restarted the service." },
    { SYSTEMD_TASKS_CURRENT, PROMC_TYPE_GAUGE, 0, "node_systemd_unit_tasks_current",
      "Tasks of the service." },
    { SYSTEMD_TASKS_MAX, PROMC_TYPE_GAUGE, 0, "node_systemd_unit_tasks_max",
      "Tasks that the service may have." },
    { SYSTEMD_ACCEPTED, PROMC_TYPE_COUNTER, 0,
      "node_systemd_socket_accepted_connections_total",
      "Connections that the socket has taken." },
    { SYSTEMD_CONNECTIONS, PROMC_TYPE_GAUGE, 0, "node_systemd_socket_current_connections",
      "Connections of the socket that are open." },
    /* A gauge with the name of a counter: that is what it is elsewhere. */
    { SYSTEMD_REFUSED, PROMC_TYPE_GAUGE, 0,
      "node_systemd_socket_refused_connections_total",
      "Connections that the socket has refused." },
    { SYSTEMD_LAST_TRIGGER, PROMC_TYPE_GAUGE, 1,
      "node_systemd_timer_last_trigger_seconds",
      "When the timer went off last, in seconds since 1970." },
    { SYSTEMD_ACTIVE_SINCE, PROMC_TYPE_GAUGE, 1, "node_systemd_unit_start_time_seconds",
      "When the unit became active, in seconds since 1970; 0 when it is not." },
};

static void emit_units(promc_emitter *out, const struct systemd_answers *a)
{
    promc_samples *states = promc_emit_family(
        out, PROMC_TYPE_GAUGE, "node_systemd_unit_state",
        "1 for the state that the unit is in.", PROMC_LABELS("name", "state", "type"));

    for (size_t i = 0; i < a->n_units; i++) {
        const struct systemd_unit *u = &a->units[i];

        for (const char *const *s = systemd_unit_states; *s; s++)
            promc_emit(states, PROMC_LABELS(u->name, *s, u->type),
                       strcmp(u->state, *s) == 0);
    }
    for (size_t k = 0; k < sizeof(systemd_plain) / sizeof(systemd_plain[0]); k++) {
        int property = systemd_plain[k].property;
        promc_samples *f =
            promc_emit_family(out, systemd_plain[k].type, systemd_plain[k].name,
                              systemd_plain[k].help, PROMC_LABELS("name"));

        for (size_t i = 0; i < a->n_units; i++) {
            const struct systemd_unit *u = &a->units[i];
            double v = (double)u->value[property];

            if (u->has & (UINT32_C(1) << property))
                promc_emit(f, PROMC_LABELS(u->name),
                           systemd_plain[k].micro ? v / 1e6 : v);
        }
    }
}

void systemd_emit(promc_emitter *out, const struct systemd_answers *a)
{
    promc_samples *f;

    promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE, "node_systemd_version",
                                 "Version of systemd, as a number and as it says itself.",
                                 PROMC_LABELS("version")),
               PROMC_LABELS(a->version_number != 0 ? a->version : ""), a->version_number);
    promc_emit(promc_emit_family(out, PROMC_TYPE_GAUGE,
                                 "node_systemd_virtualization_info",
                                 "What systemd takes for the machine's virtualization.",
                                 PROMC_LABELS("virtualization_type")),
               PROMC_LABELS(a->virtualization), 1);
    if (a->running >= 0)
        emit_gauge(out, "node_systemd_system_running",
                   "Whether systemd takes the system for fully up, without failed units.",
                   a->running);
    if (!a->listed)
        return;
    f = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_systemd_units",
                          "Units in each state, those that are not shown one by one "
                          "included.",
                          PROMC_LABELS("state"));
    for (size_t i = 0; i < a->n_states; i++)
        promc_emit(f, PROMC_LABELS(a->states[i].name), (double)a->states[i].units);
    emit_units(out, a);
}
