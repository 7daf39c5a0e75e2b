/* SPDX-License-Identifier: MIT */
/* See account.h. A walk over both: where they differ, what was received goes on at a later place of the file.
 */
#include "api/cmdline/account.h"

#include <string.h>

enum { WINDOW_BYTES = 4 };

static void add_gap(struct account *a, size_t at, size_t len)
{
	if (a->num_gaps < ACCOUNT_MAX_GAPS)
		a->gaps[a->num_gaps] = (struct account_gap){ at, len };
	a->num_gaps++;
	a->lost_bytes += len;
}

/* Where in the file, from `from` on, the next received bytes stand; file_len if nowhere. */
static size_t resume_at(const unsigned char *file, size_t file_len, size_t from, const unsigned char *got,
			size_t got_len)
{
	size_t n = got_len < WINDOW_BYTES ? got_len : WINDOW_BYTES;

	for (size_t at = from; at + n <= file_len; at++)
		if (memcmp(file + at, got, n) == 0)
			return at;
	return file_len;
}

void account_compare(struct account *a, const unsigned char *file, size_t file_len, const unsigned char *got,
		     size_t got_len)
{
	size_t i = 0, at = 0;

	memset(a, 0, sizeof *a);
	while (i < got_len) {
		size_t next;

		if (at < file_len && got[i] == file[at]) {
			i++;
			at++;
			continue;
		}
		next = resume_at(file, file_len, at, got + i, got_len - i);
		if (next == file_len) {
			a->foreign_bytes++;
			i++;
			continue;
		}
		add_gap(a, at, next - at);
		at = next;
	}
	if (at < file_len)
		add_gap(a, at, file_len - at);
}
