/* SPDX-License-Identifier: MIT */
/*
 * bench_run.c - runs the two builds of the benchmark side by side and sets them against the goals.
 *
 * Owns: the pairing, the statistics and the table.  Must not know: what a row does.
 *
 * Both programs stand ready on one processor; the runner asks one for a slice of a millisecond, then the
 * other, and so on: what the machine does to one it does to the other, and the ratio is taken pair by pair.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/child.h"
#include "tests/bench/goals.h"

#define PAIRS_MAX    1000
#define MEMORY_PAIRS 4000

static const char usage[] =
	"usage: bench_run [--row NAME]... [--pairs N] [--slice-us N] [--cpu N] [--callgrind]\n"
	"                 [--floor PROGRAM] [--kernel PROGRAM] [--sim PROGRAM] [--no-sim]\n"
	"  --row NAME        only this row (may be said again)\n"
	"  --pairs N         slices of each build a row, 3 to 1000 (51)\n"
	"  --slice-us N      processor time of one slice (1000)\n"
	"  --cpu N           pin everything to this processor (the last one allowed)\n"
	"  --callgrind       count instructions an operation under valgrind instead of taking times\n"
	"  --floor PROGRAM   also run a floor program's rows; the bulk goals are set against\n"
	"                    its \"bare\" mode\n"
	"  --kernel, --sim   the two builds (bench_kernel and bench_sim beside this program)\n"
	"  --no-sim          the kernel alone\n";

struct options {
	const char *rows[BENCH_NUM_GOALS];
	unsigned num_rows;
	unsigned pairs;
	unsigned slice_us;
	int cpu; /* -1: choose */
	int callgrind;
	const char *floor;
	char kernel[PATH_MAX], sim[PATH_MAX];
	int no_sim;
};

struct quartiles {
	double low, median, high;
};

struct result {
	unsigned num;           /* slices taken of each; 0: this build did not answer */
	double cost[PAIRS_MAX]; /* of one operation */
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct quartiles quartiles_of(const double *values, unsigned num)
{
	double sorted[PAIRS_MAX];

	memcpy(sorted, values, num * sizeof(*values));
	qsort(sorted, num, sizeof(*sorted), by_value);
	return (struct quartiles){ sorted[num / 4], sorted[num / 2], sorted[num - 1 - num / 4] };
}

/* Twice as many until a slice is long enough to tell; then as many as the slice should hold. 0: it gave up.
 */
static uint64_t operations_a_slice(struct bench_child *child, const char *row, unsigned slice_us)
{
	uint64_t n = 1;

	for (;;) {
		int64_t ns = bench_child_run(child, row, n);

		if (ns < 0)
			return 0;
		if (ns >= slice_us * 1000ll / 2)
			return (uint64_t)((double)n * slice_us * 1000.0 / (double)ns) + 1;
		n *= 2;
	}
}

static void complain(const struct bench_child *child, const char *row)
{
	printf("%-21s %s: %s\n", row, child->path, child->error);
}

/* One slice more of `child` into `r`; false when it gave up. */
static int take_slice(struct bench_child *child, const char *row, uint64_t n, struct result *r)
{
	int64_t cost = bench_child_run(child, row, n);

	if (cost < 0) {
		complain(child, row);
		r->num = 0;
		return 0;
	}
	r->cost[r->num++] = (double)cost / (double)n;
	return 1;
}

static uint64_t prepare(struct bench_child *child, const struct bench_goal *goal, const struct options *o)
{
	uint64_t n = MEMORY_PAIRS;

	if (strcmp(goal->unit, "B"))
		n = operations_a_slice(child, goal->row, o->slice_us);
	if (!n)
		complain(child, goal->row);
	return n;
}

static int is_sim_only(const struct bench_goal *goal)
{
	return !strcmp(goal->row, "world_new_free");
}

static void measure(struct bench_child *kernel, struct bench_child *sim, const struct bench_goal *goal,
		    const struct options *o, struct result *k, struct result *s)
{
	uint64_t kernel_n = is_sim_only(goal) ? 0 : prepare(kernel, goal, o);
	uint64_t sim_n = o->no_sim ? 0 : prepare(sim, goal, o);
	unsigned i, pairs = strcmp(goal->unit, "B") ? o->pairs : 1; /* a second time would reuse what is free
								     */

	k->num = s->num = 0;
	for (i = 0; i < pairs && (kernel_n || sim_n); i++) {
		if (kernel_n && !take_slice(kernel, goal->row, kernel_n, k))
			kernel_n = 0;
		if (sim_n && !take_slice(sim, goal->row, sim_n, s))
			sim_n = 0;
	}
}

/*
 * How far a goal is reached, as a share of it: 1 and above is met.  A part of it that was not measured (no
 * kernel, no floor) is left out, and the line says so.
 */
static double reached(const struct bench_goal *goal, double ratio, double cost, double floor_cost)
{
	double share = 1e9;

	if (goal->ratio_min > 0 && ratio > 0 && ratio / goal->ratio_min < share)
		share = ratio / goal->ratio_min;
	if (goal->cost_max > 0 && goal->cost_max / cost < share)
		share = goal->cost_max / cost;
	if (goal->floor_ratio_max > 0 && floor_cost > 0 && goal->floor_ratio_max * floor_cost / cost < share)
		share = goal->floor_ratio_max * floor_cost / cost;
	return share;
}

static void print_goal(const struct bench_goal *goal)
{
	char text[64] = "";
	int len = 0;

	if (goal->ratio_min > 0)
		len += snprintf(text + len, sizeof(text) - (size_t)len, " >=%gx", goal->ratio_min);
	if (goal->cost_max > 0)
		len += snprintf(text + len, sizeof(text) - (size_t)len, " <=%g%s", goal->cost_max,
				goal->unit);
	if (goal->floor_ratio_max > 0)
		snprintf(text + len, sizeof(text) - (size_t)len, " <=%gx floor", goal->floor_ratio_max);
	printf(" %-21s", text);
}

static void print_cost(const struct result *r)
{
	struct quartiles q;

	if (!r->num) {
		printf(" %27s", "-");
		return;
	}
	q = quartiles_of(r->cost, r->num);
	printf(" %9.1f %8.1f-%-8.1f", q.median, q.low, q.high);
}

/* The pairs both have; a build that gave up half way has none. */
static struct quartiles ratio_of(const struct result *k, const struct result *s)
{
	double ratio[PAIRS_MAX];
	unsigned i;

