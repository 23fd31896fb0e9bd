/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push_http.c - one request to a Pushgateway, over libcurl. Each has a handle and a connection of
 * its own: between two pushes no descriptor is open, and a fork() finds nothing.
 */
#include "config.h"
#include "push_internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "error.h"

/* --- libcurl ---------------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode init_result;

static void init(void)
{
    init_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int promc__push_init(promc_error *err)
{
    pthread_once(&once, init);
    if (init_result != CURLE_OK)
        return promc__error(err, -EIO, "push: libcurl: %s",
                            curl_easy_strerror(init_result));
    return 0;
}

/* --- SIGPIPE ---------------------------------------------------------------------------- */

/* Told to leave signals alone, libcurl lets a TLS library raise SIGPIPE. So it is blocked in this
 * thread, and what came meanwhile is taken away. */
struct sigpipe {
    sigset_t set;
    sigset_t before;
    int held;
};

static void hold_sigpipe(struct sigpipe *s)
{
    sigset_t pending;

    sigemptyset(&s->set);
    sigaddset(&s->set, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    /* one that waits already is somebody else's, and blocked */
    s->held = !sigismember(&pending, SIGPIPE) &&
              pthread_sigmask(SIG_BLOCK, &s->set, &s->before) == 0;
}

static void release_sigpipe(const struct sigpipe *s)
{
    const struct timespec now = { 0, 0 };

    if (!s->held)
        return;
    while (sigtimedwait(&s->set, NULL, &now) < 0 && errno == EINTR)
        ;
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}

/* --- the answer ------------------------------------------------------------------------- */

/* The first bytes of the body: it is needed for an error's sentence only. */
struct answer {
    char text[128];
    size_t len;
};

static size_t take(char *data, size_t size, size_t n, void *arg)
{
    struct answer *a = arg;
    size_t room = sizeof a->text - 1 - a->len;
    size_t len = size * n;

    memcpy(a->text + a->len, data, len < room ? len : room);
    a->len += len < room ? len : room;
    return len;
}

/* Its first line, good to be printed. */
static const char *first_line(struct answer *a)
{
    size_t len;

    a->text[a->len] = '\0';
    len = strcspn(a->text, "\r\n");
    a->text[len] = '\0';
    /* the buffer may end within a character */
    while (len != 0 && len == sizeof a->text - 1 && (a->text[len - 1] & 0x80) != 0)
        a->text[--len] = '\0';
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)a->text[i] < 0x20 || a->text[i] == 0x7F)
            a->text[i] = ' ';
    return promc_utf8_valid(a->text, len) ? a->text : "";
}

/* --- the request ------------------------------------------------------------------------ */

struct request {
    CURL *curl;
    struct curl_slist *headers;
    char *url;
    char error[CURL_ERROR_SIZE];
    struct answer answer;
};

static int add_header(struct request *r, const char *header)
{
    struct curl_slist *list = curl_slist_append(r->headers, header);

    if (list == NULL)
        return -ENOMEM;
    r->headers = list;
    return 0;
}

static CURLcode only_http(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
                            (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static int add_headers(struct request *r, const promc_push *p, const char *body)
{
    int rc = add_header(r, "Expect:"); /* send at once, whatever the size */

    if (rc == 0 && body != NULL) {
        char type[128];

        snprintf(type, sizeof type, "Content-Type: %s",
                 promc_content_type(PROMC_FORMAT_TEXT));
        rc = add_header(r, type);
    }
    for (size_t i = 0; rc == 0 && i < p->n_headers; i++)
        rc = add_header(r, p->headers[i]);
    return rc;
}

static int prepare(struct request *r, const promc_push *p, const char *method,
                   const char *body, size_t len)
{
    CURL *c = r->curl = curl_easy_init();
    char agent[64];

    r->url = promc__push_url(p);
    if (c == NULL || r->url == NULL || add_headers(r, p, body) != 0)
        return -ENOMEM;
    snprintf(agent, sizeof agent, "promc/%s", promc_version());
#define SET(option, value) curl_easy_setopt(c, option, value) == CURLE_OK
    /* these cannot fail for another reason than memory */
    if (SET(CURLOPT_URL, r->url) && SET(CURLOPT_CUSTOMREQUEST, method) &&
        SET(CURLOPT_HTTPHEADER, r->headers) && SET(CURLOPT_USERAGENT, agent) &&
        SET(CURLOPT_ERRORBUFFER, r->error) && SET(CURLOPT_WRITEFUNCTION, take) &&
        SET(CURLOPT_WRITEDATA, &r->answer) && SET(CURLOPT_TIMEOUT_MS, p->timeout_ms) &&
        SET(CURLOPT_CONNECTTIMEOUT_MS, p->timeout_ms) && SET(CURLOPT_NOSIGNAL, 1L) &&
        SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_PATH_AS_IS, 1L) &&
        SET(CURLOPT_FORBID_REUSE, 1L) && only_http(c) == CURLE_OK &&
        (p->user == NULL || SET(CURLOPT_USERNAME, p->user)) &&
        (p->password == NULL || SET(CURLOPT_PASSWORD, p->password)) &&
        (p->ca_file == NULL || SET(CURLOPT_CAINFO, p->ca_file)) &&
        (body == NULL || (SET(CURLOPT_POSTFIELDS, body) &&
                          SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len))))
        return 0;
#undef SET
    return -ENOMEM;
}

static int perform(struct request *r, const promc_push *p, promc_error *err)
{
    struct sigpipe sigpipe;
    CURLcode code;
    long status = 0;

    hold_sigpipe(&sigpipe);
    code = curl_easy_perform(r->curl);
    release_sigpipe(&sigpipe);
    if (code == CURLE_OUT_OF_MEMORY)
        return promc__error(err, -ENOMEM, "push: out of memory");
    if (code != CURLE_OK)
        return promc__error(err, -EIO, "push: %.80s: %s", p->base,
                            r->error[0] != '\0' ? r->error : curl_easy_strerror(code));
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 202)
        return promc__error(err, -EIO, "push: %.80s: status %ld: %s", p->base, status,
                            first_line(&r->answer));
    return 0;
}

int promc__push_send(const promc_push *p, const char *method, const char *body,
                     size_t len, promc_error *err)
{
    struct request r = { 0 };
    int rc = prepare(&r, p, method, body, len);

    rc = rc == 0 ? perform(&r, p, err) : promc__error(err, rc, "push: out of memory");
    curl_easy_cleanup(r.curl);
    curl_slist_free_all(r.headers);
    promc__free(r.url);
    return rc;
}
