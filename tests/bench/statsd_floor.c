/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statsd_floor PORT - the least a receiver can do: take datagrams in batches and count
 * the lines in them. Prints the count when it is terminated.
 */
#include "config.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define PACKET_SIZE 65536

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

static unsigned long count_lines(const char *s, size_t n)
{
    const char *end = s + n;
    unsigned long lines = 1;

    while ((s = memchr(s, '\n', (size_t)(end - s))) != NULL) {
        lines++;
        s++;
    }
    return lines;
}

int main(int argc, char **argv)
{
    static struct mmsghdr msg[BATCH];
    static struct iovec iov[BATCH];
    struct sockaddr_in at = { .sin_family = AF_INET };
    struct sigaction sa = { .sa_handler = on_signal };
    char *buffer = malloc((size_t)BATCH * PACKET_SIZE);
    unsigned long lines = 0;
    int size = 4 << 20, fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (argc != 2 || buffer == NULL || fd < 0)
        return 2;
    at.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        perror("statsd_floor");
        return 1;
    }
    sigaction(SIGTERM, &sa, NULL);
    for (int i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){ buffer + (size_t)i * PACKET_SIZE, PACKET_SIZE };
        msg[i].msg_hdr.msg_iov = &iov[i];
        msg[i].msg_hdr.msg_iovlen = 1;
    }
    while (!stop) {
        int n = recvmmsg(fd, msg, BATCH, MSG_WAITFORONE, NULL);

        for (int i = 0; i < n; i++)
            lines += count_lines(iov[i].iov_base, msg[i].msg_len);
    }
    printf("%lu\n", lines);
    return 0;
}