	if (!k->num || !s->num)
		return (struct quartiles){ 0, 0, 0 };
	for (i = 0; i < s->num; i++)
		ratio[i] = s->cost[i] > 0 ? k->cost[i] / s->cost[i] : 0;
	return quartiles_of(ratio, s->num);
}

static double floor_cost_of(const struct bench_goal *goal, const struct options *o, char *text, size_t cap)
{
	static const char *const modes[] = { "bare", "trace", "lock+trace" };
	double bare = 0;
	size_t i, len = 0;

	text[0] = '\0';
	if (!o->floor || !goal->floor_row)
		return 0;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		double cost = bench_floor_cost(o->floor, goal->floor_row, modes[i]);

		if (cost < 0)
			continue; /* not every row exists in every mode */
		if (!i)
			bare = cost;
		len += (size_t)snprintf(text + len, cap - len, " %s %.1f", modes[i], cost);
	}
	return bare;
}

static void print_row(const struct bench_goal *goal, const struct options *o, const struct result *k,
		      const struct result *s)
{
	struct quartiles ratio = ratio_of(k, s);
	char floor_text[128];
	double floor_cost = floor_cost_of(goal, o, floor_text, sizeof(floor_text));

	printf("%-21s", goal->row);
	print_cost(k);
	print_cost(s);
	if (ratio.median > 0)
		printf(" %7.2f %6.2f-%-6.2f", ratio.median, ratio.low, ratio.high);
	else
		printf(" %21s", "-");
	print_goal(goal);
	if (s->num) {
		double cost = quartiles_of(s->cost, s->num).median;
		double share = reached(goal, ratio.median, cost, floor_cost);

		if (share >= 1)
			printf(" met");
		else
			printf(" %s, %.0f%%", share >= 0.5 ? "half" : "missed", share * 100);
		if (goal->ratio_min > 0 && ratio.median <= 0)
			printf(", ratio not known");
		if (floor_cost > 0)
			printf(", %.2fx floor", cost / floor_cost);
		else if (goal->floor_ratio_max > 0)
			printf(", floor not run");
	}
	printf("\n");
	if (floor_text[0])
		printf("%-21s floor %s:%s\n", "", goal->floor_row, floor_text);
	fflush(stdout);
}

static int is_chosen(const struct options *o, const char *row)
{
	unsigned i;

	for (i = 0; i < o->num_rows; i++)
		if (!strcmp(o->rows[i], row))
			return 1;
	return !o->num_rows;
}

static void take_times(const struct options *o)
{
	static struct result k, s;
	struct bench_child kernel = { .path = o->kernel }, sim = { .path = o->sim };
	size_t i;

	printf("processor time of one operation: median, quartiles of %u slices of %u us\n", o->pairs,
	       o->slice_us);
	printf("%-21s %27s %27s %21s  %s\n", "row", "kernel", "simulation", "ratio", "goal");
	for (i = 0; i < BENCH_NUM_GOALS; i++) {
		if (!is_chosen(o, bench_goals[i].row))
			continue;
		measure(&kernel, &sim, &bench_goals[i], o, &k, &s);
		print_row(&bench_goals[i], o, &k, &s);
	}
	bench_child_stop(&kernel);
	bench_child_stop(&sim);
}

static void print_count(double instructions)
{
	if (instructions < 0)
		printf(" %12s", "-");
	else
		printf(" %12.0f", instructions);
}

