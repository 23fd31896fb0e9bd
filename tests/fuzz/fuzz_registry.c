/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_registry.c - any order of registering, updating, removing, expiring and scraping, against
 * a model that is as simple as can be: a table of what each series should be. Every few steps,
 * and at the end, the page must say just that; handles of series that are gone are used all the
 * time.
 *
 * Each step is three bytes: what to do, where, and with what.
 */
#include "config.h"
#include "fuzz.h"

#include <errno.h>

#include "expiry.h"
#include "promc/promc.h"

enum { FAMILIES = 4, VALUES = 6, SERIES = VALUES * VALUES, HANDLES = 64, LIMIT = 20 };
enum { COUNTER, GAUGE, HISTOGRAM, SUMMARY };
enum { NAME = 24 };

static uint64_t now_s;

static uint64_t test_clock(void)
{
    return now_s * 1000000000u;
}

/* What the library should hold. */
struct series {
    int there;
    double value;  /* or the sum */
    double count;  /* of observations */
    uint64_t used; /* when a scrape has noticed the last update */
    int touched;
};

struct family {
    void *handle; /* NULL: not registered */
    int expires, limited, overflows;
    struct series s[SERIES];
    struct series other;
    unsigned n;
};

struct handle {
    void *child;
    struct series *s; /* NULL: gone */
    int family;
};

static promc_registry *reg;
static promc_page *page;
static struct family families[FAMILIES];
static struct handle handles[HANDLES];
static double refused, late; /* series_limit, removed */

static const char *const values[VALUES] = {
    "", "a", "b\"\n", "other", "a\\", "\xc3\xa9"
};
static const char *const names[FAMILIES] = { "c_total", "g", "h", "s" };

static promc_labels labels_of(int series, const char **two)
{
    two[0] = values[series / VALUES];
    two[1] = values[series % VALUES];
    return (promc_labels){ two, 2 };
}

/* --- the model ---------------------------------------------------------------------------- */

static int is_other(int i)
{
    return i == 3 * VALUES + 3;
}

static struct series *series_of(struct family *f, int i)
{
    return f->overflows && is_other(i) ? &f->other : &f->s[i];
}

/* The series that an update of number @i goes to; it is made. NULL: refused. */
static struct series *model_get(struct family *f, int i)
{
    struct series *s = series_of(f, i);

    if (s->there) {
        s->touched = 1;
        return s;
    }
    if (f->limited && f->n >= LIMIT) {
        if (!f->overflows) {
            refused++;
            return NULL;
        }
        s = &f->other;
    }
    if (!s->there)
        *s = (struct series){ .there = 1, .used = now_s };
    s->touched = 1;
    f->n += s != &f->other;
    return s;
}

static void model_remove(struct family *f, struct series *s)
{
    for (int i = 0; i < HANDLES; i++)
        if (handles[i].s == s)
            handles[i].s = NULL;
    s->there = 0;
    f->n -= s != &f->other;
}

static void model_clear(struct family *f)
{
    for (int i = 0; i < SERIES; i++)
        if (f->s[i].there)
            model_remove(f, &f->s[i]);
    if (f->other.there)
        model_remove(f, &f->other);
}

static void model_update(struct series *s, int type, double v)
{
    s->touched = 1;
    s->value += v;
    s->count += type == HISTOGRAM || type == SUMMARY;
}

static void expire(struct family *f, struct series *s)
{
    if (!s->there || !f->expires)
        return;
    if (s->touched)
        s->used = now_s;
    s->touched = 0;
    if (now_s - s->used >= 10)
        model_remove(f, s);
}

static void model_scrape(void)
{
    for (int k = 0; k < FAMILIES; k++) {
        for (int i = 0; i < SERIES; i++)
            expire(&families[k], &families[k].s[i]);
        expire(&families[k], &families[k].other);
    }
}

/* --- the library -------------------------------------------------------------------------- */

static void *new_family(int type, const promc_opts *opts)
{
    static const double bounds[] = { 1, 100 };
    promc_labels l = PROMC_LABELS("x", "y");

    if (type == COUNTER)
        return promc_counter_family_new_with(reg, names[type], "Help.", l, opts, NULL);
    if (type == GAUGE)
        return promc_gauge_family_new_with(reg, names[type], "Help.", l, opts, NULL);
    if (type == HISTOGRAM)
        return promc_histogram_family_new_with(reg, names[type], "Help.", l, bounds, 2,
                                               opts, NULL);
    return promc_summary_family_new_with(reg, names[type], "Help.", l, NULL, 0, opts,
                                         NULL);
}

