/* SPDX-License-Identifier: MIT */
/* C's escapes in what a user wrote: \r \n \t \0 \a \b \f \v \e \\ \" \; \xHH \ooo, and "\ " for a blank. */
#ifndef SCENARIOS_LANG_ESCAPE_H
#define SCENARIOS_LANG_ESCAPE_H

#include "sim/base/diag.h"

/* `in`: what follows the backslash. The byte, and how many characters it took; or -EINVAL and a diagnostic.
 */
int sim_escape_parse(struct sim_slice in, unsigned char *out, size_t *len, struct sim_diag *d);

#endif
