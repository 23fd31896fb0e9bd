/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_pool.c - pages, bodies and compressors between two scrapes. Enough are kept for two
 * scrapes at a time; more at once are rare, and their memory goes back.
 */
#include "config.h"
#include "http_handler.h"

#include <string.h>

#include "alloc.h"

promc_page *promc__http_pool_page(struct promc__http_pool *pool)
{
    return pool->n_pages > 0 ? pool->pages[--pool->n_pages] : NULL;
}

struct promc__http_body promc__http_pool_body(struct promc__http_pool *pool)
{
    static const struct promc__http_body none;

    return pool->n_bodies > 0 ? pool->bodies[--pool->n_bodies] : none;
}

struct promc__http_coder *promc__http_pool_coder(struct promc__http_pool *pool)
{
    return pool->n_coders > 0 ? pool->coders[--pool->n_coders] : NULL;
}

void promc__http_pool_put_page(struct promc__http_pool *pool, promc_page *page)
{
    if (page && pool->n_pages < PROMC__HTTP_POOLED)
        pool->pages[pool->n_pages++] = page;
    else
        promc_page_free(page);
}

void promc__http_pool_put_body(struct promc__http_pool *pool,
                               struct promc__http_body *body)
{
    if (body->data && pool->n_bodies < PROMC__HTTP_POOLED)
        pool->bodies[pool->n_bodies++] = *body;
    else
        promc__free(body->data);
    memset(body, 0, sizeof(*body));
}

void promc__http_pool_put_coder(struct promc__http_pool *pool,
                                struct promc__http_coder *coder)
{
    if (coder && pool->n_coders < PROMC__HTTP_POOLED)
        pool->coders[pool->n_coders++] = coder;
    else
        promc__http_coder_free(coder);
}

void promc__http_pool_end(struct promc__http_pool *pool)
{
    while (pool->n_pages > 0)
        promc_page_free(pool->pages[--pool->n_pages]);
    while (pool->n_bodies > 0)
        promc__free(pool->bodies[--pool->n_bodies].data);
    while (pool->n_coders > 0)
        promc__http_coder_free(pool->coders[--pool->n_coders]);
}
