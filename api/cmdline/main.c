/* SPDX-License-Identifier: MIT */
/* The command line: simsock COMMAND. Results go to standard output, complaints to standard error with
 * status 2. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/cmdline/demo.h"
#include "api/cmdline/exec.h"
#include "api/cmdline/fidelity.h"
#include "api/cmdline/run.h"
#include "api/cmdline/usage.h"
#include "api/control/control.h"
#include "sim/base/diag.h"
#include "sim/fault/rule.h"

static const char usage[] =
	"usage: simsock COMMAND [OPTION]...\n"
	"\n"
	"  demo [--seed N] [--pcap FILE] [--sender naive|careful] [--inject RULE]\n"
	"          two ordinary programs send a file over a virtual network under faults;\n"
	"          shows every call and packet, and what was lost\n"
	"  exec [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
	"          runs a program that nobody has changed on a virtual host: \"simsock exec --help\"\n"
	"  run [OPTION]... FILE...\n"
	"          runs scenarios, scripts of calls with expected results: \"simsock run --help\"\n"
	"  fidelity\n"
	"          what is simulated, stored or absent: calls, flags, options (Markdown)\n"
	"  help    this text\n"
	"\n"
	"demo options:\n"
	"  --seed N        the seed of all chance (1); the same seed prints the same bytes\n"
	"  --pcap FILE     packets of the last sender into FILE, for tshark or Wireshark\n"
	"  --sender NAME   only this one\n"
	"  --inject RULE   one more fault for the sender, in strace's syntax: send:error=ENOBUFS:when=5\n";

/* Before anything is printed: a rule that is wrong is no run at all. */
static int check_rule(const char *text)
{
	static struct sim_fault_spec spec;
	struct sim_diag d;

	if (sim_fault_parse(text, sim_control_parse_inet, &spec, &d) == 0)
		return 0;
	fprintf(stderr, "simsock: --inject: %s\n", d.text);
	return SIM_EXIT_USAGE;
}

static int check_writable(const char *path)
{
	FILE *f = fopen(path, "wb");

	if (!f)
		return sim_cmdline_complain(NULL, "--pcap", path, strerror(errno));
	fclose(f);
	return 0;
}

static int demo(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "pcap", required_argument, NULL, 'p' },
		{ "sender", required_argument, NULL, 'o' },
		{ "inject", required_argument, NULL, 'i' },
		{ NULL, 0, NULL, 0 },
	};
	struct demo_options o = { .seed = 1 };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			if (sim_cmdline_seed(NULL, optarg, &o.seed))
				return SIM_EXIT_USAGE;
			break;
		case 'p':
			if (check_writable(optarg))
				return SIM_EXIT_USAGE;
			o.pcap_path = optarg;
			break;
		case 'o':
			if (strcmp(optarg, "naive") != 0 && strcmp(optarg, "careful") != 0)
				return sim_cmdline_complain(NULL, "--sender", optarg,
							    "\"naive\" or \"careful\" was expected");
			o.only = optarg;
			break;
		case 'i':
			if (check_rule(optarg))
				return SIM_EXIT_USAGE;
			o.extra_rule = optarg;
			break;
		default: fprintf(stderr, "try \"simsock help\"\n"); return SIM_EXIT_USAGE;
		}
	}
	if (optind < argc)
		return sim_cmdline_complain(NULL, "demo", argv[optind],
					    "this argument means nothing here; try \"simsock help\"");
	return demo_run(&o);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "demo") == 0)
		return demo(argc - 1, argv + 1);
	if (strcmp(command, "exec") == 0)
		return exec_main(argc - 1, argv + 1);
	if (strcmp(command, "run") == 0)
		return run_main(argc - 1, argv + 1);
	if (strcmp(command, "fidelity") == 0)
		return fidelity_print(stdout);
	if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (*command)
		return sim_cmdline_complain(NULL, "command", command,
					    "unknown; known are demo, exec, run, fidelity, help");
	fputs(usage, stderr);
	return SIM_EXIT_USAGE;
}
