/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_node_raid.c - the collectors of devices that are made of others: mdadm, dmmultipath,
 * nvmesubsystem.
 */
#include "config.h"

#include <errno.h>

#include "node/collectors/mdstat.h"
#include "node_tries.h"

extern const struct node_collector node_dmmultipath_collector;
extern const struct node_collector node_mdadm_collector;
extern const struct node_collector node_nvmesubsystem_collector;

#define MD "sys/block/md"
#define DM "sys/block/dm-"
#define SUBSYS "sys/class/nvme-subsystem/nvme-subsys0/"

/* What mdstat says of one array, with what comes of it. */
static const struct {
    const char *text;
    int rc;
    struct md_array a; /* but for the name */
} arrays[] = {
    { "md0 : active raid1 a[0] b[1]\n      100 blocks super 1.2 [2/2] [UU]\n",
      1,
      { .state = MD_ACTIVE,
        .disks_active = 2,
        .disks_required = 2,
        .blocks = 100,
        .blocks_synced = 100 } },
    { "md0 : active (auto-read-only) raid5 a[0](F) b[1](S) c[2](S)\n"
      "\t100 blocks level 5, 64k chunk, algorithm 2 [3/2] [U_U]\n"
      "      bitmap: 0/1 pages [0KB], 65536KB chunk\n",
      1,
      { .state = MD_ACTIVE,
        .disks_active = 2,
        .disks_required = 3,
        .disks_failed = 1,
        .disks_spare = 2,
        .blocks = 100,
        .blocks_synced = 100 } },
    { "md0 : active raid1 a[0] b[1]\n      100 blocks [2/1] [U_]\n"
      "      [==>..]  recovery = 12.6% (13/50) finish=1.0min speed=1K/sec\n",
      1,
      { .state = MD_RECOVERING,
        .disks_active = 1,
        .disks_required = 2,
        .blocks = 100,
        .blocks_synced = 13 } },
    { "md0 : active raid1 a[0] b[1]\n      100 blocks [2/2] [UU]\n"
      "      bitmap: 0/1 pages [0KB], 65536KB chunk, file: /check\n"
      "      [==>..]  check = 12.6% (13/50) finish=1.0min speed=1K/sec\n",
      1,
      { .state = MD_CHECK,
        .disks_active = 2,
        .disks_required = 2,
        .blocks = 100,
        .blocks_synced = 13 } },
    { "md0 : active raid1 a[0] b[1]\n      100 blocks [2/2] [UU]\n"
      "      [==>..]  resync =  1.0% (1/50)\n",
      1,
      { .state = MD_RESYNC,
        .disks_active = 2,
        .disks_required = 2,
        .blocks = 100,
        .blocks_synced = 1 } },
    { "md0 : active raid1 a[0] b[1]\n      100 blocks [2/2] [UU]\n\tresync=DELAYED\n",
      1,
      { .state = MD_RESYNC, .disks_active = 2, .disks_required = 2, .blocks = 100 } },
    { "md0 : active raid5 a[0] b[1]\n      100 blocks [2/2] [UU]\n"
      "      [==>..]  reshape =  1.0% (1/50)\n",
      1,
      { .state = MD_STATES,
        .disks_active = 2,
        .disks_required = 2,
        .blocks = 100,
        .blocks_synced = 1 } },
    { "md0 : active raid0 a[0] b[1] c[2]\n      100 blocks 64k chunks\n",
      1,
      { .state = MD_ACTIVE,
        .disks_active = 3,
        .disks_required = 3,
        .blocks = 100,
        .blocks_synced = 100 } },
    { "md0 : active linear a[0]\n      100 blocks 0k rounding\n",
      1,
      { .state = MD_ACTIVE,
        .disks_active = 1,
        .disks_required = 1,
        .blocks = 100,
        .blocks_synced = 100 } },
    { "md0 : inactive a[0](S) b[1](S)\n      100 blocks super external:imsm [2/2]\n",
      1,
      { .state = MD_INACTIVE, .disks_spare = 2, .blocks = 100, .blocks_synced = 100 } },
    /* Too many disks are lost; older kernels say active. */
    { "md0 : broken raid1 a[0](F) b[1](F)\n      100 blocks super 1.2 [2/0] [__]\n",
      1,
      { .state = MD_STATES,
        .disks_required = 2,
        .disks_failed = 2,
        .blocks = 100,
        .blocks_synced = 100 } },

    { "md0 : active raid1 a[0] b[1]\n      100 blocks super 1.2\n",
      -EINVAL,
      { .blocks = 0 } },
    { "md0 : active raid1 a[0] b[1]\n      100 blocks super 1.2 [2/2\n",
      -EINVAL,
      { .blocks = 0 } },
    { "md0 : active raid1 a[0] b[1]\n      many blocks [2/2] [UU]\n",
      -EINVAL,
      { .blocks = 0 } },
    { "md0 : active raid1 a[0] b[1]\n", -EINVAL, { .blocks = 0 } },
    { "md0 : active raid1 a[0] b[1]\nmd1 : x\n", -EINVAL, { .blocks = 0 } },
    { "md0 : sleeping raid1 a[0] b[1]\n      100 blocks [2/2] [UU]\n",
      -EINVAL,
      { .blocks = 0 } },
    { "md0 : active raid1 a[0] b[1]\n      100 blocks [2/2] [UU]\n"
      "      [==>..]  recovery = 12.6% finish=1.0min speed=1K/sec\n",
      -EINVAL,
      { .blocks = 0 } },
    { "md0 active\n", -EINVAL, { .blocks = 0 } },
    { "Personalities : [raid1]\nread_ahead 1024 sectors\n\nunused devices: <none>\n",
      0,
      { .blocks = 0 } },
    { "      100 blocks [2/2] [UU]\n", 0, { .blocks = 0 } },
};

