/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_diskstats.c - the diskstats collector and udev's database.
 */
#include "config.h"

#include "node_test.h"

#include "node/collectors/diskstats.c"

static void test_line(void **state)
{
    static const struct {
        const char *line;
        int rc;
        const char *device;
        size_t n;
    } cases[] = {
        { "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11", 1, "sda", 11 },
        { "8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", 1, "sda", 15 },
        { "8 0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", 1, "cciss/c0d0",
          17 },
        { "8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19", 1, "sda", 17 },
        { "8 0 sda 1 2 3 4 5 6 7 8 9 10 18446744073709551615", 1, "sda", 11 },
        { "", 0, NULL, 0 },
        { "  \t", 0, NULL, 0 },
        { "8 0 sda 1 2 3 4 5 6 7 8 9 10", -EINVAL, NULL, 0 },
        { "8 0 sda1 1 2 3 4", -EINVAL, NULL, 0 }, /* a partition before 2.6.25 */
        { "8 0 sda 1 2 3 4 5 6 7 8 9 10 x", -EINVAL, NULL, 0 },
        { "8 0 sda 1 2 3 4 5 6 7 8 9 10 -1", -EINVAL, NULL, 0 },
        { "8 0 sda 1 2 3 4 5 6 7 8 9 10 18446744073709551616", -EINVAL, NULL, 0 },
        { "x 0 sda 1 2 3 4 5 6 7 8 9 10 11", -EINVAL, NULL, 0 },
        { "8 0 "
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaa "
          "1 2 3 4 5 6 7 8 9 10 11",
          -EINVAL, NULL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct disk_line d;

        assert_int_equal(disk_parse_line(span_str(cases[i].line), &d), cases[i].rc);
        if (cases[i].rc <= 0)
            continue;
        assert_string_equal(d.device, cases[i].device);
        assert_int_equal(d.n, cases[i].n);
        assert_true(d.value[0] == 1);
    }
}

static const char udev_text[] = "S:disk/by-id/x\n"
                                "E:ID_MODEL=A model\n"
                                "E:ID_SERIAL=long\n"
                                "E:ID_SERIAL_SHORT=short\n"
                                "E:ID_FS_VERSION=LVM2 001\n"
                                "E:BROKEN\n"
                                "E:\n"
                                "E:=\n"
                                "E:ID_WWN=\n"
                                "G:systemd\n"
                                "E:ID_PATH=pci=0";

static void udev_feed(struct span prefix)
{
    struct disk_udev u;
    char *copy = malloc(prefix.n + 1); /* the parser wants a NUL behind it */

    span_copy(prefix, copy, prefix.n + 1);
    disk_udev_parse(copy, prefix.n, &u);
    assert_true(strlen(u.path) + strlen(u.model) < sizeof(udev_text));
    free(copy);
}

static void test_udev(void **state)
{
    struct disk_udev u;
    char text[sizeof(udev_text)];

    (void)state;
    memcpy(text, udev_text, sizeof(text));
    disk_udev_parse(text, sizeof(text) - 1, &u);
    assert_string_equal(u.model, "A model");
    assert_string_equal(u.fs_version, "LVM2 001");
    assert_string_equal(u.path, "pci=0");
    assert_string_equal(u.wwn, "");
    assert_string_equal(u.ata, "");
    assert_string_equal(disk_udev_serial(&u), "short");
    u.scsi_serial = "scsi";
    assert_string_equal(disk_udev_serial(&u), "scsi");
    u.scsi_serial = u.short_serial = "";
    assert_string_equal(disk_udev_serial(&u), "long");
    disk_udev_parse(NULL, 0, &u);
    assert_string_equal(disk_udev_serial(&u), "");
    node_test_prefixes(udev_text, sizeof(udev_text) - 1, udev_feed);
}

static void line_feed(struct span prefix)
{
    struct disk_line d;

    disk_parse_line(prefix, &d);
}

static void test_truncated(void **state)
{
    static const char line[] = "8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";

    (void)state;
    node_test_prefixes(line, sizeof(line) - 1, line_feed);
}

static void test_collect(void **state)
{
    struct node_test_tree t;
    promc_emitter *e = promc_emitter_new(NULL);
    promc_error err = { 0, "" };
    void *priv = NULL;

    (void)state;
    node_test_tree_new(&t);
    node_test_put(&t, "proc/diskstats",
                  "   8 0 sda 10 20 30 6536 50 60 70 80 9 100 110 1 2 3 4 5 1944\n"
                  "   8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n"
                  "nonsense\n"
                  " 104 0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11\n"
                  "   7 0 loop0 1 2 3 4 5 6 7 8 9 10 11\n");
    node_test_put(
        &t, "udev/b8:0",
        "E:ID_MODEL=M\nE:ID_PATH=P\nE:ID_WWN=W\nE:ID_REVISION=R\nE:ID_SERIAL=S\n"
        "E:ID_FS_TYPE=ext4\nE:ID_FS_USAGE=filesystem\nE:ID_FS_UUID=U\n"
        "E:DM_NAME=dm\nE:DM_LV_NAME=lv\nE:ID_ATA=1\nE:ID_ATA_WRITE_CACHE=1\n"
        "E:ID_ATA_ROTATION_RATE_RPM=7200\n");
    node_test_put(&t, "sys/block/cciss!c0d0/queue/rotational", "1\n");
    assert_int_equal(node_diskstats_collector.init(&t.ctx, &priv, &err), 0);
    assert_int_equal(node_diskstats_collector.collect(&t.ctx, priv, e, &err), -EINVAL);
    assert_string_equal(err.text,
                        "diskstats line 3: not a device with eleven or more numbers");
    static const char *const lines[] = {
        "node_disk_info{device=\"sda\",major=\"8\",minor=\"0\",model=\"M\",path=\"P\","
        "revision=\"R\",rotational=\"0\",serial=\"S\",wwn=\"W\"} 1\n",
        "node_disk_info{device=\"cciss/"
        "c0d0\",major=\"104\",minor=\"0\",model=\"\",path=\"\","
        "revision=\"\",rotational=\"1\",serial=\"\",wwn=\"\"} 1\n",
        "node_disk_read_bytes_total{device=\"sda\"} 15360\n",
        "node_disk_read_time_seconds_total{device=\"sda\"} 6.5360000000000005\n",
        "node_disk_io_now{device=\"sda\"} 9\n",
        "node_disk_discarded_sectors_total{device=\"sda\"} 3\n",
        "node_disk_flush_requests_time_seconds_total{device=\"sda\"} 1.944\n",
        "node_disk_io_time_weighted_seconds_total{device=\"cciss/c0d0\"} 0.011\n",
        "node_disk_filesystem_info{device=\"sda\",type=\"ext4\",usage=\"filesystem\","
        "uuid=\"U\",version=\"\"} 1\n",
        "node_disk_device_mapper_info{device=\"sda\",lv_layer=\"\",lv_name=\"lv\","
        "name=\"dm\",uuid=\"\",vg_name=\"\"} 1\n",
        "node_disk_ata_write_cache{device=\"sda\"} 1\n",
        "node_disk_ata_rotation_rate_rpm{device=\"sda\"} 7200\n",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_true(node_test_holds(e, lines[i]));
    assert_false(node_test_holds(e, "node_disk_ata_write_cache_enabled"));
    assert_false(node_test_holds(e, "node_disk_info{device=\"sda1\""));
    assert_false(node_test_holds(e, "node_disk_info{device=\"loop0\""));
    assert_false(node_test_holds(e, "node_disk_discards_completed_total{device=\"cciss"));
    node_diskstats_collector.fini(priv);
    node_test_tree_free(&t);
    promc_emitter_free(e);
}

/* Which flags go together, and what then keeps sda1, which the default leaves out. */
static void test_flags(void **state)
{
    static const struct {
        const char *exclude, *old_exclude, *include;
        int rc;
        int keeps_sda1, keeps_vda;
    } cases[] = {
        { NULL, NULL, NULL, 0, 0, 1 },        { "vd", NULL, NULL, 0, 1, 0 },
        { "", NULL, NULL, 0, 1, 1 },          { NULL, "vd", NULL, 0, 1, 0 },
        { "vd", "vd", NULL, -EINVAL, 0, 0 },  { NULL, NULL, "sda", 0, 1, 0 },
        { "vd", NULL, "sda", -EINVAL, 0, 0 }, { NULL, "vd", "sda", -EINVAL, 0, 0 },
        { "", NULL, "sda", 0, 1, 0 },         { "(", NULL, NULL, -EINVAL, 0, 0 },
    };
    struct node_test_tree t;

    (void)state;
    node_test_tree_new(&t);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        promc_error err = { 0, "" };
        void *priv = NULL;

        memset(&disk_flag, 0, sizeof(disk_flag));
        disk_flag.exclude = cases[i].exclude ? cases[i].exclude : DISK_EXCLUDE;
        disk_flag.exclude_set = cases[i].exclude != NULL;
        disk_flag.old_exclude = cases[i].old_exclude;
        disk_flag.old_exclude_set = cases[i].old_exclude != NULL;
        disk_flag.include = cases[i].include;
        disk_flag.include_set = cases[i].include != NULL;
        assert_int_equal(disk_init(&t.ctx, &priv, &err), cases[i].rc);
        if (cases[i].rc) {
            assert_non_null(strstr(err.text, "--collector.diskstats."));
            continue;
        }
        assert_int_equal(filter_keep(((struct diskstats *)priv)->filter, "sda1"),
                         cases[i].keeps_sda1);
        assert_int_equal(filter_keep(((struct diskstats *)priv)->filter, "vda"),
                         cases[i].keeps_vda);
        disk_fini(priv);
    }
    node_test_tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),      cmocka_unit_test(test_udev),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_collect),
        cmocka_unit_test(test_flags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
