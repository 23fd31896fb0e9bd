/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_http.c - milliseconds per scrape of libpromc-http with 100,000 counters, over the
 * loopback interface. See bench.h.
 *
 *   bench_http [gzip|zstd]
 *
 * The client lives in this process too. Its thread's time is taken off, so that the
 * figure is what the server costs its host program.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <promc/http.h>
#include <promc/promc.h>

#include "bench.h"
#include "bench_series.h"

static unsigned port;
static const char *encoding = "identity";

/* One scrape; returns the bytes of the whole answer, 0 if it is not a 200. */
static size_t scrape(void)
{
    static char buf[1 << 20];
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t total = 0;
    ssize_t n;
    int len = snprintf(buf, sizeof(buf),
                       "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                       "Accept: text/plain;version=0.0.4\r\nAccept-Encoding: %s\r\n\r\n",
                       encoding);

    if (fd < 0)
        return 0;
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
        write(fd, buf, (size_t)len) == len) {
        while ((n = read(fd, buf, sizeof(buf))) > 0) {
            if (total == 0 && (n < 12 || memcmp(buf, "HTTP/1.1 200", 12) != 0))
                break;
            total += (size_t)n;
        }
    }
    close(fd);
    return total;
}

/* Processor time of everything in this process but the calling thread, in seconds. */
static double others(void)
{
    return bench_seconds(CLOCK_PROCESS_CPUTIME_ID) -
           bench_seconds(CLOCK_THREAD_CPUTIME_ID);
}

int main(int argc, char **argv)
{
    double ms[BENCH_RENDERS];
    promc_registry *reg = promc_registry_new(NULL);
    promc_http *srv;
    size_t size = 0;

    if (argc > 1)
        encoding = argv[1];
    bench_make_counters(reg);
    srv = promc_http_start(reg, "127.0.0.1:0", NULL);
    if (!srv)
        return 1;
    port = promc_http_port(srv);
    scrape();
    for (int i = 0; i < BENCH_RENDERS; i++) {
        double before = others();

        size = scrape();
        ms[i] = (others() - before) * 1e3;
        if (size == 0)
            return 1;
    }
    promc_http_stop(srv);
    promc_registry_free(reg);
    qsort(ms, BENCH_RENDERS, sizeof(ms[0]), bench_compare);
    printf("100,000 counters over HTTP, %s\t%.3f\t%zu\t%ld\n", encoding,
           ms[BENCH_RENDERS / 2], size, bench_peak_kib());
    return 0;
}
