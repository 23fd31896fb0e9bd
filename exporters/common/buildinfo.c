/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buildinfo.c - version, revision, compiler and platform, for --version, the log and
 * the build_info metric.
 *
 * Dashboards join on the label names of the Go exporters, so these are kept: goversion
 * carries our compiler, goos and goarch use Go's words for the platform. Revision and
 * branch are what the build was configured with (-DPROMC_REVISION, -DPROMC_BRANCH). There
 * is no build date and no build user, so that the same sources make the same program.
 */
#include "config.h"

#include "common/buildinfo.h"

#include <errno.h>
#include <stdio.h>

#ifndef PROMC_REVISION
#define PROMC_REVISION "unknown"
#endif
#ifndef PROMC_BRANCH
#define PROMC_BRANCH "unknown"
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

#if defined(__x86_64__)
#define ARCH "amd64"
#elif defined(__aarch64__)
#define ARCH "arm64"
#elif defined(__i386__)
#define ARCH "386"
#elif defined(__arm__)
#define ARCH "arm"
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH "riscv64"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCH "ppc64le"
#elif defined(__s390x__)
#define ARCH "s390x"
#else
#define ARCH "unknown"
#endif

#ifdef HAVE_ZSTD
#define ZSTD "+zstd"
#else
#define ZSTD "-zstd"
#endif

const char *buildinfo_version(void)
{
    return PACKAGE_VERSION;
}

const char *buildinfo_context(void)
{
    return "(" COMPILER ", platform=linux/" ARCH ", revision=" PROMC_REVISION ")";
}

const char *buildinfo_text(const char *program, const char *libraries, char *buf,
                           size_t size)
{
    snprintf(buf, size,
             "%s, version " PACKAGE_VERSION " (branch: " PROMC_BRANCH
             ", revision: " PROMC_REVISION ")\n"
             "  compiler:         " COMPILER "\n"
             "  platform:         linux/" ARCH "\n"
             "  libraries:        " ZSTD "%s",
             program, libraries);
    return buf;
}

int buildinfo_register(promc_registry *reg, const char *prefix, promc_error *err)
{
    char name[128];
    promc_error reason = { 0 };
    promc_gauge_family *f;
    promc_gauge *g;

    snprintf(name, sizeof(name), "%s_build_info", prefix);
    f = promc_gauge_family_new(
        reg, name, "Always 1; the labels say which build of the program this is.",
        PROMC_LABELS("branch", "goarch", "goos", "goversion", "revision", "tags",
                     "version"),
        &reason);
    if (!f) {
        if (err)
            *err = reason;
        return reason.code;
    }
    g = promc_gauge_labels(f, PROMC_LABELS(PROMC_BRANCH, ARCH, "linux", COMPILER,
                                           PROMC_REVISION, "unknown", PACKAGE_VERSION));
    promc_gauge_set(g, 1);
    if (!g) {
        reason.code = -ENOMEM;
        snprintf(reason.text, sizeof(reason.text), "%s: out of memory", name);
        if (err)
            *err = reason;
        return -ENOMEM;
    }
    return 0;
}
