/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_node_files.c - the files that collectors of the node exporter read. The first line of
 * the input names a file of the made-up host of tests/fixtures/node, the rest is what stands in
 * it. The collectors that open this file run with it, with the file as it should be, and with it
 * again, as scrapes of one exporter.
 */
#include "config.h"
#include "fuzz.h"

#include <ftw.h>
#include <limits.h>
#include <sys/inotify.h>
#include <time.h>

#include <promc/testing.h>

#include "common/log.h"
#include "node_tree.h"

#define MAX_COLLECTORS 128

/* Of libFuzzer, which is not there when inputs are replayed. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
    __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed);

struct file {
    char *name;
    char *whole;
    size_t len;
    int known; /* who reads it */
    unsigned char read_by[MAX_COLLECTORS];
};

static struct file *files;
static size_t n_files;
static char root[] = "/tmp/promc-fuzz-XXXXXX";
static struct node_ctx ctx;
static promc_emitter *emitter;
static promc_registry *registry;
static promc_page *page;
static const struct node_collector *running;

static void show(promc_emitter *e, void *arg)
{
    (void)arg;
    promc_emitter_append(e, emitter);
}

/* ------------------------------------------------------------------------------------
 * The host
 */

static int add_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    struct readbuf buf = { NULL, 0, 0 };
    struct file *f;

    (void)st;
    (void)where;
    if (kind != FTW_F)
        return 0;
    files = realloc(files, (n_files + 1) * sizeof(*files));
    FUZZ_CHECK(files);
    f = &files[n_files++];
    memset(f, 0, sizeof(*f));
    FUZZ_CHECK(read_file(NULL, path, &buf, 0) == 0);
    f->name = strdup(path + strlen(root) + 1);
    f->whole = buf.data;
    f->len = buf.len;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind,
                      struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_host(void)
{
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_host(void)
{
    FUZZ_CHECK(mkdtemp(root));
    atexit(remove_host);
    node_tree_make(FIXTURES "/node", root);
    FUZZ_CHECK(nftw(root, add_file, 16, FTW_PHYS) == 0);
    ctx = node_tree_flags(root);
    log_setup("error", "logfmt");
    emitter = promc_emitter_new(NULL);
    registry = promc_registry_new(NULL);
    page = promc_page_new(NULL);
    FUZZ_CHECK(emitter && registry && page &&
               promc_collector_register(registry, show, NULL, NULL) == 0);
}

static struct file *find_file(const char *name, size_t n)
{
    for (size_t i = 0; i < n_files; i++)
        if (strlen(files[i].name) == n && memcmp(files[i].name, name, n) == 0)
            return &files[i];
    return NULL;
}

static const char *path_of(const struct file *f)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", root, f->name);
    return path;
}

/* ------------------------------------------------------------------------------------
 * Scrapes
 */

static void found(void *arg, const promc_lint_finding *f)
{
    (void)arg;
    if (!f->severe)
        return;
    fprintf(stderr, "%s: the page is broken at line %zu: %s %s\n", running->name, f->line,
            f->name, f->text);
    abort();
}

/* What others have written into text files is theirs. */
static int is_strict(void)
{
    return strcmp(running->name, "textfile") != 0;
}

static void scrape(void *priv)
{
    promc_error err = { 0, "" };
    struct timespec now;
    int rc;

    clock_gettime(CLOCK_MONOTONIC, &now);
    ctx.deadline = 5;
    ctx.deadline_ns = (uint64_t)(now.tv_sec + 5) * 1000000000;
    promc_emitter_reset(emitter);
    rc = running->collect(&ctx, priv, emitter, &err);
    FUZZ_CHECK(rc <= 0 || rc == NODE_NODATA);
    FUZZ_CHECK(rc == 0 || err.text[0]);
    FUZZ_CHECK(promc_render(registry, PROMC_FORMAT_TEXT, page, NULL) == 0);
    /* Nothing is left out but what is said twice. */
    if (is_strict() && promc_page_error(page, &err) != 0 &&
        !strstr(err.text, "collected")) {
        fprintf(stderr, "%s: left out: %s\n", running->name, err.text);
        abort();
    }
    if (is_strict())
        FUZZ_CHECK(promc_lint_text(promc_page_data(page), promc_page_size(page),
                                   PROMC_FORMAT_TEXT, found, NULL) >= 0);
}

static void *begin(const struct node_collector *c)
{
    promc_error err = { 0, "" };
    void *priv = NULL;

    running = c;
    FUZZ_CHECK(!c->init || c->init(&ctx, &priv, &err) == 0 || err.text[0]);
    return err.text[0] ? NULL : priv;
}

static void end(void *priv)
{
    if (priv && running->fini)
        running->fini(priv);
}

/* Find out who opens a file. */
static void find_readers(struct file *f)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    FUZZ_CHECK(fd >= 0 && inotify_add_watch(fd, path_of(f), IN_OPEN) >= 0);
    for (size_t i = 0; node_collectors[i]; i++) {
        char events[4096];
        void *priv;

        if (!node_tree_is_read_by(node_collectors[i]))
            continue;
        priv = begin(node_collectors[i]);
        scrape(priv);
        end(priv);
        f->read_by[i] = read(fd, events, sizeof(events)) > 0;
    }
    close(fd);
    f->known = 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    struct file *f;
    size_t n;

    if (n_files == 0)
        make_host();
    f = line ? find_file((const char *)data, (size_t)(line - data)) : NULL;
    if (!f)
        return 0;
    if (!f->known)
        find_readers(f);
    line++;
    n = size - (size_t)(line - data);
    for (size_t i = 0; node_collectors[i]; i++) {
        void *priv;

        if (!f->read_by[i])
            continue;
        node_tree_write(path_of(f), line, n);
        priv = begin(node_collectors[i]);
        if (!priv && node_collectors[i]->init)
            continue;
        scrape(priv);
        node_tree_write(path_of(f), f->whole, f->len);
        scrape(priv);
        node_tree_write(path_of(f), line, n);
        scrape(priv);
        end(priv);
    }
    node_tree_write(path_of(f), f->whole, f->len);
    return 0;
}

/* Change what stands in the file, and now and then which file it is. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    size_t head = line ? (size_t)(line - data) + 1 : 0, n;

    if (n_files == 0)
        make_host();
    if (!line || !find_file((const char *)data, head - 1) || seed % 64 == 0) {
        const struct file *f = &files[seed / 64 % n_files];

        n = strlen(f->name);
        if (n + 1 + f->len > max_size)
            return size;
        memcpy(data, f->name, n);
        data[n] = '\n';
        memcpy(data + n + 1, f->whole, f->len);
        return n + 1 + f->len;
    }
    if (!LLVMFuzzerMutate)
        return size;
    return head + LLVMFuzzerMutate(data + head, size - head, max_size - head);
}
