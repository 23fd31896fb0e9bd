/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_web_config.c - any bytes as a --web.config.file: refused with a place and a reason,
 * or a configuration that keeps the rules.
 */
#include "config.h"
#include "fuzz.h"

#include "common/web_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    promc_error err = { 0, "" };
    char *text = fuzz_string(data, size);
    struct web_config c;

    if (web_config_parse("w", text, size, &c, &err) != 0) {
        FUZZ_CHECK(err.code < 0 && strncmp(err.text, "w:", 2) == 0);
    } else {
        FUZZ_CHECK(c.rate_interval >= 0 && c.rate_burst >= 0);
        FUZZ_CHECK(c.tls.min_version >= 12 && c.tls.min_version <= c.tls.max_version);
        FUZZ_CHECK(!c.tls.on || c.tls.cert.text || c.tls.cert.file);
        for (size_t i = 0; i < c.n_users; i++)
            FUZZ_CHECK(web_is_bcrypt(c.users[i].hash));
    }
    web_config_free(&c);
    free(text);
    return 0;
}
