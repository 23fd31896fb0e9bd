/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promc-lint-read.c - get an exposition into memory: from a file, from standard input, or by
 * HTTP where libcurl is there; and tell its format.
 */
#include "config.h"
#include "promc-lint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#ifdef HAVE_CURL
#include <curl/curl.h>
#endif

static int fail(struct input *in, const char *why)
{
    snprintf(in->why, sizeof in->why, "%s", why);
    return -1;
}

/* --- a buffer with a limit --------------------------------------------------------------- */

struct sink {
    struct input *in;
    size_t cap;
    size_t limit;
};

/* See that @n more bytes fit. Returns 0, or -1 with the reason in in->why. */
static int reserve(struct sink *sink, size_t n)
{
    struct input *in = sink->in;
    size_t cap = sink->cap ? sink->cap : 65536;
    char *data;

    if (n > sink->limit - in->len) {
        snprintf(in->why, sizeof in->why, "more than %zu bytes, see --max-size",
                 sink->limit);
        return -1;
    }
    if (in->len + n <= sink->cap)
        return 0;
    while (cap < in->len + n)
        cap *= 2;
    data = realloc(in->data, cap);
    if (!data)
        return fail(in, "out of memory");
    in->data = data;
    sink->cap = cap;
    return 0;
}

static int read_fd(struct sink *sink, int fd)
{
    char chunk[65536];

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(sink->in, strerror(errno));
        if (n == 0)
            return 0;
        if (reserve(sink, (size_t)n) != 0)
            return -1;
        memcpy(sink->in->data + sink->in->len, chunk, (size_t)n);
        sink->in->len += (size_t)n;
    }
}

static int read_file(struct sink *sink, const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return fail(sink->in, strerror(errno));
    rc = read_fd(sink, fd);
    close(fd);
    return rc;
}

/* --- HTTP -------------------------------------------------------------------------------- */

static int is_url(const char *name)
{
    return strncasecmp(name, "http://", 7) == 0 || strncasecmp(name, "https://", 8) == 0;
}

/* What is before the last @ of the part that names the host is a user and a password. */
char *input_shown(const char *name)
{
    const char *host, *at = NULL;
    char *shown = strdup(strcmp(name, "-") == 0 ? "(stdin)" : name);

    if (!shown || !is_url(name))
        return shown;
    host = strstr(name, "//") + 2;
    for (const char *p = host; *p && !strchr("/?#", *p); p++)
        if (*p == '@')
            at = p;
    if (at)
        memmove(shown + (host - name), at + 1, strlen(at + 1) + 1);
    return shown;
}

#ifdef HAVE_CURL
static const char *accept_of(promc_format format)
{
    static const char any[] =
        "Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "text/plain;version=0.0.4;q=0.4,*/*;q=0.1";

    if (format == PROMC_FORMAT_TEXT)
        return "Accept: text/plain;version=0.0.4";
    if (format == PROMC_FORMAT_OPENMETRICS)
        return "Accept: application/openmetrics-text;version=1.0.0";
    if (format == (PROMC_FORMAT_OPENMETRICS | PROMC_ESCAPE_ALLOW_UTF8))
        return "Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8";
    if (format != FORMAT_UNKNOWN)
        return "Accept: text/plain;version=1.0.0;escaping=allow-utf-8";
    return any;
}

static size_t receive(char *data, size_t size, size_t n, void *arg)
{
    struct sink *sink = arg;

    n *= size;
    if (reserve(sink, n) != 0)
        return 0; /* not n: ends the transfer */
    memcpy(sink->in->data + sink->in->len, data, n);
    sink->in->len += n;
    return n;
}

/* The format that a Content-Type names. */
static promc_format format_of(const char *type)
{
    int utf8;

    if (!type)
        return FORMAT_UNKNOWN;
    utf8 = strcasestr(type, "escaping=allow-utf-8") != NULL;
    if (strncasecmp(type, "application/openmetrics-text", 28) == 0)
        return PROMC_FORMAT_OPENMETRICS | (utf8 ? PROMC_ESCAPE_ALLOW_UTF8 : 0);
    if (strncasecmp(type, "text/plain", 10) == 0)
        return strcasestr(type, "version=1.0.0") ? PROMC_FORMAT_TEXT_1_0
                                                 : PROMC_FORMAT_TEXT;
    return FORMAT_UNKNOWN;
}

