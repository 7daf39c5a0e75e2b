/* SPDX-License-Identifier: MIT */
/*
 * Worlds made and freed: memory, environment, the first two hosts, the task that runs the program under test.
 * Must not know a test framework.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "api/calls/calls.h"
#include "api/calls/real.h"
#include "api/simsock.h"
#include "sim/base/quantity.h"
#include "sim/proc/rights.h"

#define ARENA_DEFAULT_BYTES (UINT64_C(1) << 30)
#define ARENA_MIN_BYTES     (UINT64_C(1) << 20)
#define ARENA_MAX_BYTES     (UINT64_C(1) << 40)
#define DEFAULT_SEED        1
/* What is wiped by hand when a world goes; beyond it the kernel takes pages back. */
#define WIPE_MAX_BYTES ((size_t)1 << 20)
#define RING_DEFAULT   1024
#define RING_MAX       (UINT64_C(1) << 24)
#define SPIN_MAX       (UINT32_C(1) << 20) /* times the factor at which a spin is reported: no overflow */
#define PROGRAM_NAME   "main"

/* Defined by the faces, when they are linked in. */
extern const struct sim_fd_ops *sim_face_fd_ops(void) __attribute__((weak));
extern bool sim_dropin_is_in_place(void) __attribute__((weak));
extern void sim_face_world_began(void) __attribute__((weak));
extern void sim_face_world_ended(void) __attribute__((weak));

/* One mapping is kept between worlds, zeroed: making it costs more than the rest of a small world. */
static __thread struct {
	void *mem;
	size_t bytes;
} spare;

/* Of this process: the files that the environment names are theirs by turns. */
static unsigned num_worlds;

/* What stands for the world under SIMSOCK=kernel: nobody looks into it. */
static char kernel_world;

bool sim_control_is_kernel(void)
{
	const char *mode = getenv("SIMSOCK");

	return mode && strcmp(mode, "kernel") == 0;
}

struct sim_control *sim_control_of(struct sim_world *w)
{
	return w->embedder;
}

struct sim_control *sim_control_peek(void)
{
	return sim_current ? sim_world_of(sim_current)->embedder : NULL;
}

struct sim_control *sim_control_current(const char *what)
{
	struct sim_control *c = sim_control_peek();

	if (c)
		return c;
	if (sim_control_is_kernel())
		sim_control_skip(what);
	sim_control_fail("%s: no world is alive on this thread: write the test as sim_test(fn), or call "
			 "sim_world_new() first",
			 what);
}

/* ---- the environment ---- */

/* A number in the environment; `fallback` if the variable is not set. */
static uint64_t env_uint(const char *name, uint64_t min, uint64_t max, uint64_t fallback)
{
	const char *text = getenv(name);
	struct sim_source src;
	struct sim_diag d;
	uint64_t value;

	if (!text)
		return fallback;
	src = sim_source_of(name, text);
	if (sim_parse_uint(sim_slice_all(&src), "the value", min, max, &value, &d))
		sim_control_fail_diag(&d);
	return value;
}

static size_t env_arena_bytes(void)
{
	const char *text = getenv("SIMSOCK_ARENA");
	struct sim_source src;
	struct sim_diag d;
	uint64_t bytes;

	if (!text)
		return ARENA_DEFAULT_BYTES;
	src = sim_source_of("SIMSOCK_ARENA", text);
	if (sim_parse_size(sim_slice_all(&src), "the value", ARENA_MAX_BYTES, &bytes, &d))
		sim_control_fail_diag(&d);
	if (bytes < ARENA_MIN_BYTES)
		sim_control_fail("SIMSOCK_ARENA: %s is too small: a world needs at least 1MiB", text);
	return (size_t)bytes;
}

static uint32_t env_ring(void)
{
	uint64_t num = env_uint("SIMSOCK_RING", 1, RING_MAX, RING_DEFAULT), power = 16;

	while (power < num)
		power *= 2;
	return (uint32_t)power;
}

/* Which of several ready tasks runs next. */
static enum sim_sched_policy env_sched(void)
{
	const char *text = getenv("SIMSOCK_SCHED");

