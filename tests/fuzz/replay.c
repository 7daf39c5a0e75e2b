/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without a fuzzer: over the files named on the command line, or, with none, over its
 * seeds and a fixed number of mutations of them, always the same ones.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/random.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX        4096
#define MUTATIONS_A_SEED 400

static int replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		perror(path);
		return 1;
	}
	len = fread(data, 1, sizeof data, f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, len);
	return 0;
}

static size_t seed_at(uint64_t n, uint8_t *to)
{
	size_t num = 0, len;

	while (sim_fuzz_seeds[num])
		num++;
	len = strlen(sim_fuzz_seeds[n % num]);
	memcpy(to, sim_fuzz_seeds[n % num], len);
	return len;
}

/* One change: a byte set, left out or put in, a piece said twice, a piece of another seed, or an end cut off.
 */
static size_t mutate(struct sim_rng *r, uint8_t *data, size_t len)
{
	uint8_t other[INPUT_MAX];
	uint64_t what = sim_rng_below(r, 6), where = sim_rng_below(r, len + 1), room = INPUT_MAX / 2 - where;
	size_t n, from;

	if (len + 1 >= INPUT_MAX / 2 || (what == 5 && where > 1))
		return where;
	switch (what) {
	case 0:
		if (where < len)
			data[where] = (uint8_t)sim_rng_next(r);
		return len;
	case 1:
		memmove(data + where + 1, data + where, len - where);
		data[where] = (uint8_t)(' ' + sim_rng_below(r, 95));
		return len + 1;
	case 2:
		if (where < len)
			memmove(data + where, data + where + 1, len - where - 1);
		return where < len ? len - 1 : len;
	case 3:
		n = len - where;
		memcpy(data + len, data + where, n);
		return len + n;
	default:
		n = seed_at(sim_rng_next(r), other);
		from = sim_rng_below(r, n + 1);
		n = n - from < room ? n - from : room;
		memcpy(data + where, other + from, n);
		return where + n;
	}
}

static void replay_mutations(void)
{
	struct sim_rng r = sim_rng_stream(1, SIM_PURPOSE_USER, 0);
	uint8_t data[INPUT_MAX];
	size_t i, len;
	int round, depth;

	for (i = 0; sim_fuzz_seeds[i]; i++) {
		len = seed_at(i, data);
		LLVMFuzzerTestOneInput(data, len);
		for (round = 0; round < MUTATIONS_A_SEED; round++) {
			len = seed_at(i, data);
			for (depth = 0; depth <= round % 5; depth++)
				len = mutate(&r, data, len);
			LLVMFuzzerTestOneInput(data, len);
		}
	}
}

int main(int argc, char **argv)
{
	int i, failed = 0;

	for (i = 1; i < argc; i++)
		failed |= replay_file(argv[i]);
	if (argc == 1)
		replay_mutations();
	return failed;
}
