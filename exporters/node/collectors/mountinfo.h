/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mountinfo.h - the mounts that /proc/PID/mountinfo tells of.
 */
#ifndef NODE_MOUNTINFO_H
#define NODE_MOUNTINFO_H

#include "node/scan.h"

/* One line. Everything but id is as the kernel wrote it, that is, with blanks and the
 * like as \ooo. */
struct mount_line {
    uint64_t id;
    struct span major, minor;
    struct span point;
    struct span fstype, device;
    struct span super; /* options of the file system, parted by commas */
    int readonly;
};

/* Returns 0, or -EINVAL when the line is not of the known form. */
int mountinfo_parse_line(struct span line, struct mount_line *m);

/* The way a mount point is shown: \040 and \011 become a blank and a tab, the rest stays.
 * out: in.n + 1 bytes. Returns its length. */
size_t mountinfo_label(struct span in, char *out);

/* The way the kernel wants it back: all of \ooo undone. out: in.n + 1 bytes. */
size_t mountinfo_path(struct span in, char *out);

#endif /* NODE_MOUNTINFO_H */
