/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qdisc_fixture.c - queueing disciplines from a JSON file: an array of objects.
 */
#include "config.h"

#include "node/collectors/qdisc.h"

#include <errno.h>
#include <stdio.h>

#include "node/fixture.h"

#ifdef HAVE_JANSSON
int qdisc_fixture(const char *dir, qdisc_each *each, void *arg, promc_error *err)
{
    static const char *const keys[QDISC_STATS] = {
        [QDISC_BYTES] = "Bytes",           [QDISC_PACKETS] = "Packets",
        [QDISC_DROPS] = "Drops",           [QDISC_REQUEUES] = "Requeues",
        [QDISC_OVERLIMITS] = "Overlimits", [QDISC_LENGTH] = "Qlen",
        [QDISC_BACKLOG] = "Backlog",
    };
    json_t *root;
    int rc = fixture_read(dir, "results.json", &root, err);

    for (size_t i = 0; i < json_array_size(root); i++) {
        const json_t *object = json_array_get(root, i);
        struct qdisc q = { .parent = (uint32_t)fixture_number(object, "Parent") };

        snprintf(q.device, sizeof(q.device), "%s", fixture_string(object, "IfaceName"));
        snprintf(q.kind, sizeof(q.kind), "%s", fixture_string(object, "Kind"));
        for (size_t k = 0; k < QDISC_STATS; k++)
            q.stat[k] = (uint64_t)fixture_number(object, keys[k]);
        each(arg, &q);
    }
    json_decref(root);
    return rc;
}
#else
int qdisc_fixture(const char *dir, qdisc_each *each, void *arg, promc_error *err)
{
    (void)each;
    (void)arg;
    return fixture_check("--collector.qdisc.fixtures", dir, err);
}
#endif
