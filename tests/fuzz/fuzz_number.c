/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_number.c - the input as a text must be read as libc reads it; its first eight
 * bytes as a double must survive the way to text and back.
 */
#include "config.h"
#include "fuzz.h"

#include <errno.h>
#include <math.h>

#include "number.h"
#include "promc/promc.h"

static uint64_t bits_of(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* Whether libc reads more than we do: blanks in front, hexadecimal, NaN with sign or
 * payload. */
static int only_for_libc(const char *s)
{
    const char *digits = s + (*s == '-' || *s == '+');
    return strchr(" \t\n\v\f\r", *s) || strpbrk(s, "xX(") ||
           (digits != s && (*digits | 0x20) == 'n');
}

static void check_text(const char *s, size_t len)
{
    double ours = 42, libc;
    char *end;
    int rc = promc_number_parse(s, len, &ours);

    libc = strtod(s, &end);
    if (rc == -EINVAL) {
        FUZZ_CHECK(ours == 42);
        FUZZ_CHECK(len == 0 || end != s + len || only_for_libc(s));
        return;
    }
    FUZZ_CHECK(end == s + len);
    FUZZ_CHECK(isnan(libc) ? isnan(ours) : bits_of(ours) == bits_of(libc));
    if (rc == -ERANGE)
        FUZZ_CHECK(isinf(ours));
    else
        FUZZ_CHECK(rc == 0);
}

static void check_double(double v)
{
    char text[PROMC_NUMBER_SIZE], om[PROMC_NUMBER_SIZE];
    size_t len = promc_number_format(v, text), om_len;
    double back;

    FUZZ_CHECK(len == strlen(text) && len < 25);
    FUZZ_CHECK(promc_number_parse(text, len, &back) == 0);
    FUZZ_CHECK(isnan(v) ? isnan(back) : bits_of(back) == bits_of(v));
    om_len = promc__number_format_om(v, om);
    FUZZ_CHECK(om_len == strlen(om) && strncmp(om, text, len) == 0);
    FUZZ_CHECK(!isfinite(v) || strpbrk(om, ".e"));
    FUZZ_CHECK(promc_number_parse(om, om_len, &back) == 0);
    FUZZ_CHECK(isnan(v) ? isnan(back) : bits_of(back) == bits_of(v));
}

static void check_integer(uint64_t v)
{
    char text[PROMC__U64_SIZE + 1];
    size_t len = promc__u64_format(v, text);

    FUZZ_CHECK(len <= PROMC__U64_SIZE);
    text[len] = '\0';
    FUZZ_CHECK(text[0] != '0' || len == 1);
    FUZZ_CHECK(strtoull(text, NULL, 10) == v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = fuzz_string(data, size);
    uint64_t bits;
    double v;

    check_text(s, size);
    free(s);
    if (size >= sizeof bits) {
        memcpy(&bits, data, sizeof bits);
        memcpy(&v, &bits, sizeof v);
        check_double(v);
        check_integer(bits);
        check_integer(bits >> (bits & 63));
    }
    return 0;
}
