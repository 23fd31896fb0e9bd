/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push.c - sending a registry to a Pushgateway: destinations, grouping keys, and the task that
 * does it again and again.
 */
#include "config.h"
#include "push_internal.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "error.h"
#include "periodic.h"

enum { DEFAULT_TIMEOUT = 10, MAX_TIMEOUT = 1000000, MAX_HEADERS = 100 };

static int no_memory(promc_error *err)
{
    return promc__error(err, -ENOMEM, "push: out of memory");
}

/* --- destinations ----------------------------------------------------------------------- */

/* A header that is two, or that takes one of libcurl's away, is none of ours to send. */
static int header_valid(const char *header)
{
    size_t name = header != NULL ? strcspn(header, ": \t;") : 0;

    if (name == 0 || header[name] != ':')
        return 0;
    for (const char *p = header; *p != '\0'; p++)
        if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7F)
            return 0;
    return header[name + 1 + strspn(header + name + 1, " \t")] != '\0';
}

static int check_opts(const promc_push_opts *o, promc_error *err)
{
    if (!(o->timeout >= 0 && o->timeout <= MAX_TIMEOUT))
        return promc__error(err, -EINVAL,
                            "push: the timeout is not between 0 and %d seconds",
                            MAX_TIMEOUT);
    if (o->n_headers > MAX_HEADERS || (o->n_headers != 0 && o->headers == NULL))
        return promc__error(err, -EINVAL, "push: not a usable list of headers");
    for (size_t i = 0; i < o->n_headers; i++)
        if (!header_valid(o->headers[i]))
            return promc__error(err, -EINVAL, "push: header %zu is not \"Name: value\"",
                                i);
    return 0;
}

/* What stands in the settings goes before what stood in the URL. */
static int copy(char **to, const char *from)
{
    char *own;

    if (from == NULL)
        return 0;
    own = promc__strdup(from);
    if (own == NULL)
        return -ENOMEM;
    promc__free(*to);
    *to = own;
    return 0;
}

static int copy_opts(promc_push *p, const promc_push_opts *o)
{
    double seconds = o->timeout != 0 ? o->timeout : DEFAULT_TIMEOUT;

    p->timeout_ms = (long)(seconds * 1000);
    if (p->timeout_ms == 0)
        p->timeout_ms = 1; /* 0 would be for ever */
    if (copy(&p->user, o->user) != 0 || copy(&p->password, o->password) != 0 ||
        copy(&p->ca_file, o->ca_file) != 0)
        return -ENOMEM;
    p->headers = promc__calloc(o->n_headers + 1, sizeof *p->headers);
    if (p->headers == NULL)
        return -ENOMEM;
    for (; p->n_headers < o->n_headers; p->n_headers++)
        if (copy(&p->headers[p->n_headers], o->headers[p->n_headers]) != 0)
            return -ENOMEM;
    return 0;
}

static void release(promc_push *p)
{
    for (size_t i = 0; i < p->n_group; i++)
        promc__free(p->group[i]);
    for (size_t i = 0; i < p->n_headers; i++)
        promc__free(p->headers[i]);
    promc__free(p->group);
    promc__free(p->headers);
    promc__free(p->base);
    promc__free(p->job);
    promc__free(p->user);
    promc__free(p->password);
    promc__free(p->ca_file);
    promc__free(p);
}

promc_push *promc_push_new(const char *url, const char *job, const promc_push_opts *opts,
                           promc_error *err)
{
    promc_push_opts own = PROMC_PUSH_OPTS_INIT;
    promc_push *p;

    /* the caller's header may be older, and its struct shorter, than ours */
    if (opts != NULL)
        memcpy(&own, opts, opts->size < sizeof own ? opts->size : sizeof own);
    if (job == NULL || *job == '\0' || !promc_utf8_valid(job, strlen(job))) {
        promc__error(err, -EINVAL, "push: the job is empty or not UTF-8");
        return NULL;
    }
    if (check_opts(&own, err) != 0 || promc__push_init(err) != 0)
        return NULL;
    p = promc__calloc(1, sizeof *p);
    if (p == NULL) {
        no_memory(err);
        return NULL;
    }
    if (promc__push_take_url(p, url, err) != 0) {
        release(p);
        return NULL;
    }
    if (copy(&p->job, job) != 0 || copy_opts(p, &own) != 0) {
        no_memory(err);
        release(p);
        return NULL;
    }
    return p;
}

void promc_push_free(promc_push *p)
{
    if (p == NULL)
        return;
    promc_push_stop(p, NULL);
    release(p);
}

/* --- grouping keys ---------------------------------------------------------------------- */

static struct promc__push_label *new_label(const char *name, const char *value)
{
    size_t name_size = PROMC__PUSH_NAME(strlen(name));
    size_t value_size = strlen(value) + 1;
    struct promc__push_label *l = promc__malloc(sizeof *l + name_size + value_size);
    char *text;

