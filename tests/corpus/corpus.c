/* SPDX-License-Identifier: MIT */
/*
 * A corpus program: thousands of socket calls that a seed draws; see corpus.h. Each seed switches on a part
 * of the families and of the kinds of call, and weighs them (swarm testing), so that the programs differ from
 * each other.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/corpus/calls.h"
#include "tests/corpus/corpus.h"
#include "tests/corpus/drawn.h"
#include "tests/corpus/transcript.h"

enum {
	NUM_CALLS_USUAL = 3000,
	BUDGET_MS = 60,
	PLAIN_BYTES = 3000,
	MAX_WEIGHT = 8,
	TRIES = 50,
	NUM_FIRST = 6
};

#define CORPUS_ROW(name) { #name, call_##name, 0 },
static struct {
	const char *name;
	void (*call)(void);
	unsigned weight;
} kinds[] = { CORPUS_CALLS(CORPUS_ROW) };
#undef CORPUS_ROW

/* Without these the others would have nothing to work on. */
static const char *const always[] = { "socket",  "pair", "socketpair", "bind",
				      "connect", "send", "recv",       "close" };

static bool is_in(const char *name, const char *list)
{
	size_t len = strlen(name);

	for (const char *p = list; p && *p; p = strchr(p, ','), p += p && *p == ',')
		if (!strncmp(p, name, len) && (p[len] == ',' || !p[len]))
			return true;
	return false;
}

static void draw_weights(const char *without)
{
	for (unsigned i = 0; i < NUM_OF(kinds); i++) {
		unsigned weight = 1 + draw(MAX_WEIGHT);
		bool on = draw(5) < 3;

		for (unsigned j = 0; j < NUM_OF(always); j++)
			on |= !strcmp(kinds[i].name, always[j]);
		kinds[i].weight = on && !is_in(kinds[i].name, without) ? weight : 0;
	}
	while (__builtin_popcount(families_on) < 2)
		families_on = draw(1u << NUM_FAMILIES);
}

static void call_something(void)
{
	unsigned sum = 0, at, i = 0;

	for (unsigned j = 0; j < NUM_OF(kinds); j++)
		sum += kinds[j].weight;
	at = draw(sum);
	while (at >= kinds[i].weight)
		at -= kinds[i++].weight;
	kinds[i].call();
}

/* A file, a directory, and no descriptor but 0, 1 and 2. */
static void make_surroundings(void)
{
	struct sigaction sa = { .sa_handler = count_signal };
	int fd;

	close_range(FIRST_FD, ~0u, 0);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGPIPE, &sa, NULL);
	umask(022);
	make_buffers();
	mkdir("dir", 0700);
	fd = open("plain", O_RDWR | O_CREAT, 0600);
	if (fd < 0 || write(fd, bytes, PLAIN_BYTES) != PLAIN_BYTES)
		exit(2);
	close(fd);
}

static void run(uint64_t seed, const char *without, int num_calls)
{
	rng = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (int i = 0; i < 8; i++)
		draw(2);
	budget_ms = BUDGET_MS;
	make_surroundings();
	draw_weights(without);
	for (int i = 0; i < NUM_FIRST; i++)
		call_socket();
	for (int i = 0; i < num_calls; i++) {
		for (int tries = 0; num_open() > MAX_OPEN && tries < TRIES; tries++)
			call_close();
		call_something();
	}
	drain_all();
	for (int fd = FIRST_FD; fd < NUM_FDS; fd++)
		if (is_open(fd))
			said(close(fd), "close(%d)", fd);
	end_line();
}

static void remove_all(const char *directory)
{
	DIR *d = opendir(directory);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (unlinkat(dirfd(d), e->d_name, 0))
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
}

static void remove_surroundings(const char *directory)
{
	remove_all("dir");
	remove_all(directory);
	if (rmdir(directory))
		perror(directory);
}

int corpus_main(int argc, char **argv)
{
	const char *base = argc > 2 ? argv[2] : getenv("TMPDIR");
	char directory[256];

	if (argc < 2) {
		fprintf(stderr, "usage: corpus_program SEED [DIRECTORY [WITHOUT [CALLS]]]\n");
		return 2;
	}
	snprintf(directory, sizeof directory, "%s/corpusXXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(directory) || chdir(directory)) {
		perror(directory);
		return 2;
	}
	run(strtoull(argv[1], NULL, 10), argc > 3 ? argv[3] : "", argc > 4 ? atoi(argv[4]) : NUM_CALLS_USUAL);
	remove_surroundings(directory);
	return fflush(stdout) ? 2 : 0;
}
