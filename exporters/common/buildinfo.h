/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buildinfo.h - what an exporter says about itself.
 */
#ifndef COMMON_BUILDINFO_H
#define COMMON_BUILDINFO_H

#include <promc/promc.h>

/* The version alone, "0.1.0"; and one line for start-up logs: compiler, platform, revision. */
const char *buildinfo_version(void);
const char *buildinfo_context(void);

/* Write the text of --version for a program to buf. Returns buf. */
const char *buildinfo_text(const char *program, const char *libraries, char *buf,
                           size_t size);

/* Add PREFIX_build_info to the registry. Returns 0 or -errno with *err filled. */
int buildinfo_register(promc_registry *reg, const char *prefix, promc_error *err);

#endif /* COMMON_BUILDINFO_H */