	if (!text || !strcmp(text, "fifo"))
		return SIM_SCHED_FIFO;
	if (strcmp(text, "seeded") != 0)
		sim_control_fail("SIMSOCK_SCHED: unknown word \"%s\": expected \"fifo\" or \"seeded\"", text);
	return SIM_SCHED_SEEDED;
}

static bool env_wire_bytes(void)
{
	const char *text = getenv("SIMSOCK_WIRE");

	if (!text || !strcmp(text, "fields"))
		return false;
	if (strcmp(text, "bytes") != 0)
		sim_control_fail("SIMSOCK_WIRE: unknown word \"%s\": expected \"bytes\" or \"fields\"", text);
	return true;
}

/* SIMSOCK takes one word; a misspelt "kernel" must not quietly simulate. */
static void check_mode(void)
{
	const char *mode = getenv("SIMSOCK");

	if (mode && *mode && strcmp(mode, "kernel") != 0 && strcmp(mode, "sim") != 0)
		sim_control_fail("SIMSOCK: unknown word \"%s\": expected \"sim\" or \"kernel\"", mode);
}

/* ---- memory ---- */

static void *take_memory(size_t bytes)
{
	void *mem = spare.mem;

	if (mem && spare.bytes == bytes) {
		spare.mem = NULL;
		return mem;
	}
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		sim_control_fail("the world's %zu bytes of address space are not to be had (%s): "
				 "set SIMSOCK_ARENA to less",
				 bytes, strerror(errno));
	return mem;
}

static void give_memory(void *mem, size_t bytes, size_t touched)
{
	size_t wipe = touched < WIPE_MAX_BYTES ? touched : WIPE_MAX_BYTES;

	if (spare.mem) {
		munmap(mem, bytes);
		return;
	}
	memset(mem, 0, wipe);
	if (touched > wipe)
		madvise((char *)mem + wipe, touched - wipe, MADV_DONTNEED);
	spare.mem = mem;
	spare.bytes = bytes;
}

/* ---- making ---- */

static void need_our_socket(void)
{
	if (sim_dropin_is_in_place && !sim_dropin_is_in_place())
		sim_control_fail(
			"this process's socket() is not simsock's, so that sockets would silently be real "
			"ones: link simsock.c, simsock.o or libsimsock.so itself before other libraries "
			"(a static archive leaves out what only shared libraries call: use "
			"-Wl,--whole-archive)");
}

static struct sim_control *control_new(uint64_t seed)
{
	struct sim_world_config config = { .seed = seed,
					   .fd_ops = sim_face_fd_ops ? sim_face_fd_ops() : NULL,
					   .num_trace_records = env_ring(),
					   .wire_bytes = env_wire_bytes(),
					   .record = env_uint("SIMSOCK_RECORD", 0, 1, 1) != 0 };
	struct sim_control *c = calloc(1, sizeof *c);

	if (!c)
		sim_control_fail("out of memory");
	c->mem_bytes = env_arena_bytes();
	c->mem = take_memory(c->mem_bytes);
	c->w = sim_world_init(c->mem, c->mem_bytes, &config);
	if (!c->w)
		sim_control_fail("SIMSOCK_ARENA: %zu bytes are too few for a world", c->mem_bytes);
	sim_list_init(&c->knobs);
	sim_list_init(&c->ats);
	c->w->embedder = c;
	c->w->on_deadlock = sim_control_on_deadlock;
	c->w->on_spin = sim_control_on_spin;
	c->w->spin_limit = (uint32_t)env_uint("SIMSOCK_SPIN", 0, SPIN_MAX, c->w->spin_limit);
	c->w->on_at = sim_control_on_at;
	c->w->on_jump = sim_real_on_jump;
	c->w->sched.policy = env_sched();
	c->w->sched.carriers = &sim_control_carriers;
	return c;
}

/* The program under test: a process on the first host, whose main task is the caller. */
static void add_program(struct sim_control *c)
{
	struct sim_world *w = c->w;

	w->program = sim_world_add_proc(w, w->first_host, PROGRAM_NAME, false);
	if (w->program)
		w->main_task = sim_task_new(&w->sched, w->program, PROGRAM_NAME, true);
	if (!w->main_task)
		sim_control_fail("SIMSOCK_ARENA: %zu bytes are too few for a world", c->mem_bytes);
	w->program->is_program = true;
	w->program->main = w->main_task;
}

