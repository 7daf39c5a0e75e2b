/* SPDX-License-Identifier: MIT */
/* Every reason there is: identifier, key as users write it, text. Add a row where you return a new kind of
 * errno. */
#ifndef SIM_TASK_WHY_TABLE_H
#define SIM_TASK_WHY_TABLE_H

/* clang-format off */
#define SIM_WHY_TABLE(X) \
	/* What a rule did. */ \
	X(INJECTED, "injected", "injected by rule {0}, call {1}; nothing was done") \
	X(INJECTED_SHORT, "injected-short", "cut to {1} bytes by rule {0}") \
	/* Send buffers. */ \
	X(SNDBUF_FULL, "sndbuf-full", "send buffer full: {0} of {1} bytes queued; {2} in flight") \
	X(PEER_WINDOW_ZERO, "peer-window-zero", "send buffer full: {0} of {1} bytes queued; peer {peer} has advertised window 0 since t={2t}") \
	X(PEER_NOT_READING, "peer-not-reading", "capacity of {1} bytes used up: the peer's program has left {0} bytes unread") \
	X(SNDTIMEO, "send-timeout", "SO_SNDTIMEO of {0t} passed; send buffer full: {1} of {2} bytes queued") \
	X(RCVTIMEO, "receive-timeout", "SO_RCVTIMEO of {0t} passed with nothing to read") \
	X(RCVBUF_EMPTY, "nothing-to-read", "nothing to read; nothing has arrived since t={0t}") \
	X(PEER_QUEUE_FULL, "peer-queue-full", "the receiver's queue is full: {0} of {1} messages") \
	X(ERRQUEUE_EMPTY, "no-error-queued", "the queue of errors is empty") \
	X(ACCEPT_EMPTY, "nothing-to-accept", "no connection is waiting; backlog {0}") \
	X(NO_PORTS, "no-ports", "every ephemeral port from {0} to {1} is in use") \
	/* Connections. */ \
	X(NOT_CONNECTED, "not-connected", "the socket is not connected (state {0s})") \
	X(NO_DESTINATION, "no-destination", "no destination: the socket is not connected and the call names none") \
	X(ALREADY_CONNECTED, "already-connected", "the socket is connected to {peer} already") \
	X(CONNECT_IN_PROGRESS, "connect-in-progress", "the connection attempt begun at t={0t} is still under way") \
	X(REFUSED, "refused", "{peer} answered the SYN with RST: nobody listens on that port") \
	X(REFUSED_ICMP, "port-unreachable", "ICMP port unreachable from {peer}: no socket is bound there") \
	X(REFUSED_UNIX, "unix-refused", "nobody listens on that Unix socket") \
	X(PEER_ELSEWHERE, "peer-elsewhere", "the receiver is connected to another socket") \
	X(WRONG_TYPE, "wrong-type", "the socket of that name is of type {0}, this one of type {1}") \
	X(NOT_BOUND, "not-bound", "the socket has no name yet") \
	X(NO_NAMES, "no-names", "every name that autobind chooses from is in use") \
	X(RST_RECEIVED, "rst-received", "RST from {peer} at t={0t}; {1} bytes sent were not acknowledged") \
	X(DATA_AFTER_CLOSE, "data-after-close", "{0} bytes from {peer} arrived after this end was shut down both ways") \
	X(PEER_CLOSED_UNREAD, "peer-closed-unread", "the peer closed with {0} bytes unread") \
	X(PEER_GONE, "peer-gone", "the peer closed its end at t={0t}") \
	X(NO_URGENT_DATA, "no-urgent-data", "no urgent byte waits: none came, it was read or passed, or SO_OOBINLINE leaves it in the stream") \
	X(URGENT_NOT_YET, "urgent-not-yet", "urgent data is announced, {0} bytes ahead; its byte has not come") \
	X(SHUT_WR, "shut-down", "this end was shut down for writing at t={0t}") \
	X(TIMED_OUT, "timed-out", "no answer from {peer} to {0} transmissions; the first repeat went at t={1t}") \
	X(UNREACHABLE, "unreachable", "no route to {2a}") \
	X(ROUTE_UNREACHABLE, "route-unreachable", "the route to {2a} is of type unreachable") \
	X(ROUTE_PROHIBIT, "route-prohibit", "the route to {2a} is of type prohibit") \
	X(ROUTE_BLACKHOLE, "route-blackhole", "the route to {2a} is of type blackhole") \
	X(NOT_ON_LINK, "not-on-link", "{2a} is behind a gateway, and MSG_DONTROUTE or SO_DONTROUTE is set") \
	X(LINK_DOWN, "link-down", "no route to {2a}: an interface is down") \
	X(SOURCE_NOT_LOCAL, "source-not-local", "{local} is no address of this host (any more)") \
	X(ICMP_UNREACHABLE, "icmp-unreachable", "ICMP unreachable (code {0}) from the network at t={1t}") \
	X(LISTEN_QUEUE_FULL, "listen-queue-full", "the listener's queue is full: {0} of {1}") \
	X(NOT_LISTENING, "not-listening", "the socket is not listening") \
	/* Arguments. */ \
	X(BAD_FD, "bad-descriptor", "descriptor {0} is not open") \
	X(NOT_SOCKET, "not-a-socket", "descriptor {0} is not a socket") \
	X(BAD_POINTER, "bad-pointer", "memory at {0} cannot be accessed") \
	X(BAD_ADDRESS_LEN, "bad-address-length", "an address of {0} bytes: {1} to {2} were expected") \
	X(BAD_FAMILY, "bad-family", "address family {0} does not fit the socket's {1}") \
	X(BAD_ARGUMENT, "bad-argument", "argument {0} has the value {1}") \
	X(BAD_FLAGS, "bad-flags", "flag {0} does not fit this type of socket") \
	X(TOO_LONG, "message-too-long", "a message of {0} bytes: the most is {1}") \
	X(TOO_MANY_SEGMENTS, "too-many-segments", "UDP_SEGMENT: {0} datagrams of one send: the most is {1}") \
	X(TOO_MANY_IOV, "too-many-iovecs", "{0} buffers: the most is {1}") \
	X(ADDR_IN_USE, "address-in-use", "the address is in use by socket #{0}") \
	X(ADDR_NOT_LOCAL, "address-not-local", "no interface has that address") \
	X(ALREADY_BOUND, "already-bound", "the socket is bound already") \
	X(ACCESS, "access-denied", "the permissions of the path refuse it") \
	X(BROADCAST, "broadcast", "a broadcast address, and SO_BROADCAST is not set") \
	X(PRIVILEGED_PORT, "privileged-port", "port {0} is below {1} and the user is not root") \
	X(PRIVILEGE, "no-privilege", "that needs a privilege which no simulated user has") \
	X(NEEDS_ROOT, "needs-root", "that needs a privilege which only root has") \
	X(NO_INTERFACE, "no-such-interface", "the host has no interface of that name or number") \
	X(NO_IFACE_ADDR, "no-interface-address", "the interface has no such IPv4 address") \
	X(NO_NAME, "no-such-name", "no host of this world is called that, and no server is asked") \
	X(NO_SERVER, "no-server", "no server and no database of the machine is asked, and the world has none") \
	X(NO_SUCH_PATH, "no-such-path", "no socket has that path") \
	X(NOT_SIMULATED, "not-simulated", "{0} is not simulated") \
	X(NOT_SUPPORTED, "not-supported", "this type of socket does not support the operation") \
	X(NO_OPTION, "no-such-option", "no option {1} at level {0} for this socket") \
	/* Control messages. */ \
	X(BAD_CONTROL, "bad-control-message", "the control message at byte {0} has a wrong length, or is of a type that this socket does not take (level {1}, type {2})") \
	X(TOO_MANY_FDS, "too-many-descriptors", "{0} descriptors in one message: the most is {1}") \
	X(REAL_FD, "real-descriptor", "descriptor {0} is none of the simulation's: only under libc's own names are real ones passed") \
	X(TOO_MANY_REFS, "too-many-in-flight", "too many descriptors of this user are in messages that nobody has received: RLIMIT_NOFILE") \
	X(NO_PASSRIGHTS, "descriptors-refused", "the receiver has switched SO_PASSRIGHTS off") \
	X(OTHERS_CRED, "credentials-of-another", "pid {0}, uid {1}, gid {2} are not the sender's own, and it is not root") \
	X(NO_PROCESS, "no-such-process", "no process of this world has the pid {0}") \
	/* Limits. */ \
	X(NO_MEMORY, "no-memory", "the simulated host is out of memory") \
	X(FD_LIMIT, "descriptor-limit", "RLIMIT_NOFILE: {0} descriptors are open") \
	X(QUEUE_DROP, "device-queue-full", "the interface's queue is full: {0} of {1} packets") \
	X(HOST_MEMORY, "host-memory", "the host's sockets hold {0} bytes, and may hold {1} (0: as many as tcp_mem says)") \
	X(FIREWALL, "firewall", "the host's firewall drops it: rule {0} of OUTPUT (0: its policy)") \
	X(OPTMEM, "control-too-long", "control data of {0} bytes: net.core.optmem_max is {1}") \
	/* Signals and time. */ \
	X(SIGNAL, "signal", "signal {0} arrived at t={1t} before anything was done") \
	X(SIGNAL_LATE, "signal-after-bytes", "a signal arrived when {0} bytes were taken already, and simsock.interrupted_send is eintr") \
	X(NOT_EXPIRED, "not-expired", "the timer has not expired since it was last read; it will at t={0t}") \
	X(TIMER_OFF, "timer-off", "the timer is not set") \
	X(TIMER_LIMIT, "timer-limit", "the process has {0} timers: more are not simulated") \
	X(NO_TIMER, "no-such-timer", "there is no timer {0}") \
	X(NO_SIGNAL, "no-signal", "none of the signals came in time") \
	X(TOO_SHORT, "too-short", "{0} bytes: the least is {1}") \
	X(NOT_READABLE, "not-readable", "a descriptor of this kind cannot be read or written") \
	X(NO_PLACES, "no-places", "what it refers to has no places: it is no file") \
	X(DEADLOCK, "dead-lock", "nothing can ever wake this call")
/* clang-format on */

#endif
