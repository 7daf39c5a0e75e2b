/* SPDX-License-Identifier: MIT */
/*
 * What a program is told of its virtual host, where no kernel has the same: interfaces beside loopback,
 * names, and that each host has its own.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "simsock_cmocka.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <unistd.h>

static const char *v4_text(const struct sockaddr *a)
{
	const struct sockaddr_in *in = (const void *)a;

	assert_int_equal(in->sin_family, AF_INET);
	return inet_ntoa(in->sin_addr);
}

static struct ifreq ask(int fd, unsigned long number, const char *name)
{
	struct ifreq r;

	memset(&r, 0, sizeof r);
	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
	assert_int_equal(ioctl(fd, number, &r), 0);
	return r;
}

static void eth0_answers_ioctl(void **state)
{
	static const unsigned char hwaddr[] = { 2, 0, 0, 0, 1, 2 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq r;

	(void)state;
	assert_int_equal(ask(fd, SIOCGIFINDEX, "eth0").ifr_ifindex, 2);
	assert_int_equal(ask(fd, SIOCGIFFLAGS, "eth0").ifr_flags,
			 IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST);
	assert_int_equal(ask(fd, SIOCGIFMTU, "eth0").ifr_mtu, 1500);
	r = ask(fd, SIOCGIFADDR, "eth0");
	assert_string_equal(v4_text(&r.ifr_addr), "10.0.0.1");
	r = ask(fd, SIOCGIFNETMASK, "eth0");
	assert_string_equal(v4_text(&r.ifr_addr), "255.255.255.0");
	r = ask(fd, SIOCGIFBRDADDR, "eth0");
	assert_string_equal(v4_text(&r.ifr_addr), "10.0.0.255");
	r = ask(fd, SIOCGIFHWADDR, "eth0");
	assert_int_equal(r.ifr_hwaddr.sa_family, ARPHRD_ETHER);
	assert_memory_equal(r.ifr_hwaddr.sa_data, hwaddr, sizeof hwaddr);
	close(fd);
}

/* As Linux has them: of each network the first address before all that are second in theirs. */
static void the_list_has_first_addresses_first(void **state)
{
	static const char *const expected[] = { "127.0.0.1", "10.0.0.1", "192.168.7.1", "10.0.0.9" };
	struct ifreq r[8];
	struct ifconf c = { .ifc_len = sizeof r, .ifc_req = r };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	(void)state;
	sim_host("client", "10.0.0.9/24 192.168.7.1/32");
	assert_int_equal(ioctl(fd, SIOCGIFCONF, &c), 0);
	assert_int_equal(c.ifc_len, 4 * sizeof r[0]);
	for (int i = 0; i < 4; i++)
		assert_string_equal(v4_text(&r[i].ifr_addr), expected[i]);
	close(fd);
}

/* 4.3BSD's way to ask about one of several addresses. */
static void an_address_in_the_request_chooses(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in *in;
	struct ifreq r;

	(void)state;
	sim_host("client", "192.168.7.1/32");
	r = ask(fd, SIOCGIFADDR, "eth0");
	in = (void *)&r.ifr_addr;
	assert_int_equal(inet_aton("192.168.7.1", &in->sin_addr), 1);
	assert_int_equal(ioctl(fd, SIOCGIFNETMASK, &r), 0);
	assert_string_equal(v4_text(&r.ifr_addr), "255.255.255.255");
	in->sin_family = AF_INET;
	assert_int_equal(inet_aton("192.168.7.1", &in->sin_addr), 1);
	assert_int_equal(ioctl(fd, SIOCGIFBRDADDR, &r), 0);
	assert_string_equal(v4_text(&r.ifr_addr), "0.0.0.0");
	close(fd);
}

