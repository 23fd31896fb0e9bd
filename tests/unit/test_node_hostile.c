/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_hostile.c - all collectors on damaged files. Which files a collector reads is found
 * out by taking them away; each of these is then cut off, garbled, grown and replaced by things
 * that are no files. Whatever the collector makes of it, it comes back with a reason or a whole
 * page, and reads the file again once it is in order.
 */
#include "config.h"

#include <signal.h>
#include <sys/fsuid.h>

#include <promc/testing.h>

#include "common/log.h"
#include "node_run.h"
#include "node_tree.h"

/* Where a file is cut off: so many places, and at its ends of lines. A few under a sanitizer,
 * which makes everything many times slower; PROMC_HOSTILE_CUTS says otherwise. */
#ifdef __SANITIZE_ADDRESS__
static size_t max_cuts = 6;
#else
static size_t max_cuts = 24;
#endif

#define LONG_LINE ((size_t)1 << 20)

static struct node_ctx ctx;

/* What is being done, for messages, also from the handler of the alarm. */
static const char *at_collector = "-", *at_file = "-", *at_damage = "-";
static size_t runs, pairs, failures;

/* Note what is wrong, and go on; of a file, the first only. */
#define COMPLAIN(...)                                                                    \
    do {                                                                                 \
        static const char *last_collector, *last_file;                                   \
        if (last_collector != at_collector || last_file != at_file) {                    \
            printf("%s %s, %s: ", at_collector, at_file, at_damage);                     \
            printf(__VA_ARGS__);                                                         \
            printf("\n");                                                                \
        }                                                                                \
        last_collector = at_collector;                                                   \
        last_file = at_file;                                                             \
        failures++;                                                                      \
    } while (0)

static void hangs(int sig)
{
    static const char *const *const parts[] = { &at_collector, &at_file, &at_damage };

    (void)sig;
    for (size_t i = 0; i < 3; i++)
        if (write(2, *parts[i], strlen(*parts[i])) < 0 || write(2, " ", 1) < 0)
            break;
    if (write(2, "hangs\n", 6) < 0)
        _exit(2);
    _exit(1);
}

/* ------------------------------------------------------------------------------------
 * One run
 */

static promc_emitter *shown;
static promc_registry *registry;
static promc_page *page;

static void show(promc_emitter *e, void *arg)
{
    (void)arg;
    if (shown)
        promc_emitter_append(e, shown);
}

static void found(void *arg, const promc_lint_finding *f)
{
    (void)arg;
    /* The text file collector passes on what others have written. */
    if (f->severe && strcmp(at_collector, "textfile") != 0)
        COMPLAIN("the page is broken at line %zu: %s %s", f->line, f->name, f->text);
}

/* Render what a collector has emitted. It is whole, and lacks nothing but what two say of one
 * series or family, which is counted. */
static void render(promc_emitter *out)
{
    promc_error err = { 0, "" };

    shown = out;
    assert_int_equal(promc_render(registry, PROMC_FORMAT_TEXT, page, &err), 0);
    shown = NULL;
    if (promc_page_error(page, &err) != 0 && !strstr(err.text, "collected") &&
        strcmp(at_collector, "textfile") != 0)
        COMPLAIN("left out of the page: %s", err.text);
}

/* What time and other processes change. */
static int is_volatile(struct span line)
{
    return span_begins(line, "node_time_seconds") ||
           span_begins(line, "node_filesystem_avail") ||
           span_begins(line, "node_filesystem_f") || span_begins(line, "# ") ||
           span_begins(line, "node_filesystem_size");
}