static void test_arrays(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        struct span text = span_str(arrays[i].text);
        struct md_array got, want = arrays[i].a;

        if (mdstat_next(&text, &got) != arrays[i].rc)
            fail_msg("not %d: %s", arrays[i].rc, arrays[i].text);
        if (arrays[i].rc != 1)
            continue;
        assert_true(span_is(got.name, "md0"));
        want.name = got.name;
        if (memcmp(&got, &want, sizeof(got)) != 0)
            fail_msg("not what was expected: %s", arrays[i].text);
        assert_int_equal(mdstat_next(&text, &got), 0);
    }
}

/* The samples of one array in mdstat. */
#define STATE(name, active, check)                                                       \
    "node_md_state{device=\"" name "\",state=\"active\"} " active "\n"                   \
    "node_md_state{device=\"" name "\",state=\"check\"} " check "\n"                     \
    "node_md_state{device=\"" name "\",state=\"inactive\"} 0\n"                          \
    "node_md_state{device=\"" name "\",state=\"recovering\"} 0\n"                        \
    "node_md_state{device=\"" name "\",state=\"resync\"} 0\n"

static const struct node_try tries[] = {
    { &node_mdadm_collector, "no RAID", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_mdadm_collector,
      "no arrays",
      { { "proc/mdstat", "Personalities :\nunused devices: <none>\n" } },
      0,
      "" },
    { &node_mdadm_collector,
      "an array of unknown form costs itself; the rest from both sources",
      { { "proc/mdstat", "Personalities : [raid1]\n"
                         "md1 : active raid1 sda[0] sdb[1]\n"
                         "      unknown\n"
                         "\n"
                         "md2 : active raid1 sda[0] sdb[1]\n"
                         "      100 blocks [2/1] [U_]\n"
                         "      [>] check = 1% (7/100)\n" },
        { MD "1/md/raid_disks", "2\n" },
        { MD "2/md/raid_disks", "3 (2)\n" },
        { MD "2/md/degraded", "1\n" },
        { MD "3/md/raid_disks", "none\n" },
        { "sys/block/sda/md/raid_disks", "4\n" } },
      -EINVAL,
      "# TYPE node_md_blocks gauge\n"
      "node_md_blocks{device=\"md2\"} 100\n"
      "# TYPE node_md_blocks_synced gauge\n"
      "node_md_blocks_synced{device=\"md2\"} 7\n"
      "# TYPE node_md_degraded gauge\n"
      "node_md_degraded{device=\"md1\"} 0\n"
      "node_md_degraded{device=\"md2\"} 1\n"
      "# TYPE node_md_disks gauge\n"
      "node_md_disks{device=\"md2\",state=\"active\"} 1\n"
      "node_md_disks{device=\"md2\",state=\"failed\"} 0\n"
      "node_md_disks{device=\"md2\",state=\"spare\"} 0\n"
      "# TYPE node_md_disks_required gauge\n"
      "node_md_disks_required{device=\"md2\"} 2\n"
      "# TYPE node_md_raid_disks gauge\n"
      "node_md_raid_disks{device=\"md1\"} 2\n"
      "node_md_raid_disks{device=\"md2\"} 3\n"
      "# TYPE node_md_state gauge\n" STATE("md2", "0", "1") },

    { &node_dmmultipath_collector,
      "no block devices",
      { { NULL, NULL } },
      NODE_NODATA,
      "" },
    { &node_dmmultipath_collector,
      "none with several paths",
      { { DM "0/dm/uuid", "LVM-x\n" }, { DM "1/size", "8\n" } },
      0,
      "" },
    { &node_dmmultipath_collector,
      "paths that run, live, are off and have no state; a file among them; suspended",
      { { DM "3/dm/uuid", "mpath-77\n" },
        { DM "3/dm/name", "disk\n" },
        { DM "3/dm/suspended", "1\n" },
        { DM "3/size", "8\n" },
        { DM "3/slaves/sda/", "" },
        { DM "3/slaves/sdb/", "" },
        { DM "3/slaves/sdc/", "" },
        { DM "3/slaves/nvme0n1/", "" },
        { DM "3/slaves/.gitkeep", "" },
        { "sys/block/sda/device/state", "running\n" },
        { "sys/block/sdb/device/state", "offline\n" },
        { "sys/block/nvme0n1/device/state", "live\n" } },
      0,
      "# TYPE node_dmmultipath_device_active gauge\n"
      "node_dmmultipath_device_active{device=\"disk\",sysfs_name=\"dm-3\"} 0\n"
      "# TYPE node_dmmultipath_device_info gauge\n"
      "node_dmmultipath_device_info{device=\"disk\",sysfs_name=\"dm-3\","
      "uuid=\"mpath-77\"} 1\n"
      "# TYPE node_dmmultipath_device_paths gauge\n"
      "node_dmmultipath_device_paths{device=\"disk\",sysfs_name=\"dm-3\"} 4\n"
      "# TYPE node_dmmultipath_device_paths_active gauge\n"
      "node_dmmultipath_device_paths_active{device=\"disk\",sysfs_name=\"dm-3\"} 2\n"
      "# TYPE node_dmmultipath_device_paths_failed gauge\n"
      "node_dmmultipath_device_paths_failed{device=\"disk\",sysfs_name=\"dm-3\"} 2\n"
      "# TYPE node_dmmultipath_device_size_bytes gauge\n"
      "node_dmmultipath_device_size_bytes{device=\"disk\",sysfs_name=\"dm-3\"} 4096\n"
      "# TYPE node_dmmultipath_path_state gauge\n"
      "node_dmmultipath_path_state{device=\"disk\",path=\"nvme0n1\",state=\"live\"} 1\n"
      "node_dmmultipath_path_state{device=\"disk\",path=\"sda\",state=\"running\"} 1\n"
      "node_dmmultipath_path_state{device=\"disk\",path=\"sdb\",state=\"offline\"} 1\n"
      "node_dmmultipath_path_state{device=\"disk\",path=\"sdc\",state=\"unknown\"} 1\n" },

    { &node_nvmesubsystem_collector, "no NVMe", { { NULL, NULL } }, NODE_NODATA, "" },
    { &node_nvmesubsystem_collector,
      "a controller that is reset, one that goes, and one in a state we do not know",
      { { SUBSYS "subsysnqn", "nqn.x\n" },
        { SUBSYS "model", "Array\n" },
        { SUBSYS "serial", "S\n" },
        { SUBSYS "iopolicy", "numa\n" },
        { SUBSYS "nvme0/state", "resetting\n" },
        { SUBSYS "nvme0/transport", "tcp\n" },
        { SUBSYS "nvme1/state", "deleting (no IO)\n" },
        { SUBSYS "nvme1/transport", "tcp\n" },
        { SUBSYS "nvme2/state", "dancing\n" },
        { SUBSYS "nvme0n1/", "" },
        { SUBSYS "nvme0c1n1/", "" },
        { SUBSYS "nvmex/", "" },
        { "sys/class/nvme-subsystem/other/model", "x" } },
      0,
#define PATH(controller, transport, live, resetting, unknown)                            \
    "node_nvmesubsystem_path_state{controller=\"" controller "\",state=\"connecting\","  \
    "subsystem=\"nvme-subsys0\",transport=\"" transport "\"} 0\n"                        \
    "node_nvmesubsystem_path_state{controller=\"" controller "\",state=\"dead\","        \
    "subsystem=\"nvme-subsys0\",transport=\"" transport "\"} 0\n"                        \
    "node_nvmesubsystem_path_state{controller=\"" controller "\",state=\"live\","        \
    "subsystem=\"nvme-subsys0\",transport=\"" transport "\"} " live "\n"                 \
    "node_nvmesubsystem_path_state{controller=\"" controller "\",state=\"resetting\","   \
    "subsystem=\"nvme-subsys0\",transport=\"" transport "\"} " resetting "\n"            \
    "node_nvmesubsystem_path_state{controller=\"" controller "\",state=\"unknown\","     \
    "subsystem=\"nvme-subsys0\",transport=\"" transport "\"} " unknown "\n"
      "# TYPE node_nvmesubsystem_info gauge\n"
      "node_nvmesubsystem_info{iopolicy=\"numa\",model=\"Array\",nqn=\"nqn.x\","
      "serial=\"S\",subsystem=\"nvme-subsys0\"} 1\n"
      "# TYPE node_nvmesubsystem_namespace_info gauge\n"
      "node_nvmesubsystem_namespace_info{device=\"nvme0n1\",subsystem=\"nvme-subsys0\"} "
      "1\n"
      "# TYPE node_nvmesubsystem_path_state gauge\n" PATH("nvme0", "tcp", "0", "1", "0")
          PATH("nvme1", "tcp", "0", "0", "0")
              PATH("nvme2", "", "0", "0",
                   "1") "# TYPE node_nvmesubsystem_paths gauge\n"
                        "node_nvmesubsystem_paths{subsystem=\"nvme-subsys0\"} 3\n"
                        "# TYPE node_nvmesubsystem_paths_live gauge\n"
                        "node_nvmesubsystem_paths_live{subsystem=\"nvme-subsys0\"} 0\n" },
};
#define N_TRIES (sizeof(tries) / sizeof(tries[0]))

static void test_tries(void **state)
{
    (void)state;
    node_try_all(tries, N_TRIES);
}

static void test_cut(void **state)
{
    (void)state;
    node_try_cut(tries, N_TRIES);
}

/* The parser looks no further than what was read. */
static void read_arrays(struct span text)
{
    struct md_array a;

    while (mdstat_next(&text, &a) != 0)
        ;
}

static void test_prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        node_test_prefixes(arrays[i].text, strlen(arrays[i].text), read_arrays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_prefixes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
