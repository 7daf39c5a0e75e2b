/* SPDX-License-Identifier: MIT */
/* sim_ip(): a host's routes, addresses, links and neighbours in ip(8)'s words. What they mean is sim/host's.
 */
#include "api/control/control.h"

#include <stdlib.h>

#include "api/simsock.h"
#include "sim/host/ip_words.h"

enum { SHOWN_BYTES = 65536 };

const char *(sim_ip)(const char *host, const char *command)
{
	struct sim_control *c = sim_control_current("sim_ip");
	struct sim_host *h = sim_control_host(c, "ip", host);
	struct sim_source src = sim_source_of("ip", command ? command : "");
	struct sim_ip_command cmd;
	struct sim_str shown;
	struct sim_diag d;

	if (!c->ip_text)
		c->ip_text = malloc(SHOWN_BYTES);
	if (!c->ip_text)
		sim_control_fail("out of memory");
	shown = sim_str_on(c->ip_text, SHOWN_BYTES);
	if (sim_ip_command_parse(sim_slice_all(&src), &cmd, &d) || sim_ip_command_run(h, &cmd, &shown, &d))
		sim_control_fail_diag(&d);
	return c->ip_text;
}