static void register_family(int type, unsigned how)
{
    struct family *f = &families[type];
    promc_opts opts = PROMC_OPTS_INIT;
    void *p;

    opts.expiry = how & 1 ? 10 : 0;
    opts.max_series = how & 2 ? LIMIT : 0;
    opts.overflow = how & 4 ? "other" : NULL;
    p = new_family(type, &opts);
    if (f->handle != NULL) { /* there is one: the same, or none */
        FUZZ_CHECK(p == (f->expires == !!(how & 1) && f->limited == !!(how & 2) &&
                                 f->overflows == !!(how & 4)
                             ? f->handle
                             : NULL));
        return;
    }
    FUZZ_CHECK(p != NULL);
    memset(f, 0, sizeof *f);
    f->handle = p;
    f->expires = how & 1;
    f->limited = (how & 2) != 0;
    f->overflows = (how & 4) != 0;
}

static void family_update(int type, int i, double v)
{
    const char *two[2];
    promc_labels l = labels_of(i, two);
    struct series *s;

    if (families[type].handle == NULL)
        return;
    s = model_get(&families[type], i);
    if (s != NULL)
        model_update(s, type, v);
    if (type == COUNTER)
        promc_counter_family_add(families[type].handle, l, v);
    else if (type == GAUGE)
        promc_gauge_family_add(families[type].handle, l, v);
    else if (type == HISTOGRAM)
        promc_histogram_family_observe(families[type].handle, l, v);
    else
        promc_summary_family_observe(families[type].handle, l, v);
}

static void *child_of(int type, promc_labels l)
{
    void *f = families[type].handle;

    return type == COUNTER     ? (void *)promc_counter_labels(f, l)
           : type == GAUGE     ? (void *)promc_gauge_labels(f, l)
           : type == HISTOGRAM ? (void *)promc_histogram_labels(f, l)
                               : (void *)promc_summary_labels(f, l);
}

static void take_handle(int type, int i, struct handle *h)
{
    const char *two[2];

    if (families[type].handle == NULL)
        return;
    *h = (struct handle){ .s = model_get(&families[type], i), .family = type };
    h->child = child_of(type, labels_of(i, two));
    FUZZ_CHECK((h->child != NULL) == (h->s != NULL));
    for (int k = 0; k < HANDLES; k++) /* one series has one handle */
        if (h->s != NULL && handles[k].s == h->s)
            FUZZ_CHECK(handles[k].child == h->child);
}

static void handle_update(struct handle *h, double v)
{
    if (h->child == NULL)
        return;
    if (h->s == NULL)
        late++;
    else if (h->family != COUNTER || v > 0) /* by a handle, this is no update */
        model_update(h->s, h->family, v);
    if (h->family == COUNTER)
        promc_counter_add(h->child, v);
    else if (h->family == GAUGE)
        promc_gauge_add(h->child, v);
    else if (h->family == HISTOGRAM)
        promc_histogram_observe(h->child, v);
    else
        promc_summary_observe(h->child, v);
}

static void gauge_set(struct handle *h, double v)
{
    if (h->child == NULL || h->family != GAUGE)
        return;
    promc_gauge_set(h->child, v);
    if (h->s != NULL) {
        h->s->value = v;
        h->s->touched = 1;
    } else {
        late++;
    }
}

/* Give it back, as nobody else has it. */
static void release(struct handle *h)
{
    void *child = h->child;
    int type = h->family;

    if (child == NULL)
        return;
    if (h->s != NULL)
        model_remove(&families[type], h->s);
    for (int i = 0; i < HANDLES; i++)
        if (handles[i].child == child)
            handles[i] = (struct handle){ 0 };
    if (type == COUNTER)
        promc_counter_release(child);
    else if (type == GAUGE)
        promc_gauge_release(child);
    else if (type == HISTOGRAM)
        promc_histogram_release(child);
    else
        promc_summary_release(child);
}

static void remove_one(int type, int i)
{
    const char *two[2];
    promc_labels l = labels_of(i, two);
    struct family *f = &families[type];
    struct series *s = series_of(f, i);
    size_t n;

    if (i % 2 != 0 || f->handle == NULL) {
        n = promc_remove(reg, names[type], PROMC_LABELS("x", "y"), l);
    } else {
        int rc = type == COUNTER     ? promc_counter_remove(f->handle, l)
                 : type == GAUGE     ? promc_gauge_remove(f->handle, l)
                 : type == HISTOGRAM ? promc_histogram_remove(f->handle, l)
                                     : promc_summary_remove(f->handle, l);

        n = rc == 0;
    }
    FUZZ_CHECK(n == (f->handle != NULL && s->there));
    if (n != 0)
        model_remove(f, s);
}

static void remove_matching(int type, int value)
{
    struct family *f = &families[type];
    size_t n = 0;

    for (int i = 0; f->handle != NULL && i < SERIES; i++) {
        struct series *s = series_of(f, i);

        if (i % VALUES == value && s->there) {
            model_remove(f, s);
            n++;
        }
    }
    FUZZ_CHECK(promc_remove_matching(reg, names[type], PROMC_LABELS("y"),
                                     PROMC_LABELS(values[value])) == n);
}

