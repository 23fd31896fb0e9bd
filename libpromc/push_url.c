/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push_url.c - where a group is at a Pushgateway: /metrics/job/JOB and /NAME/VALUE for each
 * label.
 */
#include "config.h"
#include "push_internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "alloc.h"
#include "error.h"

/* --- the Pushgateway ---------------------------------------------------------------------- */

/* One part of the URL as a copy of ours; *out stays NULL when there is no such part. -EINVAL:
 * it cannot be decoded to what a header may hold. */
static int get_part(CURLU *u, CURLUPart part, unsigned flags, char **out)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(u, part, &text, flags);

    if (code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD)
        return 0;
    if (code != CURLUE_OK)
        return code == CURLUE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
    *out = promc__strdup(text);
    curl_free(text);
    return *out != NULL ? 0 : -ENOMEM;
}

static int has_part(CURLU *u, CURLUPart part)
{
    char *text = NULL;
    int has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return has;
}

static int is_http(CURLU *u)
{
    char *scheme = NULL;
    int is = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
             (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

    curl_free(scheme);
    return is;
}

static int split(promc_push *p, CURLU *u)
{
    size_t len;
    int rc = get_part(u, CURLUPART_USER, CURLU_URLDECODE, &p->user);

    if (rc == 0)
        rc = get_part(u, CURLUPART_PASSWORD, CURLU_URLDECODE, &p->password);
    if (rc == 0 && (curl_url_set(u, CURLUPART_USER, NULL, 0) != CURLUE_OK ||
                    curl_url_set(u, CURLUPART_PASSWORD, NULL, 0) != CURLUE_OK))
        rc = -ENOMEM;
    if (rc == 0)
        rc = get_part(u, CURLUPART_URL, 0, &p->base);
    if (rc != 0)
        return rc;
    len = strlen(p->base);
    while (len != 0 && p->base[len - 1] == '/')
        p->base[--len] = '\0';
    return 0;
}

/* The errors do not show @url: it may hold a password. */
int promc__push_take_url(promc_push *p, const char *url, promc_error *err)
{
    CURLU *u;
    int rc;

    if (url == NULL || *url == '\0')
        return promc__error(err, -EINVAL, "push: no URL given");
    u = curl_url();
    if (u == NULL)
        return promc__error(err, -ENOMEM, "push: out of memory");
    if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK || !is_http(u))
        rc = promc__error(err, -EINVAL, "push: the URL is not http://... or https://...");
    else if (has_part(u, CURLUPART_QUERY) || has_part(u, CURLUPART_FRAGMENT))
        rc = promc__error(err, -EINVAL, "push: the URL has a part behind its path");
    else if ((rc = split(p, u)) == -EINVAL)
        promc__error(err, rc, "push: the URL has a user or password that cannot be sent");
    else if (rc != 0)
        promc__error(err, rc, "push: out of memory");
    curl_url_cleanup(u);
    return rc;
}

/* --- the group ------------------------------------------------------------------------------ */

static int letter(unsigned c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int digit(unsigned c)
{
    return c >= '0' && c <= '9';
}

static int is_classic(const char *name)
{
    if (!letter((unsigned char)*name))
        return 0;
    for (; *name != '\0'; name++)
        if (!letter((unsigned char)*name) && !digit((unsigned char)*name))
            return 0;
    return 1;
}

/* The next character of UTF-8 that is known to be valid. */
static uint32_t next_character(const char **s)
{
    const unsigned char *p = (const unsigned char *)*s;
    int more = *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : *p >= 0xC0 ? 1 : 0;
    uint32_t c = more != 0 ? *p & (0x3Fu >> more) : *p;

    for (p++; more > 0; more--)
        c = c << 6 | (*p++ & 0x3Fu);
    *s = (const char *)p;
    return c;
}

static char *put_hex(char *out, uint32_t c)
{
    int shift = 28;

    while (shift > 0 && c >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *out++ = "0123456789abcdef"[c >> shift & 0xF];
    return out;
}

/* The escaping scheme "values": what receives it can undo it. */
size_t promc__push_name(const char *name, char *out)
{
    const char *s = name;
    char *p = out;

    if (is_classic(name)) {
        memcpy(out, name, strlen(name) + 1);
        return strlen(name);
    }
    memcpy(p, "U__", 3);
    p += 3;
    while (*s != '\0') {
        int first = s == name;
        uint32_t c = next_character(&s);

        if (c == '_')
            *p++ = '_';
        if (letter(c) || (digit(c) && !first)) {
            *p++ = (char)c;
        } else {
            *p++ = '_';
            p = put_hex(p, c);
            *p++ = '_';
        }
    }
    *p = '\0';
    return (size_t)(p - out);
}

/* URL-safe base64 with its padding; nothing at all would be an empty part of a path, so it is
 * one padding character. */
static char *put_base64(char *p, const char *value, size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    if (len == 0)
        *p++ = '=';
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t v = 0;

        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < n ? (unsigned char)value[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            *p++ = k <= n ? digits[v >> (18 - 6 * k) & 0x3F] : '=';
    }
    return p;
}

static char *put_percent(char *p, const char *value)
{
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;

        if (letter(c) || digit(c) || strchr("-.~", c) != NULL) {
            *p++ = (char)c;
        } else {
            *p++ = '%';
            *p++ = "0123456789ABCDEF"[c >> 4];
            *p++ = "0123456789ABCDEF"[c & 0xF];
        }
    }
    return p;
}

/* What does not survive as part of a path, even percent-encoded: nothing, slashes, steps up
 * the tree. Spaces are encoded in two ways, and not everybody reads both. */
static int needs_base64(const char *value)
{
    return *value == '\0' || strpbrk(value, "/ ") != NULL || strcmp(value, ".") == 0 ||
           strcmp(value, "..") == 0;
}

static char *put_label(char *p, const char *name, const char *value)
{
    size_t name_len = strlen(name);

    *p++ = '/';
    memcpy(p, name, name_len);
    p += name_len;
    if (!needs_base64(value)) {
        *p++ = '/';
        return put_percent(p, value);
    }
    memcpy(p, "@base64/", 8);
    return put_base64(p + 8, value, strlen(value));
}

static size_t label_size(const char *name, const char *value)
{
    return strlen(name) + 3 * strlen(value) + sizeof "/@base64/====";
}

char *promc__push_url(const promc_push *p)
{
    static const char metrics[] = "/metrics";
    size_t base_len = strlen(p->base);
    size_t size = base_len + sizeof metrics + label_size("job", p->job);
    char *url;
    char *end;

    for (size_t i = 0; i < p->n_group; i++)
        size += label_size(p->group[i]->name, p->group[i]->value);
    url = promc__malloc(size);
    if (url == NULL)
        return NULL;
    memcpy(url, p->base, base_len);
    memcpy(url + base_len, metrics, sizeof metrics - 1);
    end = put_label(url + base_len + sizeof metrics - 1, "job", p->job);
    for (size_t i = 0; i < p->n_group; i++)
        end = put_label(end, p->group[i]->name, p->group[i]->value);
    *end = '\0';
    return url;
}
