/* SPDX-License-Identifier: MIT */
/*
 * simsock.h - a virtual network for tests: while a world is alive on a thread, that thread's sockets are
 * simulated. With no world alive they are libc's own.
 *
 * Two ways to a world: sim_test() of simsock_cmocka.h makes one for each test; a program calls
 * sim_world_new().
 *
 * Mistakes. A string that cannot be understood (a rule, a link, a script, a selector) is shown with a caret
 * and what was expected. Under sim_test() the test then fails at that call; elsewhere the program ends with
 * status SIM_EXIT_MISTAKE. The functions here therefore return nothing to be checked.
 *
 * Time is virtual, in nanoseconds since the world was made. Functions marked [time] may move it and let other
 * tasks run; all others do neither.
 *
 * Strings given are copied. Strings returned belong to the world: they stay as they are until the same
 * function is called again, and go with the world.
 *
 * SIMSOCK=kernel in the environment: the same program on real sockets. Then there is no world, and what only
 * a world can do skips the test (elsewhere: ends the program with status SIM_EXIT_SKIP). sim_pair() works
 * there too.
 *
 * Environment: SIMSOCK_SEED (seed of worlds made with 0), SIMSOCK_WIRE=bytes (every packet goes through its
 * bytes at every hop), SIMSOCK_ARENA (address space of a world, "1GiB"), SIMSOCK_RING (trace records kept,
 * "1024"), SIMSOCK_TRACE=FILE (the time line of all worlds, one behind the other), SIMSOCK_PCAP=FILE (a
 * capture of the first world; of the next ones FILE.2, FILE.3, ...), SIMSOCK_RECORD=0 (sockets do not keep
 * what they move: no sim_sent()), SIMSOCK_SCHED=seeded (the seed draws which of several ready tasks runs
 * next).
 */
#ifndef SIMSOCK_H
#define SIMSOCK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sim_world;

/* How a program ends that has no test framework to tell. */
enum {
	SIM_EXIT_MISTAKE = 2,   /* a control call was given what it cannot understand, or cannot do */
	SIM_EXIT_SKIP = 77,     /* needs the simulation, and SIMSOCK=kernel */
	SIM_EXIT_DEADLOCK = 86, /* nothing can ever happen again, or a task spins without end */
};

/* ---- Worlds ---- */

/*
 * A world with the hosts "client" (10.0.0.1/24, fd00::1/64) and "server" (10.0.0.2/24, fd00::2/64) on one
 * segment without delay; it becomes the calling thread's, and the caller runs on "client". Same seed, same
 * program: the same run. 0: $SIMSOCK_SEED, else 1. NULL never: failing ends the program (see above).
 */
struct sim_world *sim_world_new(uint64_t seed);
/* For fuzzers: the bytes are the choices, folded into the seed. */
struct sim_world *sim_world_from_bytes(const void *choices, size_t len);
/* At any moment, from the thread that made it, not from a spawned task. What is open in it is gone. NULL is
 * legal. */
void sim_world_free(struct sim_world *w);

uint64_t sim_seed(void);             /* of this thread's world; 0: no world */
size_t sim_world_memory_bytes(void); /* what the world has allocated now */

/* ---- Hosts, links, settings ---- */

/*
 * A host by name, which getaddrinfo() finds too. addrs: addresses with their prefix, blanks or commas
 * between: "10.0.0.3/24 fd00::3/64". Said again of a host that exists: further addresses.
 */
void sim_host(const char *name, const char *addrs);
/*
 * The wire between two hosts, both directions, in tc-netem(8)'s words: "delay 20ms loss 1% rate 10mbit limit
 * 100 mtu 1400". Said again: changed; what is under way keeps its time. a and b the same: that host's
 * loopback.
 */
void sim_link(const char *a, const char *b, const char *netem);
/* By their Linux names: sim_sysctl("client", "net.ipv4.tcp_wmem", "4096 16384 4194304"). Later sockets have
 * it. */
void sim_sysctl(const char *host, const char *name, const char *value);
/*
 * A rule of the host's packet filter, in iptables(8)'s words behind its name; of IPv6 with the other:
 *
 *	sim_iptables("client", "-A OUTPUT -p udp --dport 53 -j DROP")
 *
 * Chains INPUT and OUTPUT; -A -I -D -F -P -Z; matches -p -s -d -i -o --sport --dport --syn --tcp-flags
 * --icmp-type, each with "!"; targets ACCEPT, DROP, REJECT [--reject-with ...], RETURN. A datagram that
 *OUTPUT drops or rejects is EPERM to its sender, a segment is lost. Connections are not tracked.
 */
