/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu_vulnerabilities.c - which of the CPUs' known flaws matter here, and what is done about
 * them.
 */
#include "config.h"

#include "node/collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/readfile.h"
#include "node/dirlist.h"
#include "node/fail.h"
#include "node/scan.h"

#define VULNERABILITIES "devices/system/cpu/vulnerabilities"

struct vulnerabilities {
    struct dirlist list;
    struct readbuf buf; /* longer than a small value: spectre_v2 lists all its parts */
};

/* What the kernel says begins with one of these, in any case. What follows the first word is
 * how the flaw is dealt with, except where it does not matter. */
static const struct {
    const char *state;
    int has_mitigation;
} states[] = {
    { "not affected", 0 },
    { "vulnerable", 1 },
    { "mitigation", 1 },
    { "unknown", 1 },
};

/* Put the words of text, with one blank between them, back into it. */
static void join_words(char *text)
{
    struct span rest = span_str(text), word;
    char *end = text;

    while (scan_field(&rest, &word)) {
        if (end > text)
            *end++ = ' ';
        memmove(end, word.p, word.n);
        end += word.n;
    }
    *end = '\0';
}

/* Take the state off the front of text. What stays is the mitigation; all of it when the
 * kernel says something new. */
static const char *take_state(char **text)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strncasecmp(*text, states[i].state, strlen(states[i].state)) != 0)
            continue;
        *text += states[i].has_mitigation ? strcspn(*text, " \t\n\v\f\r") : strlen(*text);
        join_words(*text);
        return states[i].state;
    }
    return "unknown";
}

static int vulnerability(struct vulnerabilities *v, int fd, const char *name,
                         promc_samples *info)
{
    struct span text;
    const char *state;
    char *rest;
    int rc = read_file_at(fd, name, &v->buf, 0);

    if (rc)
        return rc;
    text = span_trim(span_of(v->buf.data, v->buf.len));
    rest = v->buf.data + (text.p - v->buf.data);
    rest[text.n] = '\0';
    state = take_state(&rest);
    promc_emit(info, PROMC_LABELS(name, state, rest), 1);
    return 0;
}

static int vulnerabilities_collect(const struct node_ctx *ctx, void *priv,
                                   promc_emitter *out, promc_error *err)
{
    struct vulnerabilities *v = priv;
    promc_samples *info;
    int fd, rc = dirlist_read(&v->list, ctx->paths.sysfs, VULNERABILITIES, &fd);

    if (rc == -ENOENT)
        return 0; /* an old kernel is no failure, as for the peer */
    if (rc)
        return node_fail_read(err, rc, ctx->paths.sysfs, VULNERABILITIES);
    info = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_cpu_vulnerabilities_info",
                             "A flaw of the CPUs and what is done about it; always 1.",
                             PROMC_LABELS("codename", "state", "mitigation"));
    for (size_t i = 0; i < v->list.n; i++) {
        const char *name = v->list.v[i].name;
        int one = name[0] == '.' ? 0 : vulnerability(v, fd, name, info);

        if (one < 0 && rc == 0)
            rc = node_fail_read(err, one, VULNERABILITIES, name);
    }
    close(fd);
    return rc;
}

static int vulnerabilities_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    (void)ctx;
    *priv = calloc(1, sizeof(struct vulnerabilities));
    return *priv ? 0 : node_fail(err, -ENOMEM, "out of memory");
}

static void vulnerabilities_fini(void *priv)
{
    struct vulnerabilities *v = priv;

    dirlist_free(&v->list);
    readbuf_free(&v->buf);
    free(v);
}

const struct node_collector node_cpu_vulnerabilities_collector = {
    .name = "cpu_vulnerabilities",
    .help = "Known flaws of the CPUs and what the kernel does about them.",
    .init = vulnerabilities_init,
    .collect = vulnerabilities_collect,
    .fini = vulnerabilities_fini,
};
