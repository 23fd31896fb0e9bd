/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statsd_send PORT SHAPE LINES PER_PACKET RATE - send StatsD lines over UDP to 127.0.0.1.
 *
 * SHAPE: counters, timers, tags or names (10,000 of them; the others have 1,000).
 * PER_PACKET: lines in a datagram.  RATE: lines per second, 0: as fast as it goes.
 * Packets are made beforehand and sent one by one, as clients do, a millisecond's worth
 * at a time.
 */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_PACKET 60000

struct packet {
    size_t len;
    char *data;
};

static size_t put_line(char *out, size_t size, const char *shape, unsigned i)
{
    unsigned name = strcmp(shape, "names") == 0 ? i % 10000 : i % 1000;
    int n;

    if (strcmp(shape, "timers") == 0)
        n = snprintf(out, size, "bench.service.%u:%u|ms\n", name, i * 7919u % 1000u);
    else if (strcmp(shape, "tags") == 0)
        n = snprintf(out, size, "bench.service.%u:1|c|#env:prod,zone:eu\n", name);
    else
        n = snprintf(out, size, "bench.service.%u:1|c\n", name);
    return n < 0 || (size_t)n >= size ? 0 : (size_t)n;
}

/* Packets that go through all names; returns how many. */
static size_t make_packets(struct packet **list, const char *shape, unsigned per_packet)
{
    size_t n = (strcmp(shape, "names") == 0 ? 10000 : 1000);
    unsigned line = 0;

    *list = calloc(n, sizeof(**list));
    for (size_t i = 0; *list != NULL && i < n; i++) {
        struct packet *p = &(*list)[i];
        static char buf[MAX_PACKET];

        for (unsigned k = 0; k < per_packet; k++)
            p->len += put_line(buf + p->len, sizeof(buf) - p->len, shape, line++);
        p->len--; /* the last newline would be a line more */
        p->data = malloc(p->len);
        if (p->data == NULL)
            return 0;
        memcpy(p->data, buf, p->len);
    }
    return *list != NULL ? n : 0;
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    struct packet *list;
    unsigned long lines, per_packet, sent = 0;
    double rate, start;
    size_t n, i = 0;
    int fd;

    if (argc != 6) {
        fprintf(stderr, "usage: statsd_send PORT SHAPE LINES PER_PACKET RATE\n");
        return 2;
    }
    to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    lines = strtoul(argv[3], NULL, 10);
    per_packet = strtoul(argv[4], NULL, 10);
    rate = (double)strtoul(argv[5], NULL, 10);
    n = make_packets(&list, argv[2], (unsigned)per_packet);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (n == 0 || fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        perror("statsd_send");
        return 1;
    }
    for (start = now(); sent < lines; sent += per_packet, i++) {
        if (rate > 0 && (double)sent > (now() - start) * rate) {
            struct timespec tick = { .tv_nsec = 1000000 };

            nanosleep(&tick, NULL);
        }
        if (send(fd, list[i % n].data, list[i % n].len, 0) < 0)
            perror("send");
    }
    printf("%lu\t%.3f\n", sent, now() - start);
    return 0;
}
