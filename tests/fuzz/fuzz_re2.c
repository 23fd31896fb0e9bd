/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_re2.c - a line of pattern, then a text: the pattern is refused with a reason or
 * accepted, and matching ends, whatever the text is.
 */
#include "config.h"
#include "fuzz.h"

#include "common/filter.h"
#include "common/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    promc_error err = { 0, "" };
    struct filter *f;
    char *pattern = fuzz_string(data, size), *text;

    FUZZ_CHECK(log_setup("error", "logfmt") == 0);
    text = strchr(pattern, '\n');
    if (text)
        *text++ = '\0';
    f = filter_new("--fuzz", pattern, NULL, &err);
    if (f)
        FUZZ_CHECK(filter_keep(f, text ? text : "") == 1 || pattern[0] != '\0');
    else
        FUZZ_CHECK(err.code < 0 && err.text[0] != '\0');
    filter_free(f);
    free(pattern);
    return 0;
}
