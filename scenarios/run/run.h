/* SPDX-License-Identifier: MIT */
/*
 * Runs scenarios: a file, a world of its own, its events in virtual time. What fails is told with the line,
 * what was expected, what was got, and why.
 */
#ifndef SCENARIOS_RUN_RUN_H
#define SCENARIOS_RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum sim_run_outcome {
	SIM_RUN_PASSED = 0,
	SIM_RUN_FAILED = 1,  /* an expectation was not met */
	SIM_RUN_MISTAKE = 2, /* the script cannot be understood, or asks for what there is not */
};

struct sim_run_options {
	uint64_t seed;         /* > 0 */
	const char *pcap_path; /* NULL: none */
	bool ladder, trace;    /* what happened, to `out` */
	bool check_only;       /* read and checked, not run */
	FILE *out;             /* what the scenario prints, and the two above */
	FILE *complaints;
};

/* One file. Prints complaints and what the options ask for, and no verdict. */
enum sim_run_outcome sim_run_file(const char *path, const struct sim_run_options *o);

#endif
