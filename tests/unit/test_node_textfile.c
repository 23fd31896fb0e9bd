/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_textfile.c - the textfile collector: which files it takes, how it brings
 * their families together, and what bad files cost.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "common/log.h"
#include "node_run.h"
#include "node/collectors/textfamily.h"
#include "node/collectors/textpath.h"

extern const struct node_collector node_textfile_collector;

/* ------------------------------------------------------------------------------------
 * Families of files, without a file
 */

struct file {
    const char *path;
    const char *text;
    int rc;             /* of textset_add() */
    const char *reason; /* part of it */
};

struct
try {
    const char *what;
    struct file files[3];
    int rc;             /* of textset_emit() */
    const char *expect; /* with HELP lines */
};

static const struct try tries[] = {
    { "no TYPE, no HELP",
      { { "a.prom", "x{b=\"1\",a=\"2\"} 3\ny 4\n", 0, NULL } },
      0,
      "# HELP x Metric read from a.prom\n# TYPE x untyped\nx{a=\"2\",b=\"1\"} 3\n"
      "# HELP y Metric read from a.prom\n# TYPE y untyped\ny 4\n" },
    { "labels that some samples lack",
      { { "a.prom", "# TYPE x gauge\nx{b=\"1\"} 3\nx{a=\"2\"} 4\nx{a=\"\"} 5\n", 0,
          NULL } },
      0,
      "# HELP x Metric read from a.prom\n# TYPE x gauge\n"
      "x{a=\"\",b=\"\"} 5\nx{a=\"\",b=\"1\"} 3\nx{a=\"2\",b=\"\"} 4\n" },
    { "the help of one file does for all",
      { { "a.prom", "x{f=\"a\"} 1\n", 0, NULL },
        { "b.prom", "# HELP x Good.\nx{f=\"b\"} 2\n", 0, NULL },
        { "c.prom", "# HELP x\nx{f=\"c\"} 3\n", 0, NULL } },
      0,
      "# HELP x Good.\n# TYPE x untyped\nx{f=\"a\"} 1\nx{f=\"b\"} 2\nx{f=\"c\"} 3\n" },
    { "no help in any file",
      { { "a.prom", "# HELP x \nx{f=\"a\"} 1\n", 0, NULL },
        { "b.prom", "x{f=\"b\"} 2\n", 0, NULL } },
      0,
      "# HELP x Metric read from a.prom, b.prom\n# TYPE x untyped\nx{f=\"a\"} 1\n"
      "x{f=\"b\"} 2\n" },
    { "another help: the first wins, the rest of the file stays",
      { { "a.prom", "# HELP x One.\nx{f=\"a\"} 1\n", 0, NULL },
        { "b.prom", "# HELP x Two.\nx{f=\"b\"} 2\ny 3\n", 1,
          "x: it has another help text in a.prom" } },
      0,
      "# HELP x One.\n# TYPE x untyped\nx{f=\"a\"} 1\n"
      "# HELP y Metric read from b.prom\n# TYPE y untyped\ny 3\n" },
    { "another type",
      { { "a.prom", "# TYPE x gauge\nx{f=\"a\"} 1\n", 0, NULL },
        { "b.prom", "# TYPE x counter\nx{f=\"b\"} 2\n", 1, "another type in a.prom" } },
      0,
      "# HELP x Metric read from a.prom\n# TYPE x gauge\nx{f=\"a\"} 1\n" },
    { "a histogram, its lines in any order, one per set of labels",
      { { "a.prom",
          "# HELP h Sizes.\n# TYPE h histogram\nh_count{z=\"1\"} "
          "5\nh_bucket{z=\"1\",le=\"10\"} "
          "4\nh_bucket{le=\"1e-1\",z=\"1\"} 2\nh_bucket{z=\"1\",le=\"+Inf\"} 5\n"
          "h_sum{z=\"1\"} 7.5\nh_count 0\nh_sum 0\nh_bucket{le=\"+Inf\"} 0\n",
          0, NULL } },
      0,
      "# HELP h Sizes.\n# TYPE h histogram\n"
      "h_bucket{z=\"\",le=\"+Inf\"} 0\nh_sum{z=\"\"} 0\nh_count{z=\"\"} 0\n"
      "h_bucket{z=\"1\",le=\"0.1\"} 2\nh_bucket{z=\"1\",le=\"10\"} 4\n"
      "h_bucket{z=\"1\",le=\"+Inf\"} 5\nh_sum{z=\"1\"} 7.5\nh_count{z=\"1\"} 5\n" },
    { "a histogram without +Inf, or without a count",
      { { "a.prom",
          "# TYPE h histogram\nh_bucket{a=\"1\",le=\"1\"} 2\nh_count{a=\"1\"} 3\n"
          "h_bucket{a=\"2\",le=\"1\"} 2\nh_bucket{a=\"2\",le=\"+Inf\"} 4\n",
          0, NULL } },
      0,
      "# HELP h Metric read from a.prom\n# TYPE h histogram\n"
      "h_bucket{a=\"1\",le=\"1\"} 2\nh_bucket{a=\"1\",le=\"+Inf\"} 3\nh_sum{a=\"1\"} 0\n"
      "h_count{a=\"1\"} 3\n"
      "h_bucket{a=\"2\",le=\"1\"} 2\nh_bucket{a=\"2\",le=\"+Inf\"} 4\nh_sum{a=\"2\"} 0\n"
      "h_count{a=\"2\"} 4\n" },
    { "a histogram whose counts go down is left out, the others stay",
      { { "a.prom",
          "# TYPE h histogram\nh_bucket{a=\"1\",le=\"1\"} 3\nh_count{a=\"1\"} 2\n"
          "h_count{a=\"2\"} 2\n",
          0, NULL } },
      1,
      "# HELP h Metric read from a.prom\n# TYPE h histogram\n"
      "h_bucket{a=\"2\",le=\"+Inf\"} 2\nh_sum{a=\"2\"} 0\nh_count{a=\"2\"} 2\n" },
    { "a summary",
      { { "a.prom",
          "# TYPE s summary\ns{quantile=\"0.9\"} 2\ns{quantile=\"0.5\"} 1\ns_sum 9\n"
          "s_count 3\n",
          0, NULL } },
      0,
      "# HELP s Metric read from a.prom\n# TYPE s summary\ns{quantile=\"0.5\"} 1\n"
      "s{quantile=\"0.9\"} 2\ns_sum 9\ns_count 3\n" },
    { "_sum and _count are other metrics when there is no such type",
      { { "a.prom", "# TYPE x gauge\nx 1\nx_sum 2\nx_count 3\nx_bucket{le=\"1\"} 4\n", 0,
          NULL } },
      0,
      "# HELP x Metric read from a.prom\n# TYPE x gauge\nx 1\n"
      "# HELP x_bucket Metric read from a.prom\n# TYPE x_bucket untyped\n"
      "x_bucket{le=\"1\"} 4\n"
      "# HELP x_count Metric read from a.prom\n# TYPE x_count untyped\nx_count 3\n"
      "# HELP x_sum Metric read from a.prom\n# TYPE x_sum untyped\nx_sum 2\n" },
    { "HELP and TYPE alone are nothing",
      { { "a.prom", "# HELP x There.\n# TYPE x gauge\n", 0, NULL } },
      0,
      "" },
    { "an empty file", { { "a.prom", "", 0, NULL } }, 0, "" },

    { "a bad file leaves nothing, others stay",
      { { "a.prom", "x 1\n", 0, NULL },
        { "b.prom", "x{f=\"b\"} 2\ny 3\nz z\n", -EINVAL, "line 3: " },
        { "c.prom", "y 4\n", 0, NULL } },
      0,
      "# HELP x Metric read from a.prom\n# TYPE x untyped\nx 1\n"
      "# HELP y Metric read from c.prom\n# TYPE y untyped\ny 4\n" },
    { "a timestamp",
      { { "a.prom", "x 1\ny 2 1441205977284\n", -EINVAL, "line 2: y has a timestamp" } },
      0,
      "" },
    { "no newline at the end", { { "a.prom", "x 1", -EINVAL, "not complete" } }, 0, "" },
    { "a quoted name", { { "a.prom", "{\"x\"} 1\n", -EINVAL, "line 1" } }, 0, "" },
    { "TYPE after samples",
      { { "a.prom", "x 1\n# TYPE x gauge\n", -EINVAL, "line 2" } },
      0,
      "" },
    { "two HELPs",
      { { "a.prom", "# HELP x 1\n# HELP x 2\nx 1\n", -EINVAL, "line 2" } },
      0,
      "" },
    { "a bucket without le",
      { { "a.prom", "# TYPE h histogram\nh_bucket 1\n", -EINVAL, "line 2" } },
      0,
      "" },
    { "le that is no number",
      { { "a.prom", "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", -EINVAL, "line 2" } },
      0,
      "" },
    { "a count that is none",
      { { "a.prom", "# TYPE h histogram\nh_count -1\n", -EINVAL, "line 2" } },
      0,
      "" },
    { "a histogram with a plain value",
      { { "a.prom", "# TYPE h histogram\nh 1\n", -EINVAL, "line 2" } },
      0,
      "" },
};
#define N_TRIES (sizeof(tries) / sizeof(tries[0]))