static int perform(CURL *curl, struct input *in)
{
    char error[CURL_ERROR_SIZE] = "";
    const char *type = NULL;
    long status = 0;
    CURLcode rc;

    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    rc = curl_easy_perform(curl);
    if (rc != CURLE_OK && in->why[0])
        return -1;
    if (rc != CURLE_OK)
        return fail(in, error[0] ? error : curl_easy_strerror(rc));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        snprintf(in->why, sizeof in->why, "HTTP status %ld", status);
        return -1;
    }
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    if (in->format == FORMAT_UNKNOWN) {
        in->format = format_of(type);
        if (in->format == FORMAT_UNKNOWN) {
            snprintf(in->why, sizeof in->why,
                     "Content-Type %.100s is none of ours; say which it is with --format",
                     type ? type : "(none)");
            return -1;
        }
    }
    return 0;
}

static int read_url(struct sink *sink, const char *url, long timeout_ms)
{
    struct input *in = sink->in;
    struct curl_slist *headers = curl_slist_append(NULL, accept_of(in->format));
    CURL *curl = curl_easy_init();
    int rc;

    if (!curl || !headers) {
        rc = fail(in, "out of memory");
    } else {
        curl_easy_setopt(curl, CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "promc-lint/" PACKAGE_VERSION);
        curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, ""); /* all it can undo */
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink);
        rc = perform(curl, in);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return rc;
}
#else
static int read_url(struct sink *sink, const char *url, long timeout_ms)
{
    (void)url, (void)timeout_ms;
    return fail(sink->in, "this promc-lint was built without libcurl and reads no URLs; "
                          "pipe the page into \"promc-lint -\"");
}
#endif

/* --- the format -------------------------------------------------------------------------- */

/* Whether a line begins with @start; @whole: and ends there. */
static int has_line(const struct input *in, const char *start, int whole)
{
    size_t n = strlen(start);
    const char *p = in->data, *end = in->data + in->len;

    while (p && (size_t)(end - p) >= n) {
        if (memcmp(p, start, n) == 0 &&
            (!whole || p + n == end || p[n] == '\n' || p[n] == '\r'))
            return 1;
        p = memchr(p, '\n', (size_t)(end - p));
        p = p ? p + 1 : NULL;
    }
    return 0;
}

/* OpenMetrics has # EOF; quoted names are told by the lines that only they can begin. */
static promc_format sniff(const struct input *in)
{
    int quoted;

    if (in->len == 0)
        return PROMC_FORMAT_TEXT;
    quoted =
        has_line(in, "{\"", 0) || has_line(in, "# TYPE \"", 0) ||
        has_line(in, "# HELP \"", 0);
    if (has_line(in, "# EOF", 1))
        return PROMC_FORMAT_OPENMETRICS | (quoted ? PROMC_ESCAPE_ALLOW_UTF8 : 0);
    return quoted ? PROMC_FORMAT_TEXT_1_0 : PROMC_FORMAT_TEXT;
}

int input_read(struct input *in, const char *name, promc_format format,
               const struct limits *limits)
{
    struct sink sink = { in, 0, limits->size };
    int rc;

    memset(in, 0, sizeof *in);
    in->format = format;
    if (is_url(name))
        rc = read_url(&sink, name, limits->timeout_ms);
    else if (strcmp(name, "-") == 0)
        rc = read_fd(&sink, STDIN_FILENO);
    else
        rc = read_file(&sink, name);
    if (rc == 0 && in->format == FORMAT_UNKNOWN)
        in->format = sniff(in);
    return rc;
}

void input_free(struct input *in)
{
    free(in->data);
    in->data = NULL;
}
