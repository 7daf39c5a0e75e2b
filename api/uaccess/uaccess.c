/* SPDX-License-Identifier: MIT */
/*
 * The copy itself, in assembly, so that its faulting instructions are known: see uaccess.h. A table in a
 * section of its own pairs each range of instructions that may fault with the place where the copy goes on.
 * Where there is no assembly for the machine, the copy is plain and a bad pointer kills the program.
 *
 * Must not know calls and tasks. Linux's copy_to_user() and its exception table are the model of the
 * contract.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "api/uaccess/uaccess.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "api/libc/libc.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UACCESS_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define UACCESS_ASAN 1
#endif

#ifdef __x86_64__

/* Offsets from the entry's own place: the code may be loaded anywhere. */
struct fixup {
	int32_t first, past, resume;
	int32_t with_address; /* rax shall hold the address that could not be accessed */
};

extern const struct fixup sim_uaccess_fixups[] __asm__("__start_sim_uaccess_fixups")
	__attribute__((visibility("hidden")));
extern const struct fixup sim_uaccess_fixups_end[] __asm__("__stop_sim_uaccess_fixups")
	__attribute__((visibility("hidden")));

/* clang-format off */
#define COPY_TABLE_ROW(first, past, resume, with_address) \
	".pushsection sim_uaccess_fixups,\"a\",@progbits\n\t" \
	".balign 4\n\t" \
	".long " first " - .\n\t" \
	".long " past " - .\n\t" \
	".long " resume " - .\n\t" \
	".long " with_address "\n\t" \
	".popsection\n\t"
/* clang-format on */

/*
 * uintptr_t copy_asm(void *to, const void *from, size_t len, size_t *left): *left is how much was not copied;
 * the result is the address that faulted, 0 if the system did not tell it. Wide moves; when one of them
 * faults the rest goes byte by byte, so that every byte before the bad one is copied.
 */
__attribute__((naked, noinline, used)) static uintptr_t copy_asm(void *to __attribute__((unused)),
								 const void *from __attribute__((unused)),
								 size_t len __attribute__((unused)),
								 size_t *left __attribute__((unused)))
{
	__asm__ volatile(
		"movq %rcx, %r8\n\t"
		"xorl %eax, %eax\n\t"
		"cmpq $512, %rdx\n\t"
		"jae 5f\n"
		"1:\n\t"
		"cmpq $16, %rdx\n\t"
		"jb 2f\n"
		"11:\n\t"
		"movups (%rsi), %xmm0\n\t"
		"movups %xmm0, (%rdi)\n"
		"12:\n\t"
		"addq $16, %rsi\n\t"
		"addq $16, %rdi\n\t"
		"subq $16, %rdx\n\t"
		"jmp 1b\n"
		"2:\n\t"
		"cmpq $8, %rdx\n\t"
		"jb 3f\n"
		"21:\n\t"
		"movq (%rsi), %rcx\n\t"
		"movq %rcx, (%rdi)\n"
		"22:\n\t"
		"addq $8, %rsi\n\t"
		"addq $8, %rdi\n\t"
		"subq $8, %rdx\n"
		"3:\n\t"
		"testq %rdx, %rdx\n\t"
		"jz 4f\n"
		"31:\n\t"
		"movb (%rsi), %cl\n\t"
		"movb %cl, (%rdi)\n"
		"32:\n\t"
		"incq %rsi\n\t"
		"incq %rdi\n\t"
		"decq %rdx\n\t"
		"jnz 31b\n"
		"4:\n\t"
		"movq %rdx, (%r8)\n\t"
		"retq\n"
		"5:\n\t"
		"movq %rdx, %rcx\n"
		"51:\n\t"
		"rep movsb\n"
		"52:\n\t"
		"movq %rcx, %rdx\n\t"
		"jmp 3b\n" COPY_TABLE_ROW("11b", "12b", "3b", "0") COPY_TABLE_ROW("21b", "22b", "3b", "0")
			COPY_TABLE_ROW("31b", "32b", "4b", "1") COPY_TABLE_ROW("51b", "52b", "52b", "0"));
}

static uintptr_t rel(const int32_t *p)
{
	return (uintptr_t)p + (uintptr_t)(intptr_t)*p;
}

