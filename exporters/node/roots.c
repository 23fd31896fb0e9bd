/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roots.c - the --path flags, made ready and checked.
 */
#include "config.h"

#include "node/roots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "node/fail.h"

/* Without its trailing slashes, so that "/" + name can follow; "/" becomes "". NULL: out of
 * memory. */
static const char *trimmed(const char *path)
{
    size_t len = strlen(path);

    while (len > 0 && path[len - 1] == '/')
        len--;
    return strndup(path, len);
}

/* Without its roots the exporter would run and say nothing; better to end here. */
static int check_directory(const char *flag, const char *path, promc_error *err)
{
    struct stat st;
    int rc = 0;

    if (stat(path[0] ? path : "/", &st) < 0)
        rc = errno;
    else if (!S_ISDIR(st.st_mode))
        rc = ENOTDIR;
    return rc ? node_fail(err, -rc, "%s=%s: %s", flag, path, strerror(rc)) : 0;
}

static int holds(const char *path, const char *name)
{
    char full[4096];

    return snprintf(full, sizeof(full), "%s/%s", path, name) < (int)sizeof(full) &&
           access(full, F_OK) == 0;
}

/* Files that container run times leave for programs that ask. */
static int in_container(void)
{
    return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;
}

static void warn_of_odd_roots(const struct node_paths *p)
{
    if (!holds(p->procfs, "stat") && !holds(p->procfs, "meminfo"))
        log_warn("This does not look like procfs: most metrics will be missing", "flag",
                 "--path.procfs", "path", p->procfs);
    if (!holds(p->sysfs, "class") && !holds(p->sysfs, "devices"))
        log_warn("This does not look like sysfs: metrics of devices will be missing",
                 "flag", "--path.sysfs", "path", p->sysfs);
    if (p->rootfs[0])
        return;
    if (strcmp(p->procfs, "/proc") != 0 && holds(p->procfs, "1/mountinfo"))
        log_warn("procfs is moved and the root file system is not: sizes of file systems "
                 "are asked for here under the paths they have there; see --path.rootfs",
                 "path", p->procfs);
    else if (in_container())
        log_warn("This is a container: the file systems shown are its own, not those of "
                 "the host, unless the host's root is mounted and named with "
                 "--path.rootfs");
}

int node_roots_check(struct node_paths *p, promc_error *err)
{
    int rc;

    p->procfs = trimmed(p->procfs);
    p->sysfs = trimmed(p->sysfs);
    p->rootfs = trimmed(p->rootfs);
    p->udev_data = trimmed(p->udev_data);
    if (!p->procfs || !p->sysfs || !p->rootfs || !p->udev_data)
        return node_fail(err, -ENOMEM, "out of memory");
    rc = check_directory("--path.procfs", p->procfs, err);
    if (rc == 0)
        rc = check_directory("--path.sysfs", p->sysfs, err);
    if (rc == 0)
        rc = check_directory("--path.rootfs", p->rootfs, err);
    if (rc == 0)
        warn_of_odd_roots(p);
    return rc;
}
