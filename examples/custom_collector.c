/* SPDX-License-Identifier: Apache-2.0 */
/*
 * custom_collector.c - a collector of one's own: values read when Prometheus asks.
 *
 *   custom_collector DIRECTORY...        print one scrape to standard output
 *
 * Use a collector for numbers that something else keeps: here the file system knows how
 * many files wait in a spool directory. Nothing is registered per directory and nothing
 * is remembered from scrape to scrape: a collector begins a family and emits its samples.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <promc/promc.h>

/* Add up the plain files of a directory. Returns 0 or -errno. */
static int measure(const char *dir, double *files, double *bytes)
{
    DIR *d = opendir(dir);
    struct stat st;

    *files = *bytes = 0;
    if (!d)
        return -errno;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode)) {
            *files += 1;
            *bytes += (double)st.st_size;
        }
    }
    closedir(d);
    return 0;
}

/* arg is the NULL-ended list of directories. An unreadable one costs its own samples
 * only; the reason reaches promc_page_error(). */
static void collect_spool(promc_emitter *e, void *arg)
{
    promc_samples *files = promc_emit_family(e, PROMC_TYPE_GAUGE, "spool_files",
                                             "Files waiting.", PROMC_LABELS("dir"));
    promc_samples *bytes = promc_emit_family(e, PROMC_TYPE_GAUGE, "spool_bytes",
                                             "Bytes waiting.", PROMC_LABELS("dir"));

    for (char *const *dir = arg; *dir; dir++) {
        double n, size;
        int r = measure(*dir, &n, &size);

        if (r != 0) {
            promc_emit_error(e, "%s: %s", *dir, strerror(-r));
            continue;
        }
        promc_emit(files, PROMC_LABELS(*dir), n);
        promc_emit(bytes, PROMC_LABELS(*dir), size);
    }
}

int main(int argc, char **argv)
{
    promc_error err;
    promc_registry *reg = promc_registry_new(&err);
    promc_page *page = promc_page_new(&err);
    int failed = 1;

    (void)argc;
    if (reg && page &&
        promc_collector_register(reg, collect_spool, argv + 1, &err) == 0 &&
        promc_render(reg, PROMC_FORMAT_TEXT, page, &err) == 0) {
        fwrite(promc_page_data(page), 1, promc_page_size(page), stdout);
        failed = promc_page_error(page, &err) > 0;
    }
    if (failed)
        fprintf(stderr, "custom_collector: %s\n", err.text);
    promc_page_free(page);
    promc_registry_free(reg);
    return failed;
}
