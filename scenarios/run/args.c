/* SPDX-License-Identifier: MIT */
/* The memory of a call: buffers with patterns, buffers that end where nothing is mapped, what differed. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scenarios/lang/serve.h"
#include "scenarios/run/scenario.h"

enum { BUFFER_MAX_BYTES = 64 << 20, SHOWN_BYTES = 40 };

static struct sim_block *block_new(struct sim_job *j, size_t bytes)
{
	struct sim_block *b = calloc(1, sizeof *b + bytes);

	if (!b)
		sim_control_fail("out of memory");
	b->next = j->blocks;
	j->blocks = b;
	return b;
}

void *sim_job_alloc(struct sim_job *j, size_t bytes)
{
	return block_new(j, bytes ? bytes : 1)->bytes;
}

void sim_job_free(struct sim_job *j)
{
	while (j->blocks) {
		struct sim_block *b = j->blocks;

		j->blocks = b->next;
		if (b->mapping)
			munmap(b->mapping, b->mapped_bytes);
		free(b);
	}
}

/* `len` bytes, behind which nothing is mapped. */
static void *page_end(struct sim_job *j, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), good = (len + page - 1) / page * page;
	struct sim_block *b = block_new(j, 0);
	unsigned char *m =
		mmap(NULL, good + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED || mprotect(m + good, page, PROT_NONE))
		sim_control_fail("page_end: there is no memory for it");
	b->mapping = m;
	b->mapped_bytes = good + page;
	return m + good - len;
}

static void fill_pattern(unsigned char *to, size_t len, uint64_t from)
{
	for (size_t i = 0; i < len; i++)
		to[i] = sim_serve_pattern(from + i);
}

static uint64_t int_arg(struct sim_job *j, const struct sim_expr *call, unsigned n, uint64_t otherwise)
{
	const struct sim_expr *e = call->first;

	while (e && n--)
		e = e->next;
	if (!e)
		return otherwise;
	if (e->kind != SIM_EXPR_INT || e->value < 0 || e->value > BUFFER_MAX_BYTES)
		sim_scn_mistake(j->scn, e->at, "expected a number of bytes, at most %d", BUFFER_MAX_BYTES);
	return (uint64_t)e->value;
}

/* page_end(N), pattern(N), pattern(N, FROM), repeat("text", TIMES) */
static void *made(struct sim_job *j, const struct sim_expr *e, size_t len, size_t *out_len)
{
	size_t n;
	unsigned char *p;

	if (!strcmp(e->name, "repeat")) {
		const struct sim_expr *what = e->first;

		if (e->num != 2 || what->kind != SIM_EXPR_STRING)
			sim_scn_mistake(j->scn, e->at, "repeat() takes a string and how often");
		n = int_arg(j, e, 1, 0);
		if (n * what->text_len > BUFFER_MAX_BYTES)
			sim_scn_mistake(j->scn, e->at, "a buffer has at most %d bytes", BUFFER_MAX_BYTES);
		*out_len = n * what->text_len;
		p = sim_job_alloc(j, *out_len > len ? *out_len : len);
		for (size_t i = 0; i < n; i++)
			memcpy(p + i * what->text_len, what->text, what->text_len);
		return p;
	}
	n = int_arg(j, e, 0, 0);
	*out_len = n;
	if (!strcmp(e->name, "page_end"))
		p = page_end(j, n);
	else if (!strcmp(e->name, "pattern"))
		p = sim_job_alloc(j, n > len ? n : len);
	else
		sim_scn_mistake(j->scn, e->at, "%s() makes no buffer", e->name);
	fill_pattern(p, n, int_arg(j, e, 1, 0));
	return p;
}

bool sim_expr_is_place(const struct sim_expr *e)
{
	return e->kind == SIM_EXPR_POINTER || e->is_null ||
	       (e->kind == SIM_EXPR_CALL && !strcmp(e->name, "page_end"));
}

