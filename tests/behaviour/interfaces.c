/* SPDX-License-Identifier: MIT */
/*
 * What a program asks of its interfaces, as far as every host has the same: loopback. netdevice(7) by
 * ioctl(2), getifaddrs(3), if_nametoindex(3) and kin. Plain libc only.
 */
#include "tests/behaviour/behaviour.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>

static struct ifreq request(const char *name)
{
	struct ifreq r;

	memset(&r, 0x55, sizeof(r));
	memset(r.ifr_name, 0, sizeof(r.ifr_name));
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	return r;
}

/* What is asked of loopback by name. */
static struct ifreq ask(int fd, unsigned long number)
{
	struct ifreq r = request("lo");

	assert_ok(ioctl(fd, number, &r));
	assert_string_equal(r.ifr_name, "lo");
	return r;
}

static uint32_t v4_of(struct ifreq r)
{
	const struct sockaddr_in *in = (const void *)&r.ifr_addr;

	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(in->sin_port, 0);
	return ntohl(in->sin_addr.s_addr);
}

static const int families[] = { AF_INET, AF_INET6, AF_UNIX };

TEST(loopback_has_index_one)
{
	for (int i = 0; i < 3; i++) {
		int fd = new_socket(families[i], SOCK_DGRAM);
		struct ifreq r = ask(fd, SIOCGIFINDEX);

		assert_int_equal(r.ifr_ifindex, 1);
		assert_ok(close(fd));
	}
}

TEST(index_one_is_named_lo)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);
	struct ifreq r;

	memset(&r, 0x55, sizeof(r));
	r.ifr_ifindex = 1;
	assert_ok(ioctl(fd, SIOCGIFNAME, &r));
	assert_string_equal(r.ifr_name, "lo");
	assert_ok(close(fd));
}

TEST(loopback_is_up_and_running)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(ask(fd, SIOCGIFFLAGS).ifr_flags, IFF_UP | IFF_LOOPBACK | IFF_RUNNING);
	assert_ok(close(fd));
}

TEST(loopback_takes_packets_of_64_kib)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(ask(fd, SIOCGIFMTU).ifr_mtu, 65536);
	assert_int_equal(ask(fd, SIOCGIFMETRIC).ifr_metric, 0);
	assert_int_equal(ask(fd, SIOCGIFTXQLEN).ifr_qlen, 1000);
	assert_ok(close(fd));
}

TEST(loopback_has_the_whole_of_127)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(v4_of(ask(fd, SIOCGIFADDR)), INADDR_LOOPBACK);
	assert_int_equal(v4_of(ask(fd, SIOCGIFNETMASK)), 0xff000000);
	assert_int_equal(v4_of(ask(fd, SIOCGIFDSTADDR)), INADDR_LOOPBACK);
	assert_int_equal(v4_of(ask(fd, SIOCGIFBRDADDR)), 0);
	assert_ok(close(fd));
}

/* Six bytes and the type are written, and nothing behind them. */
TEST(loopback_has_a_hardware_address_of_zeros)
{
	static const unsigned char zeros[6];
	int fd = new_socket(AF_INET6, SOCK_STREAM);
	struct ifreq r = ask(fd, SIOCGIFHWADDR);

	assert_int_equal(r.ifr_hwaddr.sa_family, ARPHRD_LOOPBACK);
	assert_memory_equal(r.ifr_hwaddr.sa_data, zeros, sizeof(zeros));
	assert_int_equal(r.ifr_hwaddr.sa_data[6], 0x55);
	assert_ok(close(fd));
}

TEST(loopback_has_neither_memory_nor_interrupt)
{
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);
	struct ifreq r = ask(fd, SIOCGIFMAP);

	assert_int_equal(r.ifr_map.mem_start, 0);
	assert_int_equal(r.ifr_map.mem_end, 0);
	assert_int_equal(r.ifr_map.base_addr, 0);
	assert_int_equal(r.ifr_map.irq, 0);
	assert_ok(close(fd));
}

