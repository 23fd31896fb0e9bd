/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_id.c - see series_id.h.
 */
#include "config.h"

#include "series_id.h"

#include <string.h>

#include "statsd/escape.h"

static enum event_error make_name(const struct line *l, struct series_id *s)
{
    struct escape e = { 0 };
    size_t n;

    s->name[0] = '\0';
    if (l->name[0].n + l->name[1].n == 0)
        return EVENT_EMPTY_NAME;
    if (l->name[0].n + l->name[1].n > SERIES_MAX_BYTES)
        return EVENT_SERIES_TOO_LONG;
    n = escape_name(&e, l->name[0].p, l->name[0].n, s->name);
    n += escape_name(&e, l->name[1].p, l->name[1].n, s->name + n);
    s->name[n] = '\0';
    return SERIES_OK;
}

/* Copy a label value. C strings end at a NUL, so one inside becomes U+FFFD. */
static size_t copy_value(struct text v, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] != '\0') {
            out[n++] = v.p[i];
        } else {
            memcpy(out + n, "\xef\xbf\xbd", 3);
            n += 3;
        }
    }
    out[n] = '\0';
    return n + 1;
}

/* Put the label k=v where it belongs in the order of names; the later of two wins. */
static void insert_label(struct series_id *s, const char *k, const char *v)
{
    size_t i = s->n;

    while (i > 0 && strcmp(s->names[i - 1], k) > 0)
        i--;
    if (i > 0 && strcmp(s->names[i - 1], k) == 0) {
        s->values[i - 1] = v;
        return;
    }
    memmove(&s->names[i + 1], &s->names[i], (s->n - i) * sizeof(*s->names));
    memmove(&s->values[i + 1], &s->values[i], (s->n - i) * sizeof(*s->values));
    s->names[i] = k;
    s->values[i] = v;
    s->n++;
}

static enum event_error make_labels(const struct line *l, struct series_id *s)
{
    char *p = s->labels;
    size_t bytes = 0;

    s->n = 0;
    if (l->too_many_tags)
        return EVENT_TOO_MANY_LABELS;
    for (size_t i = 0; i < l->n_tags; i++)
        bytes += l->key[i].n + 2 + l->value[i].n + 1;
    if (bytes > SERIES_MAX_BYTES)
        return EVENT_SERIES_TOO_LONG;
    for (size_t i = 0; i < l->n_tags; i++) {
        struct escape e = { 0 };
        char *k = p, *v;

        p += escape_name(&e, l->key[i].p, l->key[i].n, p);
        *p++ = '\0';
        v = p;
        p += copy_value(l->value[i], p);
        insert_label(s, k, v);
    }
    return SERIES_OK;
}

enum event_error series_id_make(const struct line *l, struct series_id *s)
{
    enum event_error why = make_name(l, s);

    return why != SERIES_OK ? why : make_labels(l, s);
}

size_t series_id_key(struct series_id *s, bool names_only)
{
    char *p = s->key;

    for (size_t i = 0; i < s->n; i++) {
        p = stpcpy(p, s->names[i]) + 1;
        if (!names_only)
            p = stpcpy(p, s->values[i]) + 1;
    }
    return (size_t)(p - s->key);
}

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* The program's own metrics: a sender must not be able to write into them. */
static bool is_reserved_name(const char *name)
{
    static const char *const own[] = { "statsd_exporter_", "promhttp_metric_handler_",
                                       "promc_" };
    static const char *const process[] = {
        "process_cpu_seconds_total",
        "process_max_fds",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_virtual_memory_bytes",
        "process_virtual_memory_max_bytes",
        "process_threads",
        "process_network_receive_bytes_total",
        "process_network_transmit_bytes_total",
    };

    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        if (starts_with(name, own[i]))
            return true;
    for (size_t i = 0; i < sizeof(process) / sizeof(*process); i++)
        if (strcmp(name, process[i]) == 0)
            return true;
    return false;
}

enum event_error series_id_check(const struct series_id *s, bool summary)
{
    for (size_t i = 0; i < s->n; i++)
        if (starts_with(s->names[i], "__") ||
            (summary && strcmp(s->names[i], "quantile") == 0))
            return EVENT_RESERVED_LABEL;
    return is_reserved_name(s->name) ? EVENT_RESERVED_NAME : SERIES_OK;
}