/* The time line of all worlds in one file, captures in one each. */
static void open_files(struct sim_control *c)
{
	const char *trace = getenv("SIMSOCK_TRACE"), *pcap = getenv("SIMSOCK_PCAP");
	char path[4096];
	struct sim_str s = sim_str_on(path, sizeof path);

	num_worlds++;
	if (trace && *trace)
		sim_control_trace_to(c, trace, num_worlds > 1);
	if (!pcap || !*pcap)
		return;
	sim_str_printf(&s, num_worlds > 1 ? "%s.%u" : "%s", pcap, num_worlds);
	sim_control_pcap_to(c, path);
}

struct sim_world *sim_control_world(uint64_t seed, const struct sim_control_host *hosts, unsigned num)
{
	struct sim_control *c;

	if (sim_current)
		sim_control_fail("sim_world_new: this thread has a world already: sim_world_free() it first");
	need_our_socket();
	if (!seed)
		seed = env_uint("SIMSOCK_SEED", 1, UINT64_MAX, DEFAULT_SEED);
	c = control_new(seed);
	for (unsigned i = 0; i < num; i++)
		sim_control_add_host(c, hosts[i].name, hosts[i].addrs);
	add_program(c);
	sim_current = c->w->main_task;
	if (sim_face_world_began)
		sim_face_world_began();
	open_files(c);
	return c->w;
}

struct sim_world *(sim_world_new)(uint64_t seed)
{
	static const struct sim_control_host hosts[] = {
		{ "client", "10.0.0.1/24 fd00::1/64" },
		{ "server", "10.0.0.2/24 fd00::2/64" },
	};

	check_mode();
	if (sim_control_is_kernel())
		return (struct sim_world *)(void *)&kernel_world;
	return sim_control_world(seed, hosts, sizeof hosts / sizeof hosts[0]);
}

struct sim_world *sim_world_from_bytes(const void *choices, size_t len)
{
	const unsigned char *p = choices;
	uint64_t seed = 0x452821e638d01377u ^ len;

	for (size_t i = 0; i < len; i++)
		seed = sim_mix(seed ^ p[i], 0x9e3779b97f4a7c15u);
	return (sim_world_new)(seed ? seed : 1);
}

/* ---- freeing ---- */

/* Stacks and descriptors are the process's, not the arena's: they are given back one by one. */
static void give_back(struct sim_world *w)
{
	struct sim_list *node;

	sim_list_each(node, &w->sched.all) {
		struct sim_task *t = sim_container_of(node, struct sim_task, all);

		if (t->carrier)
			w->sched.carriers->free(t);
	}
	if (!w->fds.ops)
		return;
	sim_rights_give_back(&w->ctx);
	for (int fd = 0; fd < w->fds.num_slots; fd++)
		if (w->fds.slots[fd].file)
			w->fds.ops->drop(fd);
}

void sim_world_free(struct sim_world *w)
{
	struct sim_control *c;

	if (!w || w == (struct sim_world *)(void *)&kernel_world)
		return;
	c = w->embedder;
	if (sim_current && sim_current != w->main_task && sim_world_of(sim_current) == w &&
	    !c->failed_elsewhere)
		sim_control_fail(
			"sim_world_free: called by a spawned task: only the task that made a world can "
			"free it");
	sim_control_close_files(c);
	give_back(w);
	if (sim_face_world_ended)
		sim_face_world_ended();
	if (sim_current && sim_world_of(sim_current) == w)
		sim_current = NULL;
	give_memory(c->mem, c->mem_bytes, sim_arena_fini(w->ctx.arena));
	free(c->builtin_tasks);
	free(c->pair_socks);
	free(c->whys);
	free(c->retired);
	free(c->fd_socks);
	free(c->peers);
	free(c->graves);
	free(c->calls_text);
	free(c->firewall_text);
	free(c->sockets_text);
	free(c->ip_text);
	free(c->report);
	free(c);
}

uint64_t sim_seed(void)
{
	struct sim_control *c = sim_control_peek();

	return c ? c->w->ctx.seed : 0;
}

size_t sim_world_memory_bytes(void)
{
	struct sim_control *c = sim_control_peek();

	return c ? c->w->ctx.arena->in_use_bytes : 0;
}