    if (l == NULL)
        return NULL;
    text = (char *)(l + 1);
    promc__push_name(name, text);
    l->name = text;
    l->value = memcpy(text + name_size, value, value_size);
    return l;
}

static int check_label(const char *name, const char *value, promc_error *err)
{
    if (name == NULL || *name == '\0' || !promc_utf8_valid(name, strlen(name)) ||
        strncmp(name, "__", 2) == 0)
        return promc__error(
            err, -EINVAL, "push: label name \"%s\" is empty, not UTF-8 or starts with __",
            name != NULL && promc_utf8_valid(name, strlen(name)) ? name : "");
    if (strcmp(name, "job") == 0)
        return promc__error(err, -EINVAL, "push: the job is in the grouping key already");
    if (value == NULL || !promc_utf8_valid(value, strlen(value)))
        return promc__error(err, -EINVAL, "push: the value of label \"%s\" is not UTF-8",
                            name);
    return 0;
}

/* Where it belongs; two names may be the same in a path. */
static int add_label(promc_push *p, struct promc__push_label *l)
{
    struct promc__push_label **group;
    size_t at = 0;

    while (at < p->n_group && strcmp(p->group[at]->name, l->name) < 0)
        at++;
    if (at < p->n_group && strcmp(p->group[at]->name, l->name) == 0)
        return -EINVAL;
    group = promc__realloc(p->group, (p->n_group + 1) * sizeof *group);
    if (group == NULL)
        return -ENOMEM;
    memmove(&group[at + 1], &group[at], (p->n_group - at) * sizeof *group);
    group[at] = l;
    p->group = group;
    p->n_group++;
    return 0;
}

/* What every call on a destination begins with. */
static int check_free(const promc_push *p, promc_error *err)
{
    if (p == NULL)
        return promc__error(err, -EINVAL, "push: no destination");
    if (p->task != NULL)
        return promc__error(err, -EBUSY, "push: %.80s: promc_push_start() is at work",
                            p->base);
    return 0;
}

int promc_push_group(promc_push *p, const char *name, const char *value, promc_error *err)
{
    struct promc__push_label *l;
    int rc = check_free(p, err);

    if (rc != 0 || (rc = check_label(name, value, err)) != 0)
        return rc;
    l = new_label(name, value);
    if (l == NULL)
        return no_memory(err);
    rc = add_label(p, l);
    if (rc != 0)
        promc__free(l);
    if (rc == -EINVAL)
        return promc__error(err, rc, "push: label \"%s\" is in the grouping key already",
                            name);
    return rc == 0 ? 0 : no_memory(err);
}

/* --- pushing ---------------------------------------------------------------------------- */

static int push(const promc_push *p, promc_registry *reg, const char *method,
                promc_error *err)
{
    promc_page *page = promc_page_new(err);
    int rc;

    if (page == NULL)
        return -ENOMEM;
    rc = promc_render(reg, PROMC_FORMAT_TEXT, page, err);
    if (rc == 0)
        rc = promc__push_check(p, promc_page_data(page), promc_page_size(page), err);
    if (rc == 0)
        rc = promc__push_send(p, method, promc_page_data(page), promc_page_size(page),
                              err);
    promc_page_free(page);
    return rc;
}

int promc_push_put(promc_push *p, promc_registry *reg, promc_error *err)
{
    int rc = check_free(p, err);

    return rc == 0 ? push(p, reg, "PUT", err) : rc;
}

int promc_push_post(promc_push *p, promc_registry *reg, promc_error *err)
{
    int rc = check_free(p, err);

    return rc == 0 ? push(p, reg, "POST", err) : rc;
}

int promc_push_delete(promc_push *p, promc_error *err)
{
    int rc = check_free(p, err);

    return rc == 0 ? promc__push_send(p, "DELETE", NULL, 0, err) : rc;
}

static void push_again(void *arg)
{
    const promc_push *p = arg;

    push(p, p->reg, "PUT", NULL);
}

int promc_push_start(promc_push *p, promc_registry *reg, double seconds, promc_error *err)
{
    promc_error why = { 0 };
    int rc = check_free(p, err);

    if (rc != 0)
        return rc;
    p->reg = reg;
    p->task = promc__periodic_start("push", push_again, p, seconds, 1, &why);
    if (p->task == NULL && err != NULL)
        *err = why;
    return why.code;
}

int promc_push_stop(promc_push *p, promc_error *err)
{
    struct promc__periodic *task = p != NULL ? p->task : NULL;

    if (task == NULL)
        return 0;
    p->task = NULL;
    return promc__periodic_stop(task) ? push(p, p->reg, "PUT", err) : 0;
}
