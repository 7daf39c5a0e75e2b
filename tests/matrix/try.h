/* SPDX-License-Identifier: MIT */
/* One cell tried: the call, and the line that tells of it. */
#ifndef TESTS_MATRIX_TRY_H
#define TESTS_MATRIX_TRY_H

#include "tests/matrix/cells.h"

/* Once, before all cells: the bytes that are sent, a file of them, the signals. */
void try_prepare(void);

/* Makes the cell's sockets, makes the call, prints the line, closes all. */
void try_cell(const struct cell *c, const char *name);

#endif
