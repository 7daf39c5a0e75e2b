/* SPDX-License-Identifier: MIT */
/*
 * A small network for the suites that loopback is too small for. Three hosts:
 *
 *	client eth0 10.0.0.1/24 fd00::1/64 ---- router eth0 10.0.0.254/24 fd00::fe/64
 *	                                        router eth1 10.0.9.254/24 fd09::fe/64 ---- far
 *eth0 10.0.9.2/24 fd09::2/64
 *
 * The test runs on client, whose way to 10.0.9.0/24 and fd09::/64 is the router, which forwards; far and
 *router send back what comes to port 7 (UDP, TCP). On the kernel they are network namespaces of the test's
 *own, joined by veth pairs, made by the program ip; where that cannot be, the test is skipped and says why.
 *Commands in ip(8)'s words mean the same on both.
 */
#ifndef SIMSOCK_TESTS_BEHAVIOUR_SEGMENT_H
#define SIMSOCK_TESTS_BEHAVIOUR_SEGMENT_H

#include "tests/behaviour/behaviour.h"

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { ECHO_PORT = 7, SEGMENT_ROUTER = 0, SEGMENT_FAR, SEGMENT_NUM };

/* A namespace of a child, which gives each line (ended by a zero) to the shell, and answers one byte. */
struct segment_host {
	pid_t pid;
	int lines, answers;
};
static struct segment_host segment_hosts[SEGMENT_NUM];

/* ---- what the children do ---- */

static inline int segment_echo_socket(int type)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(ECHO_PORT) };
	int fd = socket(AF_INET6, type, 0), on = 1, off = 0;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		_exit(1);
	if (type == SOCK_STREAM)
		listen(fd, 9);
	return fd;
}

/* Answers from the address that was asked, whatever the host's first is. */
static inline void segment_echo_datagram(int fd)
{
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	char data[2048];
	ssize_t n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);

	if (n >= 0)
		sendto(fd, data, (size_t)n, 0, (struct sockaddr *)&from, len);
}

static inline void segment_echo_stream(int *fd)
{
	char data[2048];
	ssize_t n = recv(*fd, data, sizeof(data), 0);

	if (n > 0 && send(*fd, data, (size_t)n, MSG_NOSIGNAL) == n)
		return;
	close(*fd);
	*fd = -1;
}

static inline void segment_serve_echo(int datagrams, int streams)
{
	struct pollfd p[8] = { { .fd = datagrams, .events = POLLIN }, { .fd = streams, .events = POLLIN } };

	for (int i = 2; i < 8; i++)
		p[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	for (;;) {
		poll(p, 8, -1);
		if (p[0].revents)
			segment_echo_datagram(p[0].fd);
		for (int i = 2; p[1].revents && i < 8; i++) {
			if (p[i].fd >= 0)
				continue;
			p[i].fd = accept(p[1].fd, NULL, NULL);
			p[1].revents = 0;
		}
		for (int i = 2; i < 8; i++)
			if (p[i].fd >= 0 && p[i].revents)
				segment_echo_stream(&p[i].fd);
	}
}

static inline void segment_child(int lines, int answers)
{
	char *line = NULL;
	size_t size = 0;
	FILE *in = fdopen(lines, "r");
	char done;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	done = unshare(CLONE_NEWNET) ? 1 : 0;
	if (write(answers, &done, 1) != 1 || done)
		_exit(1);
	while (getdelim(&line, &size, '\0', in) > 0) {
		if (!strcmp(line, "echo")) {
			int datagrams = segment_echo_socket(SOCK_DGRAM),
			    streams = segment_echo_socket(SOCK_STREAM);

			pid_t self = getpid();

			if (!fork()) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				if (getppid() == self)
					segment_serve_echo(datagrams, streams);
				_exit(0);
			}
			done = 0;
		} else {
			done = system(line) ? 1 : 0;
		}
		if (write(answers, &done, 1) != 1)
			break;
	}
	_exit(0);
}

/* ---- making it ---- */

