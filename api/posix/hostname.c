/* SPDX-License-Identifier: MIT */
/* How the host is called: uname(2), gethostname(2) and kin, of the virtual host. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/utsname.h>

#include "api/posix/posix.h"

int sim_uname(struct utsname *name)
{
	SIM_POSIX_PLAIN(int, sim_libc()->uname(name), sim_call_uname(t, name));
}

int sim_gethostname(char *name, size_t len)
{
	SIM_POSIX_PLAIN(int, sim_libc()->gethostname(name, len), sim_call_gethostname(t, name, len));
}

int sim_sethostname(const char *name, size_t len)
{
	SIM_POSIX_PLAIN(int, sim_libc()->sethostname(name, len), sim_call_set_name(t, SIM_CALL_SETHOSTNAME));
}

int sim_getdomainname(char *name, size_t len)
{
	SIM_POSIX_PLAIN(int, sim_libc()->getdomainname(name, len), sim_call_getdomainname(t, name, len));
}

int sim_setdomainname(const char *name, size_t len)
{
	SIM_POSIX_PLAIN(int, sim_libc()->setdomainname(name, len),
			sim_call_set_name(t, SIM_CALL_SETDOMAINNAME));
}

/* gethostid(3): without a file that says otherwise, the host's address with its halves exchanged. */
static long id_of(const struct sim_host *h)
{
	const struct sim_iface_addr *a = NULL;
	uint32_t v4;

	for (uint32_t i = 0; i < h->ip.num_ifaces && !a; i++)
		a = h->ip.ifaces[i].loopback ? NULL : sim_iface_v4_addr(&h->ip.ifaces[i], 0);
	if (!a)
		return 0;
	v4 = a->addr.w[3]; /* in network order */
	return (int32_t)(v4 << 16 | v4 >> 16);
}

long sim_gethostid(void)
{
	struct sim_task *t = sim_current;
	const struct sim_host *host;
	long r;

	if (!t)
		return sim_posix_may_use_libc("gethostid") ? sim_libc()->gethostid() : 0;
	r = sim_call_own_host(t, SIM_CALL_GETHOSTID, &host);
	(void)sim_posix_again(t, &r);
	return r ? r : id_of(host);
}
