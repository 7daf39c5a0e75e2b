/* SPDX-License-Identifier: MIT */
/*
 * What a fuzz target of ours consists of: libFuzzer's entry and a few inputs to begin with, so that the same
 * source is a libFuzzer program (clang -fsanitize=fuzzer) and, with replay.c, a test that needs no fuzzer.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const char *const sim_fuzz_seeds[]; /* ends with NULL */

#endif
