/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_tree.h - the made-up host of tests/fixtures/node, put together in a directory, and the
 * flags with which the collectors read all of it. For tests and for fuzz targets.
 */
#ifndef TESTS_NODE_TREE_H
#define TESTS_NODE_TREE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/flags.h"
#include "common/readfile.h"
#include "node/collector.h"
#include "node/scan.h"

#define NODE_TREE_PATH 512

#define NODE_TREE_CHECK(condition, path)                                                 \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: %s: %s: %s\n", __FILE__, __LINE__, path, #condition, \
                    strerror(errno));                                                    \
            abort();                                                                     \
        }                                                                                \
    } while (0)

/* Collectors without files to read: they ask the kernel, or other programs, and have tests of
 * their own. */
static inline int node_tree_is_read_by(const struct node_collector *c)
{
    static const char *const asking[] = {
        "ethtool", "logind",  "network_route", "ntp",     "perf",  "process_groups",
        "selinux", "systemd", "supervisord",   "tcpstat", "timex", "uname",
    };

    for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++)
        if (strcmp(c->name, asking[i]) == 0)
            return 0;
#ifndef HAVE_JANSSON
    if (strcmp(c->name, "qdisc") == 0 || strcmp(c->name, "wifi") == 0)
        return 0;
#endif
    return 1;
}

/* Give all collectors the flags that make them read the tree at root. Call it once. Returns what
 * collectors want as context. */
static inline struct node_ctx node_tree_flags(const char *root)
{
    static const struct {
        const char *flag;
        const char *path; /* below root, as the value of the flag */
    } given[] = {
        { "test", NULL },
        { "--no-collector.arp.netlink", NULL },
        { "--no-collector.netdev.netlink", NULL },
        { "--collector.bcache.priorityStats", NULL },
        { "--collector.cpu.info", NULL },
        { "--collector.pcidevice.names", NULL },
        { "--collector.pcidevice.idsfile", "usr/share/misc/pci.ids" },
        { "--collector.runit.servicedir", "etc/service" },
        { "--collector.stat.softirq", NULL },
        { "--collector.sysctl.include=fs.file-nr:total,current,max", NULL },
        { "--collector.sysctl.include=vm.swappiness", NULL },
        { "--collector.sysctl.include=vm.lowmem_reserve_ratio", NULL },
        { "--collector.sysctl.include-info=kernel.seccomp.actions_avail", NULL },
        { "--collector.textfile.directory", "textfile" },
#ifdef HAVE_JANSSON
        { "--collector.qdisc.fixtures", "qdisc" },
        { "--collector.wifi.fixtures", "wifi" },
#endif
    };
    enum { ARGS = sizeof(given) / sizeof(given[0]) };
    static struct flags *flags; /* owns the lists of the collectors */
    static char text[ARGS][160], paths[4][80];
    static char *args[ARGS + 1];

    flags = flags_new("test", "test", "test");
    NODE_TREE_CHECK(flags, "flags");
    for (size_t i = 0; node_collectors[i]; i++)
        if (node_collectors[i]->flags)
            node_collectors[i]->flags(flags);
    for (size_t i = 0; i < ARGS; i++) {
        args[i] = text[i];
        if (given[i].path)
            snprintf(text[i], sizeof(text[i]), "%s=%s/%s", given[i].flag, root,
                     given[i].path);
        else
            snprintf(text[i], sizeof(text[i]), "%s", given[i].flag);
    }
    NODE_TREE_CHECK(flags_parse(flags, ARGS, args) == FLAGS_OK, "flags");
    snprintf(paths[0], sizeof(paths[0]), "%s/proc", root);
    snprintf(paths[1], sizeof(paths[1]), "%s/sys", root);
    snprintf(paths[2], sizeof(paths[2]), "%s", root);
    snprintf(paths[3], sizeof(paths[3]), "%s/udev/data", root);
    return (struct node_ctx){ .paths = { paths[0], paths[1], paths[2], paths[3] } };
}

/* Make the directories above a file. */
static inline void node_tree_above(char *path)
{
    for (char *p = path; (p = strchr(p + 1, '/')) != NULL;) {
        *p = '\0';
        NODE_TREE_CHECK(mkdir(path, 0755) == 0 || errno == EEXIST, path);
        *p = '/';
    }
}

static inline void node_tree_write(const char *path, const void *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    NODE_TREE_CHECK(fd >= 0, path);
    NODE_TREE_CHECK(write(fd, data, n) == (ssize_t)n, path);
    close(fd);
}

