/* SPDX-License-Identifier: MIT */
/* What is drawn: see drawn.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/corpus/drawn.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

const struct family_info families[NUM_FAMILIES] = {
	{ "tcp4", AF_INET, SOCK_STREAM },
	{ "tcp6", AF_INET6, SOCK_STREAM },
	{ "udp4", AF_INET, SOCK_DGRAM },
	{ "udp6", AF_INET6, SOCK_DGRAM },
	{ "unix-stream", AF_UNIX, SOCK_STREAM },
	{ "unix-dgram", AF_UNIX, SOCK_DGRAM },
	{ "unix-seqpacket", AF_UNIX, SOCK_SEQPACKET },
};

struct known fds[NUM_FDS];
uint64_t rng;
unsigned families_on;
int budget_ms;
unsigned char *bytes, *room;
static void *no_access;

uint32_t draw(uint32_t num)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)((rng >> 16) % num);
}

bool one_in(uint32_t num)
{
	return draw(num) == 0;
}

/* Time that may pass for real: cut to what is left, and taken from it. */
int take_ms(int wanted)
{
	int ms = wanted < budget_ms ? wanted : budget_ms;

	budget_ms -= ms;
	return ms;
}

enum family draw_family(void)
{
	enum family f;

	do
		f = draw(NUM_FAMILIES);
	while (!(families_on & 1u << f));
	return f;
}

bool is_open(int fd)
{
	return fd >= 0 && fd < NUM_FDS && fds[fd].kind != NONE;
}

int num_open(void)
{
	int n = 0;

	for (int fd = FIRST_FD; fd < NUM_FDS; fd++)
		n += is_open(fd);
	return n;
}

/* An open one of those kinds (bits), the n-th from a drawn place on; -1: there is none. */
int draw_of(unsigned kinds)
{
	int start = (int)draw(NUM_FDS);

	for (int i = 0; i < NUM_FDS; i++) {
		int fd = (start + i) % NUM_FDS;

		if (is_open(fd) && (kinds & 1u << fds[fd].kind))
			return fd;
	}
	return -1;
}

/* Mostly of those kinds, sometimes of another, sometimes no descriptor at all. */
int draw_fd(unsigned kinds)
{
	static const int bad[] = { -1, -7, NUM_FDS + 100, 1000000 };

	if (one_in(60))
		return PICK(bad);
	if (one_in(40))
		return (int)(FIRST_FD + draw(NUM_FDS - FIRST_FD));
	return draw_of(one_in(30) ? ~0u : kinds);
}

int draw_socket(void)
{
	return draw_fd(1u << SOCKET);
}

bool is_socket(int fd)
{
	return is_open(fd) && fds[fd].kind == SOCKET;
}

bool is_tcp(int fd)
{
	return is_socket(fd) && fds[fd].family <= TCP6;
}

bool is_udp(int fd)
{
	return is_socket(fd) && (fds[fd].family == UDP4 || fds[fd].family == UDP6);
}

int domain_of(int fd)
{
	return is_socket(fd) ? families[fds[fd].family].domain : AF_UNSPEC;
}

bool is_stream(int fd)
{
	return is_socket(fd) && families[fds[fd].family].type == SOCK_STREAM;
}

static unsigned char *map_buffer(void)
{
	unsigned char *p = mmap(NULL, BUFFER_BYTES + PAGE_BYTES, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(p + BUFFER_BYTES, PAGE_BYTES, PROT_NONE);
	return p;
}

void make_buffers(void)
{
	bytes = map_buffer();
	room = map_buffer();
	no_access = bytes + BUFFER_BYTES;
	for (unsigned i = 0; i < BUFFER_BYTES; i++)
		bytes[i] = (unsigned char)draw(256);
}

/* A pointer that cannot be used; in which way is drawn. */
void *bad_pointer(void)
{
	return one_in(3) ? NULL : one_in(2) ? (void *)8 : no_access;
}

/* A place in the buffer with len bytes behind it, or now and then fewer than that. */
unsigned char *draw_place(unsigned char *buffer, size_t len)
{
	size_t cut = len && one_in(80) ? 1 + draw((uint32_t)len) : 0;

	if (cut)
		return buffer + BUFFER_BYTES - (len - cut);
	return buffer + draw((uint32_t)(BUFFER_BYTES / 2 - 1));
}

void forget(int fd)
{
	if (fd >= 0 && fd < NUM_FDS)
		fds[fd].kind = NONE;
}

/* A new number: kept if it has a place, else closed again. */
void keep(long fd, enum kind kind, enum family family)
{
	if (fd < 0)
		return;
	if (fd < FIRST_FD || fd >= NUM_FDS) {
		close((int)fd);
		return;
	}
	memset(&fds[fd], 0, sizeof fds[fd]);
	fds[fd].kind = kind;
	fds[fd].family = family;
}

void keep_copy(long fd, int of)
{
	if (!is_open(of)) {
		keep(fd, NONE, 0);
		return;
	}
	if (fd == of)
		return;
	keep(fd, fds[of].kind, fds[of].family);
	if (fd >= FIRST_FD && fd < NUM_FDS)
		fds[fd] = fds[of];
}

/* Both ends of the scale alike: IPv4 as IPv6 writes it. */
static void to_mapped(const struct sockaddr_storage *ss, struct in6_addr *addr, unsigned *port)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;

	memset(addr, 0, sizeof *addr);
	*port = ntohs(in->sin_port); /* at the same place in both */
	if (ss->ss_family == AF_INET6) {
		*addr = in6->sin6_addr;
	} else {
		addr->s6_addr[10] = addr->s6_addr[11] = 0xff;
		memcpy(addr->s6_addr + 12, &in->sin_addr, 4);
	}
}

int holder_of_port(int of, const struct sockaddr_storage *ss)
{
	struct in6_addr wanted, own;
	unsigned port, own_port;
	int holder = -1;

	to_mapped(ss, &wanted, &port);
	for (int fd = NUM_FDS - 1; fd >= FIRST_FD; fd--) {
		struct sockaddr_storage a;
		socklen_t len = sizeof a;

		if (!(is_tcp(of) ? is_tcp(fd) : is_udp(fd)) || getsockname(fd, (struct sockaddr *)&a, &len))
			continue;
		to_mapped(&a, &own, &own_port);
		/* Two may have the same by chance, at other addresses. */
		if (own_port == port && (holder < 0 || IN6_ARE_ADDR_EQUAL(&own, &wanted)))
			holder = fd;
	}
	return holder;
}
