/* SPDX-License-Identifier: MIT */
/* Options, requests, and what else is asked of a descriptor. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/corpus/calls.h"
#include "tests/corpus/drawn.h"
#include "tests/corpus/options.h"
#include "tests/corpus/transcript.h"

static void say_option(const struct option *o, long r, const void *val, socklen_t len)
{
	struct tcp_info info;
	int v = 0;

	if (r)
		return;
	also(" len %u", len);
	if (o->size == sizeof(struct timeval) && !o->text_value) {
		struct timeval tv = { 0, 0 };

		memcpy(&tv, val, len < sizeof tv ? len : sizeof tv);
		also(" %ld.%06ld", (long)tv.tv_sec, (long)tv.tv_usec);
		return;
	}
	if (o->level == SOL_SOCKET && o->name == SO_PEERCRED) {
		struct ucred c = { 0, 0, 0 };

		memcpy(&c, val, len < sizeof c ? len : sizeof c);
		also(" pid %s, uid %s, gid %s",
		     c.pid == getpid() ? "own"
		     : c.pid           ? "?"
				       : "0",
		     c.uid == getuid()   ? "own"
		     : c.uid == UINT_MAX ? "-1"
					 : "?",
		     c.gid == getgid()   ? "own"
		     : c.gid == UINT_MAX ? "-1"
					 : "?");
	} else if (o->level == IPPROTO_TCP && o->name == TCP_INFO) {
		memset(&info, 0, sizeof info);
		memcpy(&info, val, len < sizeof info ? len : sizeof info);
		/* TIMING: a FIN may be acknowledged late, so that FIN_WAIT1 and FIN_WAIT2 are one. */
		v = info.tcpi_state == TCP_FIN_WAIT2 ? TCP_FIN_WAIT1 : info.tcpi_state;
		also(" state %d", len ? v : -1);
	} else if (o->text_value) {
		/* The system's default (docs/corpus.md). */
		also(" a name");
	} else if (len > sizeof v) {
		also(" %08x", digest(val, len));
	} else {
		memcpy(&v, val, len);
		also(" %d", v);
	}
}

static socklen_t draw_option_len(const struct option *o, socklen_t usual)
{
	static const socklen_t lens[] = { 0, 1, 2, 3, 5, 8, 100, (socklen_t)-1, (socklen_t)INT_MIN };

	return one_in(12) && !o->exact ? PICK(lens) : usual;
}

/* TIMING: the kernel adjusts a TCP socket's buffers while data moves. */
static bool adjusts_itself(int fd, const struct option *o)
{
	return is_tcp(fd) && o->level == SOL_SOCKET && (o->name == SO_SNDBUF || o->name == SO_RCVBUF);
}

static void get_option(int fd, const struct option *o)
{
	unsigned char val[512] = { 0 };
	socklen_t len = draw_option_len(o, o->size > 4 ? (o->name == TCP_INFO ? o->size : 256) : 4),
		  cap = len;
	void *to = one_in(100) ? bad_pointer() : val, *room_of = one_in(200) ? bad_pointer() : &len;
	long r = getsockopt(fd, o->level, o->name, to, room_of);

	said(r, "getsockopt(%d, %s, %d)", fd, o->text, (int)cap);
	say_option(o, r, val, len < sizeof val ? len : 0);
}

static void set_option(int fd, const struct option *o)
{
	unsigned char val[256] = { 0 };
	int v[4] = { 0 };
	socklen_t len;
	void *from;
	long r;

	v[0] = o->min + (int)draw((uint32_t)(o->max - o->min + 1));
	v[1] = (int)draw(3);
	v[2] = 20000 * (int)draw(50);
	if (one_in(10) && !o->exact)
		v[0] = PICK(((const int[]){ -1, 0, 1, 2, 255, 256, 70000, INT_MAX, INT_MIN }));
	if (o->size == sizeof(struct timeval))
		memcpy(val, &(struct timeval){ v[1], one_in(10) ? -1 : v[2] }, sizeof(struct timeval));
	else if (o->text_value)
		snprintf((char *)val, sizeof val, "%s",
			 one_in(3)   ? "nonesuch"
			 : one_in(2) ? "reno"
				     : "cubic");
	else
		memcpy(val, v, sizeof v);
	len = draw_option_len(o, o->size);
	from = one_in(100) ? bad_pointer() : val;
	r = setsockopt(fd, o->level, o->name, from, len);
	said(r, "setsockopt(%d, %s, %d, len %d)", fd, o->text, v[0], (int)len);
}

void call_get_option(void)
{
	int fd = draw_socket();
	const struct option *o = &PICK(options);

	if (!o->is_cached && !adjusts_itself(fd, o))
		get_option(fd, o);
}

void call_set_option(void)
{
	const struct option *o = &PICK(options);
	int fd = draw_socket();

	if (o->when == ANY_TIME || (o->when == NOT_TCP && !is_tcp(fd)))
		set_option(fd, o);
}

/* What would change how and when data moves is set on a socket that moves none. */
void call_options_of_a_new_one(void)
{
	enum family f = draw_family();
	int fd = socket(families[f].domain, families[f].type, 0);

	said(fd, "options of a new %s", families[f].name);
	for (unsigned i = 0; i < 6; i++) {
		const struct option *o = &PICK(options);

		if (o->when != NEVER && draw(3))
			set_option(fd, o);
		get_option(fd, o);
	}
	close(fd);
}

/* TIMING: what TCP has in flight is not asked (SIOCOUTQ): an acknowledgement may be delayed. */
void call_ioctl(void)
{
	static const unsigned long requests[] = { FIONREAD, FIONREAD, SIOCOUTQ, FIONBIO,
						  FIOCLEX,  FIONCLEX, 0x1234 };
	unsigned long request = PICK(requests);
	int fd = draw_fd(one_in(8) ? ~0u : 1u << SOCKET), value = draw(4) != 0, before = value;
	long r;

	if (request == SIOCOUTQ && is_tcp(fd))
		return;
	r = ioctl(fd, request, one_in(60) ? bad_pointer() : &value);
	said(r, "ioctl(%d, %#lx, %d)", fd, request, before);
	if (!r && value != before)
		also(" %d", value);
}

void call_fstat(void)
{
	int fd = draw_fd(1u << SOCKET | 1u << EPOLL);
	struct stat st;
	long r;

	if (one_in(3)) {
		r = lseek(fd, 0, SEEK_CUR);
		said(r, "lseek(%d)", fd);
		return;
	}
	r = fstat(fd, &st);
	said(r, "fstat(%d)", fd);
	if (!r)
		also(" mode %o, %lu links, size %ld, block %ld", st.st_mode, (unsigned long)st.st_nlink,
		     (long)st.st_size, (long)st.st_blksize);
}

void call_unlink(void)
{
	char path[] = "u0";
	long r;

	path[1] = (char)('0' + draw(4));
	r = unlink(path);
	said(r, "unlink(%s)", path);
}
