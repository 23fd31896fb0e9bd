/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c - format one event as one line and hand it to stderr in one write.
 *
 * The quoting rules are those of Go's slog, since log pipelines for the Prometheus
 * exporters are set up for its output.
 */
#include "config.h"

#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <promc/promc.h>

/* A write of PIPE_BUF bytes or fewer to a pipe is never mixed with another's. */
#define LINE_SIZE 4096

/* How long to wait for a reader of stderr before a line is given up. */
#define WAIT_MS 100

#define LIMIT_NS UINT64_C(10000000000)

struct line {
    char buf[LINE_SIZE];
    size_t len;
    size_t room; /* where text ends at the latest: leaves space for closing marks */
};

static const char *const level_names[] = { "DEBUG", "INFO", "WARN", "ERROR" };

static _Atomic int log_level = PROMC_LOG_INFO;
static _Atomic int log_json;
static _Atomic uint64_t dropped;
static _Atomic int reader_gone;

int log_setup(const char *level, const char *format)
{
    int i, json;

    for (i = 0; i < 4; i++) {
        if (strcasecmp(level, level_names[i]) == 0)
            break;
    }
    if (i == 4)
        return -EINVAL;
    if (strcmp(format, "logfmt") == 0)
        json = 0;
    else if (strcmp(format, "json") == 0)
        json = 1;
    else
        return -EINVAL;
    /* Relaxed, here and where they are read: each stands for itself and orders nothing.
     */
    atomic_store_explicit(&log_level, i, memory_order_relaxed);
    atomic_store_explicit(&log_json, json, memory_order_relaxed);
    return 0;
}

int log_enabled(promc_log_level level)
{
    return (int)level >= atomic_load_explicit(&log_level, memory_order_relaxed);
}

/* Append whole pieces only, so that a cut never splits a character or an escape. Returns
 * 0 when there is no room any more. */
static int put(struct line *l, const char *s, size_t n)
{
    if (l->len + n > l->room)
        return 0;
    memcpy(l->buf + l->len, s, n);
    l->len += n;
    return 1;
}

/* The number of bytes of the UTF-8 character at s; 0 when it is none. */
static size_t utf8_char(const char *s, size_t left)
{
    unsigned char c = (unsigned char)s[0];
    size_t n = c < 0x80   ? 1
               : c < 0xc2 ? 0
               : c < 0xe0 ? 2
               : c < 0xf0 ? 3
               : c < 0xf5 ? 4
                          : 0;

    return n > 0 && n <= left && promc_utf8_valid(s, n) ? n : 0;
}

/* C1 control characters, U+0080 to U+009F: valid UTF-8, but some terminals act on them.
 */
static int is_c1(const char *s, size_t n)
{
    return n == 2 && (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0;
}

/* 1 when a logfmt value must stand in quotation marks. */
static int needs_quotes(const char *s)
{
    size_t left = strlen(s);

    if (left == 0)
        return 1;
    while (left > 0) {
        size_t n = utf8_char(s, left);

        if (n == 0 || (unsigned char)*s <= ' ' || *s == '=' || *s == '"' || *s == 0x7f ||
            is_c1(s, n))
            return 1;
        s += n;
        left -= n;
    }
    return 0;
}

/* Write one character's escape to out, for logfmt or JSON. Returns its length; 0 when the
 * n bytes at s (0: not UTF-8) can stand as they are. */
static size_t escape(const char *s, size_t n, int json, char *out, size_t size)
{
    static const char plain[] = "\n\r\t\f\b\"\\", names[] = "nrtfb\"\\";
    unsigned char c = (unsigned char)*s;
    const char *known = strchr(plain, c);

    if (n == 0)
        return (size_t)snprintf(out, size, json ? "\\ufffd" : "\\x%02x", c);
    if (c != '\0' && known)
        return (size_t)snprintf(out, size, "\\%c", names[known - plain]);
    if (c < ' ' || c == 0x7f)
        return (size_t)snprintf(out, size, json ? "\\u%04x" : "\\x%02x", c);
    if (is_c1(s, n))
        return (size_t)snprintf(out, size, "\\u%04x", (unsigned char)s[1]);
    return 0;
}

static void put_quoted(struct line *l, const char *s, int json)
{
    size_t left = strlen(s), room = l->room;
    char esc[16];

    if (!put(l, "\"", 1))
        return;
    l->room = room - 4; /* "..." and the closing mark must still fit */
    while (left > 0) {
        size_t n = utf8_char(s, left);
        size_t len = escape(s, n, json, esc, sizeof(esc));

        if (!(len > 0 ? put(l, esc, len) : put(l, s, n))) {
            l->room = room;
            put(l, "...", 3);
            break;
        }
        s += n > 0 ? n : 1;
        left -= n > 0 ? n : 1;
    }
    l->room = room;
    put(l, "\"", 1);
}

/* Append one key and value, or nothing when not even a cut value would fit. */
static void put_pair(struct line *l, const char *key, const char *value, int json)
{
    size_t key_len = strlen(key), value_len;

    if (!value || l->len + key_len + 16 > l->room)
        return;
    if (json) {
        put(l, l->len > 1 ? ",\"" : "\"", l->len > 1 ? 2 : 1);
        put(l, key, key_len);
        put(l, "\":", 2);
        put_quoted(l, value, 1);
        return;
    }
    if (l->len > 0)
        put(l, " ", 1);
    put(l, key, key_len);
    put(l, "=", 1);
    value_len = strlen(value);
    if (needs_quotes(value) || l->len + value_len > l->room)
        put_quoted(l, value, 0);
    else
        put(l, value, value_len);
}

static void put_time(struct line *l, int json)
{
    struct timespec ts;
    struct tm tm;
    char day[32], text[48];

    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof(text), "%s.%03ldZ", day, ts.tv_nsec / 1000000);
    put_pair(l, "time", text, json);
}

