/* SPDX-License-Identifier: MIT */
/*
 * UDP's pending datagram: MSG_MORE and UDP_CORK of udp(7), and what becomes of it on connect, disconnect,
 * close, shutdown, a failing call and another destination. A walk is a line of calls; what they answered and
 * what arrived where is the line that Linux 6.18 drew, over IPv4 and over IPv6. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <netinet/udp.h>
#include <sys/ioctl.h>

/*
 * The calls: cX connect; d connect to AF_UNSPEC; sN send; tX:N sendto; wN write; gN sendmmsg of N times 5
 * bytes; f a send from nowhere with MSG_MORE; k0, k1 UDP_CORK; h shutdown for writing; q is anything charged;
 * e SO_ERROR; p getpeername. X: 1, 2 receivers; n nobody there; z port 0. Behind N: m MSG_MORE, o MSG_OOB, r
 * MSG_DONTROUTE, z MSG_CONFIRM. A failure stands behind its call, and "-" and the sizes that came at the end.
 */
struct walk {
	const char *calls, *v4, *v6;
};

static const struct walk walks[] = {
	{ "c1 s10m s20m s0", "1: 30 / 2:", "1: 30 / 2:" },
	{ "c1 s10m t2:5", "1: 15 / 2:", "1: 15 / 2:" },
	{ "c1 t2:10m s5 s1", "1: / 2: 15 1", "1: 1 / 2: 15" },
	{ "t1:10m t2:5m t2:5", "1: 20 / 2:", "1: 20 / 2:" },
	{ "c1 s10m c2 s5 s2", "1: / 2: 15 2", "1: 15 / 2: 2" },
	{ "c1 s10m d s5 s1", "s:EDESTADDRREQ 1: 15 / 2:", "s:EDESTADDRREQ 1: 15 / 2:" },
	{ "c1 s10m d t2:5 t2:1", "1: 15 / 2: 1", "1: 15 / 2: 1" },
	{ "c1 s10m h s5", "1: 15 / 2:", "1: 15 / 2:" },
	{ "c1 s10m h k0", "1: 10 / 2:", "1: 10 / 2:" },
	{ "c1 s60000m s10000m s5 s1", "s:EMSGSIZE 1: 5 1 / 2:", "s:EMSGSIZE 1: 5 1 / 2:" },
	{ "c1 s60000m q s65536m s5", "q:1 s:EMSGSIZE 1: 60005 / 2:", "q:1 s:EMSGSIZE 1: 5 / 2:" },
	{ "c1 s10m f s5 s1", "f:EFAULT 1: 5 1 / 2:", "f:EFAULT 1: 5 1 / 2:" },
	{ "c1 s10m s5o s1", "s:EOPNOTSUPP 1: 11 / 2:", "1: 15 1 / 2:" },
	{ "cn s5 s10m s3 s4 e",
	  "s:ECONNREFUSED s:ECONNREFUSED e:0 1: / 2:", "s:ECONNREFUSED s:ECONNREFUSED e:0 1: / 2:" },
	{ "c1 tn:5m s1 s2 e s3", "e:0 1: / 2:", "e:0 1: 2 3 / 2:" },
	{ "c1 k1 s5 s6 k0 s7", "1: 11 7 / 2:", "1: 11 7 / 2:" },
	{ "c1 k1 s5 s6m k0 q", "q:0 1: 11 / 2:", "q:0 1: 11 / 2:" },
	{ "k1 t1:5 t2:6 k0", "1: 11 / 2:", "1: 11 / 2:" },
	{ "c1 s10m w5 s1", "1: 15 1 / 2:", "1: 15 1 / 2:" },
	{ "t1:10m p c2 p s1", "p:ENOTCONN 1: / 2: 11", "p:ENOTCONN 1: 11 / 2:" },
	{ "s10m t1:5", "s:EDESTADDRREQ 1: 5 / 2:", "s:EDESTADDRREQ 1: 5 / 2:" },
	{ "c1 s0m s0 s1", "1: 0 1 / 2:", "1: 0 1 / 2:" },
	{ "c1 tn:5m s1m s0 e s2", "e:0 1: / 2:", "e:0 1: 2 / 2:" },
	{ "cn t1:5m s1 e s2 s3", "e:0 1: 6 2 3 / 2:", "e:0 s:ECONNREFUSED 1: 6 / 2:" },
	{ "c1 tz:5m s1", "t:EINVAL 1: 1 / 2:", "t:EINVAL 1: 1 / 2:" },
	{ "c1 s10m tz:5 s1", "1: 15 1 / 2:", "1: 15 1 / 2:" },
	{ "c1 g3m s1", "1: 16 / 2:", "1: 16 / 2:" },
	{ "c1 s65507m s1m s5 s2", "s:EMSGSIZE 1: 5 2 / 2:", "1: 65513 2 / 2:" },
	{ "c1 s10m cn s5 e s1", "e:111 1: / 2:", "e:0 1: 15 / 2:" },
	{ "t1:10m d t2:5", "1: 15 / 2:", "1: 15 / 2:" },
	{ "t1:10m c2 s5 s6", "1: / 2: 15 6", "1: 15 / 2: 6" },
	{ "c1 s10m d k0", "1: 10 / 2:", "1: 10 / 2:" },
	{ "c1 t2:10m d s5", "1: / 2: 15", "1: / 2: 15" },
	{ "tn:10m t1:5 e t1:3", "e:0 1: 3 / 2:", "e:0 1: 3 / 2:" },
	{ "c1 tn:10 s4 e", "e:0 1: 4 / 2:", "e:0 1: 4 / 2:" },
	{ "c1 t2:10m s5 s1 s2m s3 s4", "1: 5 4 / 2: 15 1", "1: 1 5 4 / 2: 15" },
	{ "c1 t2:10m s5 c1 s1", "1: 1 / 2: 15", "1: 1 / 2: 15" },
	{ "c1 t2:10m s5 t1:1 s2 s3r s4", "1: 1 3 / 2: 15 2 4", "1: 1 2 3 4 / 2: 15" },
	{ "c1 t2:10m s5 d s1 c1 s2", "s:EDESTADDRREQ 1: 2 / 2: 15", "s:EDESTADDRREQ 1: 2 / 2: 15" },
	{ "c1 k1 t2:10 k0 s5", "1: / 2: 10 5", "1: 5 / 2: 10" },
	{ "c1 s10m s5m s1 q", "q:0 1: 16 / 2:", "q:0 1: 16 / 2:" },
	{ "k1 c1 s5 k1 s6 k0", "1: 11 / 2:", "1: 11 / 2:" },
	{ "c1 s10m t1:65508 s1", "t:EMSGSIZE 1: 1 / 2:", "1: 65518 1 / 2:" },
	{ "c1 s10m s3z s4", "1: 13 4 / 2:", "1: 13 4 / 2:" },
};

