/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.c - see line.h. Parsing goes outside in: line, then name and samples, then the
 * suffix of each sample. A suffix shared by many values is read once.
 */
#include "config.h"

#include "line.h"

#include <string.h>

#include <promc/promc.h>

#include "statsd/gofloat.h"

/* Components of a sample, value and type included. */
#define MIN_COMPONENTS 2
#define MAX_COMPONENTS 6

static const char *const error_names[LINE_N_ERRORS] = {
    [LINE_MALFORMED_LINE] = "malformed_line",
    [LINE_MIXED_TAGGING_STYLES] = "mixed_tagging_styles",
    [LINE_NOT_ENOUGH_PARTS] = "not_enough_parts_after_colon",
    [LINE_INVALID_AGGREGATE_TYPE] = "invalid_extended_aggregate_type",
    [LINE_MALFORMED_COMPONENT] = "malformed_component",
    [LINE_MALFORMED_VALUE] = "malformed_value",
    [LINE_INVALID_SAMPLE_FACTOR] = "invalid_sample_factor",
    [LINE_MALFORMED_CONTAINER_ID] = "malformed_container_id",
    [LINE_ILLEGAL_EVENT] = "illegal_event",
    [LINE_RATE_OUT_OF_RANGE] = "rate_out_of_range",
    [LINE_TRUNCATED] = "truncated",
};

const char *line_error_name(enum line_error e)
{
    return e >= 0 && e < LINE_N_ERRORS ? error_names[e] : "";
}

/* Cut the next piece off *rest, which ends at sep; false when nothing is left. A trailing
 * sep leaves *rest with p not NULL and n 0: one more, empty piece. */
static bool next_piece(struct text *rest, char sep, struct text *piece)
{
    const char *end;

    if (rest->p == NULL)
        return false;
    end = rest->n > 0 ? memchr(rest->p, sep, rest->n) : NULL;
    piece->p = rest->p;
    if (end == NULL) {
        piece->n = rest->n;
        rest->p = NULL;
        rest->n = 0;
    } else {
        piece->n = (size_t)(end - rest->p);
        rest->n -= piece->n + 1;
        rest->p = end + 1;
    }
    return true;
}

static void add_tag(struct line *l, struct text key, struct text value)
{
    if (l->n_tags == LINE_MAX_TAGS) {
        l->too_many_tags = true;
        return;
    }
    l->key[l->n_tags] = key;
    l->value[l->n_tags++] = value;
}

/* "k=v,k=v" or "k:v,k:v" as sep says. A tag without key, value or separator is counted
 * and left out; a comma at the very end is no tag. Returns the number of bad ones. */
static uint32_t parse_tags(struct line *l, struct text s, char sep, bool trim_hash)
{
    struct text rest = s, tag;
    uint32_t bad = 0;

    if (s.n == 0)
        return 0;
    if (s.p[s.n - 1] == ',')
        rest.n--;
    while (next_piece(&rest, ',', &tag)) {
        const char *at;

        if (trim_hash && tag.n > 0 && tag.p[0] == '#') {
            tag.p++;
            tag.n--;
        }
        at = tag.n > 0 ? memchr(tag.p, sep, tag.n) : NULL;
        if (at == NULL || at == tag.p || at == tag.p + tag.n - 1) {
            bad++;
            continue;
        }
        add_tag(l, (struct text){ tag.p, (size_t)(at - tag.p) },
                (struct text){ at + 1, (size_t)(tag.p + tag.n - at - 1) });
    }
    return bad;
}

/* Take the tags out of the name; the first dialect that applies has it all. Returns the
 * number of bad tags. */
static uint32_t parse_name(const struct line_options *o, struct text s, struct line *l)
{
    l->name[0] = s;
    l->name[1] = (struct text){ s.p + s.n, 0 };
    if (o->signalfx) {
        const char *open = memchr(s.p, '[', s.n), *close = memchr(s.p, ']', s.n);

        /* foo.[k=v]bar: the name is "foo.bar" */
        if (open != NULL && close != NULL && open < close) {
            l->name[0].n = (size_t)(open - s.p);
            l->name[1] = (struct text){ close + 1, (size_t)(s.p + s.n - close - 1) };
            return parse_tags(l, (struct text){ open + 1, (size_t)(close - open - 1) },
                              '=', false);
        }
        if (open != NULL || close != NULL)
            return 1;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!(o->librato && s.p[i] == '#') && !(o->influxdb && s.p[i] == ','))
            continue;
        l->name[0].n = i;
        l->name[1].p = s.p + i;
        return parse_tags(l, (struct text){ s.p + i + 1, s.n - i - 1 }, '=', false);
    }
    return 0;
}