static void count_all(const struct options *o)
{
	size_t i;

	printf("instructions of one operation in the process, under callgrind\n"
	       "(the kernel's own are not seen)\n");
	printf("%-21s %12s %12s\n", "row", "kernel", "simulation");
	for (i = 0; i < BENCH_NUM_GOALS; i++) {
		const struct bench_goal *goal = &bench_goals[i];
		double k = -1, s = -1;

		if (!goal->count || !is_chosen(o, goal->row))
			continue;
		if (!is_sim_only(goal))
			k = bench_count_instructions(o->kernel, goal->row, goal->count);
		if (!o->no_sim)
			s = bench_count_instructions(o->sim, goal->row, goal->count);
		printf("%-21s", goal->row);
		print_count(k);
		print_count(s);
		printf("\n");
		fflush(stdout);
	}
}

/* Children inherit both. */
static void prepare_process(const struct options *o)
{
	struct rlimit files;
	cpu_set_t cpus;
	int cpu = o->cpu;

	signal(SIGPIPE, SIG_IGN); /* a child that died is reported */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (cpu < 0 && !sched_getaffinity(0, sizeof(cpus), &cpus))
		for (cpu = CPU_SETSIZE - 1; cpu > 0 && !CPU_ISSET(cpu, &cpus); cpu--)
			;
	CPU_ZERO(&cpus);
	if (cpu >= 0)
		CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		fprintf(stderr, "bench_run: cannot pin to processor %d: %s\n", cpu, strerror(errno));
}

static _Noreturn void refuse(const char *what, const char *got)
{
	fprintf(stderr, "bench_run: %s%s%s%s\n%s", what, got ? ", got \"" : "", got ? got : "",
		got ? "\"" : "", usage);
	exit(2);
}

static unsigned number_of(const char *option, const char *text, unsigned min, unsigned max)
{
	char *end, message[96];
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || !*text || *end || *text == '-' || n < min || n > max) {
		snprintf(message, sizeof(message), "%s: expected a number from %u to %u", option, min, max);
		refuse(message, text);
	}
	return (unsigned)n;
}

static void choose_row(struct options *o, const char *name)
{
	size_t i;

	for (i = 0; i < BENCH_NUM_GOALS; i++)
		if (!strcmp(bench_goals[i].row, name))
			break;
	if (i == BENCH_NUM_GOALS)
		refuse("--row: no such row", name);
	if (o->num_rows < BENCH_NUM_GOALS)
		o->rows[o->num_rows++] = name;
}

static void beside(const char *argv0, const char *name, char *out, size_t cap)
{
	const char *slash = strrchr(argv0, '/');

	snprintf(out, cap, "%.*s%s", slash ? (int)(slash - argv0 + 1) : 0, argv0, name);
}

/* True when `option` took its value from `value`. */
static int parse_valued(struct options *o, const char *option, const char *value)
{
	if (!strcmp(option, "--row"))
		choose_row(o, value);
	else if (!strcmp(option, "--pairs"))
		o->pairs = number_of(option, value, 3, PAIRS_MAX);
	else if (!strcmp(option, "--slice-us"))
		o->slice_us = number_of(option, value, 10, 10000000);
	else if (!strcmp(option, "--cpu"))
		o->cpu = (int)number_of(option, value, 0, CPU_SETSIZE - 1);
	else if (!strcmp(option, "--floor"))
		o->floor = value;
	else if (!strcmp(option, "--kernel"))
		snprintf(o->kernel, sizeof(o->kernel), "%s", value);
	else if (!strcmp(option, "--sim"))
		snprintf(o->sim, sizeof(o->sim), "%s", value);
	else
		return 0;
	return 1;
}

static void parse(struct options *o, int argc, char **argv)
{
	int i;

	beside(argv[0], "bench_kernel", o->kernel, sizeof(o->kernel));
	beside(argv[0], "bench_sim", o->sim, sizeof(o->sim));
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--callgrind"))
			o->callgrind = 1;
		else if (!strcmp(argv[i], "--no-sim"))
			o->no_sim = 1;
		else if (!strcmp(argv[i], "--help")) {
			fputs(usage, stdout);
			exit(0);
		} else if (i + 1 == argc)
			refuse("unknown option, or its value is missing", argv[i]);
		else if (parse_valued(o, argv[i], argv[i + 1]))
			i++;
		else
			refuse("unknown option", argv[i]);
	}
	if (access(o->kernel, X_OK))
		refuse("--kernel: no such program", o->kernel);
	if (!o->no_sim && access(o->sim, X_OK))
		refuse("--sim: no such program (--no-sim measures the kernel alone)", o->sim);
	if (o->floor && access(o->floor, X_OK))
		refuse("--floor: no such program", o->floor);
}

int main(int argc, char **argv)
{
	static struct options o = { .pairs = 51, .slice_us = 1000, .cpu = -1 };

	parse(&o, argc, argv);
	prepare_process(&o);
	if (o.callgrind)
		count_all(&o);
	else
		take_times(&o);
	return 0;
}
