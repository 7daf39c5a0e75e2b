/* SPDX-License-Identifier: MIT */
/* The single-file form without cmocka: a world, a pair, a rule, each face; 0 when all went as it should. With
 * -DBY_NAME the calls are redirected by a header, and libc's names let alone. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "simsock.h"
#include "simsock_object.h"
#include "simsock_raw.h"
#ifdef BY_NAME
#include "simsock_redirect.h"
#endif

int main(void)
{
	struct sim_object object = SIM_OBJECT_INIT;
	struct sim_world *w = sim_world_new(1);
	char got[8];
	int fd[2];

	sim_pair(fd, "tcp");
	sim_inject("send:short=3:when=1");
	if (send(fd[0], "abcdef", 6, 0) != 3)
		return 1;
	if (recv(fd[1], got, sizeof(got), 0) != 3 || memcmp(got, "abc", 3) != 0)
		return 2;
	if (sys_send(fd[0], "ghi", 3, 0) != 3 || sys_read(fd[1], got, sizeof(got)) != 3)
		return 3;
	if (sys_recv(fd[1], got, sizeof(got), MSG_DONTWAIT) != -EAGAIN)
		return 4;
	object.suppress_sigpipe = true;
	if (sim_object_attach(&object, fd[0]) || sim_object_send(&object, "jkl", 3, 0) != 3)
		return 5;
	sim_object_close(&object);
	close(fd[1]);
	sim_world_free(w);
	return 0;
}
