/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon_layout.c - which chips and sensors there are, which of their files are read, and what
 * is shown of them.
 */
#include "config.h"

#include "node/collectors/hwmon_layout.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/attr.h"
#include "node/collectors/hwmon_chip.h"
#include "node/fail.h"

/* ------------------------------------------------------------------------------------
 * Whether something has changed
 */

/* FNV-1a: what is hashed are names from the kernel, not from an adversary. */
static void mix(uint64_t *hash, const void *data, size_t n)
{
    const unsigned char *p = data;

    for (size_t i = 0; i < n; i++)
        *hash = (*hash ^ p[i]) * UINT64_C(0x100000001b3);
}

struct look {
    struct dirlist *list;
    uint64_t hash;
};

static void look_at_names(struct look *k, int fd)
{
    if (fd >= 0 && dirlist_read_fd(k->list, fd) == 0)
        for (size_t i = 0; i < k->list->n; i++)
            mix(&k->hash, k->list->v[i].name, strlen(k->list->v[i].name) + 1);
    mix(&k->hash, "", 1); /* where the names of one directory end */
}

/* A chip that is taken away and another put in its place has another inode. */
static void look_at_chip(void *arg, int fd, const char *name)
{
    struct look *k = arg;
    struct stat st;
    int device;

    mix(&k->hash, name, strlen(name) + 1);
    if (fstat(fd, &st) == 0) {
        mix(&k->hash, &st.st_ino, sizeof(st.st_ino));
        mix(&k->hash, &st.st_ctim.tv_sec, sizeof(st.st_ctim.tv_sec));
        mix(&k->hash, &st.st_ctim.tv_nsec, sizeof(st.st_ctim.tv_nsec));
    }
    look_at_names(k, fd);
    device = dirlist_open_at(fd, "device");
    look_at_names(k, device);
    if (device >= 0)
        close(device);
}

/* ------------------------------------------------------------------------------------
 * Making it anew
 */

/* A file found; those of the device itself go before those of the chip. */
struct found {
    struct hwmon_name name;
    const char *path;
    int in_chip;
};

struct making {
    struct hwmon_layout *layout;
    const char *sysfs;
    struct found *found; /* in one chip */
    size_t n, cap;
    int rc;
};

/* Room for one more in an array of n things of this size. */
static void *grow(void *array, size_t n, size_t *cap, size_t size)
{
    size_t wanted = *cap ? 2 * *cap : 16;
    void *grown = array;

    if (n < *cap)
        return array;
    grown = realloc(array, wanted * size);
    if (grown)
        *cap = wanted;
    return grown;
}

static const char *keep(struct making *m, const char *s)
{
    const char *kept = arena_string(&m->layout->memory, s, strlen(s));

    if (!kept)
        m->rc = -ENOMEM;
    return kept;
}

/* Note a chip and its names. */
static void find_chip(void *arg, int fd, const char *dir)
{
    struct making *m = arg;
    struct hwmon_layout *l = m->layout;
    char base[HWMON_CHIP_SIZE], driver[ATTR_TEXT_SIZE];
    struct hwmon_chip *grown = grow(l->chips, l->n, &l->cap, sizeof(*grown));

    if (!grown) {
        m->rc = -ENOMEM;
        return;
    }
    l->chips = grown;
    if (hwmon_chip_names(m->sysfs, fd, dir, base, driver) == 0)
        l->chips[l->n++] = (struct hwmon_chip){ .dir = keep(m, dir),
                                                .base = keep(m, base),
                                                .driver = keep(m, driver) };
}

static int compare_found(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int order = hwmon_name_compare(&x->name, &y->name);

    return order ? order : x->in_chip - y->in_chip;
}

/* Note the files of sensors in a directory of the chip, or in the chip's. */
static void find_files(struct making *m, int chip, const char *dir)
{
    struct hwmon_layout *l = m->layout;
    int fd = dirlist_open_at(chip, dir[0] ? dir : ".");

    if (fd < 0)
        return;
    dirlist_read_fd(&l->list, fd);
    close(fd);
    for (size_t i = 0; i < l->list.n; i++) {
        struct found *grown, *f;
        struct hwmon_name name;
        char path[NAME_MAX + 16];

        if (l->list.v[i].type == DT_DIR || !hwmon_name_parse(l->list.v[i].name, &name))
            continue;
        grown = grow(m->found, m->n, &m->cap, sizeof(*grown));
        if (!grown) {
            m->rc = -ENOMEM;
            return;
        }
        m->found = grown;
        snprintf(path, sizeof(path), "%s%s%s", dir, dir[0] ? "/" : "", l->list.v[i].name);
        f = &m->found[m->n];
        f->path = keep(m, path);
        if (!f->path)
            return;
        /* The property is a part of the name, which goes with the list. */
        hwmon_name_parse(strrchr(path, '/') ? strrchr(f->path, '/') + 1 : f->path,
                         &f->name);
        f->in_chip = dir[0] == '\0';
        m->n++;
    }
}

