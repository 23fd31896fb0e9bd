/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_attr.c - directories of small files with one value each.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "node/attr.h"
#include "node_test.h"

static const struct {
    const char *content;
    int rc_u, rc_i, rc_hex;
    uint64_t u;
    int64_t i;
    uint64_t hex;
} numbers[] = {
    { "42\n", 0, 0, 0, 42, 42, 0x42 },
    { "  0x1f \n", 0, 0, 0, 31, 31, 31 },
    { "010\n", 0, 0, 0, 8, 8, 0x10 },
    { "-1\n", -EINVAL, 0, -EINVAL, 0, -1, 0 },
    { "18446744073709551615", 0, -ERANGE, -ERANGE, UINT64_MAX, 0, 0 },
    { "ff\n", -EINVAL, -EINVAL, 0, 0, 0, 255 },
    { "\n", -EINVAL, -EINVAL, -EINVAL, 0, 0, 0 },
    { "12 13\n", -EINVAL, -EINVAL, -EINVAL, 0, 0, 0 },
};

static void test_numbers(void **state)
{
    struct node_test_tree t;
    int fd;

    (void)state;
    node_test_tree_new(&t);
    for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
        uint64_t u = 0, hex = 0;
        int64_t i = 0;

        node_test_put(&t, "sys/value", numbers[k].content);
        fd = open(t.sys, O_PATH | O_DIRECTORY);
        assert_int_equal(attr_u64(fd, "value", &u), numbers[k].rc_u);
        assert_int_equal(attr_i64(fd, "value", &i), numbers[k].rc_i);
        assert_int_equal(attr_hex(fd, "value", &hex), numbers[k].rc_hex);
        assert_true(u == numbers[k].u && i == numbers[k].i && hex == numbers[k].hex);
        assert_int_equal(attr_u64(fd, "nothing", &u), -ENOENT);
        close(fd);
    }
    node_test_tree_free(&t);
}

static void test_text(void **state)
{
    char text[ATTR_TEXT_SIZE], longer[200];
    struct node_test_tree t;
    int fd;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "sys/text", " two words \n");
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    node_test_put(&t, "sys/longer", longer);
    fd = open(t.sys, O_PATH | O_DIRECTORY);
    assert_string_equal(attr_text(fd, "text", text), "two words");
    assert_string_equal(attr_text(fd, "nothing", text), "");
    assert_int_equal(strlen(attr_text(fd, "longer", text)), 128);
    close(fd);
    node_test_tree_free(&t);
}

static const struct attr table[] = {
    { "plain", PROMC_TYPE_COUNTER, "t_plain_total", "As it is.", 0, 0 },
    { "milli", PROMC_TYPE_GAUGE, "t_volts", "Times.", 0.001, 0 },
    { "micro", PROMC_TYPE_GAUGE, "t_watts", "Divided.", 0, 1000000 },
    { "text", PROMC_TYPE_GAUGE, "t_text", "No number.", 0, 0 },
    { "absent", PROMC_TYPE_GAUGE, "t_absent", "Not there.", 0, 0 },
};
#define N (sizeof(table) / sizeof(table[0]))

static void test_table(void **state)
{
    promc_emitter *out = promc_emitter_new(NULL);
    promc_samples *families[N];
    struct node_test_tree t;
    int fd;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "sys/plain", "18446744073709551615\n");
    node_test_put(&t, "sys/milli", "-1250\n");
    node_test_put(&t, "sys/micro", "0x10\n");
    node_test_put(&t, "sys/text", "unknown\n");
    fd = open(t.sys, O_PATH | O_DIRECTORY);
    attr_begin(out, table, N, PROMC_LABELS("device"), families);
    assert_int_equal(attr_emit(fd, table, N, families, PROMC_LABELS("a")), 3);
    close(fd);
    node_test_expect(out, "# TYPE t_plain_total counter\n"
                          "t_plain_total{device=\"a\"} 1.8446744073709552e+19\n"
                          "# TYPE t_volts gauge\n"
                          "t_volts{device=\"a\"} -1.25\n"
                          "# TYPE t_watts gauge\n"
                          "t_watts{device=\"a\"} 1.6e-05\n");
    promc_emitter_free(out);
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
