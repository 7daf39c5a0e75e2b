/* SPDX-License-Identifier: MIT */
/*
 * simsock exec: reads the options, finds their mistakes by making the world of them once, looks whether the
 * program can be simulated, and gives its place to the program, with the library in front of libc. ld.so(8),
 * personality(2).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/cmdline/exec.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "api/cmdline/jail.h"
#include "api/cmdline/usage.h"
#include "api/exec/options.h"
#include "api/exec/program.h"
#include "api/simsock.h"
#include "sim/base/str.h"

/* As env(1) has them: the program was found and can't be run; it was not found. */
enum { EXIT_CANNOT = 126, EXIT_NOT_FOUND = 127, TEXT_BYTES = 60000 };

#define TRY_HELP "; try \"simsock exec --help\""

static const char help[] =
	"usage: simsock exec [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
	"\n"
	"The program runs on the virtual host \"client\" (10.0.0.1, fd00::1), on virtual time. Hosts that a\n"
	"peer or a link names are there too; \"server\" is 10.0.0.2 and fd00::2.\n"
	"\n"
	"  --host NAME=ADDRESS[,ADDRESS]   a host and its addresses\n"
	"  --link A B NETEM                the wire between two hosts, in tc-netem's words: 'delay 20ms'\n"
	"  --peer ADDRESS=SERVICE          one to talk to: server:7=echo, udp:server:7=echo,\n"
	"                                  unix:/tmp/s=echo; SERVICE: echo, discard, chargen, http:FOLDER,\n"
	"                                  script:FILE, do SCRIPT\n"
	"  --inject RULE                   a fault, in strace's syntax: send:error=EINTR:when=3\n"
	"  --sysctl [HOST:]NAME=VALUE      of the virtual kernels: net.ipv4.tcp_syn_retries=2\n"
	"  --iptables [HOST:]RULE          of a host's packet filter: '-A OUTPUT -p udp -j DROP'; IPv6 has\n"
	"  --ip6tables [HOST:]RULE         its own. Without HOST, of the program's\n"
	"  --ip HOST:COMMAND               routes, addresses, links, neighbours of a host in ip(8)'s words:\n"
	"                                  'client:route add default via 10.0.0.254'\n"
	"  --seed N                        of all chance (1); the same seed, the same run\n"
	"  --trace FILE                    calls and packets on one time line\n"
	"  --pcap FILE                     packets, for Wireshark and tshark\n"
	"  --net dispatch|seccomp          what is spread under libc: Syscall User Dispatch for all calls\n"
	"                                  or, for Linux < 5.11, a seccomp trap for those of sockets\n"
	"  --quiet                         no summary at the end\n"
	"\n"
	"Exit status: the program's own; 2: an option is wrong; 126, 127: it cannot be run, was not\n"
	"found; 86: nothing could ever happen any more (a dead-lock).\n";

struct invocation {
	char text[TEXT_BYTES];
	struct sim_str options;
};

static int complain(const char *what, const char *value, const char *expected)
{
	fprintf(stderr, "simsock: exec: %s%s%s%s%s\n", what, *value ? " " : "", value,
		*what || *value ? ": " : "", expected);
	return SIM_EXIT_USAGE;
}

static int add_option(struct invocation *in, const char *name, const char *value)
{
	if (strchr(value, '\n'))
		return complain(name, "", "an option's value is one line, and this has more");
	sim_str_printf(&in->options, "%s %s\n", name, value);
	return in->options.truncated ? complain(name, value, "these are too many options") : 0;
}

/* Relative to where we are now, wherever the program goes before it is read again. */
static int add_path(struct invocation *in, const char *name, const char *value)
{
	char here[PATH_MAX], path[2 * PATH_MAX];
	struct sim_str s = sim_str_on(path, sizeof path);

	if (*value != '/' && getcwd(here, sizeof here))
		sim_str_printf(&s, "%s/", here);
	sim_str_add(&s, value);
	return add_option(in, name, path);
}

