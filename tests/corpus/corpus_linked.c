/* SPDX-License-Identifier: MIT */
/* A corpus program in a world: see corpus.h. */
#include "simsock.h"
#include "tests/corpus/corpus.h"

int main(int argc, char **argv)
{
	struct sim_world *w = sim_world_new(1);
	int status = corpus_main(argc, argv);

	sim_world_free(w);
	return status;
}
