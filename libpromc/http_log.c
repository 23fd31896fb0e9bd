/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_log.c - messages for the caller's log function, held back when they repeat.
 *
 * Whoever can reach the port can cause messages, so each kind passes once in ten seconds;
 * the next one says how many were held back.
 */
#include "config.h"
#include "http_handler.h"

#include <stdio.h>
#include <string.h>

#define HOLD_BACK_MS 10000

/* Whether a message of this kind may pass now; *held_back: how many did not before it. A
 * kind is the address of its format string. When there are more kinds than places, the
 * one that spoke longest ago makes room. */
static int may_pass(struct promc__http_log *log, const char *kind,
                    unsigned long *held_back)
{
    promc__http_ms now = promc__http_now();
    size_t i, oldest = 0;
    int pass;

    pthread_mutex_lock(&log->lock);
    for (i = 0; i < PROMC__HTTP_LOG_KINDS; i++) {
        if (log->kinds[i].kind == kind)
            break;
        if (log->kinds[i].last < log->kinds[oldest].last)
            oldest = i;
    }
    if (i == PROMC__HTTP_LOG_KINDS) {
        i = oldest;
        log->kinds[i].kind = kind;
        log->kinds[i].last = now - HOLD_BACK_MS;
        log->kinds[i].held_back = 0;
    }
    pass = now - log->kinds[i].last >= HOLD_BACK_MS;
    if (pass) {
        *held_back = log->kinds[i].held_back;
        log->kinds[i].last = now;
        log->kinds[i].held_back = 0;
    } else {
        log->kinds[i].held_back++;
    }
    pthread_mutex_unlock(&log->lock);
    return pass;
}

void promc__http_vsay(struct promc__http_log *log, promc_log_level level,
                      const char *format, va_list args)
{
    unsigned long held_back = 0;
    char text[512];
    size_t len;

    if (!log->fn || !may_pass(log, format, &held_back))
        return;
    vsnprintf(text, sizeof(text), format, args);
    len = strlen(text);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    if (held_back)
        snprintf(text + len, sizeof(text) - len, " (%lu more before this one)",
                 held_back);
    log->fn(log->arg, level, text);
}

void promc__http_say(struct promc__http_log *log, promc_log_level level,
                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    promc__http_vsay(log, level, format, args);
    va_end(args);
}
