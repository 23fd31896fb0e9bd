/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_process_groups.c - a configuration of process_groups, up to the first NUL, then
 * strings that are the command name and the arguments of a process: it is refused with a
 * reason, or gives the process a name that fits.
 */
#include "config.h"
#include "fuzz.h"

#include "common/log.h"
#include "node/collectors/procgroups_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { STRINGS = 8 };
    const char *string[STRINGS + 1] = { NULL };
    char *text = fuzz_string(data, size), name[32];
    size_t len = strlen(text), at = len, n = 0;
    promc_error err = { 0, "" };
    struct procgroups_rules *r;

    FUZZ_CHECK(log_setup("error", "logfmt") == 0);
    for (; at < size && n < STRINGS; at += strlen(text + at))
        string[n++] = text + ++at;
    r = procgroups_config("f", text, len, &err);
    if (r) {
        struct procgroups_attrs a = { string[0], n > 1 ? string + 1 : NULL,
                                      "joe",     string,
                                      1,         2 };

        memset(name, 'x', sizeof(name));
        if (procgroups_rules_apply(r, &a, name, sizeof(name)))
            FUZZ_CHECK(memchr(name, '\0', sizeof(name)));
    } else {
        FUZZ_CHECK(err.code < 0 && err.text[0] != '\0');
    }
    procgroups_rules_free(r);
    free(text);
    return 0;
}