enum { NUM_WALKS = sizeof(walks) / sizeof(walks[0]) };

struct place {
	struct sockaddr_storage to[4]; /* by the order of "12nz" */
	socklen_t len;
	int fd, receiver[2];
};

static int receiver_new(int family, struct sockaddr_storage *at)
{
	int fd = new_socket(family, SOCK_DGRAM);

	memset(at, 0, sizeof(*at));
	if (family == AF_INET) {
		assert_ok(bind4(fd, at4("127.0.0.1", 0)));
		*(struct sockaddr_in *)at = local4(fd);
	} else {
		assert_ok(bind6(fd, at6("::1", 0)));
		*(struct sockaddr_in6 *)at = local6(fd);
	}
	return fd;
}

static void place_make(struct place *p, int family)
{
	p->receiver[0] = receiver_new(family, &p->to[0]);
	p->receiver[1] = receiver_new(family, &p->to[1]);
	assert_ok(close(receiver_new(family, &p->to[2])));
	p->to[3] = p->to[0];
	if (family == AF_INET) {
		p->len = sizeof(struct sockaddr_in);
		((struct sockaddr_in *)&p->to[3])->sin_port = 0;
	} else {
		p->len = sizeof(struct sockaddr_in6);
		((struct sockaddr_in6 *)&p->to[3])->sin6_port = 0;
	}
	p->fd = new_socket(family, SOCK_DGRAM);
}

static const struct sockaddr *where(const struct place *p, char name)
{
	return (const struct sockaddr *)&p->to[strchr("12nz", name) - "12nz"];
}