void *sim_job_bytes(struct sim_job *j, const struct sim_expr *e, size_t len, size_t *out_len)
{
	size_t room = len < BUFFER_MAX_BYTES ? len : BUFFER_MAX_BYTES;
	unsigned char *p;

	*out_len = room;
	switch (e->kind) {
	case SIM_EXPR_ELLIPSIS:
		p = sim_job_alloc(j, room);
		fill_pattern(p, room, 0);
		return p;
	case SIM_EXPR_STRING:
		*out_len = e->text_len;
		p = sim_job_alloc(j, e->text_len > room ? e->text_len : room);
		memcpy(p, e->text, e->text_len);
		return p;
	case SIM_EXPR_CALL: return made(j, e, room, out_len);
	case SIM_EXPR_POINTER: return (void *)(uintptr_t)e->value;
	case SIM_EXPR_INT:
		if (e->is_null)
			return NULL;
		break;
	default: break;
	}
	sim_scn_mistake(j->scn, e->at, "expected a buffer: ..., a string, NULL, BADPTR; found %s",
			sim_expr_kind_name(e->kind));
}

/* ---- what was not as expected ---- */

void sim_job_differs(struct sim_job *j, struct sim_slice at, const char *want, const char *got)
{
	if (j->differs)
		return;
	j->differs = true;
	j->differs_at = at;
	sim_str_copy(j->want, sizeof j->want, want);
	sim_str_copy(j->got, sizeof j->got, got);
}

static void add_int(struct sim_str *out, const char *prefix, int64_t value)
{
	const char *name;

	if (!prefix) {
		sim_str_printf(out, "%lld", (long long)value);
		return;
	}
	name = sim_constant_name(prefix, value);
	if (name)
		sim_str_add(out, name);
	else if (!strcmp(prefix, "E"))
		sim_str_printf(out, "%lld", (long long)value);
	else
		sim_constant_add_bits(out, prefix, (uint64_t)value);
}

void sim_job_differs_int(struct sim_job *j, const struct sim_expr *e, const char *prefix, int64_t got)
{
	char a[SIM_SCN_TEXT_BYTES], b[SIM_SCN_TEXT_BYTES];
	struct sim_str want_text = sim_str_on(a, sizeof a), got_text = sim_str_on(b, sizeof b);

	if (e->field.len)
		sim_str_printf(&want_text, SIM_SLICE_FMT " = ", SIM_SLICE_ARG(e->field));
	sim_str_add(&got_text, a);
	sim_scn_add_slice(&want_text, e->at);
	add_int(&got_text, prefix, got);
	sim_job_differs(j, e->at, a, b);
}

static void add_bytes(struct sim_str *out, const unsigned char *p, size_t len)
{
	sim_str_add(out, "\"");
	for (size_t i = 0; i < len && i < SHOWN_BYTES; i++) {
		if (p[i] == '\r' || p[i] == '\n')
			sim_str_add(out, p[i] == '\r' ? "\\r" : "\\n");
		else
			sim_str_printf(out,
				       p[i] >= ' ' && p[i] < 0x7f && p[i] != '"' && p[i] != '\\' ? "%c"
												 : "\\x%02x",
				       p[i]);
	}
	sim_str_printf(out, len > SHOWN_BYTES ? "...\" (%zu bytes)" : "\"", len);
}

void sim_job_compare_bytes(struct sim_job *j, const struct sim_expr *e, const void *got, size_t got_len)
{
	char a[SIM_SCN_TEXT_BYTES], b[SIM_SCN_TEXT_BYTES];
	struct sim_str want_text = sim_str_on(a, sizeof a), got_text = sim_str_on(b, sizeof b);
	size_t len = 0, same = 0;
	const unsigned char *want, *have = got;

	if ((e->kind != SIM_EXPR_STRING && e->kind != SIM_EXPR_CALL) || sim_expr_is_place(e))
		return;
	want = sim_job_bytes(j, e, got_len, &len);
	while (same < len && same < got_len && want[same] == have[same])
		same++;
	/* A buffer may be longer than what came: then what came is compared. */
	if (same == got_len && got_len <= len && (got_len == len || e->kind == SIM_EXPR_CALL))
		return;
	if (same)
		sim_str_printf(&want_text, "from byte %zu on ", same);
	sim_str_add(&got_text, a);
	add_bytes(&want_text, want + same, len - same);
	add_bytes(&got_text, have + same, got_len - same);
	sim_job_differs(j, e->at, a, b);
}
