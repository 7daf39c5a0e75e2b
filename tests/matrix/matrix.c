/* SPDX-License-Identifier: MIT */
/* The matrix's program: see matrix.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/matrix/matrix.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/matrix/cells.h"
#include "tests/matrix/try.h"

static struct {
	bool list;
	const char *only; /* a pattern of names, or NULL */
	unsigned one_in;  /* a sample: one of so many */
	unsigned part, num_parts;
	char **names; /* sorted: only these */
	size_t num_names;
} wanted = { .one_in = 1, .num_parts = 1 };

static unsigned num_seen;

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_wanted(const struct cell *c, const char *name)
{
	if (num_seen++ / 100 % wanted.num_parts != wanted.part)
		return false;
	if (wanted.one_in > 1 && cell_hash(c) / 7 % wanted.one_in)
		return false;
	if (wanted.only && fnmatch(wanted.only, name, 0))
		return false;
	return !wanted.names || bsearch(&name, wanted.names, wanted.num_names, sizeof name, by_text);
}

static void visit(const struct cell *c)
{
	char name[CELL_NAME_BYTES];

	cell_name(c, name);
	if (!is_wanted(c, name))
		return;
	if (wanted.list)
		puts(name);
	else
		try_cell(c, name);
}

static void read_names(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[CELL_NAME_BYTES];

	if (!f) {
		perror(path);
		exit(2);
	}
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		wanted.names = realloc(wanted.names, (wanted.num_names + 1) * sizeof *wanted.names);
		wanted.names[wanted.num_names++] = strdup(line);
	}
	fclose(f);
	qsort(wanted.names, wanted.num_names, sizeof *wanted.names, by_text);
}

static const char usage[] = "usage: matrix_program [OPTION]...\n"
			    "  --list          only the cells' names\n"
			    "  --only PATTERN  the cells whose names match, as the shell matches\n"
			    "  --one-in N      a sample, always the same: about one cell of N\n"
			    "  --part I N      the I-th of N parts, from 0\n"
			    "  --names FILE    the cells that are named there, a line each\n";

static void read_arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(arg, "--list")) {
			wanted.list = true;
			continue;
		}
		i++;
		if (value && !strcmp(arg, "--only")) {
			wanted.only = value;
		} else if (value && !strcmp(arg, "--one-in")) {
			wanted.one_in = (unsigned)atoi(value);
		} else if (value && !strcmp(arg, "--names")) {
			read_names(value);
		} else if (value && !strcmp(arg, "--part") && i + 1 < argc) {
			wanted.part = (unsigned)atoi(value);
			wanted.num_parts = (unsigned)atoi(argv[++i]);
		} else {
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (!wanted.one_in || wanted.part >= wanted.num_parts) {
		fputs(usage, stderr);
		exit(2);
	}
}

int matrix_main(int argc, char **argv)
{
	read_arguments(argc, argv);
	if (!wanted.list)
		try_prepare();
	cells_each(visit);
	for (size_t i = 0; i < wanted.num_names; i++)
		free(wanted.names[i]);
	free(wanted.names);
	return fflush(stdout) ? 2 : 0;
}
