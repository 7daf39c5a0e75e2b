/* SPDX-License-Identifier: MIT */
/*
 * For suites that change their host: its sysctls, its packet filter. The simulation's host is theirs; on the
 * kernel they make a network namespace of their own, and are skipped where they can't.
 */
#ifndef SIMSOCK_TESTS_BEHAVIOUR_OWN_HOST_H
#define SIMSOCK_TESTS_BEHAVIOUR_OWN_HOST_H

#include "tests/behaviour/behaviour.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

static inline bool own_host_made(void)
{
	static int have = -1;
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (have >= 0)
		return have;
	have = 0;
	/* A namespace of users as well where this is not root. */
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	have = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	if (fd >= 0)
		close(fd);
	return have;
}

/* First in a test: skipped where the host is not the suite's own to change. */
static inline void own_host(void)
{
	if (behaviour_on_kernel() && (behaviour_is_simulated() || !own_host_made()))
		skip();
}

static inline void host_sysctl(const char *name, const char *value)
{
	char path[128];
	size_t at;
	int fd;

#ifdef SIMSOCK_DUAL
	if (!behaviour_on_kernel()) {
		sim_sysctl("client", name, value);
		return;
	}
#endif
	at = (size_t)snprintf(path, sizeof(path), "/proc/sys/%s", name);
	for (size_t i = sizeof("/proc/sys"); i < at; i++)
		if (path[i] == '.')
			path[i] = '/';
	fd = open(path, O_WRONLY);
	if (fd < 0)
		skip(); /* the namespace's own sysctls belong to nobody here */
	assert_int_equal(write(fd, value, strlen(value)), strlen(value));
	assert_ok(close(fd));
}

#endif
