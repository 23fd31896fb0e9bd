/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textfile.h - write a registry to a file, for a node exporter to pick up (libpromc).
 *
 *   promc_textfile_write(reg, "/var/lib/node_exporter/backup.prom", &err);
 */
#ifndef PROMC_TEXTFILE_H
#define PROMC_TEXTFILE_H

#include <promc/promc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* promc_textfile_write - render @reg as text 0.0.4 and put it in place of @path at once: to a
 * file beside it first, which is renamed, so that a reader sees the old one or the new one
 * in whole. The new file has mode 0644 less the umask; the folder must be writable. Where
 * @path is a symbolic link, the link is replaced and not the file it names.
 * Returns 0; on failure a negative errno value with *err filled, @path is as it was, and
 * nothing is left beside it. Blocks on the disk. Since 0.1. */
PROMC_API int promc_textfile_write(promc_registry *reg, const char *path,
                                   promc_error *err);

/* promc_textfile_start - do that now and every @seconds (0.001 to 1e9) from a thread of the
 * library, which takes no signals. A write that fails is tried again the next time. A relative
 * @path is looked up at each write. NULL with *err filled when the first write fails, or
 * there is no thread or memory, or -EINVAL for the interval.
 * promc_textfile_stop - write a last time and end it, before the registry is freed. Returns
 * what the last write returned, with *err filled. NULL is a no-op and 0; in a child of fork(),
 * where there is no such thread, it writes nothing and releases the memory. Since 0.1. */
typedef struct promc_textfile promc_textfile;
PROMC_API promc_textfile *promc_textfile_start(promc_registry *reg, const char *path,
                                               double seconds, promc_error *err);
PROMC_API int promc_textfile_stop(promc_textfile *t, promc_error *err);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PROMC_TEXTFILE_H */
