/* SPDX-License-Identifier: MIT */
/* How the host is called: uname(2), gethostname(2), getdomainname(2) and who may change it. Plain libc only.
 */
#include "tests/behaviour/behaviour.h"

static struct utsname own(void)
{
	struct utsname u;

	memset(&u, 'x', sizeof(u));
	assert_ok(uname(&u));
	return u;
}

TEST(the_system_is_linux)
{
	struct utsname u = own();

	assert_string_equal(u.sysname, "Linux");
	assert_string_equal(u.machine, "x86_64");
	assert_true(strlen(u.nodename) > 0);
}

TEST(the_release_is_the_references)
{
	struct utsname u = own();

	assert_int_equal(strncmp(u.release, BEHAVIOUR_REFERENCE, strlen(BEHAVIOUR_REFERENCE)), 0);
}

TEST(uname_into_bad_memory_is_efault)
{
	assert_fails(uname((struct utsname *)8), EFAULT);
}

TEST(gethostname_tells_the_nodes_name)
{
	struct utsname u = own();
	char name[sizeof(u.nodename)];

	assert_ok(gethostname(name, sizeof(name)));
	assert_string_equal(name, u.nodename);
}

/* The name and its end must have room; what has is written. */
TEST(a_host_name_without_room_is_enametoolong)
{
	struct utsname u = own();
	size_t len = strlen(u.nodename);
	char name[sizeof(u.nodename) + 1];

	for (size_t room = 0; room <= len; room++) {
		memset(name, '*', sizeof(name));
		assert_fails(gethostname(name, room), ENAMETOOLONG);
		assert_memory_equal(name, u.nodename, room);
		assert_int_equal(name[room], '*');
	}
	assert_ok(gethostname(name, len + 1));
	assert_string_equal(name, u.nodename);
}

/* A domain name that is cut has no end, and that is no error. */
TEST(a_domain_name_is_cut_silently)
{
	struct utsname u = own();
	size_t len = strlen(u.domainname);
	char name[sizeof(u.domainname) + 1];

	for (size_t room = 0; room <= len + 1; room++) {
		memset(name, '*', sizeof(name));
		assert_ok(getdomainname(name, room));
		assert_memory_equal(name, u.domainname, room);
		assert_int_equal(name[room], '*');
	}
}

/* The superuser may. */
TEST(names_are_not_the_users_to_change)
{
	if (behaviour_on_kernel() && geteuid() == 0)
		skip();
	assert_fails(sethostname("x", 1), EPERM);
	assert_fails(setdomainname("x", 1), EPERM);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(the_system_is_linux),
	DUAL_TEST(the_release_is_the_references),
	DUAL_TEST(uname_into_bad_memory_is_efault),
	DUAL_TEST(gethostname_tells_the_nodes_name),
	DUAL_TEST(a_host_name_without_room_is_enametoolong),
	DUAL_TEST(a_domain_name_is_cut_silently),
	DUAL_TEST(names_are_not_the_users_to_change),
};

BEHAVIOUR_MAIN("host_names", tests)