static bool fix_up(ucontext_t *uc, uintptr_t address)
{
	greg_t *regs = uc->uc_mcontext.gregs;
	uintptr_t ip = (uintptr_t)regs[REG_RIP];

	for (const struct fixup *f = sim_uaccess_fixups; f < sim_uaccess_fixups_end; f++) {
		if (ip < rel(&f->first) || ip >= rel(&f->past))
			continue;
		regs[REG_RIP] = (greg_t)rel(&f->resume);
		if (f->with_address)
			regs[REG_RAX] = (greg_t)address;
		return true;
	}
	return false;
}

/*
 * How much was not copied. The registers at a fault may lag behind by some rounds of the loop (valgrind keeps
 * them so unless told otherwise), the address that faulted does not.
 */
static size_t copy(void *to, const void *from, size_t len)
{
	size_t left = 0;
	uintptr_t bad = copy_asm(to, from, len, &left);

	if (__builtin_expect(left == 0, 1))
		return 0;
	if (bad - (uintptr_t)from < len)
		return len - (bad - (uintptr_t)from);
	if (bad - (uintptr_t)to < len)
		return len - (bad - (uintptr_t)to);
	/* No such address is told of one that can never be good: there was nothing to copy. */
	return len;
}

#else

static bool fix_up(ucontext_t *uc, uintptr_t address)
{
	(void)uc;
	(void)address;
	return false;
}

static size_t copy(void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	return 0;
}

#endif

#ifdef UACCESS_ASAN
void *__asan_region_is_poisoned(void *beg, size_t size_bytes);

/* The first bad byte is touched as the program would have touched it, if it can be at all (else it is
 * EFAULT). */
static void check(const void *user, size_t len, bool write)
{
	volatile unsigned char *bad = len ? __asan_region_is_poisoned((void *)(uintptr_t)user, len) : NULL;
	unsigned char byte;

	if (!bad || copy(&byte, (const void *)(uintptr_t)bad, 1))
		return;
	if (write)
		*bad = byte;
	else
		(void)*bad;
}
#else
static inline void check(const void *user, size_t len, bool write)
{
	(void)user;
	(void)len;
	(void)write;
}
#endif

size_t sim_copy_from_user(void *to, const void *user, size_t len)
{
	check(user, len, false);
	return copy(to, user, len);
}

size_t sim_copy_to_user(void *user, const void *from, size_t len)
{
	check(user, len, true);
	return copy(user, from, len);
}

void (*sim_uaccess_fatal_hook)(void);

static const int fault_signals[] = { SIGSEGV, SIGBUS };
enum { NUM_FAULT_SIGNALS = sizeof fault_signals / sizeof fault_signals[0] };
static struct sigaction before[NUM_FAULT_SIGNALS];

static int index_of(int sig)
{
	for (int i = 0; i < NUM_FAULT_SIGNALS; i++) {
		if (fault_signals[i] == sig)
			return i;
	}
	return -1;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	struct sigaction *mine = &before[index_of(sig)], next = *mine;

	if (fix_up(context, (uintptr_t)info->si_addr))
		return;
	if (next.sa_flags & SA_RESETHAND) {
		mine->sa_handler = SIG_DFL;
		mine->sa_flags = 0;
	}
	if (next.sa_flags & SA_SIGINFO) {
		next.sa_sigaction(sig, info, context);
	} else if (next.sa_handler == SIG_DFL || next.sa_handler == SIG_IGN) {
		/* The instruction is run again, and the kernel ends the program as it would have without us.
		 */
		if (sim_uaccess_fatal_hook)
			sim_uaccess_fatal_hook();
		next = (struct sigaction){ .sa_handler = SIG_DFL };
		sim_libc()->sigaction(sig, &next, NULL);
	} else {
		next.sa_handler(sig);
	}
}

static bool stands(int sig, struct sigaction *now)
{
	return !sim_libc()->sigaction(sig, NULL, now) && now->sa_sigaction == on_fault;
}

void sim_uaccess_install(void)
{
	for (int i = 0; i < NUM_FAULT_SIGNALS; i++) {
		struct sigaction now, ours = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

		if (stands(fault_signals[i], &now))
			continue;
		before[i] = now;
		ours.sa_sigaction = on_fault;
		sigemptyset(&ours.sa_mask);
		sim_libc()->sigaction(fault_signals[i], &ours, NULL);
	}
}

bool sim_uaccess_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	int i = index_of(sig);
	struct sigaction now, wanted;

	if (i < 0 || !stands(sig, &now))
		return false;
	if (act)
		wanted = *act;
	if (old)
		*old = before[i];
	if (act)
		before[i] = wanted;
	return true;
}