static int cannot_write(const char *name, const char *value)
{
	char text[128];
	struct sim_str s = sim_str_on(text, sizeof text);

	sim_str_printf(&s, "cannot be written: %s", strerror(errno));
	return complain(name, value, text);
}

static int add_output(struct invocation *in, const char *name, const char *value)
{
	FILE *f = fopen(value, "w");

	if (!f)
		return cannot_write(name, value);
	fclose(f);
	return add_path(in, name + 2, value);
}

static int add_seed(struct invocation *in, const char *value)
{
	uint64_t seed;
	int err = sim_cmdline_seed("exec", value, &seed);

	return err ? err : add_option(in, "seed", value);
}

static int add_net(struct invocation *in, const char *value)
{
	if (strcmp(value, "dispatch") != 0 && strcmp(value, "seccomp") != 0)
		return complain("--net", value, "\"dispatch\" or \"seccomp\" was expected");
	return add_option(in, "net", value);
}

/* --link A B NETEM: the option has three values, of which none looks like an option. */
static int add_link(struct invocation *in, int argc, char **argv)
{
	char value[1024];
	struct sim_str s = sim_str_on(value, sizeof value);

	if (*optarg == '-' || optind + 1 >= argc || *argv[optind] == '-' || *argv[optind + 1] == '-')
		return complain("--link", optarg,
				"expected two hosts and tc-netem's words: --link client server 'delay 20ms'");
	sim_str_printf(&s, "%s %s %s", optarg, argv[optind], argv[optind + 1]);
	optind += 2;
	return add_option(in, "link", value);
}

