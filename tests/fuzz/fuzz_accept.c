/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_accept.c - Accept and Accept-Encoding: any bytes give an answer, which depends
 * neither on the case of the letters nor on empty entries in front.
 */
#include "config.h"
#include "fuzz.h"

#include "encoding.h"
#include "promc/promc.h"

static void answers(const char *header, int *format, int *gzip)
{
    *format = promc_negotiate(header);
    *gzip = promc__accept_encoding(header, "gzip");
    FUZZ_CHECK(*format == PROMC_FORMAT_TEXT || *format == PROMC_FORMAT_OPENMETRICS);
    FUZZ_CHECK(*gzip == 0 || *gzip == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = fuzz_string(data, size);
    char *shifted = malloc(size + 4);
    int format, gzip, format2, gzip2;

    FUZZ_CHECK(shifted);
    answers(header, &format, &gzip);

    memcpy(shifted, ",\t,", 3);
    memcpy(shifted + 3, header, size + 1);
    answers(shifted, &format2, &gzip2);
    FUZZ_CHECK(format == format2 && gzip == gzip2);

    for (char *p = header; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    answers(header, &format2, &gzip2);
    FUZZ_CHECK(format == format2 && gzip == gzip2);
    free(shifted);
    free(header);
    return 0;
}
