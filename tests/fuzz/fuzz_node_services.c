/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_node_services.c - what servers answer: supervisord's HTTP and XML, NTP packets,
 * and the URLs that say where to ask.
 *
 * The first byte says which of them the rest is.
 */
#include "config.h"
#include "fuzz.h"

#include "node/collectors/ntp_packet.h"
#include "node/collectors/supervisord.h"

/* Names are strings in the answer, and no process comes without what makes it one. */
static void check_process(void *arg, const struct supervisord_process *p)
{
    size_t len = *(const size_t *)arg;

    FUZZ_CHECK(p->has & SUPERVISORD_NAME);
    FUZZ_CHECK(p->has & SUPERVISORD_STATE);
    FUZZ_CHECK(strlen(p->name) < len && strlen(p->group) < len);
}

static void check_answer(char *text, size_t len)
{
    const char *reason = NULL;
    char *body = NULL;
    size_t n = 0;

    if (supervisord_http_parse(text, len, &body, &n, &reason) == 0) {
        FUZZ_CHECK(body >= text && n <= len && body + n <= text + len);
        text = body;
        len = n;
    } else {
        FUZZ_CHECK(reason);
    }
    reason = NULL;
    FUZZ_CHECK((supervisord_parse(text, len, check_process, &len, &reason) == 0) ==
               !reason);
}

static void check_ntp(const unsigned char *packet, size_t len)
{
    const char *reason = NULL;
    struct ntp_answer a;
    uint64_t cookie = 0;

    /* Where the cookie is, so that it is the right one. */
    for (size_t i = 24; i < 32 && i < len; i++)
        cookie = cookie << 8 | packet[i];
    if (ntp_parse(packet, len, cookie, 1, INT64_C(1700000000000000000), &a, &reason) ==
        0) {
        FUZZ_CHECK(a.rtt >= 0 && a.min_error >= 0);
        ntp_sane(&a, 1000000000, 1000000);
    } else {
        FUZZ_CHECK(reason);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct supervisord_url url;
    const char *reason = NULL;
    char *text;

    if (size == 0)
        return 0;
    text = malloc(size); /* exactly, for the sanitizers */
    FUZZ_CHECK(text);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0]) {
    case 'n':
        check_ntp((const unsigned char *)text, size - 1);
        break;
    case 'u':
        FUZZ_CHECK(supervisord_url_parse(text, &url, &reason) == 0 || reason);
        break;
    default:
        text = realloc(text, size > 1 ? size - 1 : 1);
        check_answer(text, size - 1);
        break;
    }
    free(text);
    return 0;
}