/* Copy a directory and what is in it. */
static inline void node_tree_copy(const char *from, const char *to)
{
    DIR *dir = opendir(from);
    struct dirent *e;

    NODE_TREE_CHECK(dir, from);
    NODE_TREE_CHECK(mkdir(to, 0755) == 0 || errno == EEXIST, to);
    while ((e = readdir(dir)) != NULL) {
        char in[NODE_TREE_PATH], out[NODE_TREE_PATH];
        struct readbuf buf = { NULL, 0, 0 };
        struct stat st;

        if (e->d_name[0] == '.')
            continue;
        snprintf(in, sizeof(in), "%s/%s", from, e->d_name);
        snprintf(out, sizeof(out), "%s/%s", to, e->d_name);
        NODE_TREE_CHECK(stat(in, &st) == 0, in);
        if (S_ISDIR(st.st_mode)) {
            node_tree_copy(in, out);
            continue;
        }
        NODE_TREE_CHECK(read_file(NULL, in, &buf, 0) == 0, in);
        node_tree_write(out, buf.data, buf.len);
        readbuf_free(&buf);
    }
    closedir(dir);
}

/* Cut "NAME MARK REST" in two. */
static inline int node_tree_cut(struct span line, const char *mark, struct span *name,
                                struct span *rest)
{
    const char *at = memmem(line.p, line.n, mark, strlen(mark));

    if (!at)
        return 0;
    *name = span_of(line.p, (size_t)(at - line.p));
    *rest = span_of(at + strlen(mark), line.n - name->n - strlen(mark));
    return 1;
}

/* The bytes that hexadecimal digits, with blanks between, stand for. */
static inline size_t node_tree_bytes(struct span hex, char *out)
{
    size_t digits = 0;
    uint64_t v;

    for (size_t i = 0; i < hex.n; i++) {
        if (hex.p[i] == ' ')
            continue;
        NODE_TREE_CHECK(scan_hex(span_of(hex.p + i, 1), &v) == 0, "tree.txt");
        out[digits / 2] =
            (char)(digits % 2 ? (unsigned char)out[digits / 2] | v : v << 4);
        digits++;
    }
    return digits / 2;
}

static inline void node_tree_join(char path[NODE_TREE_PATH], const char *where,
                                  struct span name)
{
    int n = snprintf(path, NODE_TREE_PATH, "%s%.*s", where, (int)name.n, name.p);

    NODE_TREE_CHECK(n > 0 && n < NODE_TREE_PATH, where);
}

/* Make what tree.txt says; its head explains the form. */
static inline void node_tree_read(struct span text, const char *root)
{
    char where[NODE_TREE_PATH] = "", path[NODE_TREE_PATH], body[16384];
    struct span line, name, rest;

    while (scan_line(&text, &line)) {
        size_t n = 0;

        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (line.p[0] == '[') {
            snprintf(where, sizeof(where), "%s/%.*s/", root, (int)line.n - 2, line.p + 1);
            node_tree_above(where);
            continue;
        }
        if (node_tree_cut(line, " -> ", &name, &rest)) {
            node_tree_join(path, where, name);
            snprintf(body, sizeof(body), "%.*s", (int)rest.n, rest.p);
            NODE_TREE_CHECK(symlink(body, path) == 0, path);
            continue;
        }
        if (node_tree_cut(line, " = ", &name, &rest)) {
            n = (size_t)snprintf(body, sizeof(body), "%.*s\n", (int)rest.n, rest.p);
        } else if (node_tree_cut(line, " % ", &name, &rest)) {
            n = node_tree_bytes(rest, body);
        } else {
            name = span_of(line.p, line.n - 1); /* the colon */
            while (text.n > 0 && text.p[0] == '|' && scan_line(&text, &line)) {
                NODE_TREE_CHECK(n + line.n < sizeof(body), "tree.txt");
                memcpy(body + n, line.p + 1, line.n - 1);
                n += line.n - 1;
                body[n++] = '\n';
            }
        }
        node_tree_join(path, where, name);
        node_tree_write(path, body, n);
    }
}

/* Make the host in root, a directory. */
static inline void node_tree_make(const char *fixtures, const char *root)
{
    struct readbuf buf = { NULL, 0, 0 };

    node_tree_copy(fixtures, root);
    NODE_TREE_CHECK(read_file(fixtures, "tree.txt", &buf, 0) == 0, fixtures);
    node_tree_read(span_of(buf.data, buf.len), root);
    readbuf_free(&buf);
}

#endif /* TESTS_NODE_TREE_H */
