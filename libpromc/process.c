/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.c - the process_* metrics that every Prometheus client library has.
 */
#include "config.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"

/* --- reading ---------------------------------------------------------------------------- */

/* A whole file of /proc, NUL-terminated. 0 or negative. */
static int slurp(const char *path, struct promc__buf *b)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? 1 : -1;

    promc__buf_reset(b);
    while (n > 0) {
        char *p = promc__buf_room(b, 4096);

        if (p == NULL)
            n = -1;
        else if ((n = read(fd, p, 4095)) > 0)
            b->len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return -1;
    b->data[b->len] = '\0';
    return 0;
}

/* Digits at *p, which moves behind them and the blanks before. 0 or -1. */
static int number(const char **p, uint64_t *v)
{
    const char *s = *p;

    while (*s == ' ')
        s++;
    if (*s < '0' || *s > '9')
        return -1;
    for (*v = 0; *s >= '0' && *s <= '9'; s++)
        *v = *v * 10 + (uint64_t)(*s - '0');
    *p = s;
    return 0;
}

static int skip_fields(const char **p, unsigned n)
{
    const char *s = *p;

    for (; n != 0; n--) {
        while (*s == ' ')
            s++;
        if (*s == '\0')
            return -1;
        while (*s != ' ' && *s != '\0')
            s++;
    }
    *p = s;
    return 0;
}

int promc__process_parse_stat(const char *text, struct promc__process_stat *out)
{
    const char *p = strrchr(text, ')'); /* the command's name may hold anything, ) too */

    /* behind it: state is field 3, then start time 22, virtual size 23, resident pages 24 */
    if (p == NULL || (p++, skip_fields(&p, 19)) != 0 ||
        number(&p, &out->start_ticks) != 0 || number(&p, &out->virtual_bytes) != 0 ||
        number(&p, &out->resident_pages) != 0)
        return -1;
    return 0;
}

int promc__process_parse_netstat(const char *text, uint64_t *in, uint64_t *out)
{
    static const char group[] = "IpExt:";
    const char *names = strstr(text, group);
    const char *values = names != NULL ? strchr(names, '\n') : NULL;
    int found = 0;

    if (values == NULL || strncmp(++values, group, sizeof group - 1) != 0)
        return -1;
    names += sizeof group - 1;
    values += sizeof group - 1;
    while (*names == ' ' && found < 2) {
        size_t len = strcspn(++names, " \n");
        uint64_t v;

        if (number(&values, &v) != 0)
            return -1;
        if (len == 8 && memcmp(names, "InOctets", len) == 0) {
            *in = v;
            found++;
        } else if (len == 9 && memcmp(names, "OutOctets", len) == 0) {
            *out = v;
            found++;
        }
        names += len;
    }
    return found == 2 ? 0 : -1;
}

/* The kernel keeps the time of boot in /proc/stat; where that is hidden, the clocks tell. */
static double boot_time(struct promc__buf *b)
{
    struct timespec real;
    struct timespec boot;
    const char *p = slurp("/proc/stat", b) == 0 ? strstr(b->data, "\nbtime ") : NULL;
    uint64_t v;

    if (p != NULL && (p += 7, number(&p, &v)) == 0)
        return (double)v;
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return (double)(real.tv_sec - boot.tv_sec) +
           (double)(real.tv_nsec - boot.tv_nsec) / 1e9;
}

/* How many descriptors are open. */
static int count_fds(uint64_t *n)
{
    struct stat st;
    _Alignas(8) char entries[4096];
    int fd;
    long got;

    /* Linux 6.2 and newer tell it as the size */
    if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0) {
        *n = (uint64_t)st.st_size;
        return 0;
    }
    fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    *n = 0;
    while ((got = syscall(SYS_getdents64, fd, entries, sizeof entries)) > 0)
        for (long at = 0; at < got;) {
            const struct {
                uint64_t ino;
                int64_t off;
                unsigned short len;
                unsigned char type;
                char name[];
            } *entry = (const void *)(entries + at);

            *n += entry->name[0] != '.';
            at += entry->len;
        }
    close(fd);
    *n -= *n != 0; /* the one we counted with */
    return got < 0 ? -1 : 0;
}

/* --- metrics ---------------------------------------------------------------------------- */

static void emit(promc_emitter *e, promc_type type, const char *name, const char *help,
                 double v)
{
    promc_emit(promc_emit_family(e, type, name, help, PROMC_NO_LABELS), PROMC_NO_LABELS,
               v);
}

static void emit_limit(promc_emitter *e, int resource, const char *name, const char *help)
{
    struct rlimit limit;

    if (getrlimit((__typeof__(RLIMIT_AS))resource, &limit) == 0)
        emit(e, PROMC_TYPE_GAUGE, name, help,
             limit.rlim_cur == RLIM_INFINITY ? 18446744073709551615.0
                                             : (double)limit.rlim_cur);
}

static void emit_stat(promc_emitter *e, struct promc__buf *b)
{
    static _Atomic uint64_t start_bits; /* it does not change: found out once */
    uint64_t bits = atomic_load_explicit(&start_bits, memory_order_relaxed);
    struct promc__process_stat st;
    double start;

    if (slurp("/proc/self/stat", b) != 0 || promc__process_parse_stat(b->data, &st) != 0)
        return;
    emit(e, PROMC_TYPE_GAUGE, "process_resident_memory_bytes",
         "Memory of this process that is in RAM.",
         (double)st.resident_pages * (double)sysconf(_SC_PAGESIZE));
    emit(e, PROMC_TYPE_GAUGE, "process_virtual_memory_bytes",
         "Address space of this process.", (double)st.virtual_bytes);
    if (bits == 0) {
        start = boot_time(b) + (double)st.start_ticks / (double)sysconf(_SC_CLK_TCK);
        memcpy(&bits, &start, sizeof bits);
        atomic_store_explicit(&start_bits, bits, memory_order_relaxed);
    }
    memcpy(&start, &bits, sizeof start);
    emit(e, PROMC_TYPE_GAUGE, "process_start_time_seconds",
         "When this process started, in seconds since 1970.", start);
}

static void collect(promc_emitter *e, void *arg)
{
    struct promc__buf b = { 0 };
    struct timespec cpu;
    uint64_t in;
    uint64_t out;

    (void)arg;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
        emit(e, PROMC_TYPE_COUNTER, "process_cpu_seconds_total",
             "CPU time this process has used, in user and kernel mode.",
             (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
    if (count_fds(&in) == 0)
        emit(e, PROMC_TYPE_GAUGE, "process_open_fds",
             "Descriptors this process has open.", (double)in);
    emit_limit(e, RLIMIT_NOFILE, "process_max_fds",
               "Descriptors this process may have open.");
    emit_limit(e, RLIMIT_AS, "process_virtual_memory_max_bytes",
               "Address space this process may have.");
    emit_stat(e, &b);
    if (slurp("/proc/self/net/netstat", &b) == 0 &&
        promc__process_parse_netstat(b.data, &in, &out) == 0) {
        emit(e, PROMC_TYPE_COUNTER, "process_network_receive_bytes_total",
             "Bytes received over IP in the network namespace of this process.",
             (double)in);
        emit(e, PROMC_TYPE_COUNTER, "process_network_transmit_bytes_total",
             "Bytes sent over IP in the network namespace of this process.", (double)out);
    }
    promc__buf_free(&b);
}

int promc_process_register(promc_registry *reg, promc_error *err)
{
    return promc_collector_register(reg, collect, NULL, err);
}

int promc_process_unregister(promc_registry *reg)
{
    return promc_collector_unregister(reg, collect, NULL);
}
