/* SPDX-License-Identifier: MIT */
/*
 * The switch of stacks (System V ABI for x86-64, 3.2.1: rbx, rbp, r12 to r15, the control bits of mxcsr and
 * the x87 control word belong to the caller), swapcontext(3) elsewhere; and the pool of stacks. Knows nothing
 * of sockets.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "api/carrier/fiber.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#ifndef __x86_64__
#include <ucontext.h>
#endif

#include "sim/base/assert.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define FIBER_ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define FIBER_TSAN 1
#endif

/* The gate's, which lies above. */
extern __thread struct sim_task *sim_current __attribute__((tls_model("initial-exec")));

#ifdef FIBER_ASAN
void __sanitizer_start_switch_fiber(void **save, const void *bottom, size_t size_bytes);
void __sanitizer_finish_switch_fiber(void *save, const void **old_bottom, size_t *old_size_bytes);
void __asan_unpoison_memory_region(void const volatile *addr, size_t size_bytes);
#endif
#ifdef FIBER_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif

#ifdef __has_include
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(low, high) 0u
#define VALGRIND_STACK_DEREGISTER(id)      ((void)(id))
#endif

enum { POOL_MAX = 64 };

/* Stands at the top of its stack; the one of a task that came on a stack of the system's is on the heap. */
struct sim_fiber {
#ifdef __x86_64__
	void *sp;
#else
	ucontext_t context;
#endif
	struct sim_fiber *next; /* in the pool */
	struct sim_task *task;
	void (*fn)(void *);
	void *arg;
	unsigned char *map; /* guard page and stack; NULL: the system's stack */
	size_t map_bytes, guard_bytes;
	const void *bottom; /* as AddressSanitizer knows it */
	size_t stack_bytes;
	void *fake_stack;
	void *tsan;
	unsigned valgrind_id;
	int saved_errno;
};

void (*sim_fiber_ended_hook)(struct sim_task *t);

static struct sim_fiber *pool;
static unsigned pool_len;
static atomic_flag pool_lock = ATOMIC_FLAG_INIT;
/* From whom the thread was handed over: the side that arrives tells AddressSanitizer of it. */
static __thread struct sim_fiber *came_from;

#ifdef __x86_64__
/* void fiber_swap(void **save_sp, void *load_sp) */
__attribute__((naked, noinline, used)) static void fiber_swap(void **save_sp __attribute__((unused)),
							      void *load_sp __attribute__((unused)))
{
	__asm__ volatile("pushq %rbp\n\t"
			 "pushq %rbx\n\t"
			 "pushq %r12\n\t"
			 "pushq %r13\n\t"
			 "pushq %r14\n\t"
			 "pushq %r15\n\t"
			 "subq $8, %rsp\n\t"
			 "stmxcsr (%rsp)\n\t"
			 "fnstcw 4(%rsp)\n\t"
			 "movq %rsp, (%rdi)\n\t"
			 "movq %rsi, %rsp\n\t"
			 "ldmxcsr (%rsp)\n\t"
			 "fldcw 4(%rsp)\n\t"
			 "addq $8, %rsp\n\t"
			 "popq %r15\n\t"
			 "popq %r14\n\t"
			 "popq %r13\n\t"
			 "popq %r12\n\t"
			 "popq %rbx\n\t"
			 "popq %rbp\n\t"
			 "ret");
}

/* A new fiber's first return address: r12 is the fiber, r13 where to go. Debuggers end their walk here. */
__attribute__((naked, noinline, used)) static void fiber_trampoline(void)
{
	__asm__ volatile(
#ifdef __GCC_HAVE_DWARF2_CFI_ASM
		".cfi_undefined rip\n\t"
#endif
		"xorl %ebp, %ebp\n\t"
		"movq %r12, %rdi\n\t"
		"callq *%r13\n\t"
		"ud2");
}
#endif

/* The stack that runs now has just been arrived on: by a switch back (self) or for the first time. */
static void arrived(struct sim_fiber *self)
{
#ifdef FIBER_ASAN
	struct sim_fiber *from = came_from;
	const void *bottom;
	size_t size_bytes;

	__sanitizer_finish_switch_fiber(self->fake_stack, &bottom, &size_bytes);
	if (from && !from->bottom) {
		from->bottom = bottom;
		from->stack_bytes = size_bytes;
	}
#endif
	errno = self->saved_errno;
}

static void fiber_main(struct sim_fiber *f)
{
	struct sim_task *t = f->task;

	arrived(f);
	sim_task_entered(t);
	f->fn(f->arg);
	if (sim_fiber_ended_hook)
		sim_fiber_ended_hook(t);
	sim_task_exit(t);
}

#ifndef __x86_64__
/* makecontext() hands over ints only: the fiber is found through sim_current. */
static void fiber_main_of_current(void)
{
	fiber_main(sim_current->carrier);
}
#endif

/* The context that the fiber begins with. */
static void prepare(struct sim_fiber *f)
{
#ifdef __x86_64__
	/* From the saved stack pointer up: control words, r15, r14, r13, r12, rbx, rbp, where to return to.
	 */
	uintptr_t top = (uintptr_t)f & ~(uintptr_t)15;
	uint64_t *sp = (uint64_t *)top - 10;
	uint32_t control[2] = { 0, 0 };

	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(control[0]), "=m"(control[1]));
	sp[0] = control[0] | (uint64_t)control[1] << 32;
	sp[1] = 0;
	sp[2] = 0;
	sp[3] = (uint64_t)(uintptr_t)fiber_main;
	sp[4] = (uint64_t)(uintptr_t)f;
	sp[5] = 0;
	sp[6] = 0;
	sp[7] = (uint64_t)(uintptr_t)fiber_trampoline;
	sp[8] = 0;
	sp[9] = 0;
	f->sp = sp;
