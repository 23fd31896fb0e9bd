/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - life of a page.
 */
#include "config.h"
#include "page.h"

#include <errno.h>
#include <stdarg.h>

#include "alloc.h"
#include "error.h"

promc_page *promc_page_new(promc_error *err)
{
    promc_page *page = promc__calloc(1, sizeof *page);

    if (page != NULL)
        page->emitter = promc_emitter_new(NULL);
    if (page == NULL || page->emitter == NULL) {
        promc__free(page);
        promc__error(err, -ENOMEM, "page: out of memory");
        return NULL;
    }
    return page;
}

void promc_page_free(promc_page *page)
{
    if (page == NULL)
        return;
    promc__buf_free(&page->out);
    promc_emitter_free(page->emitter);
    promc__buf_free(&page->written);
    promc__buf_free(&page->texts);
    promc__buf_free(&page->scratch);
    promc__free(page->registries);
    promc__free(page->groups);
    promc__free(page->by_written);
    promc__free(page->series);
    promc__free(page->by_labels);
    promc__free(page->families);
    promc__free(page->emitted);
    promc__free(page->samples);
    promc__free(page->collectors);
    promc__free(page->counts);
    promc__free(page->sketch.v);
    promc__free(page->native.mem);
    promc__free(page->exemplars.mem);
    promc__buf_free(&page->encoder.scratch);
    promc__buf_free(&page->encoder.name_text);
    promc__buf_free(&page->encoder.exemplar);
    promc__free(page);
}

const char *promc_page_data(const promc_page *page)
{
    /* after a failed render there are only remains of the one before */
    return page != NULL && page->out.len != 0 ? page->out.data : "";
}

size_t promc_page_size(const promc_page *page)
{
    return page != NULL ? page->out.len : 0;
}

size_t promc_page_error(const promc_page *page, promc_error *err)
{
    if (page == NULL || page->left_out == 0)
        return 0;
    if (err != NULL)
        *err = page->first_error;
    return page->left_out;
}

void promc__page_leave_out(promc_page *page, const char *format, ...)
{
    va_list args;

    if (page->left_out++ != 0)
        return;
    va_start(args, format);
    promc__error_v(&page->first_error, -EINVAL, format, args);
    va_end(args);
}

void promc__page_leave_out_all(promc_page *page, const promc_error *why, size_t n)
{
    if (page->left_out == 0 ||
        (why->code == -ENOMEM && page->first_error.code != -ENOMEM))
        page->first_error = *why;
    page->left_out += n;
}

int promc__page_reserve(void *array, size_t *cap, size_t need, size_t size)
{
    void **p = array;
    size_t more = need + need / 2;
    void *q;

    if (need <= *cap)
        return 0;
    q = promc__realloc(*p, more * size);
    if (q == NULL)
        return -ENOMEM;
    *p = q;
    *cap = more;
    return 0;
}