static void clear(int type)
{
    void *f = families[type].handle;

    model_clear(&families[type]);
    if (type == COUNTER)
        promc_counter_family_clear(f);
    else if (type == GAUGE)
        promc_gauge_family_clear(f);
    else if (type == HISTOGRAM)
        promc_histogram_family_clear(f);
    else
        promc_summary_family_clear(f);
}

static void unregister(int type)
{
    struct family *f = &families[type];

    FUZZ_CHECK(promc_unregister(reg, names[type]) == (f->handle != NULL ? 0 : -ENOENT));
    if (f->handle == NULL)
        return;
    model_clear(f);
    f->handle = NULL;
}

/* --- the page ----------------------------------------------------------------------------- */

struct seen {
    double series, limit, removed;
};

static int index_of(const char *value)
{
    for (int i = 0; i < VALUES; i++)
        if (strcmp(values[i], value) == 0)
            return i;
    return 0;
}

static int on_sample(void *arg, const char *name, promc_labels label_names,
                     promc_labels label_values, double v, const int64_t *timestamp)
{
    struct seen *seen = arg;
    struct series *s;

    (void)timestamp;
    if (strcmp(name, "promc_dropped_updates_total") == 0) {
        if (strcmp(label_values.v[0], "removed") == 0)
            seen->removed = v;
        else if (strcmp(label_values.v[0], "series_limit") == 0)
            seen->limit = v;
        else
            FUZZ_CHECK(!"nothing else is dropped");
        return 0;
    }
    FUZZ_CHECK(label_names.n >= 2 && strcmp(label_names.v[0], "x") == 0);
    if (strstr(name, "_bucket") != NULL)
        return 0;
    for (int k = 0; k < FAMILIES; k++) {
        size_t len = strlen(names[k]);

        if (strncmp(name, names[k], len) != 0 || (name[len] != '\0' && name[len] != '_'))
            continue;
        s = series_of(&families[k],
                      index_of(label_values.v[0]) * VALUES + index_of(label_values.v[1]));
        FUZZ_CHECK(families[k].handle != NULL && s->there);
        if (strcmp(name + len, "_count") == 0) {
            FUZZ_CHECK(v == s->count);
        } else {
            FUZZ_CHECK(v == s->value);
            seen->series++;
        }
    }
    return 0;
}

static void scrape(void)
{
    static const promc_text_handler handler = { NULL, NULL, on_sample };
    struct seen seen = { 0 };
    double there = 0;

    model_scrape();
    FUZZ_CHECK(promc_render(reg, PROMC_FORMAT_TEXT, page, NULL) == 0);
    FUZZ_CHECK(promc_page_error(page, NULL) == 0);
    FUZZ_CHECK(promc_text_parse(promc_page_data(page), promc_page_size(page), &handler,
                                &seen, NULL, NULL) == 0);
    for (int k = 0; k < FAMILIES; k++) {
        for (int i = 0; i < SERIES; i++)
            there += families[k].s[i].there;
        there += families[k].other.there;
    }
    FUZZ_CHECK(seen.series == there);
    FUZZ_CHECK(seen.limit == refused && seen.removed == late);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    promc__expiry_clock(test_clock);
    reg = promc_registry_new(NULL);
    page = promc_page_new(NULL);
    memset(families, 0, sizeof families);
    memset(handles, 0, sizeof handles);
    refused = late = 0;
    now_s = 1000;
    for (int k = 0; k < FAMILIES; k++)
        register_family(k, size != 0 ? data[0] >> k : 0);
    for (size_t i = 1; i + 3 <= size; i += 3) {
        int type = data[i + 1] % FAMILIES;
        int series = data[i + 1] / FAMILIES % SERIES;
        struct handle *h = &handles[data[i + 2] % HANDLES];
        double v = data[i + 2] / 4;

        switch (data[i] % 16) {
        case 0:
            register_family(type, data[i + 2]);
            break;
        case 1:
            unregister(type);
            break;
        case 2:
            clear(type);
            break;
        case 3:
            remove_matching(type, data[i + 2] % VALUES);
            break;
        case 4:
            remove_one(type, series);
            break;
        case 5:
            release(h);
            break;
        case 6:
        case 7:
            take_handle(type, series, h);
            break;
        case 8:
            gauge_set(h, data[i + 1]);
            break;
        case 9:
            now_s += data[i + 2] % 16;
            break;
        case 10:
            scrape();
            break;
        case 11:
        case 12:
            handle_update(h, data[i + 1] / 2);
            break;
        default:
            family_update(type, series, v);
            break;
        }
    }
    scrape();
    promc_page_free(page);
    promc_registry_free(reg);
    return 0;
}
