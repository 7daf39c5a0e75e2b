/* SPDX-License-Identifier: MIT */
/*
 * Quantities as users write them: time spans, sizes, percents, rates, integers. Exact: no floating point, no
 * rounding but where said, no wrap; what does not fit is refused. `what` names the thing for messages
 * ("delay").
 *
 * All return 0, or -EINVAL with the diagnostic filled in and *out as it was.
 */
#ifndef SIM_BASE_QUANTITY_H
#define SIM_BASE_QUANTITY_H

#include <stdint.h>

#include "sim/base/diag.h"

/* What a number without a unit means in a time span. */
#define SIM_SPAN_NEEDS_UNIT 0              /* nothing: refused, but for 0 */
#define SIM_SPAN_BARE_US    UINT64_C(1000) /* microseconds: strace's delays, tc's delays */
#define SIM_SPAN_BARE_S     UINT64_C(1000000000)

/* "10ns" "200us" "5ms" "1.5s" "2min" "1h" "1d". 0 <= *out_ns <= INT64_MAX (292 years). */
int sim_parse_span(struct sim_slice in, const char *what, uint64_t bare_unit_ns, int64_t *out_ns,
		   struct sim_diag *d);

/*
 * "1460" "10k" "64KiB" "1MB": k, M, G and KiB, MiB, GiB are powers of 1024 (as in tc), kB, MB, GB of 1000.
 * "kb" is refused: programs disagree on what it is.
 */
int sim_parse_size(struct sim_slice in, const char *what, uint64_t max_bytes, uint64_t *out_bytes,
		   struct sim_diag *d);

/* "80%", "0.1%", from 0 to 100, in parts per thousand million; finer than that is refused. */
#define SIM_PPB_ONE UINT32_C(1000000000)
int sim_parse_percent(struct sim_slice in, const char *what, uint32_t *out_ppb, struct sim_diag *d);

/* As tc: "10mbit" "500kbit" "56000" (bits a second), "1mbps" (bytes a second); kibit and kin by 1024. */
int sim_parse_rate(struct sim_slice in, const char *what, uint64_t *out_bps, struct sim_diag *d);

/* Decimal digits only, min <= *out <= max. */
int sim_parse_uint(struct sim_slice in, const char *what, uint64_t min, uint64_t max, uint64_t *out,
		   struct sim_diag *d);

struct sim_str;

/* "5ms", "1.5s", "0": in the largest unit, short. Reads back as the same span. */
void sim_span_add(struct sim_str *out, int64_t span_ns);

#endif
