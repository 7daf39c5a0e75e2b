/* SPDX-License-Identifier: MIT */
/*
 * Packets as bytes: emitted and parsed exactly as RFC 791, 8200, 768, 9293, 792, 4443, 4861 and 826 draw
 * them, with real checksums. Used by captures, by wire=bytes (every hop) and by corruption.
 */
#ifndef SIM_PACKET_WIRE_H
#define SIM_PACKET_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct sim_arena;
struct sim_packet;

#define SIM_WIRE_MAX_BYTES (40 + 8 + 65535 + 60)

/* The longest transport header: TCP with all its options. */
#define SIM_WIRE_MAX_TRANSPORT_BYTES 60

/*
 * Writes the IP or ARP packet (no link header) into buf: its length. cap must be at least
 * sim_packet_link_len(). A
 * packet whose csum is SIM_CSUM_BAD gets a wrong transport checksum.
 */
size_t sim_wire_emit(const struct sim_packet *p, unsigned char *buf, size_t cap);

/*
 * Parses an IP packet into p (fields only; payload is made of fresh slabs). 0; -EINVAL: malformed header;
 * -EBADMSG: the IPv4 header's checksum is wrong (a wrong transport checksum parses, with csum =
 * SIM_CSUM_BAD); -ENOMEM. id, next, sent_ns, flow, iface and truesize are left alone.
 */
int sim_wire_parse(struct sim_arena *a, const unsigned char *buf, size_t len, struct sim_packet *p);

/* ARP (is_arp) for Ethernet and IPv4: SIM_ARP_LEN bytes; and back: 0, -EINVAL. */
void sim_wire_emit_arp(const struct sim_packet *p, unsigned char *buf);
int sim_wire_parse_arp(const unsigned char *buf, size_t len, struct sim_packet *p);

/*
 * The transport header alone, as it stands before the payload of a packet that is no fragment, with its
 * checksum over both: its length. buf holds SIM_WIRE_MAX_TRANSPORT_BYTES.
 */
size_t sim_wire_emit_transport(const struct sim_packet *p, unsigned char *buf);

/*
 * Makes a packet whole again: its payload is all of the IP payload of a packet of p->proto from p->src to
 * p->dst; the transport header is parsed off it. 0 or -EINVAL.
 */
int sim_wire_parse_transport(struct sim_arena *a, struct sim_packet *p);

/* What an ICMP error quotes, from the first bytes of its payload into p->icmp.quoted_*: as much as stands
 * there. */
void sim_wire_parse_quoted(struct sim_packet *p);

#endif
