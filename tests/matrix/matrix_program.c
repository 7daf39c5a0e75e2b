/* SPDX-License-Identifier: MIT */
/* The matrix on whatever sockets it is given: see matrix.h. */
#include "tests/matrix/matrix.h"

int main(int argc, char **argv)
{
	return matrix_main(argc, argv);
}