static void without_ipv4_there_is_no_address(void **state)
{
	int fd;
	struct ifreq r = { .ifr_name = "eth0" };

	(void)state;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioctl(fd, SIOCGIFADDR, &r), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	sim_assert_why(EADDRNOTAVAIL, "no-interface-address");
	snprintf(r.ifr_name, sizeof r.ifr_name, "eth7");
	assert_int_equal(ioctl(fd, SIOCGIFADDR, &r), -1);
	sim_assert_why(ENODEV, "no-such-interface");
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &r), -1);
	sim_assert_why(EPERM, "no-privilege");
	close(fd);
}

static void one_entry(char *text, size_t cap, const struct ifaddrs *i)
{
	char a[INET6_ADDRSTRLEN] = "-", m[INET6_ADDRSTRLEN] = "-", b[INET6_ADDRSTRLEN] = "-";
	int family = i->ifa_addr->sa_family;

	if (family == AF_INET) {
		inet_ntop(family, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, a, sizeof a);
		inet_ntop(family, &((struct sockaddr_in *)i->ifa_netmask)->sin_addr, m, sizeof m);
		inet_ntop(family, &((struct sockaddr_in *)i->ifa_broadaddr)->sin_addr, b, sizeof b);
	} else if (family == AF_INET6) {
		inet_ntop(family, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, a, sizeof a);
		inet_ntop(family, &((struct sockaddr_in6 *)i->ifa_netmask)->sin6_addr, m, sizeof m);
	} else {
		const struct sockaddr_ll *l = (const void *)i->ifa_addr, *e = (const void *)i->ifa_broadaddr;

		snprintf(a, sizeof a, "%d:%02x%02x%02x", l->sll_ifindex, l->sll_addr[0], l->sll_addr[4],
			 l->sll_addr[5]);
		snprintf(b, sizeof b, "%02x", e->sll_addr[5]);
	}
	snprintf(text, cap, "%s %x %s %s %s", i->ifa_name, i->ifa_flags, a, m, b);
}

static void getifaddrs_lists_as_linux_lists(void **state)
{
	static const char *const expected[] = {
		"lo 10049 1:000000 - 00",
		"eth0 11043 2:020102 - ff",
		"lo 10049 127.0.0.1 255.0.0.0 127.0.0.1",
		"eth0 11043 10.0.0.1 255.255.255.0 10.0.0.255",
		"eth0 11043 192.168.7.1 255.255.255.255 192.168.7.1",
		"eth0 11043 10.0.0.9 255.255.255.0 10.0.0.255",
		"lo 10049 ::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff -",
		"eth0 11043 fd00:1::2 ffff:ffff:ffff:fffe:: -",
		"eth0 11043 fd00::1 ffff:ffff:ffff:ffff:: -",
		"eth0 11043 fe80::9 ffff:ffff:ffff:ffff:: -",
	};
	struct ifaddrs *list, *i;
	char text[160];
	int n = 0;

	(void)state;
	sim_host("client", "fe80::9/64 10.0.0.9/24 192.168.7.1/32 fd00:1::2/63");
	assert_int_equal(getifaddrs(&list), 0);
	for (i = list; i; i = i->ifa_next) {
		one_entry(text, sizeof text, i);
		assert_string_equal(text, expected[n++]);
		assert_null(i->ifa_data);
	}
	assert_int_equal(n, 10);
	freeifaddrs(list);
}

static void indexes_are_those_of_the_sockets(void **state)
{
	struct if_nameindex *list = if_nameindex();
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	struct ifaddrs *ifs, *i;
	char name[IF_NAMESIZE];

	(void)state;
	assert_int_equal(if_nametoindex("eth0"), 2);
	assert_string_equal(if_indextoname(2, name), "eth0");
	assert_string_equal(list[1].if_name, "eth0");
	assert_int_equal(list[1].if_index, 2);
	assert_int_equal(list[2].if_index, 0);
	if_freenameindex(list);
	sim_host("client", "fe80::9/64");
	assert_int_equal(getifaddrs(&ifs), 0);
	for (i = ifs; i; i = i->ifa_next) {
		const struct sockaddr_in6 *a = (const void *)i->ifa_addr;

		if (a->sin6_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->sin6_addr))
			at = *a;
	}
	assert_int_equal(at.sin6_scope_id, 2);
	freeifaddrs(ifs);
}