static uint64_t hash_page(uint64_t hash)
{
    struct span rest = span_of(promc_page_data(page), promc_page_size(page)), line;

    while (scan_line(&rest, &line))
        for (size_t i = 0; i <= line.n && !is_volatile(line); i++)
            hash = (hash ^ (unsigned char)line.p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Run a collector that is set up, and see that what it returns makes sense. */
static int run_once(struct node_run *r)
{
    int rc = node_run_once(r, 10);

    runs++;
    if (rc > 0 && rc != NODE_NODATA)
        COMPLAIN("returned %d", rc);
    if (rc != 0 && r->err.text[0] == '\0')
        COMPLAIN("returned %d without a reason", rc);
    render(r->out);
    return rc;
}

/* Set a collector up, run it, take it down. Returns a hash of what came out. */
static uint64_t run_fresh(const struct node_collector *c)
{
    struct node_run r;
    int rc = node_run_start(&r, c, &ctx);

    if (rc == 0)
        rc = run_once(&r);
    else if (r.err.text[0] == '\0')
        COMPLAIN("not set up, without a reason");
    node_run_stop(&r);
    return hash_page((uint64_t)rc);
}

/* ------------------------------------------------------------------------------------
 * Damage
 */

struct pair {
    const struct node_collector *collector;
    struct node_run kept; /* lives through all damage to the file */
    const char *path;
    const char *whole;
    size_t len;
};

/* Run with what now stands in the place of the file. */
static void damaged(struct pair *p, const char *what)
{
    at_damage = what;
    run_once(&p->kept);
    if (promc_lint_text(promc_page_data(page), promc_page_size(page), PROMC_FORMAT_TEXT,
                        found, NULL) < 0)
        fail_msg("out of memory");
    run_fresh(p->collector);
}

static void with(struct pair *p, const char *what, const char *data, size_t len)
{
    node_tree_write(p->path, data, len);
    damaged(p, what);
}

static void cut_off(struct pair *p)
{
    size_t step = p->len / max_cuts + 1, lines = 0;

    for (size_t n = 0; n < p->len; n++) {
        int line_end = p->whole[n] == '\n' || (n > 0 && p->whole[n - 1] == '\n');

        if (n % step == 0 || (line_end && lines++ < max_cuts))
            with(p, "cut off", p->whole, n);
    }
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Replace numbers: the one that is which-th, or all. Returns how many there are. */
static size_t replace_numbers(struct pair *p, const char *by, size_t which)
{
    char *text = malloc((p->len + 1) * (strlen(by) + 1));
    size_t n = 0, number = 0;

    assert_non_null(text);
    for (size_t i = 0; i < p->len;) {
        size_t digits = 0;

        while (i + digits < p->len && is_digit(p->whole[i + digits]))
            digits++;
        if (digits == 0) {
            text[n++] = p->whole[i++];
            continue;
        }
        if (which == SIZE_MAX || which == number) {
            memcpy(text + n, by, strlen(by));
            n += strlen(by);
        } else {
            memcpy(text + n, p->whole + i, digits);
            n += digits;
        }
        number++;
        i += digits;
    }
    with(p, by, text, n);
    free(text);
    return number;
}

static void numbers(struct pair *p)
{
    static const char *const by[] = { "99999999999999999999999", "-1",
                                      "18446744073709551615", "x" };

    for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
        size_t n = replace_numbers(p, by[i], SIZE_MAX);

        for (size_t k = 0; k < n; k += n / max_cuts + 1)
            replace_numbers(p, by[i], k);
    }
}

/* Each line once more with a column added, without its last, without its first, or twice. */
static void columns(struct pair *p)
{
    enum { ADDED, NO_LAST, NO_FIRST, TWICE, KINDS };
    static const char *const names[KINDS] = { "a column added", "the last column missing",
                                              "the first column missing", "lines twice" };
    char *text = malloc(2 * p->len + 8 * p->len + 64);

    assert_non_null(text);
    for (int kind = 0; kind < KINDS; kind++) {
        struct span rest = span_of(p->whole, p->len), line;
        size_t n = 0;

        while (scan_line(&rest, &line)) {
            struct span kept = line, first;

            if (kind == NO_FIRST && !scan_field(&kept, &first))
                kept = span_of(line.p, 0);
            while (kind == NO_LAST && kept.n > 0 && kept.p[kept.n - 1] != ' ')
                kept.n--;
            for (int twice = kind == TWICE ? 2 : 1; twice > 0; twice--) {
                memcpy(text + n, kept.p, kept.n);
                n += kept.n;
                if (kind == ADDED)
                    n += (size_t)sprintf(text + n, " 7 x");
                text[n++] = '\n';
            }
        }
        with(p, names[kind], text, n);
    }
    free(text);
}

static size_t count_samples(void)
{
    struct span rest = span_of(promc_page_data(page), promc_page_size(page)), line;
    size_t n = 0;

    while (scan_line(&rest, &line))
        n += !span_begins(line, "#");
    return n;
}

/* JSON and text files are refused as a whole. */
static int is_one_piece(const struct pair *p)
{
    return strstr(p->path, ".json") || strstr(p->path, ".prom");
}

/* Files of several lines with one more that makes no sense, in the middle or at the end: it
 * costs itself, and what belongs together with it. */
static void stray_line(struct pair *p)
{
    static const char stray[] = "?? \x01 stray ??\n";
    char *text = malloc(p->len + sizeof(stray));
    size_t lines = 0, middle = 0, whole, n;

    assert_non_null(text);
    node_tree_write(p->path, p->whole, p->len);
    at_damage = "whole";
    run_once(&p->kept);
    whole = count_samples();
    for (size_t i = 0; i < p->len; i++) {
        lines += p->whole[i] == '\n';
        if (p->whole[i] == '\n' && i < p->len / 2)
            middle = i + 1;
    }
    for (int end = 0; end < 2 && lines > 3; end++) {
        size_t at = end ? p->len : middle;

        memcpy(text, p->whole, at);
        memcpy(text + at, stray, sizeof(stray) - 1);
        memcpy(text + at + sizeof(stray) - 1, p->whole + at, p->len - at);
        node_tree_write(p->path, text, p->len + sizeof(stray) - 1);
        at_damage = end ? "a stray line at the end" : "a stray line in the middle";
        run_once(&p->kept);
        n = count_samples();
        if (n < (end ? whole : whole / 2) && !is_one_piece(p))
            COMPLAIN("%zu of %zu samples are left: %s", n, whole, p->kept.err.text);
    }
    free(text);
}

static void garbled(struct pair *p)
{
    char *text = malloc(LONG_LINE);
    uint32_t seed = 1;
    size_t n = p->len;

    assert_non_null(text);
    with(p, "empty", "", 0);
    while (n > 0 && p->whole[n - 1] == '\n')
        n--;
    with(p, "without the last newline", p->whole, n);
    memset(text, 0, p->len + 1);
    with(p, "NULs", text, p->len + 1);
    for (size_t i = 0; i < p->len + 64; i++) {
        seed = seed * 1664525 + 1013904223;
        text[i] = (char)(seed >> 24);
    }
    with(p, "garbage", text, p->len + 64);
    for (size_t i = 0; i < p->len; i++)
        if (i % 7 == 3)
            text[i] = p->whole[i] == '\n' ? '\n' : (char)0xff;
        else
            text[i] = p->whole[i];
    with(p, "not UTF-8", text, p->len);
    for (size_t i = 0; i < LONG_LINE; i++)
        text[i] = p->len == 0                    ? 'x'
                  : p->whole[i % p->len] == '\n' ? ' '
                                                 : p->whole[i % p->len];
    with(p, "a line of a megabyte", text, LONG_LINE);
    memset(text, 'x', LONG_LINE);
    with(p, "a word of a megabyte", text, LONG_LINE);
    free(text);
}

/* As a user who may not read it, since root may read everything. */
static void forbidden(struct pair *p)
{
    assert_int_equal(chmod(p->path, 0), 0);
    if (geteuid() == 0)
        setfsuid(65534);
    damaged(p, "mode 000");
    if (geteuid() == 0)
        setfsuid(0);
    assert_int_equal(chmod(p->path, 0644), 0);
}

static void no_file(struct pair *p)
{
    forbidden(p);
    assert_int_equal(unlink(p->path), 0);
    damaged(p, "missing");
    assert_int_equal(mkdir(p->path, 0755), 0);
    damaged(p, "a directory");
    assert_int_equal(rmdir(p->path), 0);
    assert_int_equal(mkfifo(p->path, 0644), 0);
    damaged(p, "a FIFO");
    assert_int_equal(unlink(p->path), 0);
    assert_int_equal(symlink(strrchr(p->path, '/') + 1, p->path), 0);
    damaged(p, "a link to itself");
    assert_int_equal(unlink(p->path), 0);
}

static size_t open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* All damage to a file, as one collector sees it. */
static void damage(const struct node_collector *c, const char *path)
{
    struct readbuf buf = { NULL, 0, 0 };
    struct pair p = { .collector = c, .path = path };
    size_t files = open_files();
    int rc;

    at_file = path;
    at_damage = "whole";
    pairs++;
    assert_int_equal(read_file(NULL, path, &buf, 0), 0);
    p.whole = buf.data;
    p.len = buf.len;
    assert_int_equal(node_run_start(&p.kept, c, &ctx), 0);
    rc = run_once(&p.kept);
    cut_off(&p);
    numbers(&p);
    columns(&p);
    stray_line(&p);
    garbled(&p);
    no_file(&p);
    with(&p, "whole again", p.whole, p.len);
    if (p.kept.rc != rc)
        COMPLAIN("returns %d for the file that it returned %d for, %s", p.kept.rc, rc,
                 p.kept.err.text);
    node_run_stop(&p.kept);
    readbuf_free(&buf);
    if (open_files() != files)
        COMPLAIN("%zu files open, and %zu before", open_files(), files);
}

/* ------------------------------------------------------------------------------------
 * What a collector reads
 */

/* Take away what is at path, and if the collector misses it, damage the files in it. Returns
 * how many of them it reads. */
static size_t descend(const struct node_collector *c, const char *path, uint64_t whole)
{
    struct dirent **entries;
    struct stat st;
    uint64_t without;
    size_t n = 0;
    int count;

    assert_int_equal(lstat(path, &st), 0);
    if (S_ISLNK(st.st_mode))
        return 0; /* what it leads to is visited by its own name */
    at_file = path;
    at_damage = "taken away";
    assert_int_equal(rename(path, "../away"), 0);
    without = run_fresh(c);
    assert_int_equal(rename("../away", path), 0);
    if (without == whole)
        return 0;
    if (!S_ISDIR(st.st_mode)) {
        damage(c, path);
        return 1;
    }
    count = scandir(path, &entries, NULL, alphasort);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        char name[NODE_TREE_PATH];

        snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
            n += descend(c, name, whole);
        free(entries[i]);
    }
    free(entries);
    return n;
}

static void test_hostile(void **state)
{
    static const char *const tops[] = { "proc", "sys",   "etc",  "udev",
                                        "usr",  "qdisc", "wifi", "textfile" };

    (void)state;
    for (size_t i = 0; node_collectors[i]; i++) {
        const struct node_collector *c = node_collectors[i];
        size_t n = 0;
        uint64_t whole;

        if (!node_tree_is_read_by(c))
            continue;
        at_collector = c->name;
        at_file = at_damage = "-";
        alarm(120);
        whole = run_fresh(c);
        for (size_t k = 0; k < sizeof(tops) / sizeof(tops[0]); k++)
            if (access(tops[k], F_OK) == 0)
                n += descend(c, tops[k], whole);
        if (n == 0)
            fail_msg("%s: reads nothing that is in tests/fixtures/node", c->name);
        if (getenv("PROMC_HOSTILE_VERBOSE"))
            printf("%s reads %zu files\n", c->name, n);
    }
    alarm(0);
    printf("%zu runs with damaged files, %zu pairs of collector and file\n", runs, pairs);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_hostile) };
    const char *cuts = getenv("PROMC_HOSTILE_CUTS");
    char root[] = "/tmp/promc-test-XXXXXX", tree[64], command[96];
    uint64_t v;
    int rc;

    if (cuts && scan_u64(span_str(cuts), &v) == 0 && v > 0)
        max_cuts = v;
    if (!mkdtemp(root) || chmod(root, 0755) != 0)
        return 1;
    snprintf(tree, sizeof(tree), "%s/tree", root);
    snprintf(command, sizeof(command), "rm -rf '%s'", root);
    node_tree_make(FIXTURES "/node", tree);
    if (chdir(tree) != 0)
        return 1;
    signal(SIGALRM, hangs);
    log_setup("error", "logfmt");
    ctx = node_tree_flags(".");
    registry = promc_registry_new(NULL);
    page = promc_page_new(NULL);
    if (!registry || !page || promc_collector_register(registry, show, NULL, NULL) != 0)
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    promc_page_free(page);
    promc_registry_free(registry);
    return system(command) != 0 || rc;
}
