/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_textfile.c - text files brought together: whatever is in them, the page that comes
 * out can be read again, and a file that is refused leaves nothing.
 *
 * A byte 0 parts the input into files.
 */
#include "config.h"
#include "fuzz.h"

#include "node/collectors/textfamily.h"

static void show(promc_emitter *e, void *arg)
{
    promc_emitter_append(e, arg);
}

/* Render what the set holds and read it back. */
static void check_page(struct textset *set)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_emitter *e = promc_emitter_new(NULL);
    promc_page *page = promc_page_new(NULL);
    promc_text_handler nothing = { NULL, NULL, NULL };
    promc_error err = { 0, "" };

    FUZZ_CHECK(reg && e && page);
    FUZZ_CHECK(textset_emit(set, e, &err) >= 0);
    FUZZ_CHECK(promc_collector_register(reg, show, e, NULL) == 0);
    FUZZ_CHECK(promc_render(reg, PROMC_FORMAT_TEXT, page, NULL) == 0);
    FUZZ_CHECK(promc_text_parse(promc_page_data(page), promc_page_size(page), &nothing,
                                NULL, NULL, &err) == 0);
    promc_page_free(page);
    promc_registry_free(reg);
    promc_emitter_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = { "a.prom", "b.prom", "c.prom", "d.prom" };
    struct arena arena = { NULL, NULL };
    struct textset set = { .arena = &arena };
    size_t file = 0;

    while (file < 4) {
        const uint8_t *end = size ? memchr(data, 0, size) : NULL;
        size_t len = end ? (size_t)(end - data) : size;
        char *text = malloc(len ? len : 1); /* exactly, for the sanitizers */
        promc_error err = { 0, "" };
        int rc;

        FUZZ_CHECK(text);
        if (len)
            memcpy(text, data, len);
        rc = textset_add(&set, paths[file++], text, len, &err);
        FUZZ_CHECK(rc == 0 || err.text[0] != '\0');
        free(text);
        if (!end)
            break;
        data = end + 1;
        size -= len + 1;
    }
    check_page(&set);
    textset_free(&set);
    arena_free(&arena);
    return 0;
}