/* What an emitter holds, HELP lines included; to be freed. *left_out: of the page. */
static char *page_of(promc_emitter *e, size_t *left_out)
{
    promc_registry *reg = promc_registry_new(NULL);
    promc_page *page = promc_page_new(NULL);
    promc_error err;
    char *text;

    assert_int_equal(promc_collector_register(reg, node_test_show, e, NULL), 0);
    assert_int_equal(promc_render(reg, PROMC_FORMAT_TEXT, page, NULL), 0);
    *left_out = promc_page_error(page, &err);
    text = strdup(promc_page_data(page));
    promc_page_free(page);
    promc_registry_free(reg);
    return text;
}

static void run_try(const struct try *try, struct arena *a, struct textset *set)
{
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err;
    size_t left_out;
    char *text;

    textset_reset(set);
    arena_reset(a);
    for (size_t i = 0; i < 3 && try->files[i].path; i++) {
        const struct file *f = &try->files[i];
        int rc;

        memset(&err, 0, sizeof(err));
        rc = textset_add(set, f->path, f->text, strlen(f->text), &err);
        if (rc != f->rc || (f->reason && !strstr(err.text, f->reason)))
            fail_msg("%s: %s: %d, %s", try->what, f->path, rc, err.text);
        assert_null(strstr(err.text, ": line ")); /* it is said once */
    }
    assert_int_equal(textset_emit(set, e, &err), try->rc);
    text = page_of(e, &left_out);
    if (strcmp(text, try->expect) != 0 || left_out > 0)
        fail_msg("%s: got\n%s", try->what, text);
    free(text);
    promc_emitter_free(e);
}