static inline bool segment_start(struct segment_host *h)
{
	int there[2], back[2];
	char failed = 1;

	if (pipe2(there, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		return false;
	fflush(NULL);
	h->pid = fork();
	if (!h->pid) {
		close(there[1]);
		close(back[0]);
		segment_child(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	h->lines = there[1];
	h->answers = back[0];
	return h->pid > 0 && read(h->answers, &failed, 1) == 1 && !failed;
}

static inline bool segment_say(struct segment_host *h, const char *line)
{
	char failed = 1;

	return write(h->lines, line, strlen(line) + 1) > 0 && read(h->answers, &failed, 1) == 1 && !failed;
}

static inline bool segment_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* A namespace of our own, in one of users where we are not root. NULL, or why not. */
static inline const char *segment_leave(void)
{
	static char why[120];
	char map[40];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
	if (access("/sbin/ip", X_OK) && access("/usr/sbin/ip", X_OK) && access("/bin/ip", X_OK))
		return "the program ip (iproute2) is not installed";
	if (!unshare(CLONE_NEWNET))
		return NULL;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		snprintf(why, sizeof(why), "no network namespace can be made: %s", strerror(errno));
		return why;
	}
	segment_write_file("/proc/self/setgroups", "deny");
	return segment_write_file("/proc/self/uid_map", map) ? NULL : "no user namespace can be set up";
}

/* In few programs that are started: each costs more than all that they do. */
static inline bool segment_wire(void)
{
	static const char router[] =
		"for i in all eth0 eth1; do echo 0 >/proc/sys/net/ipv6/conf/$i/accept_dad; done\n"
		"ip -batch - <<E\nlink set lo up\naddr add 10.0.0.254/24 dev eth0\n"
		"addr add 10.0.9.254/24 dev eth1\n"
		"addr add fd00::fe/64 dev eth0 nodad\naddr add fd09::fe/64 dev eth1 nodad\n"
		"link set eth0 up\nlink set eth1 up\nE\n"
		"echo 1 >/proc/sys/net/ipv4/ip_forward && echo 1 >/proc/sys/net/ipv6/conf/all/forwarding";
	static const char far[] =
		"for i in all eth0; do echo 0 >/proc/sys/net/ipv6/conf/$i/accept_dad; done\n"
		"ip -batch - <<E\nlink set lo up\naddr add 10.0.9.2/24 dev eth0\n"
		"addr add fd09::2/64 dev eth0 nodad\nlink set eth0 up\nroute add default via 10.0.9.254\n"
		"route add default via fd09::fe\nE";
	static const char client[] =
		"for i in all eth0; do echo 0 >/proc/sys/net/ipv6/conf/$i/accept_dad; done\n"
		"ip -batch - <<E\nlink set lo up\naddr add 10.0.0.1/24 dev eth0\n"
		"addr add fd00::1/64 dev eth0 nodad\nlink set eth0 up\nroute add 10.0.9.0/24 via 10.0.0.254\n"
		"route add fd09::/64 via fd00::fe\nE";
	struct segment_host *r = &segment_hosts[SEGMENT_ROUTER], *f = &segment_hosts[SEGMENT_FAR];
	char line[160];

	snprintf(line, sizeof(line), "ip link add eth0 type veth peer name eth0 netns %d", (int)r->pid);
	if (system(line))
		return false;
	snprintf(line, sizeof(line), "ip link add eth1 type veth peer name eth0 netns %d", (int)f->pid);
	return segment_say(r, line) && segment_say(r, router) && segment_say(f, far) && !system(client) &&
	       segment_say(r, "echo") && segment_say(f, "echo");
}

static inline void segment_end(void)
{
	for (int i = 0; i < SEGMENT_NUM; i++) {
		struct segment_host *h = &segment_hosts[i];

		if (h->pid <= 0)
			continue;
		close(h->lines);
		close(h->answers);
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
		h->pid = 0;
	}
}

static inline void segment_skip(const char *why)
{
	segment_end();
	print_message("skipped: %s\n", why);
	skip();
}

static inline void segment_simulate(void)
{
#ifdef SIMSOCK_DUAL
	sim_host("router", "10.0.0.254/24 fd00::fe/64");
	sim_ip("router", "link add eth1");
	sim_ip("router", "addr add 10.0.9.254/24 dev eth1");
	sim_ip("router", "addr add fd09::fe/64 dev eth1");
	sim_host("far", "10.0.9.2/24 fd09::2/64");
	sim_sysctl("router", "net.ipv4.ip_forward", "1");
	sim_sysctl("router", "net.ipv6.conf.all.forwarding", "1");
	sim_ip("client", "route add 10.0.9.0/24 via 10.0.0.254");
	sim_ip("client", "route add fd09::/64 via fd00::fe");
	sim_ip("far", "route add default via 10.0.9.254");
	sim_ip("far", "route add default via fd09::fe");
	sim_ip("client", "link set eth0 arp on");
	sim_ip("far", "link set eth0 arp on");
	sim_peer("udp:router:7", "echo");
	sim_peer("router:7", "echo");
	sim_peer("udp:far:7", "echo");
	sim_peer("far:7", "echo");
#endif
}

/* First in each body. */
static inline void segment_begin(void)
{
	const char *why;

	if (!behaviour_on_kernel()) {
		segment_simulate();
		return;
	}
	if (behaviour_is_simulated())
		segment_skip("a program under exec does not make its own network");
	why = segment_leave();
	if (why)
		segment_skip(why);
	for (int i = 0; i < SEGMENT_NUM; i++)
		if (!segment_start(&segment_hosts[i]))
			segment_skip("a child cannot make a network namespace");
	if (!segment_wire())
		segment_skip("no veth pair can be made, or /proc/sys cannot be written");
}

/* ---- using it ---- */

/* One command in ip(8)'s words on "client", "router" or "far". */
static inline void on_host(const char *host, const char *command)
{
	struct segment_host *h = &segment_hosts[strcmp(host, "far") ? SEGMENT_ROUTER : SEGMENT_FAR];
	char line[200];

	if (!behaviour_on_kernel()) {
#ifdef SIMSOCK_DUAL
		sim_ip(host, command);
#endif
		return;
	}
	snprintf(line, sizeof(line), "ip %s", command);
	if (!strcmp(host, "client"))
		assert_ok(system(line));
	else
		assert_true(segment_say(h, line));
}

/* A sysctl of the client's eth0: ipv4 or ipv6, base_reachable_time_ms and kin. */
static inline void neighbour_sysctl(const char *family, const char *name, const char *value)
{
	char path[120];

	if (!behaviour_on_kernel()) {
#ifdef SIMSOCK_DUAL
		snprintf(path, sizeof(path), "net.%s.neigh.eth0.%s", family, name);
		sim_sysctl("client", path, value);
#endif
		return;
	}
	snprintf(path, sizeof(path), "/proc/sys/net/%s/neigh/eth0/%s", family, name);
	assert_true(segment_write_file(path, value));
}

static inline const char *neighbour_state_name(unsigned nud)
{
	static const char *const names[] = { "INCOMPLETE", "REACHABLE", "STALE", "DELAY",
					     "PROBE",      "FAILED",    "NOARP", "PERMANENT" };

	for (unsigned i = 0; i < 8; i++)
		if (nud == 1u << i)
			return names[i];
	return "NONE";
}

/* One message of the kernel's dump of neighbours: is it about the address? */
static inline bool neighbour_is(struct nlmsghdr *m, const unsigned char address[16], unsigned len)
{
	struct ndmsg *nd = NLMSG_DATA(m);
	struct rtattr *a = (struct rtattr *)(void *)((char *)nd + NLMSG_ALIGN(sizeof(*nd)));
	int left = (int)(m->nlmsg_len - NLMSG_LENGTH(sizeof(*nd)));

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == NDA_DST && RTA_PAYLOAD(a) == len && !memcmp(RTA_DATA(a), address, len))
			return true;
	return false;
}

/* rtnetlink(7); a program that is started takes too long for what changes in milliseconds. */
static inline const char *neighbour_state_of_kernel(const char *address)
{
	struct {
		struct nlmsghdr h;
		struct ndmsg nd;
	} ask = { { sizeof(ask), RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		  { .ndm_family = strchr(address, ':') ? AF_INET6 : AF_INET } };
	unsigned char bytes[16];
	static char answer[16384] __attribute__((aligned(8)));
	const char *found = "none";
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool done = false;
	unsigned n;
	ssize_t got;

	assert_int_equal(inet_pton(ask.nd.ndm_family, address, bytes), 1);
	assert_int_equal(send(fd, &ask, sizeof(ask), 0), sizeof(ask));
	while (!done && (got = recv(fd, answer, sizeof(answer), 0)) > 0) {
		n = (unsigned)got;
		for (struct nlmsghdr *m = (void *)answer; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n)) {
			done |= m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR;
			if (m->nlmsg_type == RTM_NEWNEIGH &&
			    neighbour_is(m, bytes, ask.nd.ndm_family == AF_INET ? 4 : 16))
				found = neighbour_state_name(((struct ndmsg *)NLMSG_DATA(m))->ndm_state);
		}
	}
	close(fd);
	return found;
}

/* What the client knows of a neighbour: "REACHABLE", "none". Good until it is asked again. */
static inline const char *neighbour_state(const char *address)
{
	static char found[32];
	size_t len = strlen(address), end;
	const char *line = "";

	if (behaviour_on_kernel())
		return neighbour_state_of_kernel(address);
#ifdef SIMSOCK_DUAL
	line = sim_ip("client", "neigh show dev eth0");
#endif
	while (*line && (strncmp(line, address, len) || line[len] != ' '))
		line += strcspn(line, "\n") + 1;
	if (!*line)
		return "none";
	end = strcspn(line, "\n");
	while (end && line[end - 1] != ' ')
		end--;
	snprintf(found, sizeof(found), "%.*s", (int)strcspn(line + end, "\n"), line + end);
	return found;
}

static inline void pass_ms(int ms)
{
	poll(NULL, 0, ms);
}

#endif
