/* SPDX-License-Identifier: MIT */
/* simsock demo: see demo.c. */
#ifndef API_CMDLINE_DEMO_H
#define API_CMDLINE_DEMO_H

#include <stdint.h>

struct demo_options {
	uint64_t seed;
	const char *pcap_path;  /* NULL: no capture */
	const char *only;       /* "naive", "careful"; NULL: both */
	const char *extra_rule; /* one more rule for the sender; NULL: none */
};

/* The exit status: 0 when the careful sender lost nothing. */
int demo_run(const struct demo_options *options);

#endif
