/* SPDX-License-Identifier: Apache-2.0 */
/*
 * once.c - one scrape without a server.
 */
#include "config.h"

#include "node/once.h"

#include <errno.h>
#include <promc/textfile.h>
#include <string.h>
#include <unistd.h>

#include "node/fail.h"

static int write_all(int fd, const char *p, size_t left)
{
    while (left > 0) {
        ssize_t n = write(fd, p, left);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            p += n;
            left -= (size_t)n;
        }
    }
    return 0;
}

static int print(promc_registry *reg, promc_error *err)
{
    promc_page *page = promc_page_new(err);
    int rc;

    if (!page)
        return -ENOMEM;
    rc = promc_render(reg, PROMC_FORMAT_TEXT, page, err);
    if (rc == 0) {
        rc = write_all(STDOUT_FILENO, promc_page_data(page), promc_page_size(page));
        if (rc < 0)
            node_fail(err, rc, "cannot write to stdout: %s", strerror(-rc));
    }
    promc_page_free(page);
    return rc;
}

int node_once(const struct node_site *site, const char *path, promc_error *err)
{
    int rc = node_scrape_begin(site->scrape, &site->set,
                               node_serve_deadline(0, site->deadline));

    if (rc < 0)
        return node_fail(err, rc, "cannot run the collectors: %s", strerror(-rc));
    rc = path[0] ? promc_textfile_write(site->registry, path, err)
                 : print(site->registry, err);
    node_scrape_end(site->scrape);
    return rc;
}
