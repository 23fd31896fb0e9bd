/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guestbook.c - a small service as it might stand anywhere, without any metrics: a line of
 * text per connection, kept in a ring; "?" reads the ring back. The tutorial adds a request
 * counter, a latency histogram and /metrics to it, in ten lines.
 *
 *   guestbook [PORT]                     (7000, on the loopback address)
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ENTRIES = 100, LENGTH = 200, THREADS = 4 };

static char ring[ENTRIES][LENGTH];
static unsigned next_entry;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int listener;

static void write_entry(const char *text)
{
    pthread_mutex_lock(&lock);
    snprintf(ring[next_entry++ % ENTRIES], LENGTH, "%s", text);
    pthread_mutex_unlock(&lock);
}

static void read_entries(int client)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < ENTRIES; i++) {
        const char *text = ring[(next_entry + i) % ENTRIES];

        if (*text != '\0')
            dprintf(client, "%s\n", text);
    }
    pthread_mutex_unlock(&lock);
}

/* Returns what was asked for: "read", "write", or "nothing". */
static const char *answer(int client)
{
    char line[LENGTH];
    ssize_t n = recv(client, line, sizeof line - 1, 0);

    if (n <= 0)
        return "nothing";
    line[n] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (strcmp(line, "?") == 0) {
        read_entries(client);
        return "read";
    }
    write_entry(line);
    dprintf(client, "thank you\n");
    return "write";
}

static void *serve(void *arg)
{
    (void)arg;
    for (;;) {
        int client = accept(listener, NULL, NULL);

        if (client < 0)
            continue;
        answer(client);
        close(client);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    pthread_t thread[THREADS];
    int yes = 1;

    signal(SIGPIPE, SIG_IGN);
    here.sin_port = htons((unsigned short)(argc > 1 ? strtol(argv[1], NULL, 10) : 7000));
    listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 ||
        listen(listener, 64) != 0) {
        fprintf(stderr, "guestbook: cannot listen: %s\n", strerror(errno));
        return 1;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, serve, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
