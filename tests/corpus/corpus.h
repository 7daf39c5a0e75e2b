/* SPDX-License-Identifier: MIT */
/*
 * corpus_program SEED [DIRECTORY [WITHOUT [CALLS]]]: makes CALLS socket calls (3,000) that the seed draws,
 * and prints what each of them did. Plain sockets: it runs on the kernel, linked with simsock, and under
 * simsock exec, and must print the same bytes each time (tests/corpus/run compares). DIRECTORY is where it
 * makes files and names; WITHOUT names kinds of call to leave out, with commas between ("stdio,interrupted").
 *
 * Nothing in it may depend on when the kernel does something: a comment that begins with TIMING says what is
 * avoided for that. docs/corpus.md has the list.
 */
#ifndef TESTS_CORPUS_CORPUS_H
#define TESTS_CORPUS_CORPUS_H

int corpus_main(int argc, char **argv);

#endif