static int flags_at(const char *s)
{
	static const char letters[] = "morz";
	static const int flags[] = { MSG_MORE, MSG_OOB, MSG_DONTROUTE, MSG_CONFIRM };
	int sum = MSG_DONTWAIT;

	for (; *s && *s != ' '; s++)
		if (strchr(letters, *s))
			sum |= flags[strchr(letters, *s) - letters];
	return sum;
}

static long send_many(int fd, int num, int flags)
{
	struct iovec part = piece("12345", 5);
	struct mmsghdr m[4] = { { .msg_len = 0 } };

	for (int i = 0; i < num; i++) {
		m[i].msg_hdr.msg_iov = &part;
		m[i].msg_hdr.msg_iovlen = 1;
	}
	return sendmmsg(fd, m, (unsigned)num, flags);
}

static long do_call(struct place *p, const char *s)
{
	static char data[70000];
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_storage got;
	socklen_t len = sizeof(got);
	int n = -1;

	switch (*s) {
	case 'c': return connect(p->fd, where(p, s[1]), p->len);
	case 'd': return connect(p->fd, &none, sizeof(none));
	case 's': return send(p->fd, data, strtoul(s + 1, NULL, 10), flags_at(s + 1));
	case 't':
		return sendto(p->fd, data, strtoul(s + 3, NULL, 10), flags_at(s + 3), where(p, s[1]), p->len);
	case 'w': return write(p->fd, data, strtoul(s + 1, NULL, 10));
	case 'g': return send_many(p->fd, s[1] - '0', flags_at(s + 1));
	case 'f': return send(p->fd, (void *)1, 5, MSG_MORE | MSG_DONTWAIT);
	case 'k': return set_int(p->fd, IPPROTO_UDP, UDP_CORK, s[1] - '0');
	case 'h': return shutdown(p->fd, SHUT_WR);
	case 'q': assert_ok(ioctl(p->fd, TIOCOUTQ, &n)); return n > 0;
	case 'e': return pending_error(p->fd);
	case 'p': return getpeername(p->fd, (struct sockaddr *)&got, &len);
	default: fail_msg("what is %c?", *s); return 0;
	}
}

/* "c1 s10m", and of each call that failed why; then what came. */
static void walk(const char *calls, int family, char *out, size_t room)
{
	static char b[70000];
	struct place p;
	size_t used = 0;

	place_make(&p, family);
	for (const char *s = calls; *s; s += strcspn(s, " "), s += strspn(s, " ")) {
		long r = do_call(&p, s);

		if (r < 0)
			used += (size_t)snprintf(out + used, room - used, "%c:%s ", *s,
						 strerrorname_np(errno));
		else if (strchr("qe", *s))
			used += (size_t)snprintf(out + used, room - used, "%c:%ld ", *s, r);
	}
	for (int i = 0; i < 2; i++) {
		ssize_t n;

		used += (size_t)snprintf(out + used, room - used, i ? " / 2:" : "1:");
		while ((n = recv(p.receiver[i], b, sizeof(b), MSG_DONTWAIT)) >= 0)
			used += (size_t)snprintf(out + used, room - used, " %zd", n);
		assert_ok(close(p.receiver[i]));
	}
	assert_ok(close(p.fd));
}

static void all_walks(int family)
{
	char got[512];
	int num_wrong = 0;

	for (int i = 0; i < NUM_WALKS; i++) {
		const char *want = family == AF_INET ? walks[i].v4 : walks[i].v6;

		walk(walks[i].calls, family, got, sizeof(got));
		if (strcmp(got, want) != 0) {
			print_error("%s: \"%s\" instead of \"%s\"\n", walks[i].calls, got, want);
			num_wrong++;
		}
		if (getenv("BEHAVIOUR_SHOW_WALKS"))
			printf("WALK\t%s\t%s\n", walks[i].calls, got);
	}
	assert_int_equal(num_wrong, 0);
}

TEST(pending_datagram_of_ipv4)
{
	all_walks(AF_INET);
}

TEST(pending_datagram_of_ipv6)
{
	all_walks(AF_INET6);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(pending_datagram_of_ipv4),
	DUAL_TEST(pending_datagram_of_ipv6),
};

BEHAVIOUR_MAIN("udp_more", tests)