static int read_options(struct invocation *in, int argc, char **argv)
{
	static const struct option options[] = {
		{ "host", required_argument, NULL, 'H' },
		{ "link", required_argument, NULL, 'l' },
		{ "peer", required_argument, NULL, 'P' },
		{ "inject", required_argument, NULL, 'i' },
		{ "sysctl", required_argument, NULL, 'y' },
		{ "seed", required_argument, NULL, 's' },
		{ "trace", required_argument, NULL, 't' },
		{ "pcap", required_argument, NULL, 'p' },
		{ "net", required_argument, NULL, 'n' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "iptables", required_argument, NULL, '4' },
		{ "ip6tables", required_argument, NULL, '6' },
		{ "ip", required_argument, NULL, 'I' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c, r = 0;

	opterr = 0;
	while (!r && (c = getopt_long(argc, argv, "+:", options, NULL)) != -1) {
		switch (c) {
		case 'H': r = add_option(in, "host", optarg); break;
		case 'l': r = add_link(in, argc, argv); break;
		case 'P': r = add_option(in, "peer", optarg); break;
		case 'i': r = add_option(in, "inject", optarg); break;
		case 'y': r = add_option(in, "sysctl", optarg); break;
		case '4': r = add_option(in, "iptables", optarg); break;
		case '6': r = add_option(in, "ip6tables", optarg); break;
		case 'I': r = add_option(in, "ip", optarg); break;
		case 's': r = add_seed(in, optarg); break;
		case 't': r = add_output(in, "--trace", optarg); break;
		case 'p': r = add_output(in, "--pcap", optarg); break;
		case 'n': r = add_net(in, optarg); break;
		case 'q': r = add_option(in, "quiet", "on"); break;
		case 'h': fputs(help, stdout); exit(EXIT_SUCCESS);
		case ':': r = complain(argv[optind - 1], "", "a value is missing" TRY_HELP); break;
		default: r = complain(argv[optind - 1], "", "no such option, or not with a value" TRY_HELP);
		}
	}
	if (!r && optind >= argc)
		r = complain("", "",
			     "no program: name one behind the options, as in: "
			     "simsock exec -- nc -N server 7" TRY_HELP);
	return r;
}

/* ---- the program ---- */

static int find_program(const char *name, char *path, size_t cap)
{
	char why[SIM_PROGRAM_TEXT_BYTES];
	int err = sim_program_find(name, path, cap);

	if (err == -ENOENT) {
		fprintf(stderr, "simsock: exec: \"%s\": no such %s\n", name,
			strchr(name, '/') ? "file: check the path"
					  : "program in PATH: install it, or give its path");
		return EXIT_NOT_FOUND;
	}
	if (err) {
		fprintf(stderr, "simsock: exec: %s: %s\n", name,
			err == -EISDIR   ? "is a directory, no program: name a file in it"
			: err == -EACCES ? "is not executable: chmod +x it, or run its interpreter with it"
					 : strerror(-err));
		return EXIT_CANNOT;
	}
	if (!sim_program_check(path, why, sizeof why))
		return 0;
	fprintf(stderr, "simsock: exec: %s\n", why);
	return EXIT_CANNOT;
}

/* It lies beside this program. */
static int find_library(char *path, size_t cap)
{
	char self[PATH_MAX], *slash;
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	struct sim_str s = sim_str_on(path, cap);

	self[len > 0 ? len : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	sim_str_printf(&s, "%s/libsimsock-exec.so", self);
	if (strpbrk(path, " :"))
		return complain(path, "",
				"the loader takes no preloaded library whose path has a blank or a colon: "
				"move it elsewhere");
	if (access(path, R_OK))
		return complain(path, "", strerror(errno));
	return 0;
}

/* Its search for leaks is another process, which looks for its parent by the number that is virtual here. */
static int without_leak_check(void)
{
	const char *theirs = getenv("ASAN_OPTIONS");
	char options[4096];
	struct sim_str s = sim_str_on(options, sizeof options);

	sim_str_printf(&s, "%s%sdetect_leaks=0", theirs ? theirs : "", theirs && *theirs ? ":" : "");
	return setenv("ASAN_OPTIONS", options, 1);
}

static int set_environment(struct invocation *in, const char *program, const char *library)
{
	const char *theirs = getenv("LD_PRELOAD"), *first;
	char preload[2 * PATH_MAX], name[256];
	struct sim_str s = sim_str_on(preload, sizeof preload);

	if (theirs && *theirs && add_option(in, "preload", theirs))
		return SIM_EXIT_USAGE;
	first = sim_program_first_library(program, name, sizeof name);
	if (first && without_leak_check())
		return complain("ASAN_OPTIONS", "", strerror(errno));
	if (first)
		sim_str_printf(&s, "%s:", first);
	sim_str_add(&s, library);
	if (theirs && *theirs)
		sim_str_printf(&s, ":%s", theirs);
	if (setenv("LD_PRELOAD", preload, 1) || setenv(SIM_EXEC_VARIABLE, in->text, 1))
		return complain("environment", "", strerror(errno));
	return 0;
}

int exec_main(int argc, char **argv)
{
	static struct invocation in;
	char path[PATH_MAX], library[PATH_MAX];
	int r;

	in.options = sim_str_on(in.text, sizeof in.text);
	r = read_options(&in, argc, argv);
	if (!r)
		r = find_program(argv[optind], path, sizeof path);
	if (!r)
		r = find_library(library, sizeof library);
	if (r)
		return r;
	sim_world_free(sim_exec_make_world(in.text, false));
	r = set_environment(&in, path, library);
	if (r)
		return r;
	r = sim_jail_enter();
	if (r) {
		fprintf(stderr,
			"simsock: exec: no seccomp filter can be set, and nothing else would keep the "
			"program off the network: %s\n",
			strerror(-r));
		return EXIT_CANNOT;
	}
	/* Addresses of memory are the same in every run, as far as a program can see them. */
	if (personality(0xffffffff) != -1)
		(void)personality((unsigned long)personality(0xffffffff) | ADDR_NO_RANDOMIZE);
	execv(path, argv + optind);
	fprintf(stderr, "simsock: exec: %s: %s\n", path, strerror(errno));
	return EXIT_CANNOT;
}
