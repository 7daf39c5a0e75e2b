// SPDX-License-Identifier: MIT
// The headers from C++, whose simsock is linked from the C object; 0 when all went as it should.
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

#include <setjmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "simsock.h"
#include "simsock_cmocka.h"
#include "simsock_object.h"
#include "simsock_posix.h"
#include "simsock_raw.h"

int main()
{
	sim_object object = SIM_OBJECT_INIT;
	sim_world *w = sim_world_new(1);
	int fd[2];

	sim_pair(fd, "tcp");
	sim_inject("send:error=ENOBUFS:when=1..2");
	if (send(fd[0], "abcdef", 6, 0) != -1)
		return 1;
	if (sim_explain() == nullptr)
		return 2;
	if (sys_send(fd[0], "abc", 3, 0) != -ENOBUFS)
		return 3;
	if (sim_object_attach(&object, fd[0]) || sim_object_send(&object, "abc", 3, 0) != 3)
		return 4;
	sim_object_close(&object);
	close(fd[1]);
	sim_world_free(w);
	return 0;
}