/* Hand the line to stderr. A reader that has stopped reading may cost one wait, not one
 * per line: after the first drop later lines only try. */
static void emit(const struct line *l, uint64_t was_dropped)
{
    struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };
    /* Relaxed, as for the counter below: a hint and a count, nothing is published by
     * them. */
    int wait = atomic_load_explicit(&reader_gone, memory_order_relaxed) ? 0 : WAIT_MS;
    ssize_t n = -1;
    int tries;

    for (tries = 0; tries < 3 && n < 0; tries++) {
        /* Also for a blocking pipe: when poll says there is room, the write will not
         * hang. */
        if (poll(&pfd, 1, wait) > 0)
            n = write(STDERR_FILENO, l->buf, l->len);
        else if (errno != EINTR)
            break;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            break;
    }
    atomic_store_explicit(&reader_gone, n < 0, memory_order_relaxed);
    if (n < 0)
        atomic_fetch_add_explicit(&dropped, was_dropped + 1, memory_order_relaxed);
}

void log_write(promc_log_level level, const char *file, int line, const char *msg, ...)
{
    int json = atomic_load_explicit(&log_json, memory_order_relaxed), state;
    int saved_errno = errno;
    const char *base = strrchr(file, '/'), *key;
    uint64_t lost = atomic_exchange_explicit(&dropped, 0, memory_order_relaxed);
    struct line l = { .len = 0, .room = LINE_SIZE - 2 };
    char text[128];
    va_list ap;

    /* write() can be a cancellation point; a cancelled thread must not lose the line. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (json)
        put(&l, "{", 1);
    put_time(&l, json);
    put_pair(&l, "level", level_names[level], json);
    snprintf(text, sizeof(text), "%s:%d", base ? base + 1 : file, line);
    put_pair(&l, "source", text, json);
    put_pair(&l, "msg", msg, json);
    va_start(ap, msg);
    while ((key = va_arg(ap, const char *)))
        put_pair(&l, key, va_arg(ap, const char *), json);
    va_end(ap);
    if (lost > 0) {
        snprintf(text, sizeof(text), "%llu", (unsigned long long)lost);
        put_pair(&l, "dropped", text, json);
    }
    l.room = LINE_SIZE;
    if (json)
        put(&l, "}", 1);
    put(&l, "\n", 1);
    emit(&l, lost);
    pthread_setcancelstate(state, NULL);
    errno = saved_errno;
}

int log_limit_pass(struct log_limit *l, uint64_t *suppressed)
{
    struct timespec ts;
    uint64_t now, next;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
    /* Relaxed throughout: whoever moves the time on may write, the rest count themselves.
     */
    next = atomic_load_explicit(&l->next_ns, memory_order_relaxed);
    if (now < next || !atomic_compare_exchange_strong_explicit(
                          &l->next_ns, &next, now + LIMIT_NS, memory_order_relaxed,
                          memory_order_relaxed)) {
        atomic_fetch_add_explicit(&l->suppressed, 1, memory_order_relaxed);
        return 0;
    }
    *suppressed = atomic_exchange_explicit(&l->suppressed, 0, memory_order_relaxed);
    return 1;
}
