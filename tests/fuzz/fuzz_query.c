/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_query.c - the query of a request: any bytes are decoded or refused; what is decoded,
 * written again with every byte escaped, decodes to the same.
 */
#include "config.h"
#include "fuzz.h"

#include "http_handler.h"

static char *escape(char *out, const char *s)
{
    for (; *s; s++)
        out += sprintf(out, "%%%02x", (unsigned char)*s);
    return out;
}

static char *write_again(const struct promc__http_params *params, size_t size)
{
    char *text = malloc(3 * size + 2 * params->n + 2), *p = text;

    FUZZ_CHECK(text);
    for (size_t i = 0; i < params->n; i++) {
        p = escape(p, params->v[i].name);
        *p++ = '=';
        p = escape(p, params->v[i].value);
        *p++ = '&';
    }
    *p = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *query = fuzz_string(data, size), *again;
    struct promc__http_params params, params2;
    const char *why = NULL;
    unsigned status = promc__http_query_read(query, &params, &why);

    FUZZ_CHECK(status == 0 || (status == 400 && why));
    FUZZ_CHECK(params.n <= PROMC__HTTP_MAX_PARAMS);
    if (status == 0 && strlen(query) < PROMC__HTTP_MAX_QUERY / 8 &&
        params.n < PROMC__HTTP_MAX_PARAMS) {
        again = write_again(&params, size);
        FUZZ_CHECK(promc__http_query_read(again, &params2, &why) == 0);
        FUZZ_CHECK(params.n == params2.n);
        for (size_t i = 0; i < params.n; i++) {
            FUZZ_CHECK(!strcmp(params.v[i].name, params2.v[i].name));
            FUZZ_CHECK(!strcmp(params.v[i].value, params2.v[i].value));
        }
        promc__http_query_free(&params2);
        free(again);
    }
    promc__http_query_free(&params);
    free(query);
    return 0;
}
