/* SPDX-License-Identifier: MIT */
/*
 * bench.c - the program that does a row's work and says what it cost; built twice, for the kernel and
 * (BENCH_SIM) for the simulation.
 *
 * Owns: the conversation with the runner, the clock, and the only lines that know which build this is.
 * Must not know: goals, other builds, statistics.
 *
 *   bench                  reads "run ROW N" lines, answers "ok COST" (ns or bytes for all N) or "err WHY"
 *   bench list             prints the names of the rows
 *   bench once ROW N       sets up, does N operations, exits: for counting instructions
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/bench/raw.h"

#ifdef BENCH_SIM
#include "api/simsock.h"

static struct sim_world *world;

void bench_world_open(void)
{
	world = sim_world_new(1);
}

void bench_world_close(void)
{
	sim_world_free(world);
	world = NULL;
}

void bench_settle(void)
{
	sim_advance("61s"); /* TIME_WAIT lasts 60 s */
}

uint64_t bench_memory_bytes(void)
{
	return sim_world_memory_bytes();
}
#else
void bench_world_open(void)
{
}

void bench_world_close(void)
{
}

void bench_settle(void)
{
}

/*
 * proc(5), /proc/meminfo: slabs hold sockets, files, inodes and hash buckets.  An estimate:
 * whole slabs are counted, and so is what the rest of the machine does meanwhile.
 */
uint64_t bench_memory_bytes(void)
{
	char line[128];
	unsigned long long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	if (!f)
		bench_fail("/proc/meminfo");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Slab: %llu kB", &kib) == 1)
			break;
	fclose(f);
	return kib * 1024;
}
#endif

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(line))
		len = (int)sizeof(line) - 1;
	raw_write(1, line, (size_t)len);
}

_Noreturn void bench_fail(const char *what)
{
	say("err %s: %s\n", what, strerror(errno));
	_Exit(1);
}

static const struct bench_row *row_named(const char *name)
{
	size_t i;

	for (i = 0; i < bench_num_rows; i++)
		if (!strcmp(bench_rows[i].name, name))
			return &bench_rows[i];
	return NULL;
}

static uint64_t cost_of(const struct bench_row *row, uint64_t n)
{
	uint64_t start_ns;

	if (row->bytes)
		return row->bytes(bench_arg(), n);
	start_ns = raw_cpu_ns();
	row->run(bench_arg(), n);
	return raw_cpu_ns() - start_ns;
}

/* One row stays set up for as long as the runner goes on asking for it. */
static void answer(const char *line)
{
	static const struct bench_row *current;
	const struct bench_row *row;
	char name[64];
	unsigned long long n;

	if (sscanf(line, "run %63s %llu", name, &n) != 2) {
		say("err expected \"run ROW N\", got \"%s\"\n", line);
		return;
	}
	row = row_named(name);
	if (!row) {
		say("err no row \"%s\" in this build\n", name);
		return;
	}
	if (row != current) {
		if (current)
			current->teardown(bench_arg());
		row->setup(bench_arg());
		current = row;
	}
	say("ok %llu\n", (unsigned long long)cost_of(row, n));
}

static int converse(void)
{
	char line[128];
	size_t len = 0;

	for (;;) {
		long got = raw_read(0, line + len, 1);

		if (got == -EINTR)
			continue;
		if (got <= 0)
			return 0;
		if (line[len] == '\n') {
			line[len] = '\0';
			len = 0;
			answer(line);
		} else if (++len == sizeof(line) - 1) {
			say("err line too long\n");
			return 1;
		}
	}
}

static int once(const char *name, const char *count)
{
	const struct bench_row *row = row_named(name);
	char *end;
	unsigned long long n = strtoull(count, &end, 10);

	if (!row || *end || !n) {
		fprintf(stderr, "bench: expected a row's name and a count, got \"%s\" \"%s\"\n", name, count);
		return 2;
	}
	row->setup(bench_arg());
	cost_of(row, n);
	row->teardown(bench_arg());
	return 0;
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit); /* a row that then runs out says so itself */
}

int main(int argc, char **argv)
{
	size_t i;
	int status;

	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (i = 0; i < bench_num_rows; i++)
			say("%s\n", bench_rows[i].name);
		return 0;
	}
	if (argc != 1 && !(argc == 4 && !strcmp(argv[1], "once"))) {
		fprintf(stderr, "usage: bench | bench list | bench once ROW N\n");
		return 2;
	}
	raise_descriptor_limit();
	bench_world_open();
	status = argc == 4 ? once(argv[2], argv[3]) : converse();
	bench_world_close();
	return status;
}