#else
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = f->map + f->guard_bytes;
	f->context.uc_stack.ss_size = f->stack_bytes;
	f->context.uc_link = NULL;
	makecontext(&f->context, fiber_main_of_current, 0);
#endif
}

static void pool_enter(void)
{
	while (atomic_flag_test_and_set_explicit(&pool_lock, memory_order_acquire))
		continue;
}

static void pool_leave(void)
{
	atomic_flag_clear_explicit(&pool_lock, memory_order_release);
}

static struct sim_fiber *pool_take(void)
{
	struct sim_fiber *f;

	pool_enter();
	f = pool;
	if (f) {
		pool = f->next;
		pool_len--;
	}
	pool_leave();
	return f;
}

static bool pool_give(struct sim_fiber *f)
{
	bool taken;

	pool_enter();
	taken = pool_len < POOL_MAX;
	if (taken) {
		f->next = pool;
		pool = f;
		pool_len++;
	}
	pool_leave();
	return taken;
}

static struct sim_fiber *fiber_map(void)
{
	size_t guard_bytes = (size_t)sysconf(_SC_PAGESIZE), map_bytes = SIM_FIBER_STACK_BYTES + guard_bytes;
	unsigned char *map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	struct sim_fiber *f;

	if (map == MAP_FAILED)
		return NULL;
	if (mprotect(map, guard_bytes, PROT_NONE)) {
		munmap(map, map_bytes);
		return NULL;
	}
	f = (struct sim_fiber *)(map + map_bytes - (sizeof *f + 63) / 64 * 64);
	f->map = map;
	f->map_bytes = map_bytes;
	f->guard_bytes = guard_bytes;
	f->bottom = map + guard_bytes;
	f->stack_bytes = (size_t)((unsigned char *)f - map) - guard_bytes;
	f->valgrind_id = VALGRIND_STACK_REGISTER(f->bottom, f);
	return f;
}

static void fiber_unmap(struct sim_fiber *f)
{
	VALGRIND_STACK_DEREGISTER(f->valgrind_id);
	munmap(f->map, f->map_bytes);
}

void sim_fiber_trim(void)
{
	struct sim_fiber *f;

	while ((f = pool_take()))
		fiber_unmap(f);
}

int sim_fiber_start(struct sim_task *t, void (*fn)(void *), void *arg)
{
	struct sim_fiber *f = pool_take();

	if (!f)
		f = fiber_map();
	if (!f)
		return -ENOMEM;
#ifdef FIBER_ASAN
	/* Frames of the one before, which never returned, left their red zones. */
	__asan_unpoison_memory_region(f->bottom, f->stack_bytes);
#endif
#ifdef FIBER_TSAN
	f->tsan = __tsan_create_fiber(0);
#endif
	f->task = t;
	f->fn = fn;
	f->arg = arg;
	f->fake_stack = NULL;
	f->saved_errno = 0;
	prepare(f);
	t->carrier = f;
	return 0;
}

/* For a task that came on a stack of the system's, when it first hands over. */
static struct sim_fiber *fiber_of_system_stack(struct sim_task *t)
{
	struct sim_fiber *f = calloc(1, sizeof *f);

	if (!f)
		SIM_UNREACHABLE("no memory for the first task's context");
	f->task = t;
#ifdef FIBER_TSAN
	f->tsan = __tsan_get_current_fiber();
#endif
	t->carrier = f;
	return f;
}

static void fiber_switch_to(struct sim_task *from, struct sim_task *to)
{
	struct sim_fiber *self = from->carrier, *next = to->carrier;

	if (!self)
		self = fiber_of_system_stack(from);
	SIM_ASSERT(next);
	self->saved_errno = errno;
	came_from = self;
	sim_current = to;
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(from->state == SIM_TASK_DEAD ? NULL : &self->fake_stack, next->bottom,
				       next->stack_bytes);
#endif
#ifdef FIBER_TSAN
	__tsan_switch_to_fiber(next->tsan, 0);
#endif
#ifdef __x86_64__
	fiber_swap(&self->sp, next->sp);
#else
	swapcontext(&self->context, &next->context);
#endif
	arrived(self);
}

static void fiber_free(struct sim_task *t)
{
	struct sim_fiber *f = t->carrier;

	t->carrier = NULL;
	if (!f)
		return;
	if (!f->map) {
		free(f);
		return;
	}
#ifdef FIBER_TSAN
	__tsan_destroy_fiber(f->tsan);
#endif
	if (!pool_give(f))
		fiber_unmap(f);
}

const struct sim_carrier_ops sim_fiber_ops = {
	.switch_to = fiber_switch_to,
	.free = fiber_free,
};

bool sim_fiber_is_guard(const struct sim_task *t, const void *addr)
{
	const struct sim_fiber *f = t->carrier;

	return f && f->map && (uintptr_t)addr - (uintptr_t)f->map < f->guard_bytes;
}