TEST(a_name_or_index_that_nobody_has_is_enodev)
{
	static const unsigned long by_name[] = { SIOCGIFINDEX,   SIOCGIFFLAGS,   SIOCGIFADDR, SIOCGIFNETMASK,
						 SIOCGIFBRDADDR, SIOCGIFDSTADDR, SIOCGIFMTU,  SIOCGIFHWADDR,
						 SIOCGIFTXQLEN,  SIOCGIFMETRIC,  SIOCGIFMAP };
	static const int indexes[] = { 0, -1, 9999 };
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct ifreq r;

	for (size_t i = 0; i < sizeof(by_name) / sizeof(by_name[0]); i++) {
		r = request("nobody0");
		assert_fails(ioctl(fd, by_name[i], &r), ENODEV);
		r = request("");
		assert_fails(ioctl(fd, by_name[i], &r), ENODEV);
		memset(&r, 'x', sizeof(r)); /* no end of the name */
		assert_fails(ioctl(fd, by_name[i], &r), ENODEV);
	}
	for (int i = 0; i < 3; i++) {
		r.ifr_ifindex = indexes[i];
		assert_fails(ioctl(fd, SIOCGIFNAME, &r), ENODEV);
	}
	assert_ok(close(fd));
}

/* Only of an address an alias is something of its own. */
TEST(an_alias_is_its_interface)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct ifreq r = request("lo:1");

	assert_ok(ioctl(fd, SIOCGIFINDEX, &r));
	assert_int_equal(r.ifr_ifindex, 1);
	assert_string_equal(r.ifr_name, "lo:1");
	assert_ok(ioctl(fd, SIOCGIFMTU, &r));
	assert_fails(ioctl(fd, SIOCGIFADDR, &r), EADDRNOTAVAIL);
	assert_fails(ioctl(fd, SIOCGIFNETMASK, &r), EADDRNOTAVAIL);
	assert_ok(close(fd));
}

TEST(an_address_in_the_request_that_nobody_has_means_the_first)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct ifreq r = request("lo");
	struct sockaddr_in other = at4("192.0.2.77", 7);

	memcpy(&r.ifr_addr, &other, sizeof(other));
	assert_ok(ioctl(fd, SIOCGIFADDR, &r));
	assert_int_equal(v4_of(r), INADDR_LOOPBACK);
	assert_ok(close(fd));
}

TEST(ipv4_addresses_are_asked_of_ipv4_sockets_only)
{
	static const unsigned long numbers[] = { SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR,
						 SIOCGIFDSTADDR };

	for (int i = 1; i < 3; i++) {
		int fd = new_socket(families[i], SOCK_STREAM);

		for (int k = 0; k < 4; k++) {
			struct ifreq r = request("lo");

			assert_fails(ioctl(fd, numbers[k], &r), ENOTTY);
		}
		assert_ok(close(fd));
	}
}

TEST(bad_memory_comes_before_everything_else)
{
	static const unsigned long numbers[] = { SIOCGIFCONF, SIOCGIFNAME,  SIOCGIFADDR,
						 SIOCGIFMTU,  SIOCSIFFLAGS, SIOCSIFADDR };
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	for (int i = 0; i < 6; i++)
		assert_fails(ioctl(fd, numbers[i], (void *)8), EFAULT);
	assert_ok(close(fd));
}

/* How much SIOCGIFCONF needs on this host. */
static int conf_bytes(int fd)
{
	struct ifconf c = { .ifc_len = 5 };

	assert_ok(ioctl(fd, SIOCGIFCONF, &c));
	return c.ifc_len;
}

TEST(without_room_the_list_tells_its_size)
{
	for (int i = 0; i < 3; i++) {
		int fd = new_socket(families[i], SOCK_DGRAM), bytes = conf_bytes(fd);

		assert_true(bytes >= (int)sizeof(struct ifreq));
		assert_int_equal(bytes % (int)sizeof(struct ifreq), 0);
		assert_ok(close(fd));
	}
}

TEST(the_list_begins_with_loopback)
{
	struct ifreq r[2];
	struct ifconf c = { .ifc_len = sizeof(r), .ifc_req = r };
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	memset(r, 0x55, sizeof(r));
	assert_ok(ioctl(fd, SIOCGIFCONF, &c));
	assert_string_equal(r[0].ifr_name, "lo");
	assert_int_equal(r[0].ifr_name[IFNAMSIZ - 1], 0);
	assert_int_equal(v4_of(r[0]), INADDR_LOOPBACK);
	assert_ok(close(fd));
}

TEST(the_list_holds_whole_entries)
{
	static const int rooms[][2] = { { -1, 0 },  { 0, 0 },   { 1, 0 },  { 39, 0 },
					{ 40, 40 }, { 41, 40 }, { 79, 40 } };
	struct ifreq r[2];
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(sizeof(struct ifreq), 40);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct ifconf c = { .ifc_len = rooms[i][0], .ifc_req = r };

		memset(r, 0x55, sizeof(r));
		assert_ok(ioctl(fd, SIOCGIFCONF, &c));
		assert_int_equal(c.ifc_len, rooms[i][1]);
		assert_int_equal(((unsigned char *)r)[rooms[i][1]], 0x55);
	}
	assert_ok(close(fd));
}

