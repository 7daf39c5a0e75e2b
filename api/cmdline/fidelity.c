/* SPDX-License-Identifier: MIT */
/*
 * What is simulated, stored or absent, as one list made of the tables that the calls themselves work by:
 * calls, MSG_* flags, options, fcntl(2) commands, ioctl(2) requests, sysctls. Which face has a call is asked
 * of this program's own symbols, so that no second list can grow old.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/cmdline/fidelity.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/calls/flags.h"
#include "api/calls/scm.h"
#include "sim/base/names.h"
#include "sim/fault/call.h"
#include "sim/sock/option.h"
#include "sim/sock/sysctl_table.h"

static const char head[] =
	"# What is simulated, stored or absent\n"
	"\n"
	"Made by `simsock fidelity > docs/fidelity.md` from the tables by which calls work; do not edit.\n"
	"Linux 6.18 on x86-64 is what is simulated.\n"
	"\n"
	"- **simulated**: does what Linux does.\n"
	"- **stored**: taken and given back, without its effect.\n"
	"- **absent**: fails as the manual says of what is not supported, with the reason `not-simulated`\n"
	"  or `no-such-option`.\n";

/* Is this name a function of this program, and not of a library? */
static bool is_ours(const char *name)
{
	void *fn = dlsym(RTLD_DEFAULT, name);
	Dl_info theirs, ours;

	return fn && dladdr(fn, &theirs) && dladdr((void *)(uintptr_t)head, &ours) &&
	       theirs.dli_fbase == ours.dli_fbase;
}

static const char *fidelity_name(enum sim_fidelity f)
{
	switch (f) {
	case SIM_FIDELITY_SIMULATED: return "simulated";
	case SIM_FIDELITY_STORED: return "stored";
	case SIM_FIDELITY_ABSENT: return "absent";
	}
	return "?";
}

static void print_calls(FILE *out)
{
	fprintf(out,
		"\n## Calls\n\n"
		"The drop-in face has them under their own names; the posix face as `sim_NAME`, the raw face "
		"as\n`sys_NAME`. The last column is what rules may answer without `!`: the errors of the "
		"manual pages.\n\n"
		"| call | drop-in | posix | raw | errors |\n|---|---|---|---|---|\n");
	for (unsigned id = 0; id < SIM_CALL_NUM; id++) {
		const struct sim_call_info *info = sim_call_info((enum sim_call_id)id);
		char posix[64], raw[64];

		snprintf(posix, sizeof posix, "sim_%s", info->name);
		snprintf(raw, sizeof raw, "sim_sys_%s%s", info->name, id == SIM_CALL_PSELECT ? "6" : "");
		fprintf(out, "| %s | %s | %s | %s |", info->name, is_ours(info->name) ? "yes" : "-",
			is_ours(posix) ? "yes" : "-", is_ours(raw) ? "yes" : "-");
		for (const int16_t *e = info->errs; *e; e++)
			fprintf(out, " %s", sim_call_err_name((enum sim_call_id)id, *e));
		fprintf(out, "%s |\n", *info->errs ? "" : " never fails");
	}
}

static const char *effect_name(char letter)
{
	switch (letter) {
	case SIM_FLAG_SIMULATED: return "simulated";
	case SIM_FLAG_STORED: return "stored";
	case SIM_FLAG_REFUSED: return "refused";
	case SIM_FLAG_ABSENT: return "absent";
	default: return "-";
	}
}

static bool has_effect(const char *letters)
{
	return strspn(letters, "-") != SIM_FLAG_NUM_SOCKETS;
}

static void print_flags(FILE *out, bool send)
{
	const struct sim_msg_flag *f;
	const char *sep = "\nWithout effect, on Linux too:";

	fprintf(out,
		"\n## Flags of %s\n\n"
		"`-`: no effect, nor on Linux. refused: an error, on Linux too.\n\n"
		"| flag | TCP | UDP | Unix stream | Unix datagram | Unix seqpacket | |\n"
		"|---|---|---|---|---|---|---|\n",
		send ? "send, sendto, sendmsg, sendmmsg" : "recv, recvfrom, recvmsg, recvmmsg");
	for (size_t n = 0; (f = sim_msg_flag(n)); n++) {
		const char *letters = send ? f->send : f->recv;

		if (!has_effect(letters))
			continue;
		fprintf(out, "| %s |", sim_msg_flag_name((unsigned)f->flag));
		for (int i = 0; i < SIM_FLAG_NUM_SOCKETS; i++)
			fprintf(out, " %s |", effect_name(letters[i]));
		fprintf(out, " %s |\n", f->note ? f->note : "");
	}
	for (size_t n = 0; (f = sim_msg_flag(n)); n++) {
		if (has_effect(send ? f->send : f->recv))
			continue;
		fprintf(out, "%s %s", sep, sim_msg_flag_name((unsigned)f->flag));
		sep = ",";
	}
	fprintf(out, ".\n");
}

