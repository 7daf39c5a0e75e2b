/* SPDX-License-Identifier: MIT */
/* The matrix in a world: see matrix.h. */
#include "simsock.h"
#include "tests/matrix/matrix.h"

int main(int argc, char **argv)
{
	struct sim_world *w = sim_world_new(1);
	int status = matrix_main(argc, argv);

	sim_world_free(w);
	return status;
}
