/* SPDX-License-Identifier: MIT */
/* The libc names of what is asked about the host: interfaces, names, databases. See dropin.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/utsname.h>

#include "api/dropin/define.h"
#include "api/posix/posix.h"

extern void __chk_fail(void) __attribute__((noreturn));

/* ---- interfaces ---- */

int sim_dropin_getifaddrs(struct ifaddrs **list) SIM_AS("getifaddrs");
int sim_dropin_getifaddrs(struct ifaddrs **list)
{
	return sim_getifaddrs(list);
}

void sim_dropin_freeifaddrs(struct ifaddrs *list) SIM_AS("freeifaddrs");
void sim_dropin_freeifaddrs(struct ifaddrs *list)
{
	sim_freeifaddrs(list);
}

unsigned int sim_dropin_if_nametoindex(const char *name) SIM_AS("if_nametoindex");
unsigned int sim_dropin_if_nametoindex(const char *name)
{
	return sim_if_nametoindex(name);
}

char *sim_dropin_if_indextoname(unsigned int index, char *name) SIM_AS("if_indextoname");
char *sim_dropin_if_indextoname(unsigned int index, char *name)
{
	return sim_if_indextoname(index, name);
}

struct if_nameindex *sim_dropin_if_nameindex(void) SIM_AS("if_nameindex");
struct if_nameindex *sim_dropin_if_nameindex(void)
{
	return sim_if_nameindex();
}

void sim_dropin_if_freenameindex(struct if_nameindex *list) SIM_AS("if_freenameindex");
void sim_dropin_if_freenameindex(struct if_nameindex *list)
{
	sim_if_freenameindex(list);
}

/* ---- the host's names ---- */

int sim_dropin_uname(struct utsname *name) SIM_AS("uname");
int sim_dropin_uname(struct utsname *name)
{
	return sim_uname(name);
}

int sim_dropin___uname(struct utsname *name) SIM_AS("__uname");
int sim_dropin___uname(struct utsname *name)
{
	return sim_uname(name);
}

int sim_dropin_gethostname(char *name, size_t len) SIM_AS("gethostname");
int sim_dropin_gethostname(char *name, size_t len)
{
	return sim_gethostname(name, len);
}

int sim_dropin___gethostname_chk(char *name, size_t len, size_t room) SIM_AS("__gethostname_chk");
int sim_dropin___gethostname_chk(char *name, size_t len, size_t room)
{
	if (len > room)
		__chk_fail();
	return sim_gethostname(name, len);
}

int sim_dropin_sethostname(const char *name, size_t len) SIM_AS("sethostname");
int sim_dropin_sethostname(const char *name, size_t len)
{
	return sim_sethostname(name, len);
}

int sim_dropin_getdomainname(char *name, size_t len) SIM_AS("getdomainname");
int sim_dropin_getdomainname(char *name, size_t len)
{
	return sim_getdomainname(name, len);
}

int sim_dropin___getdomainname_chk(char *name, size_t len, size_t room) SIM_AS("__getdomainname_chk");
int sim_dropin___getdomainname_chk(char *name, size_t len, size_t room)
{
	if (len > room)
		__chk_fail();
	return sim_getdomainname(name, len);
}

int sim_dropin_setdomainname(const char *name, size_t len) SIM_AS("setdomainname");
int sim_dropin_setdomainname(const char *name, size_t len)
{
	return sim_setdomainname(name, len);
}

long sim_dropin_gethostid(void) SIM_AS("gethostid");
long sim_dropin_gethostid(void)
{
	return sim_gethostid();
}