static void test_tries(void **state)
{
    struct arena a = { NULL, NULL };
    struct textset set = { .arena = &a };

    (void)state;
    for (int twice = 0; twice < 2; twice++)
        for (size_t i = 0; i < N_TRIES; i++)
            run_try(&tries[i], &a, &set);
    textset_free(&set);
    arena_free(&a);
}

/* Cut off anywhere a file is refused, but for the ends of its lines. */
static void test_cut(void **state)
{
    struct arena a = { NULL, NULL };
    struct textset set = { .arena = &a };

    (void)state;
    for (size_t i = 0; i < N_TRIES; i++) {
        const char *text = tries[i].files[0].text;

        for (size_t n = 0; n < strlen(text); n++) {
            char *copy = malloc(n ? n : 1); /* exactly, for the sanitizers */
            promc_emitter *e = promc_emitter_new(NULL);
            promc_error err = { 0, "" };
            size_t left_out;
            int rc;

            memcpy(copy, text, n);
            textset_reset(&set);
            arena_reset(&a);
            rc = textset_add(&set, "cut", copy, n, &err);
            if (n > 0 && text[n - 1] != '\n')
                assert_int_equal(rc, -EINVAL);
            textset_emit(&set, e, &err);
            free(page_of(e, &left_out));
            promc_emitter_free(e);
            free(copy);
        }
    }
    textset_free(&set);
    arena_free(&a);
}

/* What would take more memory than it may is refused. */
static void test_limits(void **state)
{
    struct arena a = { NULL, NULL };
    struct textset set = { .arena = &a };
    promc_error err = { 0, "" };
    size_t size = (size_t)32 << 20, n = 0;
    char *text = malloc(size);

    (void)state;
    assert_non_null(text);
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(text + n, size - n, "x{l%d=\"v\"} 1\n", i);
    assert_int_equal(textset_add(&set, "many-labels", text, n, &err), -EINVAL);
    assert_non_null(strstr(err.text, "label names"));

    n = 0;
    for (int i = 0; i < 1200000; i++)
        n += (size_t)snprintf(text + n, size - n, "x%d 1\n", i);
    assert_int_equal(textset_add(&set, "many-names", text, n, &err), -E2BIG);
    assert_int_equal(textset_add(&set, "good", "y 1\n", 4, &err), 0);
    free(text);
    textset_free(&set);
    arena_free(&a);
}

static void test_path(void **state)
{
    static const struct {
        const char *dir, *expect;
    } paths[] = {
        { "/a/b", "/a/b/f" },       { "/a//b/", "/a/b/f" },
        { "a/./b", "a/b/f" },       { ".", "f" },
        { "./x", "x/f" },           { "..", "../f" },
        { "../../a", "../../a/f" }, { "a/..", "f" },
        { "a/../..", "../f" },      { "/..", "/f" },
        { "/a/../../b", "/b/f" },   { "/", "/f" },
    };
    struct arena a = { NULL, NULL };

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_string_equal(text_path(&a, paths[i].dir, "f"), paths[i].expect);
    arena_free(&a);
}

/* ------------------------------------------------------------------------------------
 * The collector, with files
 */

static char dir_flag[256];

