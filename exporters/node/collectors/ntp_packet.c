/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ntp_packet.c - one question to an NTP server and its answer (RFC 5905, client mode).
 */
#include "config.h"

#include "node/collectors/ntp_packet.h"

#include <errno.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* 1970 in seconds since 1900, which is when NTP begins. */
#define NTP_1970 INT64_C(2208988800)

enum { MODE_CLIENT = 3, MODE_SERVER = 4, LEAP_NOT_IN_SYNC = 3, MAX_STRATUM = 16 };

/* Limits of RFC 5905: the longest time between two settings of the clock, and how
 * imprecise a server may say it is. */
#define MAX_POLL ((INT64_C(1) << 17) * SECOND)
#define MAX_DISPERSION (16 * SECOND)

/* Where the fields are. */
enum {
    AT_FLAGS = 0,
    AT_STRATUM = 1,
    AT_ROOT_DELAY = 4,
    AT_ROOT_DISPERSION = 8,
    AT_REFERENCE = 16,
    AT_ORIGIN = 24,
    AT_RECEIVE = 32,
    AT_TRANSMIT = 40
};

static uint64_t read_big(const unsigned char *p, int bytes)
{
    uint64_t v = 0;

    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

/* Seconds with 32 bits behind the point, as nanoseconds, to the nearest. */
static int64_t duration(uint64_t t)
{
    uint64_t part = (t & UINT32_MAX) * (uint64_t)SECOND;

    return (int64_t)((t >> 32) * (uint64_t)SECOND + (part >> 32) + (part >> 31 & 1));
}

static int64_t signed_duration(int64_t t)
{
    return t < 0 ? -duration(0 - (uint64_t)t) : duration((uint64_t)t);
}

/* Times before 1970 are those after 2036, when the seconds begin again at 0. */
static int64_t since_1970(uint64_t t)
{
    uint64_t seconds = t >> 32;
    int64_t era = seconds < (uint64_t)NTP_1970 ? INT64_C(1) << 32 : 0;

    return (era - NTP_1970) * SECOND + duration(t);
}

static uint64_t to_ntp(int64_t ns)
{
    uint64_t t = (uint64_t)(ns + NTP_1970 * SECOND);

    /* What is beyond 2036 loses its upper bits, as it should. */
    return (t / (uint64_t)SECOND) << 32 |
           ((t % (uint64_t)SECOND) << 32) / (uint64_t)SECOND;
}

void ntp_question(unsigned char packet[NTP_PACKET_LEN], unsigned version, uint64_t cookie)
{
    memset(packet, 0, NTP_PACKET_LEN);
    packet[AT_FLAGS] = (unsigned char)(version << 3 | MODE_CLIENT);
    for (int i = 0; i < 8; i++)
        packet[AT_TRANSMIT + i] = (unsigned char)(cookie >> (56 - 8 * i));
}

static int refuse(const char **reason, const char *text)
{
    *reason = text;
    return -EBADMSG;
}

int ntp_parse(const unsigned char *packet, size_t len, uint64_t cookie, int64_t sent,
              int64_t received, struct ntp_answer *a, const char **reason)
{
    uint64_t origin = to_ntp(sent), destination = to_ntp(received);
    uint64_t reference, receive, transmit, early, late;
    int64_t there, back, rtt;

    if (len < NTP_PACKET_LEN)
        return refuse(reason, "too short");
    if ((packet[AT_FLAGS] & 7) != MODE_SERVER)
        return refuse(reason, "not from a server");
    if (read_big(packet + AT_ORIGIN, 8) != cookie)
        return -EAGAIN;
    reference = read_big(packet + AT_REFERENCE, 8);
    receive = read_big(packet + AT_RECEIVE, 8);
    transmit = read_big(packet + AT_TRANSMIT, 8);
    if (transmit == 0)
        return refuse(reason, "no time in it");
    if (receive > transmit)
        return refuse(reason, "sent before the question came");
    a->leap = packet[AT_FLAGS] >> 6;
    a->stratum = packet[AT_STRATUM];
    a->time = since_1970(transmit);
    a->reference = since_1970(reference);
    a->reference_known = reference != 0;
    /* These have 16 bits behind the point. */
    a->root_delay = duration(read_big(packet + AT_ROOT_DELAY, 4) << 16);
    a->root_dispersion = duration(read_big(packet + AT_ROOT_DISPERSION, 4) << 16);
    rtt = (int64_t)((destination - origin) - (transmit - receive));
    a->rtt = rtt < 0 ? 0 : duration((uint64_t)rtt);
    /* The middle of two differences, each of which may be negative; without overflow. */
    there = (int64_t)(receive - origin);
    back = (int64_t)(transmit - destination);
    a->offset = signed_duration(
        (int64_t)((uint64_t)there +
                  (uint64_t)((int64_t)((uint64_t)back - (uint64_t)there) / 2)));
    early = origin > receive ? origin - receive : 0;
    late = transmit > destination ? transmit - destination : 0;
    a->min_error = duration(early > late ? early : late);
    return 0;
}

int ntp_sane(const struct ntp_answer *a, int64_t max_distance, int64_t max_error)
{
    return a->stratum > 0 && a->stratum < MAX_STRATUM && a->leap != LEAP_NOT_IN_SYNC &&
           a->reference_known && a->time - a->reference <= MAX_POLL &&
           a->time >= a->reference &&
           a->root_delay / 2 + a->root_dispersion <= MAX_DISPERSION &&
           (a->rtt + a->root_delay) / 2 + a->root_dispersion <= max_distance &&
           a->min_error <= max_error;
}
