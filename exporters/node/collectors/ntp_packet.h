/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ntp_packet.h - one question to an NTP server and its answer (RFC 5905, client mode).
 */
#ifndef NODE_NTP_PACKET_H
#define NODE_NTP_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define NTP_PACKET_LEN 48

/* Times and durations in nanoseconds; times since 1970. */
struct ntp_answer {
    unsigned leap;     /* 0 none, 1 a second more, 2 a second less, 3 not in sync */
    unsigned stratum;  /* 0: the server does not want to be asked */
    int64_t time;      /* when it sent its answer, by its clock */
    int64_t reference; /* when its clock was last set */
    int reference_known;
    int64_t rtt;
    int64_t offset; /* of its clock against ours */
    int64_t root_delay;
    int64_t root_dispersion;
    int64_t min_error; /* how far the clocks must at least be apart: it answered before it
                          was asked, or we had the answer before it was sent */
};

/* Write the question. cookie is any number that is hard to guess; it comes back. */
void ntp_question(unsigned char packet[NTP_PACKET_LEN], unsigned version,
                  uint64_t cookie);

/* Read an answer to the question with this cookie, sent and received at these times.
 * Returns 0; -EAGAIN when it belongs to another question; -EBADMSG with *reason when it
 * is none. */
int ntp_parse(const unsigned char *packet, size_t len, uint64_t cookie, int64_t sent,
              int64_t received, struct ntp_answer *a, const char **reason);

/* Whether a client would set its clock by this server: 1 or 0. Distance: how far the root
 * may be away; error: how far the clocks may be apart. */
int ntp_sane(const struct ntp_answer *a, int64_t max_distance, int64_t max_error);

#endif /* NODE_NTP_PACKET_H */
