/* SPDX-License-Identifier: MIT */
/* The libc names of what is asked about the host: interfaces, names, databases. See dropin.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <ifaddrs.h>
#include <net/if.h>
#include <stdarg.h>
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

/* ---- services and protocols ---- */

struct servent *sim_dropin_getservbyname(const char *name, const char *protocol) SIM_AS("getservbyname");
struct servent *sim_dropin_getservbyname(const char *name, const char *protocol)
{
	return sim_getservbyname(name, protocol);
}

struct servent *sim_dropin_getservbyport(int port, const char *protocol) SIM_AS("getservbyport");
struct servent *sim_dropin_getservbyport(int port, const char *protocol)
{
	return sim_getservbyport(port, protocol);
}

int sim_dropin_getservbyname_r(const char *name, const char *protocol, struct servent *ret, char *buf,
			       size_t len, struct servent **result) SIM_AS("getservbyname_r");
int sim_dropin_getservbyname_r(const char *name, const char *protocol, struct servent *ret, char *buf,
			       size_t len, struct servent **result)
{
	return sim_getservbyname_r(name, protocol, ret, buf, len, result);
}

int sim_dropin_getservbyport_r(int port, const char *protocol, struct servent *ret, char *buf, size_t len,
			       struct servent **result) SIM_AS("getservbyport_r");
int sim_dropin_getservbyport_r(int port, const char *protocol, struct servent *ret, char *buf, size_t len,
			       struct servent **result)
{
	return sim_getservbyport_r(port, protocol, ret, buf, len, result);
}

void sim_dropin_setservent(int stay_open) SIM_AS("setservent");
void sim_dropin_setservent(int stay_open)
{
	sim_setservent(stay_open);
}

void sim_dropin_endservent(void) SIM_AS("endservent");
void sim_dropin_endservent(void)
{
	sim_endservent();
}

struct servent *sim_dropin_getservent(void) SIM_AS("getservent");
struct servent *sim_dropin_getservent(void)
{
	return sim_getservent();
}

int sim_dropin_getservent_r(struct servent *ret, char *buf, size_t len, struct servent **result)
	SIM_AS("getservent_r");
int sim_dropin_getservent_r(struct servent *ret, char *buf, size_t len, struct servent **result)
{
	return sim_getservent_r(ret, buf, len, result);
}

struct protoent *sim_dropin_getprotobyname(const char *name) SIM_AS("getprotobyname");
struct protoent *sim_dropin_getprotobyname(const char *name)
{
	return sim_getprotobyname(name);
}

struct protoent *sim_dropin_getprotobynumber(int number) SIM_AS("getprotobynumber");
struct protoent *sim_dropin_getprotobynumber(int number)
{
	return sim_getprotobynumber(number);
}

int sim_dropin_getprotobyname_r(const char *name, struct protoent *ret, char *buf, size_t len,
				struct protoent **result) SIM_AS("getprotobyname_r");
int sim_dropin_getprotobyname_r(const char *name, struct protoent *ret, char *buf, size_t len,
				struct protoent **result)
{
	return sim_getprotobyname_r(name, ret, buf, len, result);
}

int sim_dropin_getprotobynumber_r(int number, struct protoent *ret, char *buf, size_t len,
				  struct protoent **result) SIM_AS("getprotobynumber_r");
int sim_dropin_getprotobynumber_r(int number, struct protoent *ret, char *buf, size_t len,
				  struct protoent **result)
{
	return sim_getprotobynumber_r(number, ret, buf, len, result);
}

void sim_dropin_setprotoent(int stay_open) SIM_AS("setprotoent");
void sim_dropin_setprotoent(int stay_open)
{
	sim_setprotoent(stay_open);
}

void sim_dropin_endprotoent(void) SIM_AS("endprotoent");
void sim_dropin_endprotoent(void)
{
	sim_endprotoent();
}

struct protoent *sim_dropin_getprotoent(void) SIM_AS("getprotoent");
struct protoent *sim_dropin_getprotoent(void)
{
	return sim_getprotoent();
}

int sim_dropin_getprotoent_r(struct protoent *ret, char *buf, size_t len, struct protoent **result)
	SIM_AS("getprotoent_r");
int sim_dropin_getprotoent_r(struct protoent *ret, char *buf, size_t len, struct protoent **result)
{
	return sim_getprotoent_r(ret, buf, len, result);
}

/* ---- syslog(3) ---- */

void sim_dropin_openlog(const char *ident, int option, int facility) SIM_AS("openlog");
void sim_dropin_openlog(const char *ident, int option, int facility)
{
	sim_openlog(ident, option, facility);
}

void sim_dropin_closelog(void) SIM_AS("closelog");
void sim_dropin_closelog(void)
{
	sim_closelog();
}

void sim_dropin_vsyslog(int priority, const char *format, va_list ap) SIM_AS("vsyslog");
void sim_dropin_vsyslog(int priority, const char *format, va_list ap)
{
	sim_vsyslog(priority, format, ap);
}

/* The fortified forms also refuse "%n" in memory that can be written: not looked at here. */
void sim_dropin___vsyslog_chk(int priority, int flag, const char *format, va_list ap) SIM_AS("__vsyslog_chk");
void sim_dropin___vsyslog_chk(int priority, int flag, const char *format, va_list ap)
{
	(void)flag;
	sim_vsyslog(priority, format, ap);
}

void sim_dropin_syslog(int priority, const char *format, ...) SIM_AS("syslog");
void sim_dropin_syslog(int priority, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	sim_vsyslog(priority, format, ap);
	va_end(ap);
}

void sim_dropin___syslog_chk(int priority, int flag, const char *format, ...) SIM_AS("__syslog_chk");
void sim_dropin___syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list ap;

	(void)flag;
	va_start(ap, format);
	sim_vsyslog(priority, format, ap);
	va_end(ap);
}

/* ---- names of hosts ---- */

void sim_dropin_sethostent(int stay_open) SIM_AS("sethostent");
void sim_dropin_sethostent(int stay_open)
{
	sim_sethostent(stay_open);
}

void sim_dropin_endhostent(void) SIM_AS("endhostent");
void sim_dropin_endhostent(void)
{
	sim_endhostent();
}

struct hostent *sim_dropin_gethostent(void) SIM_AS("gethostent");
struct hostent *sim_dropin_gethostent(void)
{
	return sim_gethostent();
}

int sim_dropin_gethostent_r(struct hostent *ret, char *buf, size_t buf_len, struct hostent **result, int *err)
	SIM_AS("gethostent_r");
int sim_dropin_gethostent_r(struct hostent *ret, char *buf, size_t buf_len, struct hostent **result, int *err)
{
	return sim_gethostent_r(ret, buf, buf_len, result, err);
}

int sim_dropin_getaddrinfo_a(int mode, struct gaicb *list[], int num, struct sigevent *notice)
	SIM_AS("getaddrinfo_a");
int sim_dropin_getaddrinfo_a(int mode, struct gaicb *list[], int num, struct sigevent *notice)
{
	return sim_getaddrinfo_a(mode, list, num, notice);
}