static struct hwmon_family *
find_family(struct hwmon_layout *l, const struct hwmon_metric *metric, const char *help)
{
    struct hwmon_family *f = l->families;

    while (f && strcmp(f->name, metric->name) != 0)
        f = f->next;
    if (f)
        return f;
    f = arena_alloc(&l->memory, sizeof(*f));
    if (!f)
        return NULL;
    f->name = arena_string(&l->memory, metric->name, strlen(metric->name));
    if (!f->name)
        return NULL;
    f->help = help;
    f->type = metric->type;
    f->samples = NULL;
    f->next = l->families;
    l->families = f;
    return f;
}

static int same_sensor(const struct found *a, const struct found *b)
{
    return a->name.type == b->name.type && a->name.number == b->name.number;
}

/* Add the files of one sensor, n of them from *f on, to those of the chip. */
static void make_sensor(struct making *m, struct hwmon_chip *chip, const struct found *f,
                        size_t n)
{
    struct hwmon_layout *l = m->layout;
    char sensor[64], both[HWMON_CHIP_SIZE + 64];
    const char *kept;
    int has_bare = 0;

    snprintf(sensor, sizeof(sensor), "%s%u", f->name.type->name, f->name.number);
    snprintf(both, sizeof(both), "%s;%s", chip->label, sensor);
    if (!filter_keep(l->sensor_filter, both))
        return;
    kept = keep(m, sensor);
    for (size_t i = 0; i < n; i++)
        has_bare |= f[i].name.property[0] == '\0';
    for (size_t i = 0; i < n; i++) {
        struct hwmon_metric metric;
        struct hwmon_family *family = NULL;
        int again = i > 0 && hwmon_name_compare(&f[i - 1].name, &f[i].name) == 0;

        hwmon_name_metric(&f[i].name, has_bare, &metric);
        if (metric.kind == HWMON_NOTHING)
            continue;
        if (metric.kind != HWMON_LABEL) {
            family = find_family(l, &metric, f->name.type->help);
            if (!family)
                m->rc = -ENOMEM;
        }
        chip->files[chip->n++] =
            (struct hwmon_file){ metric.kind, f[i].path, kept, family, again };
    }
}

/* Find and add the files of a chip. */
static void make_chip(struct making *m, struct hwmon_chip *chip)
{
    char path[NAME_MAX + sizeof(HWMON_DIR) + 2];
    int fd;

    snprintf(path, sizeof(path), HWMON_DIR "/%s", chip->dir);
    fd = dirlist_open(m->sysfs, path);
    if (fd < 0)
        return;
    m->n = 0;
    find_files(m, fd, "");
    find_files(m, fd, "device");
    close(fd);
    if (m->n == 0)
        return;
    chip->files = arena_alloc(&m->layout->memory, m->n * sizeof(*chip->files));
    if (!chip->files) {
        m->rc = -ENOMEM;
        return;
    }
    qsort(m->found, m->n, sizeof(*m->found), compare_found);
    for (size_t i = 0, n; i < m->n; i += n) {
        for (n = 1; i + n < m->n && same_sensor(&m->found[i], &m->found[i + n]); n++)
            ;
        make_sensor(m, chip, &m->found[i], n);
    }
}

/* All of it. Returns 0 or -ENOMEM. */
static int make(struct hwmon_layout *l, const char *sysfs)
{
    struct making m = { .layout = l, .sysfs = sysfs };

    l->n = 0;
    l->families = NULL;
    arena_reset(&l->memory);
    dirwalk(&l->walk, sysfs, HWMON_DIR, "", find_chip, &m);
    for (size_t i = 0; m.rc == 0 && i < l->n; i++) {
        char label[HWMON_CHIP_SIZE];

        hwmon_chip_label(l->chips, l->n, i, label);
        if (!filter_keep(l->chip_filter, label))
            continue;
        l->chips[i].label = keep(&m, label);
        if (m.rc == 0)
            make_chip(&m, &l->chips[i]);
    }
    free(m.found);
    return m.rc;
}

int hwmon_layout_update(struct hwmon_layout *l, const char *sysfs, promc_error *err)
{
    struct look k = { &l->list, UINT64_C(0xcbf29ce484222325) };
    int rc = dirwalk_class(&l->walk, sysfs, HWMON_DIR, "", look_at_chip, &k, err);

    if (rc)
        return rc;
    if (k.hash == l->seen)
        return 0;
    rc = make(l, sysfs);
    l->seen = rc ? 0 : k.hash;
    if (rc == 0)
        return 0;
    l->n = 0;
    return node_fail(err, rc, "out of memory");
}

void hwmon_layout_free(struct hwmon_layout *l)
{
    filter_free(l->chip_filter);
    filter_free(l->sensor_filter);
    arena_free(&l->memory);
    dirwalk_free(&l->walk);
    dirlist_free(&l->list);
    free(l->chips);
}
