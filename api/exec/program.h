/* SPDX-License-Identifier: MIT */
/*
 * Can this file be simulated? A library is preloaded only into a program that the dynamic loader loads, of
 * this machine, that does not gain privileges. elf(5), ld.so(8) LD_PRELOAD, execve(2) "Interpreter scripts".
 * Knows no world.
 */
#ifndef API_EXEC_PROGRAM_H
#define API_EXEC_PROGRAM_H

#include <stddef.h>

enum { SIM_PROGRAM_TEXT_BYTES = 512 };

/* 0: it can. -1: why not and what to do, one line without a newline at the end. A script is judged by its
 * interpreter. */
int sim_program_check(const char *path, char *why, size_t cap);

/* The library that must stand before any other in LD_PRELOAD, because the program needs it there
 * (AddressSanitizer's): its name into buf; NULL: none. */
const char *sim_program_first_library(const char *path, char *buf, size_t cap);

/* The file that a name stands for, by PATH as execvp(3) looks for it. 0 or -errno. */
int sim_program_find(const char *name, char *path, size_t cap);

#endif