void sim_iptables(const char *host, const char *rule);
void sim_ip6tables(const char *host, const char *rule);
/* All of the host's rules with what they counted, as iptables -S -v prints them, each behind its command. */
const char *sim_iptables_rules(const char *host);
/*
 * A host's routes, addresses, interfaces and neighbours, in ip(8)'s words:
 *
 *	route add|replace|del DST [via GATEWAY] [dev NAME] [metric N] [mtu N]
 *	route add|replace|del unreachable|prohibit|blackhole|throw DST
 *	addr add|del ADDRESS/PREFIX [dev NAME]
 *	link add NAME
 *	link set [dev] NAME [up|down] [mtu N] [txqueuelen N] [arp on|off]
 *	neigh add|replace|del ADDRESS lladdr MAC [dev NAME] [nud STATE]
 *	route|neigh flush
 *	route|addr|link|neigh [show]
 *
 * "-6" in front: of IPv6. An interface that is not named is eth0. "arp on": neighbours are asked for by
 * packets (ARP, neighbour discovery) and watched, as on Linux; "off", as it is in the beginning: they are
 * known at once. Returns what ip(8) would print, "" if nothing.
 */
const char *sim_ip(const char *host, const char *command);
/*
 * At a time from now ("+1s") or since the beginning ("1s"), one of:
 *	link A B NETEM    inject RULE    sysctl HOST NAME VALUE    signal HOST SIGNAL    print TEXT
 *	ip HOST COMMAND    iptables HOST RULE    ip6tables HOST RULE
 * It is read now, and refused now. One that did not come to pass fails a passing sim_test().
 */
void sim_at(const char *when, const char *line);

/* ---- Peers ---- */

/*
 * Two connected descriptors, both the caller's, closed by the world if not before. kind: "tcp", "tcp6",
 * "udp", "udp6" (fd[0] on "client", fd[1] on "server", after a real handshake; the listener is closed),
 * "unix" or "unix stream", "unix dgram", "unix seqpacket"; with "nonblock" and "cloexec" behind. [time]: a
 * TCP handshake takes its time.
 */
void sim_pair(int fd[2], const char *kind);
/*
 * A peer that listens on TCP (IPv4 and IPv6) from now on and does what the script says, steps with ";"
 * between. "expect *1\\r\\n; send +PO; wait 50ms; rst":
 *
 *	expect BYTES, read N, send BYTES, fill N, wait SPAN, echo, discard, shutdown, close, rst, accept, loop
 *
 * Other bytes than expected fail the test. It is a process of its own: rules leave it alone. Once the other
 * side has closed or reset the connection, what the script still sends is lost.
 */
void sim_serve(const char *host, int port, const char *script);
/*
 * A peer that stands ready from now on. addr, where:
 *
 *	HOST:PORT   tcp:HOST:PORT   udp:HOST:PORT   unix:/PATH   unix:@NAME   unix-dgram:/PATH
 *unix-dgram:@NAME
 *
 * HOST is a host's name (every address that it has), one of its addresses (that one; IPv6 in brackets), or
 * "localhost" (the caller's host); PORT a number or a service's name. Unix sockets are on the caller's host.
 * service, what it does, for any number of connections at the same time (RFC 862, 863, 864):
 *
 *	echo   discard   chargen   http:DIRECTORY   script:FILE   do SCRIPT
 *
 * http serves the files of a real directory, by streams only. A script, of sim_serve()'s language, in a file
 * or in line, has one connection after the other, and streams only. Like sim_serve()'s, these peers are
 * processes of their own, which rules leave alone.
 */
void sim_peer(const char *addr, const char *service);
/*
 * A task in a new process on that host: it runs when the caller blocks, and what it has open is closed when
 * fn returns or a signal ends it. Assertions in it fail the test. It is stopped, wherever it is, when the
 * world goes. Returns the process's number, > 0.
 */
int sim_spawn(const char *host, void (*fn)(void *), void *arg);
int sim_status(int proc); /* how it ended, as wait(2) tells (0: fn returned); -1: not yet */

/* ---- Sockets: selectors, exact buffers ---- */

/*
 * A selector names sockets, made or yet to be made, of the program under test. Terms, all of which must
 * hold ("and" may stand between):
 *
 *	HOST   fd N   tcp   udp   unix   sport = N   dport = N   state NAME   all
 *
 * HOST is a host's name; NAME as ss(8) has it ("established", "listen", "CLOSE-WAIT"). HOST also names
 * built-in peers' sockets on it.
 */
const char *sim_fd(int fd); /* "fd N"; the last four results stay valid */
/* A send buffer of exactly so many bytes; room returns when the peer's TCP acknowledges. Streams only. */
void sim_sndbuf(const char *sel, size_t bytes);
/* The connection takes exactly so many bytes; room returns when the peer's program reads. Streams only. */
void sim_capacity(const char *sel, size_t bytes);

/* ---- Faults ---- */

/*
 * A rule for calls of the program under test, in strace's syntax (CALLS:KEY=VALUE:...):
 *
 *	send:error=EINTR:when=3   %send:short=80%:p=90%   %send:returns=10,10,EINTR,*
 *
 * (*: as the network would). Calls are counted per host. Returns the rule's id, > 0. One that never fired
 * fails a passing sim_test().
 */
