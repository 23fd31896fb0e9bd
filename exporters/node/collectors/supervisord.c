/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisord.c - processes that supervisord runs, as it tells by XML-RPC.
 */
#include "config.h"

#include "node/collectors/supervisord.h"

#include <errno.h>
#include <stdlib.h>

#include "node/collector.h"
#include "node/deadline.h"
#include "node/fail.h"

static const char *url_flag = "http://localhost:9001/RPC2";

struct supervisord {
    struct supervisord_url url;
    struct supervisord_buf buf;
};

struct supervisord_out {
    promc_samples *up, *state, *exit_status, *start;
};

/* States in which there is a process. */
static int is_running(int64_t state)
{
    enum { STARTING = 10, RUNNING = 20, STOPPING = 40 };

    return state == STARTING || state == RUNNING || state == STOPPING;
}

static void emit_process(void *arg, const struct supervisord_process *p)
{
    const struct supervisord_out *o = arg;
    promc_labels values = PROMC_LABELS(p->name, p->group);
    int up = is_running(p->state);

    promc_emit(o->up, values, up);
    promc_emit(o->state, values, (double)p->state);
    if (p->has & SUPERVISORD_EXIT)
        promc_emit(o->exit_status, values, (double)p->exit_status);
    if (up && (p->has & SUPERVISORD_START))
        promc_emit(o->start, values, (double)p->start);
}

static int supervisord_collect(const struct node_ctx *ctx, void *priv, promc_emitter *out,
                               promc_error *err)
{
    struct supervisord *s = priv;
    promc_labels labels = PROMC_LABELS("name", "group");
    struct supervisord_out o;
    const char *reason;
    size_t len;
    char *body;
    int rc = supervisord_ask(&s->url, deadline_before(ctx->deadline_ns), &s->buf, &body,
                             &len, err);

    if (rc < 0)
        return rc;
    o.up = promc_emit_family(out, PROMC_TYPE_GAUGE, "node_supervisord_up",
                             "Whether the program runs.", labels);
    o.state =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_supervisord_state",
                          "State of the program, as a number of supervisord's.", labels);
    o.exit_status =
        promc_emit_family(out, PROMC_TYPE_GAUGE, "node_supervisord_exit_status",
                          "Status with which the program ended last.", labels);
    o.start =
        promc_emit_family(out, PROMC_TYPE_COUNTER, "node_supervisord_start_time_seconds",
                          "When the program was started, in seconds since 1970.", labels);
    rc = supervisord_parse(body, len, emit_process, &o, &reason);
    return rc == 0 ? 0 : node_fail(err, rc, "bad answer of supervisord: %s", reason);
}

static void supervisord_fini(void *priv)
{
    struct supervisord *s = priv;

    free(s->buf.data);
    free(s);
}

static int supervisord_init(const struct node_ctx *ctx, void **priv, promc_error *err)
{
    struct supervisord *s = calloc(1, sizeof(*s));
    const char *reason;

    (void)ctx;
    if (!s)
        return node_fail(err, -ENOMEM, "out of memory");
    if (supervisord_url_parse(url_flag, &s->url, &reason) < 0) {
        supervisord_fini(s);
        return node_fail(err, -EINVAL, "--collector.supervisord.url cannot be used: %s",
                         reason);
    }
    *priv = s;
    return 0;
}

static void supervisord_flags(struct flags *flags)
{
    const char *url = getenv("SUPERVISORD_URL");

    if (url && url[0])
        url_flag = url;
    flags_string(flags, "collector.supervisord.url",
                 "Where supervisord answers: http://host:port/RPC2 or unix:///path. The "
                 "environment variable SUPERVISORD_URL sets the default.",
                 &url_flag, NULL);
}

const struct node_collector node_supervisord_collector = {
    .name = "supervisord",
    .help = "Programs that supervisord runs.",
    .flags = supervisord_flags,
    .init = supervisord_init,
    .collect = supervisord_collect,
    .fini = supervisord_fini,
};