TEST(a_list_that_cannot_be_written_is_efault)
{
	struct ifconf c = { .ifc_len = 100, .ifc_buf = (void *)8 };
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(ioctl(fd, SIOCGIFCONF, &c), EFAULT);
	assert_int_equal(c.ifc_len, 100);
	assert_ok(close(fd));
}

/* As an ordinary user: the superuser may, and does. */
TEST(interfaces_are_not_the_users_to_change)
{
	static const unsigned long numbers[] = { SIOCSIFNAME,   SIOCSIFFLAGS,  SIOCSIFMTU,
						 SIOCSIFHWADDR, SIOCSIFMETRIC, SIOCSIFHWBROADCAST,
						 SIOCSIFTXQLEN, SIOCSIFMAP,    SIOCADDMULTI,
						 SIOCDELMULTI };
	static const unsigned long ipv4_only[] = { SIOCSIFADDR,    SIOCSIFNETMASK, SIOCSIFBRDADDR,
						   SIOCSIFDSTADDR, SIOCADDRT,      SIOCDELRT,
						   SIOCSARP };
	struct ifreq r = request("nobody0");

	if (behaviour_on_kernel() && geteuid() == 0)
		skip();
	for (int i = 0; i < 3; i++) {
		int fd = new_socket(families[i], SOCK_DGRAM);

		for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
			assert_fails(ioctl(fd, numbers[k], &r), EPERM);
		for (size_t k = 0; families[i] == AF_INET && k < sizeof(ipv4_only) / sizeof(ipv4_only[0]);
		     k++)
			assert_fails(ioctl(fd, ipv4_only[k], &r), EPERM);
		assert_ok(close(fd));
	}
}

TEST(no_unix_socket_knows_of_addresses_to_set)
{
	static const unsigned long numbers[] = { SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFDSTADDR, SIOCADDRT,
						 SIOCSARP };
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);
	struct ifreq r = request("lo");

	for (int i = 0; i < 5; i++)
		assert_fails(ioctl(fd, numbers[i], &r), ENOTTY);
	assert_ok(close(fd));
}

/* ---- getifaddrs(3) ---- */

/* netdevice(7); net/if.h has no name for it. */
enum { LOWER_UP = 0x10000 };

/* Loopback's entry of that family, and that it has the flags of loopback. */
static const struct ifaddrs *loopback_in(const struct ifaddrs *list, int family)
{
	while (list && (strcmp(list->ifa_name, "lo") || list->ifa_addr->sa_family != family))
		list = list->ifa_next;
	assert_non_null(list);
	assert_int_equal(list->ifa_flags, IFF_UP | IFF_LOOPBACK | IFF_RUNNING | LOWER_UP);
	return list;
}

TEST(the_link_layer_tells_of_loopback)
{
	static const unsigned char zeros[8];
	const struct sockaddr_ll *a, *b;
	const struct ifaddrs *lo;
	struct ifaddrs *list;

	assert_ok(getifaddrs(&list));
	lo = loopback_in(list, AF_PACKET);
	a = (const void *)lo->ifa_addr;
	assert_int_equal(a->sll_ifindex, 1);
	assert_int_equal(a->sll_hatype, ARPHRD_LOOPBACK);
	assert_int_equal(a->sll_halen, 6);
	assert_int_equal(a->sll_protocol, 0);
	assert_int_equal(a->sll_pkttype, 0);
	assert_memory_equal(a->sll_addr, zeros, sizeof(zeros));
	assert_null(lo->ifa_netmask);
	b = (const void *)lo->ifa_broadaddr;
	assert_memory_equal(a, b, sizeof(*a));
	freeifaddrs(list);
}

TEST(ipv4_tells_of_loopback)
{
	const struct ifaddrs *lo;
	struct ifaddrs *list;
	struct sockaddr_in a;

	assert_ok(getifaddrs(&list));
	lo = loopback_in(list, AF_INET);
	a = at4("127.0.0.1", 0);
	assert_memory_equal(lo->ifa_addr, &a, sizeof(a));
	assert_memory_equal(lo->ifa_broadaddr, &a, sizeof(a));
	a = at4("255.0.0.0", 0);
	assert_memory_equal(lo->ifa_netmask, &a, sizeof(a));
	assert_null(lo->ifa_data);
	freeifaddrs(list);
}