int sim_inject(const char *rule);
int sim_fired(int id);     /* how often; of a rule that was taken back too */
void sim_uninject(int id); /* taken back: no fault any more, no complaint at the end */

/* ---- Time ---- */

int64_t sim_now_ns(void);
void sim_advance(const char *span); /* "1h": the caller sleeps so long. [time] */
void sim_run(void);                 /* until nothing is due but housekeeping (keepalive, TIME-WAIT). [time] */

/* ---- What happened ---- */

/* Why the caller's last call failed or came up short. */
struct sim_why {
	int err;          /* errno value; 0: it came up short, or none has failed */
	const char *key;  /* "peer-not-reading": stable, for tests; "none" */
	const char *text; /* "send(5, 20000) = -1 EAGAIN: send buffer full: 16384 of 16384 bytes queued" */
	int64_t since_ns; /* when the cause began; -1: not known */
};
const struct sim_why *sim_explain(void);

/* Bytes that sends accepted, and that the peer's program read, of all selected sockets in the order they were
 * made: up to cap of them into buf (NULL with cap 0); how many there are. The first MiB of each socket is
 * kept. */
size_t sim_sent(const char *sel, void *buf, size_t cap);
size_t sim_delivered(const char *sel, void *buf, size_t cap);

const char *sim_calls(const char *sel); /* the last calls, a line each, as strace prints them */
const char *sim_sockets(void);          /* all sockets of all hosts, as ss(8) prints them */
void sim_pcap(const char *path);        /* from now on, packets into a capture; NULL: ends it */
void sim_trace(const char *path); /* the time line of calls and packets into a file, "-": stdout; NULL: no
				     more */
/* Over everything since the world was made (outside sim_test(): since this was first called), the same
 * everywhere. */
uint64_t sim_trace_hash(void);

/* Where the caller stands, for messages; the macros below say it. */
void sim_here(const char *file, int line);

#ifdef __cplusplus
}
#endif

#define sim_world_new(seed)           (sim_here(__FILE__, __LINE__), sim_world_new(seed))
#define sim_host(name, addrs)         (sim_here(__FILE__, __LINE__), sim_host(name, addrs))
#define sim_link(a, b, netem)         (sim_here(__FILE__, __LINE__), sim_link(a, b, netem))
#define sim_sysctl(host, name, value) (sim_here(__FILE__, __LINE__), sim_sysctl(host, name, value))
#define sim_iptables(host, rule)      (sim_here(__FILE__, __LINE__), sim_iptables(host, rule))
#define sim_ip6tables(host, rule)     (sim_here(__FILE__, __LINE__), sim_ip6tables(host, rule))
#define sim_iptables_rules(host)      (sim_here(__FILE__, __LINE__), sim_iptables_rules(host))
#define sim_ip(host, command)         (sim_here(__FILE__, __LINE__), sim_ip(host, command))
#define sim_at(when, line)            (sim_here(__FILE__, __LINE__), sim_at(when, line))
#define sim_pair(fd, kind)            (sim_here(__FILE__, __LINE__), sim_pair(fd, kind))
#define sim_serve(host, port, script) (sim_here(__FILE__, __LINE__), sim_serve(host, port, script))
#define sim_peer(addr, service)       (sim_here(__FILE__, __LINE__), sim_peer(addr, service))
#define sim_spawn(host, fn, arg)      (sim_here(__FILE__, __LINE__), sim_spawn(host, fn, arg))
#define sim_status(proc)              (sim_here(__FILE__, __LINE__), sim_status(proc))
#define sim_sndbuf(sel, bytes)        (sim_here(__FILE__, __LINE__), sim_sndbuf(sel, bytes))
#define sim_capacity(sel, bytes)      (sim_here(__FILE__, __LINE__), sim_capacity(sel, bytes))
#define sim_inject(rule)              (sim_here(__FILE__, __LINE__), sim_inject(rule))
#define sim_fired(id)                 (sim_here(__FILE__, __LINE__), sim_fired(id))
#define sim_uninject(id)              (sim_here(__FILE__, __LINE__), sim_uninject(id))
#define sim_advance(span)             (sim_here(__FILE__, __LINE__), sim_advance(span))
#define sim_run()                     (sim_here(__FILE__, __LINE__), sim_run())
#define sim_sent(sel, buf, cap)       (sim_here(__FILE__, __LINE__), sim_sent(sel, buf, cap))
#define sim_delivered(sel, buf, cap)  (sim_here(__FILE__, __LINE__), sim_delivered(sel, buf, cap))
#define sim_calls(sel)                (sim_here(__FILE__, __LINE__), sim_calls(sel))
#define sim_pcap(path)                (sim_here(__FILE__, __LINE__), sim_pcap(path))
#define sim_trace(path)               (sim_here(__FILE__, __LINE__), sim_trace(path))

#endif
