/* SPDX-License-Identifier: MIT */
/* simsock run: options, one line a file, a summary. What a scenario is: scenarios/run/run.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/cmdline/run.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "api/cmdline/usage.h"
#include "scenarios/run/run.h"

static const char help[] =
	"usage: simsock run [OPTION]... FILE...\n"
	"\n"
	"Runs scenarios: calls with their expected results, on hosts, links and faults that the file says,\n"
	"in virtual time. docs/scenarios.md teaches the language, docs/scenario-language.md has all of it.\n"
	"\n"
	"  --ladder     what happened: a column a host, calls, and packets as arrows\n"
	"  --trace      what happened, as a time line\n"
	"  --pcap FILE  packets into FILE, for tshark or Wireshark (one scenario only)\n"
	"  --seed N     the seed of all chance (1)\n"
	"  --check      reads and checks the files, runs nothing\n"
	"  --quiet      no line for a file that passes, no summary\n"
	"\n"
	"Exit status: 0 all passed, 1 an expectation was not met, 2 a mistake in a file or an option.\n";

struct options {
	struct sim_run_options run;
	bool quiet;
};

/* 0; the exit status of a mistake; -1: help was asked for. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "ladder", no_argument, NULL, 'l' },     { "trace", no_argument, NULL, 't' },
		{ "pcap", required_argument, NULL, 'p' }, { "seed", required_argument, NULL, 's' },
		{ "check", no_argument, NULL, 'c' },      { "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },       { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "qh", options, NULL)) != -1) {
		switch (c) {
		case 'l': o->run.ladder = true; break;
		case 't': o->run.trace = true; break;
		case 'p': o->run.pcap_path = optarg; break;
		case 's':
			if (sim_cmdline_seed("run", optarg, &o->run.seed))
				return SIM_EXIT_USAGE;
			break;
		case 'c': o->run.check_only = true; break;
		case 'q': o->quiet = true; break;
		case 'h': fputs(help, stdout); return -1;
		default: fprintf(stderr, "try \"simsock run --help\"\n"); return SIM_EXIT_USAGE;
		}
	}
	return 0;
}

static const char *const verdicts[] = {
	[SIM_RUN_PASSED] = "ok",
	[SIM_RUN_FAILED] = "FAILED",
	[SIM_RUN_MISTAKE] = "MISTAKE",
};

int run_main(int argc, char **argv)
{
	struct options o = { .run = { .seed = 1, .out = stdout, .complaints = stderr } };
	int err = parse_options(argc, argv, &o), worst = SIM_RUN_PASSED, num_passed = 0;

	if (err)
		return err < 0 ? EXIT_SUCCESS : err;
	if (optind == argc) {
		fputs(help, stderr);
		return SIM_EXIT_USAGE;
	}
	if (o.run.pcap_path && argc - optind > 1)
		return sim_cmdline_complain("run", "--pcap", o.run.pcap_path,
					    "a capture is of one scenario: name one FILE");
	for (int i = optind; i < argc; i++) {
		enum sim_run_outcome outcome = sim_run_file(argv[i], &o.run);

		fflush(stdout);
		fflush(stderr);
		num_passed += outcome == SIM_RUN_PASSED;
		if ((int)outcome > worst)
			worst = (int)outcome;
		if (!o.quiet || outcome != SIM_RUN_PASSED)
			printf("%s: %s\n", argv[i], verdicts[outcome]);
		fflush(stdout);
	}
	if (!o.quiet && argc - optind > 1)
		printf("%d of %d scenarios passed\n", num_passed, argc - optind);
	return worst;
}