/* Point the collector at a directory of the tree, or at what a pattern finds in it. */
static void use_directory(const struct node_test_tree *t, const char *name)
{
    char path[160];
    const char *args[] = { dir_flag, NULL };

    snprintf(path, sizeof(path), "%s/%s", t->root, name);
    snprintf(dir_flag, sizeof(dir_flag), "--collector.textfile.directory=%s", path);
    node_run_flags(&node_textfile_collector, args);
}

static int holds_mtime(struct node_run *r, const struct node_test_tree *t,
                       const char *name)
{
    char line[256];

    snprintf(line, sizeof(line), "node_textfile_mtime_seconds{file=\"%s/%s\"} 1.",
             t->root, name);
    return node_test_holds(r->out, line);
}

/* Before any flag is given: nothing to read is no error. */
static void test_no_directory(void **state)
{
    struct node_ctx ctx = { .paths = { "/proc", "/sys", "", "" } };
    struct node_run r;

    (void)state;
    assert_int_equal(node_run_start(&r, &node_textfile_collector, &ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    node_test_expect(r.out, "# TYPE node_textfile_scrape_error gauge\n"
                            "node_textfile_scrape_error 0\n");
    node_run_stop(&r);
}

/* Flags add up from here on; the tree of each test is gone when it ends, so that later
 * ones see an error, unless all of them are in one test. */
static void test_files(void **state)
{
    struct node_test_tree t;
    struct node_run r;
    char path[160];

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "d1/b.prom", "from_b 1\n");
    node_test_put(&t, "d1/a.prom", "from_a 1\n");
    node_test_put(&t, "d1/c.prom.tmp", "from_tmp 1\n");
    node_test_put(&t, "d1/sub/d.prom", "from_sub 1\n");
    node_test_put(&t, "d2/e.prom", "from_e 1\n");
    use_directory(&t, "d*");
    assert_int_equal(node_run_start(&r, &node_textfile_collector, &t.ctx), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(holds_mtime(&r, &t, "d1/a.prom"));
    assert_true(holds_mtime(&r, &t, "d1/b.prom"));
    assert_true(holds_mtime(&r, &t, "d2/e.prom"));
    assert_true(node_test_holds(r.out, "from_a 1\n"));
    assert_true(node_test_holds(r.out, "from_b 1\n"));
    assert_true(node_test_holds(r.out, "from_e 1\n"));
    assert_false(node_test_holds(r.out, "from_tmp"));
    assert_false(node_test_holds(r.out, "from_sub"));
    assert_true(node_test_holds(r.out, "node_textfile_scrape_error 0\n"));

    /* a link out of the directory is followed */
    node_test_put(&t, "elsewhere", "from_link 1\n");
    snprintf(path, sizeof(path), "%s/d1/link.prom", t.root);
    assert_int_equal(symlink("../elsewhere", path), 0);
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "from_link 1\n"));
    assert_true(node_test_holds(r.out, "node_textfile_scrape_error 0\n"));

    /* none of these blocks, and each is an error that spares the others */
    static const char *const bad[] = { "fifo",   "directory", "dangling",
                                       "device", "content",   "huge" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int fd;

        snprintf(path, sizeof(path), "%s/d1/0.prom", t.root);
        switch (i) {
        case 0:
            assert_int_equal(mkfifo(path, 0600), 0);
            break;
        case 1:
            assert_int_equal(mkdir(path, 0700), 0);
            break;
        case 2:
            assert_int_equal(symlink("nowhere", path), 0);
            break;
        case 3:
            assert_int_equal(symlink("/dev/zero", path), 0);
            break;
        case 4:
            node_test_put(&t, "d1/0.prom", "good 1\nbad\n");
            break;
        default:
            fd = open(path, O_WRONLY | O_CREAT, 0600);
            assert_int_equal(ftruncate(fd, (off_t)2 << 30), 0);
            close(fd);
        }
        assert_int_equal(node_run_once(&r, 10), 0);
        if (!node_test_holds(r.out, "node_textfile_scrape_error 1\n") ||
            !node_test_holds(r.out, "from_a 1\n") || holds_mtime(&r, &t, "d1/0.prom") ||
            node_test_holds(r.out, "good"))
            fail_msg("%s", bad[i]);
        node_test_remove(&t, "d1/0.prom");
    }
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "node_textfile_scrape_error 0\n"));

    /* a second directory, which is not there */
    use_directory(&t, "missing");
    assert_int_equal(node_run_once(&r, 10), 0);
    assert_true(node_test_holds(r.out, "node_textfile_scrape_error 1\n"));
    node_run_stop(&r);
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_limits),       cmocka_unit_test(test_path),
        cmocka_unit_test(test_no_directory), cmocka_unit_test(test_files),
    };

    log_setup("error", "logfmt");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
