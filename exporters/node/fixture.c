/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.c - JSON files that a collector takes in place of asking the kernel.
 */
#include "config.h"

#include "node/fixture.h"

#include <errno.h>

#include "common/readfile.h"
#include "node/fail.h"

int fixture_check(const char *flag, const char *dir, promc_error *err)
{
#ifdef HAVE_JANSSON
    (void)flag;
    (void)dir;
    (void)err;
#else
    if (fixture_given(dir))
        return node_fail(err, -ENOTSUP, "%s: this program was built without jansson",
                         flag);
#endif
    return 0;
}

#ifdef HAVE_JANSSON
int fixture_read(const char *dir, const char *name, json_t **root, promc_error *err)
{
    struct readbuf buf = { NULL, 0, 0 };
    json_error_t why;
    int rc = read_file(dir, name, &buf, 0);

    *root = NULL;
    if (rc)
        return node_fail_read(err, rc, dir, name);
    *root = json_loadb(buf.data, buf.len, 0, &why);
    readbuf_free(&buf);
    if (!*root)
        return node_fail(err, -EINVAL, "%s line %d: %.80s", name, why.line, why.text);
    return 0;
}

const char *fixture_string(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s ? s : "";
}

int64_t fixture_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}
#endif
