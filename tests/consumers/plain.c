/* SPDX-License-Identifier: MIT */
/* The single-file form without cmocka: a world, a pair, a rule; 0 when all went as it should. With -DBY_NAME
 * the calls are redirected by a header, and libc's names let alone. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "simsock.h"
#ifdef BY_NAME
#include "simsock_redirect.h"
#endif

int main(void)
{
	struct sim_world *w = sim_world_new(1);
	char got[8];
	int fd[2];

	sim_pair(fd, "tcp");
	sim_inject("send:short=3:when=1");
	if (send(fd[0], "abcdef", 6, 0) != 3)
		return 1;
	if (recv(fd[1], got, sizeof(got), 0) != 3 || memcmp(got, "abc", 3) != 0)
		return 2;
	close(fd[0]);
	close(fd[1]);
	sim_world_free(w);
	return 0;
}
