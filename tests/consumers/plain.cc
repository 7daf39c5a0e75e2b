// SPDX-License-Identifier: MIT
// The headers from C++, whose simsock is linked from the C object; 0 when all went as it should.
#include <cstdarg>
#include <cstddef>
#include <cstdint>

#include <setjmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "simsock.h"
#include "simsock_cmocka.h"

int main()
{
	sim_world *w = sim_world_new(1);
	int fd[2];

	sim_pair(fd, "tcp");
	sim_inject("send:error=ENOBUFS");
	if (send(fd[0], "abcdef", 6, 0) != -1)
		return 1;
	if (sim_explain() == nullptr)
		return 2;
	close(fd[0]);
	close(fd[1]);
	sim_world_free(w);
	return 0;
}
