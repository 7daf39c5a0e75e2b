/* SPDX-License-Identifier: MIT */
/*
 * A capture file of every packet that leaves a host, on links and loopbacks, lost ones included: pcap with
 * nanosecond stamps in virtual time (magic a1b23c4d), packets with Ethernet headers
 * (LINKTYPE_ETHERNET; the hosts' addresses are those that SIOCGIFHWADDR tells), real checksums.
 *
 * A sink of the trace; must not know whose world it is.
 */
#ifndef API_PCAP_PCAP_H
#define API_PCAP_PCAP_H

#include <stdint.h>

struct sim_trace;
struct sim_pcap;

/* Begins a capture into a file, which is overwritten. 0, or -errno of fopen(3); -ENOSPC: the trace has no
 * place left. */
int sim_pcap_open(struct sim_pcap **out, struct sim_trace *trace, const char *path);

/* What is written so far is in the file, unless its lock is held. pcap may be NULL. */
void sim_pcap_flush(struct sim_pcap *pcap);

/* Ends it. 0, or -errno if a write failed at any time: the capture is then not whole. pcap may be NULL. */
int sim_pcap_close(struct sim_pcap *pcap);

#endif