TEST(ipv6_tells_of_loopback)
{
	const struct ifaddrs *lo;
	struct ifaddrs *list;
	struct sockaddr_in6 a;

	assert_ok(getifaddrs(&list));
	lo = loopback_in(list, AF_INET6);
	a = at6("::1", 0);
	assert_memory_equal(lo->ifa_addr, &a, sizeof(a));
	a = at6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0);
	assert_memory_equal(lo->ifa_netmask, &a, sizeof(a));
	assert_null(lo->ifa_broadaddr);
	freeifaddrs(list);
}

TEST(links_come_first_then_ipv4_then_ipv6)
{
	struct ifaddrs *list;
	int rank = 0;

	assert_ok(getifaddrs(&list));
	assert_string_equal(list->ifa_name, "lo");
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		int family = i->ifa_addr->sa_family;
		int now = family == AF_PACKET ? 0 : family == AF_INET ? 1 : 2;

		assert_true(now >= rank);
		rank = now;
	}
	assert_int_equal(rank, 2);
	freeifaddrs(list);
}

TEST(freeing_no_list_does_nothing)
{
	freeifaddrs(NULL);
}

/* ---- if_nametoindex(3) and kin ---- */

TEST(names_and_indexes_are_found_from_each_other)
{
	char name[IF_NAMESIZE];

	memset(name, 'x', sizeof(name));
	assert_int_equal(if_nametoindex("lo"), 1);
	assert_int_equal(if_nametoindex("lo:7"), 1);
	assert_ptr_equal(if_indextoname(1, name), name);
	assert_string_equal(name, "lo");
}

TEST(a_name_that_nobody_has_has_no_index)
{
	static const char *const names[] = { "nobody0", "", "averyveryverylongname", "fifteenletters_16" };

	for (int i = 0; i < 4; i++) {
		errno = 0;
		assert_int_equal(if_nametoindex(names[i]), 0);
		assert_int_equal(errno, ENODEV);
	}
}

TEST(an_index_that_nobody_has_has_no_name)
{
	char name[IF_NAMESIZE];

	errno = 0;
	assert_null(if_indextoname(9999, name));
	assert_int_equal(errno, ENXIO);
	errno = 0;
	assert_null(if_indextoname(0, name));
	assert_int_equal(errno, ENXIO);
}

TEST(all_names_are_listed_with_their_indexes)
{
	struct if_nameindex *list = if_nameindex();
	int num = 0;

	assert_non_null(list);
	assert_int_equal(list[0].if_index, 1);
	assert_string_equal(list[0].if_name, "lo");
	for (; list[num].if_index; num++)
		assert_int_equal(if_nametoindex(list[num].if_name), list[num].if_index);
	assert_null(list[num].if_name);
	if_freenameindex(list);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(loopback_has_index_one),
	DUAL_TEST(index_one_is_named_lo),
	DUAL_TEST(loopback_is_up_and_running),
	DUAL_TEST(loopback_takes_packets_of_64_kib),
	DUAL_TEST(loopback_has_the_whole_of_127),
	DUAL_TEST(loopback_has_a_hardware_address_of_zeros),
	DUAL_TEST(loopback_has_neither_memory_nor_interrupt),
	DUAL_TEST(a_name_or_index_that_nobody_has_is_enodev),
	DUAL_TEST(an_alias_is_its_interface),
	DUAL_TEST(an_address_in_the_request_that_nobody_has_means_the_first),
	DUAL_TEST(ipv4_addresses_are_asked_of_ipv4_sockets_only),
	DUAL_TEST(bad_memory_comes_before_everything_else),
	DUAL_TEST(without_room_the_list_tells_its_size),
	DUAL_TEST(the_list_begins_with_loopback),
	DUAL_TEST(the_list_holds_whole_entries),
	DUAL_TEST(a_list_that_cannot_be_written_is_efault),
	DUAL_TEST(interfaces_are_not_the_users_to_change),
	DUAL_TEST(no_unix_socket_knows_of_addresses_to_set),
	DUAL_TEST(the_link_layer_tells_of_loopback),
	DUAL_TEST(ipv4_tells_of_loopback),
	DUAL_TEST(ipv6_tells_of_loopback),
	DUAL_TEST(links_come_first_then_ipv4_then_ipv6),
	DUAL_TEST(freeing_no_list_does_nothing),
	DUAL_TEST(names_and_indexes_are_found_from_each_other),
	DUAL_TEST(a_name_that_nobody_has_has_no_index),
	DUAL_TEST(an_index_that_nobody_has_has_no_name),
	DUAL_TEST(all_names_are_listed_with_their_indexes),
};

BEHAVIOUR_MAIN("interfaces", tests)
