/* SPDX-License-Identifier: MIT */
/*
 * matrix_program [OPTIONS]: makes every call of the send family that the matrix holds, each on fresh sockets
 * in one state, and prints a line for each: its name, the result, and what both ends show of it. Plain
 * sockets: it runs on the kernel and linked with simsock, and must print the same (tests/matrix/run
 * compares). docs/matrix.md.
 */
#ifndef TESTS_MATRIX_MATRIX_H
#define TESTS_MATRIX_MATRIX_H

int matrix_main(int argc, char **argv);

#endif