static struct ifaddrs *kept;

static void keep_a_list(void **state)
{
	(void)state;
	assert_int_equal(getifaddrs(&kept), 0);
}

static void a_list_outlives_its_world(void **state)
{
	(void)state;
	assert_string_equal(kept->ifa_name, "lo");
	freeifaddrs(kept);
}

static void on_server(void *arg)
{
	struct utsname u;
	char name[64];
	struct ifreq r;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(gethostname(name, sizeof name), 0);
	assert_string_equal(name, "server");
	assert_int_equal(uname(&u), 0);
	assert_string_equal(u.nodename, "server");
	r = ask(fd, SIOCGIFADDR, "eth0");
	assert_string_equal(v4_text(&r.ifr_addr), "10.0.0.2");
	close(fd);
	*(long *)arg = gethostid();
}

static void every_host_has_its_own_names_and_addresses(void **state)
{
	long id = 0;
	char name[64];

	(void)state;
	sim_spawn("server", on_server, &id);
	sim_run();
	assert_int_equal(gethostname(name, sizeof name), 0);
	assert_string_equal(name, "client");
	/* 10.0.0.2 as glibc makes a number of it */
	assert_int_equal(id, 0x000a0200);
	assert_int_equal(gethostid(), 0x000a0100);
}

static void uname_tells_what_is_simulated(void **state)
{
	struct utsname u;

	(void)state;
	assert_int_equal(uname(&u), 0);
	assert_string_equal(u.sysname, "Linux");
	assert_string_equal(u.release, "6.18.0");
	assert_string_equal(u.machine, "x86_64");
	assert_string_equal(u.domainname, "(none)");
}

static void rules_reach_them(void **state)
{
	struct ifaddrs *list;
	char name[8];

	(void)state;
	sim_inject("getifaddrs:error=ENOBUFS");
	sim_inject("gethostname:error=EPERM");
	sim_inject("if_nametoindex:error=EMFILE");
	assert_int_equal(getifaddrs(&list), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(gethostname(name, sizeof name), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(if_nametoindex("lo"), 0);
	assert_int_equal(errno, EMFILE);
}

static void only_ipv6(void)
{
	sim_host("six", "fd00::6/64");
}

static void on_six(void *arg)
{
	without_ipv4_there_is_no_address(arg);
}

static void a_host_of_ipv6_alone(void **state)
{
	(void)state;
	only_ipv6();
	sim_spawn("six", on_six, NULL);
	sim_run();
}

/* LOG_PERROR writes where standard error leads; nobody listens at /dev/log of this world. */
static void syslog_writes_to_standard_error(void **state)
{
	int fd[2], saved = dup(STDERR_FILENO);
	char text[64];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	dup2(fd[1], STDERR_FILENO);
	openlog("me", LOG_PERROR, LOG_DAEMON);
	syslog(LOG_ERR, "one");
	syslog(LOG_ERR, "two\n");
	openlog("me", 0, LOG_DAEMON);
	syslog(LOG_ERR, "three");
	closelog();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd[1]);
	n = read(fd[0], text, sizeof text - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "me: one\nme: two\n");
	close(fd[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(eth0_answers_ioctl),
		sim_test(the_list_has_first_addresses_first),
		sim_test(an_address_in_the_request_chooses),
		sim_test(a_host_of_ipv6_alone),
		sim_test(getifaddrs_lists_as_linux_lists),
		sim_test(indexes_are_those_of_the_sockets),
		sim_test(keep_a_list),
		cmocka_unit_test(a_list_outlives_its_world),
		sim_test(every_host_has_its_own_names_and_addresses),
		sim_test(uname_tells_what_is_simulated),
		sim_test(rules_reach_them),
		sim_test(syslog_writes_to_standard_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
