/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_answer.c - answers, as a server has to send them.
 */
#include "config.h"
#include "http_handler.h"

#include <stddef.h>
#include <string.h>

#include "alloc.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

struct answer {
    promc_http_answer pub; /* first: what the caller has is a pointer to this */
    promc_http_field fields[4];
    struct promc__http_snapshot *snap; /* the body is part of it */
    promc_http_request *req;           /* ends with the answer */
    char text[];
};

static const promc_http_field no_memory_fields[] = {
    { "Content-Type", TEXT_TYPE },
    { "Retry-After", "1" },
};

#define NO_MEMORY(head_only)                                                             \
    {                                                                                    \
        503, no_memory_fields, 2, "Out of memory.\n", sizeof("Out of memory.\n") - 1,    \
            head_only                                                                    \
    }
/* Nobody's: shared by all who have no memory for one of their own. */
static promc_http_answer no_memory = NO_MEMORY(0), no_memory_head = NO_MEMORY(1);

static void add(struct answer *a, const char *name, const char *value)
{
    if (value)
        a->fields[a->pub.n_headers++] = (promc_http_field){ name, value };
}

static struct answer *make(unsigned status, size_t text)
{
    struct answer *a = promc__calloc(1, sizeof(*a) + text);

    if (a) {
        a->pub.status = status;
        a->pub.headers = a->fields;
    }
    return a;
}

promc_http_answer *promc__http_answer_new(unsigned status, const char *content_type,
                                          const char *allow, const char *body,
                                          size_t size)
{
    size_t type_size = strlen(content_type) + 1;
    size_t allow_size = allow ? strlen(allow) + 1 : 0;
    struct answer *a = make(status, type_size + allow_size + size);

    if (!a)
        return &no_memory;
    add(a, "Content-Type", memcpy(a->text, content_type, type_size));
    if (allow)
        add(a, "Allow", memcpy(a->text + type_size, allow, allow_size));
    a->pub.body = memcpy(a->text + type_size + allow_size, body, size);
    a->pub.size = size;
    return &a->pub;
}

promc_http_answer *promc__http_answer_text(unsigned status, const char *text,
                                           const char *allow)
{
    promc_http_answer *pub =
        promc__http_answer_new(status, TEXT_TYPE, allow, text, strlen(text));

    if (status == 503 && pub != &no_memory)
        add((struct answer *)pub, "Retry-After", "1");
    return pub;
}

promc_http_answer *promc__http_answer_scrape(promc_http_request *req)
{
    struct promc__http_snapshot *snap = req->result;
    const struct promc__http_body *body;
    struct answer *a;

    if (!snap)
        return promc__http_answer_text(503, "The scrape did not end in time.\n", NULL);
    if (snap->status != 200)
        return promc__http_answer_text(snap->status, snap->text, NULL);
    a = make(200, 0);
    if (!a)
        return &no_memory;
    a->snap = snap;
    req->result = NULL; /* the answer's now */
    body = &snap->coded[req->coding];
    add(a, "Content-Type", promc_content_type(snap->format));
    add(a, "Vary", "Accept, Accept-Encoding");
    if (body->data) {
        add(a, "Content-Encoding", promc__coding_name(req->coding));
        a->pub.body = body->data;
        a->pub.size = body->size;
    } else {
        a->pub.body = promc_page_data(snap->page);
        a->pub.size = promc_page_size(snap->page);
    }
    return &a->pub;
}

promc_http_answer *promc__http_answer_own(promc_http_answer *pub, const char *method,
                                          promc_http_request *req)
{
    int head = !strcmp(method, "HEAD");

    if (pub != &no_memory) {
        pub->head_only = head;
        ((struct answer *)pub)->req = req;
        return pub;
    }
    if (req)
        promc__http_end(req, pub->status);
    promc__http_request_unref(req);
    return head ? &no_memory_head : &no_memory;
}

void promc_http_answer_free(promc_http_answer *pub)
{
    struct answer *a = (struct answer *)pub;

    if (!pub || pub == &no_memory || pub == &no_memory_head)
        return;
    promc__http_release(a->snap);
    if (a->req)
        promc__http_end(a->req, a->pub.status != 405 ? a->pub.status : 0);
    promc__http_request_unref(a->req);
    promc__free(a);
}
