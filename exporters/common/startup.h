/* SPDX-License-Identifier: Apache-2.0 */
/*
 * startup.h - what a long-running program does once, when it has started.
 */
#ifndef COMMON_STARTUP_H
#define COMMON_STARTUP_H

/* Give back the memory of code and constants that only the start has used. */
void startup_trim(void);

#endif /* COMMON_STARTUP_H */
