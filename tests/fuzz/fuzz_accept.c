/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_accept.c - Accept and Accept-Encoding: any bytes give an answer, which depends
 * neither on the case of the letters nor on empty entries in front.
 */
#include "config.h"
#include "fuzz.h"

#include "encoding.h"
#include "promc/promc.h"

static void answers(const char *header, int *format, int *coding)
{
    *format = (int)promc_negotiate(header);
    *coding = promc__accept_encoding(header);
    FUZZ_CHECK(promc_format_syntax((promc_format)*format) <= PROMC_FORMAT_OPENMETRICS_2);
    FUZZ_CHECK((unsigned)*format >> 8 <= PROMC_ESCAPE_ALLOW_UTF8 >> 8);
    FUZZ_CHECK(*format != (PROMC_FORMAT_TEXT | PROMC_ESCAPE_ALLOW_UTF8));
    FUZZ_CHECK(*coding >= 0 && *coding < PROMC__CODINGS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = fuzz_string(data, size);
    char *shifted = malloc(size + 4);
    int format, coding, format2, coding2;

    FUZZ_CHECK(shifted);
    answers(header, &format, &coding);

    memcpy(shifted, ",\t,", 3);
    memcpy(shifted + 3, header, size + 1);
    answers(shifted, &format2, &coding2);
    FUZZ_CHECK(format == format2 && coding == coding2);

    for (char *p = header; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    answers(header, &format2, &coding2);
    FUZZ_CHECK(format == format2 && coding == coding2);
    free(shifted);
    free(header);
    return 0;
}