static bool text_is(struct text t, const char *s)
{
    return t.n == strlen(s) && memcmp(t.p, s, t.n) == 0;
}

/* "@0.1". A rate that is no number is counted and stands for 1, and so does 0; one too
 * large is counted as well, and is infinite. */
static void parse_rate(struct line_suffix *x, struct text s)
{
    double rate = 1;

    if (gofloat_parse(s.p, s.n, &rate) != 0)
        x->factor_errors++;
    if (rate == 0)
        rate = 1;
    if (x->type == EVENT_COUNTER) {
        x->rate *= rate;
    } else if (x->type == EVENT_OBSERVER) {
        double times = 1 / rate; /* the last rate wins */

        x->times = times >= 1 && times <= LINE_MAX_TIMES ? (uint32_t)times : 0;
    }
}

static bool parse_type(struct line_suffix *x, struct text t)
{
    x->milliseconds = text_is(t, "ms");
    if (text_is(t, "c"))
        x->type = EVENT_COUNTER;
    else if (text_is(t, "g"))
        x->type = EVENT_GAUGE;
    else if (x->milliseconds || text_is(t, "h") || text_is(t, "d"))
        x->type = EVENT_OBSERVER;
    else
        return false;
    return true;
}

/* Read "TYPE|component|..." and collect its tags in l. Errors are found in the order in
 * which they would be met sample by sample, since that decides what else is counted. */
static void parse_suffix(const struct line_options *o, struct text s, struct line *l,
                         struct line_suffix *x)
{
    static const char container_id[] = "container_id";
    struct text rest = s, part[MAX_COMPONENTS - 1];
    size_t n = 0;
    bool known;

    *x = (struct line_suffix){
        .type = EVENT_N_TYPES, .rate = 1, .times = 1, .error = LINE_OK
    };
    while (n < MAX_COMPONENTS - 1 && next_piece(&rest, '|', &part[n]))
        n++;
    if (n + 1 < MIN_COMPONENTS || rest.p != NULL) {
        x->error = LINE_MALFORMED_COMPONENT;
        return;
    }
    for (size_t i = 1; i < n; i++) {
        if (part[i].n == 0) {
            x->error = LINE_MALFORMED_COMPONENT;
            return;
        }
    }
    known = parse_type(x, part[0]);
    for (size_t i = 1; i < n; i++) {
        struct text body = { part[i].p + 1, part[i].n - 1 };

        switch (part[i].p[0]) {
        case '@':
            parse_rate(x, body);
            break;
        case '#':
            if (o->dogstatsd)
                x->tag_errors += parse_tags(l, body, ':', true);
            break;
        case 'c':
            if (body.n < 2 || body.p[0] != ':') {
                x->error = LINE_MALFORMED_CONTAINER_ID;
                return;
            }
            add_tag(l, (struct text){ container_id, sizeof(container_id) - 1 },
                    (struct text){ body.p + 1, body.n - 1 });
            break;
        case 'T': /* a timestamp: Prometheus dates samples itself */
            break;
        default:
            x->error = LINE_INVALID_SAMPLE_FACTOR;
            return;
        }
    }
    if (!known)
        x->error = LINE_ILLEGAL_EVENT;
    else if (x->times == 0)
        x->error = LINE_RATE_OUT_OF_RANGE;
}

int line_value(const struct line_suffix *x, const char *s, size_t n, struct line_event *e)
{
    double v;

    if (gofloat_parse(s, n, &v) != 0)
        return -1;
    if (x->rate != 1)
        v /= x->rate;
    e->value = x->milliseconds ? v / 1000 : v;
    e->times = x->times;
    e->type = (enum event_type)x->type;
    e->relative = s[0] == '+' || s[0] == '-';
    return 0;
}

/* One value with its suffix, which has been read. Whether shape (the number of
 * components) or value is complained about first is part of the contract, see
 * parse_suffix(). */