static const char *level_name(int level)
{
	switch (level) {
	case SOL_SOCKET: return "SOL_SOCKET";
	case IPPROTO_IP: return "IPPROTO_IP";
	case IPPROTO_IPV6: return "IPPROTO_IPV6";
	case IPPROTO_TCP: return "IPPROTO_TCP";
	case IPPROTO_UDP: return "IPPROTO_UDP";
	default: return "?";
	}
}

static const char *scm_name(char letter)
{
	switch (letter) {
	case SIM_SCM_SIMULATED: return "simulated";
	case SIM_SCM_STORED: return "stored";
	case SIM_SCM_REFUSED: return "refused";
	case SIM_SCM_ABSENT: return "absent";
	default: return "-";
	}
}

static void print_control(FILE *out)
{
	const struct sim_scm_kind *k;

	fprintf(out,
		"\n## Control messages of sendmsg, sendmmsg\n\n"
		"`-`: ignored, on Linux too. refused: EINVAL, on Linux too, and so is every other type of\n"
		"SOL_SOCKET, and of UDP's own levels. absent: EOPNOTSUPP, if its form is right. What\n"
		"recvmsg and recvmmsg give follows from the options of the socket:\n"
		"[control messages](control-messages.md).\n\n"
		"| level | type | TCP | UDP, IPv4 | UDP, IPv6 | Unix |\n|---|---|---|---|---|---|\n");
	for (size_t n = 0; (k = sim_scm_kind(n)); n++) {
		fprintf(out, "| %s | %s |", level_name(k->level), k->name);
		for (int i = 0; i < SIM_SCM_NUM_SOCKETS; i++)
			fprintf(out, " %s |", scm_name(k->sent[i]));
		fprintf(out, "\n");
	}
}

static void print_options(FILE *out)
{
	struct sim_option_doc doc;

	fprintf(out, "\n## Socket options\n\nAny other is absent.\n\n| level | option | |\n|---|---|---|\n");
	for (size_t n = 0; sim_all_options_doc(n, &doc); n++)
		fprintf(out, "| %s | %s | %s |\n", level_name(doc.level), doc.text,
			fidelity_name(doc.fidelity));
}

static void print_numbers(FILE *out, const char *title, const struct sim_number_info *(*row)(size_t n))
{
	const struct sim_number_info *i;

	fprintf(out, "\n## %s\n\nAny other is absent.\n\n| name | | |\n|---|---|---|\n", title);
	for (size_t n = 0; (i = row(n)); n++)
		fprintf(out, "| %s | %s | %s |\n", i->name, fidelity_name(i->fidelity),
			i->note ? i->note : "");
}

static const char *sysctl_fidelity(const char *name, int index)
{
	static const struct {
		const char *name;
		int index;
	} stored[] = {
#define STORED_ROW(text, at) { text, at },
		SIM_SYSCTL_STORED_TABLE(STORED_ROW)
#undef STORED_ROW
	};

	for (size_t i = 0; i < sizeof stored / sizeof stored[0]; i++)
		if (stored[i].index == index && strcmp(stored[i].name, name) == 0)
			return "stored";
	return "simulated";
}

static void print_sysctls(FILE *out)
{
	static const struct {
		const char *name;
		int index;
		int32_t initial, min, max;
	} rows[] = {
#define SYSCTL_ROW(field, name, index, initial, min, max) { name, index, initial, min, max },
		SIM_SYSCTL_TABLE(SYSCTL_ROW)
#undef SYSCTL_ROW
	};

	fprintf(out, "\n## Sysctls\n\nPer host. One that has several numbers has a row for each. "
		     "Any other is refused.\n\n"
		     "| name | | default | from | to | |\n|---|---|---|---|---|---|\n");
	for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++)
		fprintf(out, "| %s | %d | %" PRId32 " | %" PRId32 " | %" PRId32 " | %s |\n", rows[n].name,
			rows[n].index + 1, rows[n].initial, rows[n].min, rows[n].max,
			sysctl_fidelity(rows[n].name, rows[n].index));
}

int fidelity_print(FILE *out)
{
	fputs(head, out);
	print_calls(out);
	print_flags(out, true);
	print_flags(out, false);
	print_control(out);
	print_options(out);
	print_numbers(out, "fcntl commands", sim_fcntl_command);
	print_numbers(out, "ioctl requests", sim_ioctl_request);
	print_sysctls(out);
	fflush(out);
	return ferror(out) ? EXIT_FAILURE : EXIT_SUCCESS;
}
