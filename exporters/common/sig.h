/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig.h - the signals an exporter's main thread waits for.
 */
#ifndef COMMON_SIG_H
#define COMMON_SIG_H

/* Call first thing in main(), before any thread exists: SIGINT, SIGTERM and SIGHUP then wait
 * for sig_wait(), and writing to a closed socket is an error and not the end. Returns 0 or
 * -errno. */
int sig_block(void);

/* Wait for SIGINT or SIGTERM and return its number. SIGHUP calls reload with arg and goes on
 * waiting; without reload it ends the wait too. Once this has returned, a further SIGINT or
 * SIGTERM ends the process at once, so that a shutdown that takes long can be cut short. */
int sig_wait(void (*reload)(void *arg), void *arg);

#endif /* COMMON_SIG_H */