static void sample(struct text value, bool shape_ok, const struct line *l,
                   const struct line_suffix *x, struct line_counts *c, line_event_fn *fn,
                   void *arg)
{
    struct line_event e;

    c->samples++;
    if (!shape_ok) {
        c->errors[LINE_MALFORMED_COMPONENT]++;
        return;
    }
    if (line_value(x, value.p, value.n, &e) != 0) {
        c->errors[LINE_MALFORMED_VALUE]++;
        return;
    }
    c->tag_errors += x->tag_errors;
    c->errors[LINE_INVALID_SAMPLE_FACTOR] += x->factor_errors;
    if (x->error == LINE_OK || x->error == LINE_ILLEGAL_EVENT ||
        x->error == LINE_RATE_OUT_OF_RANGE)
        c->tags += l->n_tags > 0;
    if (x->error != LINE_OK)
        c->errors[x->error]++;
    else
        fn(arg, l, &e);
}

/* Are there 2 to 6 components? bars: the number of '|' in the sample. */
static bool shape_ok(struct text suffix)
{
    size_t n = MIN_COMPONENTS;

    if (suffix.p == NULL)
        return false;
    for (const char *p = suffix.p, *end = p + suffix.n;
         (p = memchr(p, '|', (size_t)(end - p))) != NULL; p++)
        n++;
    return n <= MAX_COMPONENTS;
}

/* "VALUE|TYPE..." with the suffix read for this sample alone. */
static void parse_sample(const struct line_options *o, struct text s, struct line *l,
                         struct line_suffix *x, struct line_counts *c, line_event_fn *fn,
                         void *arg)
{
    struct text rest = s, value;

    next_piece(&rest, '|', &value);
    parse_suffix(o, rest, l, x);
    sample(value, shape_ok(rest), l, x, c, fn, arg);
}

/* "VALUE:VALUE:VALUE|ms...": every value is a sample with the same suffix. */
static void parse_packed(const struct line_options *o, struct text values,
                         struct text suffix, struct line *l, struct line_counts *c,
                         line_event_fn *fn, void *arg)
{
    struct text rest = suffix, type, value;
    bool ok = shape_ok(suffix);

    next_piece(&rest, '|', &type);
    if (!text_is(type, "ms") && !text_is(type, "h") && !text_is(type, "d")) {
        c->errors[LINE_INVALID_AGGREGATE_TYPE]++;
        return;
    }
    parse_suffix(o, suffix, l, &l->suffix);
    l->plain = l->suffix.error == LINE_OK && l->suffix.factor_errors == 0;
    while (next_piece(&values, ':', &value))
        sample(value, ok, l, &l->suffix, c, fn, arg);
}

static bool contains_bar_hash(struct text s)
{
    return memmem(s.p, s.n, "|#", 2) != NULL;
}

void line_parse(const struct line_options *o, const char *s, size_t n, struct line *l,
                struct line_counts *c, line_event_fn *fn, void *arg)
{
    struct text rest = { s, n }, head, samples, suffix, values, piece;
    bool dogstatsd;

    l->n_tags = 0;
    l->too_many_tags = false;
    l->plain = false;
    if (n == 0)
        return;
    next_piece(&rest, ':', &head);
    samples = rest;
    if (samples.p == NULL || head.n == 0 || !promc_utf8_valid(s, n)) {
        c->errors[LINE_MALFORMED_LINE]++;
        return;
    }
    l->head_tag_errors = parse_name(o, head, l);
    c->tag_errors += l->head_tag_errors;
    dogstatsd = contains_bar_hash(samples);
    if (dogstatsd && l->n_tags > 0) {
        c->errors[LINE_MIXED_TAGGING_STYLES]++;
        return;
    }
    suffix = samples;
    next_piece(&suffix, '|', &values);
    if (suffix.p == NULL) {
        c->errors[LINE_NOT_ENOUGH_PARTS]++;
        return;
    }
    l->head = head;
    l->tail = (struct text){ suffix.p - 1, suffix.n + 1 };
    if (values.n > 0 && memchr(values.p, ':', values.n) != NULL) {
        parse_packed(o, values, suffix, l, c, fn, arg);
    } else if (dogstatsd || memchr(suffix.p, ':', suffix.n) == NULL) {
        parse_suffix(o, suffix, l, &l->suffix);
        l->plain = l->suffix.error == LINE_OK && l->suffix.factor_errors == 0;
        sample(values, shape_ok(suffix), l, &l->suffix, c, fn, arg);
    } else {
        while (next_piece(&samples, ':', &piece))
            parse_sample(o, piece, l, &l->suffix, c, fn, arg);
    }
}
