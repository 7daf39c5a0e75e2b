/* SPDX-License-Identifier: MIT */
/* Calls that the virtual network has nothing behind: see posix.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netdb.h>

#include "api/posix/posix.h"

void sim_posix_refuse(enum sim_call_id id, int code)
{
	long r = sim_call_refuse(sim_current, id, code), done = 0;

	(void)sim_posix_again(sim_current, &done);
	if (sim_call_info(id)->traits & SIM_CALL_ANSWERS_HE)
		h_errno = r < 0 ? (int)-r : code;
	else
		errno = r < 0 ? (int)-r : code;
}
