/* SPDX-License-Identifier: MIT */
/* What a receiver got, held against what was to be sent: which parts are missing, which stand there twice. */
#ifndef API_CMDLINE_ACCOUNT_H
#define API_CMDLINE_ACCOUNT_H

#include <stddef.h>

enum { ACCOUNT_MAX_GAPS = 64 };

struct account_gap {
	size_t at, len; /* in what was to be sent */
};

struct account {
	struct account_gap gaps[ACCOUNT_MAX_GAPS];
	unsigned num_gaps; /* the first ACCOUNT_MAX_GAPS are kept */
	size_t lost_bytes;
	size_t foreign_bytes; /* received, and not of the file at that place: sent twice, or out of order */
};

/* The file must not repeat itself within a window of 4 bytes, or a gap may be seen a little displaced. */
void account_compare(struct account *a, const unsigned char *file, size_t file_len, const unsigned char *got,
		     size_t got_len);

#endif
