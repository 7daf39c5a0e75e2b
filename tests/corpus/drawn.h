/* SPDX-License-Identifier: MIT */
/*
 * What a corpus program draws: numbers from its seed, descriptors from those that it has open, and the
 * memory that it sends from and receives into, with an end behind which nothing may be touched.
 */
#ifndef TESTS_CORPUS_DRAWN_H
#define TESTS_CORPUS_DRAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIRST_FD = 3, NUM_FDS = 64, MAX_OPEN = 36, PAGE_BYTES = 4096, BUFFER_BYTES = 128 * PAGE_BYTES };

enum kind { NONE, SOCKET, EPOLL, PIPE, EVENTFD, REGULAR };
enum family { TCP4, TCP6, UDP4, UDP6, UNIX_STREAM, UNIX_DGRAM, UNIX_SEQPACKET, NUM_FAMILIES };

struct family_info {
	const char *name;
	int domain, type;
};
extern const struct family_info families[NUM_FAMILIES];

/* What the program knows of a number without asking. */
struct known {
	enum kind kind;
	enum family family;
	bool has_real_members; /* an epoll set with pipes or eventfds in it, now or before */
	unsigned num_sent;     /* bytes */
};
extern struct known fds[NUM_FDS];

extern uint64_t rng;
extern unsigned families_on; /* those that the seed uses, bits */
extern int budget_ms;        /* of real waiting that is left */

/* To send from, to receive into; each ends at a page of no access. */
extern unsigned char *bytes, *room;
void make_buffers(void);

#define NUM_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(array)   (array)[draw(NUM_OF(array))]

uint32_t draw(uint32_t num);
bool one_in(uint32_t num);
enum family draw_family(void);
/* Time that may pass for real: cut to what is left, and taken from it. */
int take_ms(int wanted);
/* An open one of those kinds (bits), from a drawn place on; -1: there is none. */
int draw_of(unsigned kinds);
/* Mostly of those kinds, sometimes of another, sometimes no descriptor at all. */
int draw_fd(unsigned kinds);
int draw_socket(void);
/* A pointer that cannot be used; in which way is drawn. */
void *bad_pointer(void);
/* A place in a buffer with len bytes behind it, or now and then fewer than that. */
unsigned char *draw_place(unsigned char *buffer, size_t len);

bool is_open(int fd);
int num_open(void);
bool is_socket(int fd);
bool is_tcp(int fd);
bool is_udp(int fd);
bool is_stream(int fd);
int domain_of(int fd); /* AF_UNSPEC: no socket */
/* The first of our sockets of the same protocol that has that local address, else that port; -1: none. */
struct sockaddr_storage;
int holder_of_port(int of, const struct sockaddr_storage *ss);

/* The table follows what calls gave. A new number without a place in it is closed again. */
void keep(long fd, enum kind kind, enum family family);
void keep_copy(long fd, int of);
void forget(int fd);

#endif
