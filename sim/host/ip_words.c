/* SPDX-License-Identifier: MIT */
/* Commands in ip(8)'s words, read: see ip_words.h. What they do is ip_run.c's. */
#include "sim/host/ip_words.h"

#include <errno.h>
#include <string.h>

#include "sim/base/quantity.h"
#include "sim/ip/neighbour.h"

enum { ADDR_TEXT_BYTES = 64, V4_BITS = 32, V6_BITS = 128, MIN_MTU = 68, MAX_MTU = 65535 };

/* What is left of the text. */
struct reader {
	struct sim_slice rest;
	struct sim_diag *d;
};

static struct sim_slice next_word(struct reader *r)
{
	struct sim_slice all = sim_slice_trim(r->rest), word;
	size_t n = 0;

	while (n < all.len && !sim_is_blank(sim_slice_text(all)[n]))
		n++;
	word = sim_slice_sub(all, 0, n);
	r->rest = sim_slice_trim(sim_slice_sub(all, n, all.len));
	return word;
}

static struct sim_slice peek_word(const struct reader *r)
{
	struct reader copy = *r;

	return next_word(&copy);
}

/* ip(8) takes any beginning of a word. */
static bool begins(struct sim_slice word, const char *whole)
{
	return word.len && word.len <= strlen(whole) && !memcmp(sim_slice_text(word), whole, word.len);
}

/* One of several words, the first that begins so; -EINVAL and a diagnostic that lists them. */
static int choose(struct sim_slice word, const char *what, const char *const *known, int num,
		  struct sim_diag *d)
{
	struct sim_suggest s = sim_suggest_for(word);
	char hint[SIM_SUGGEST_BYTES], list[160];
	struct sim_str l = sim_str_on(list, sizeof list);

	for (int i = 0; i < num; i++) {
		if (begins(word, known[i]))
			return i;
		sim_suggest_offer(&s, known[i]);
		sim_str_printf(&l, "%s%s", i ? ", " : "", known[i]);
	}
	if (!word.len)
		return sim_diag_slice(d, word, "expected %s: one of %s", what, list);
	return sim_diag_slice(d, word, "unknown %s \"" SIM_SLICE_FMT "\"%s (expected one of %s)", what,
			      SIM_SLICE_ARG(word), sim_suggest_text(&s, hint), list);
}

/* ---- words with a meaning of their own ---- */

static int read_address(struct sim_slice word, const char *what, struct sim_addr *a, struct sim_diag *d)
{
	char text[ADDR_TEXT_BYTES];

	if (!word.len)
		return sim_diag_slice(d, word, "expected %s", what);
	if (word.len < sizeof text) {
		memcpy(text, sim_slice_text(word), word.len);
		text[word.len] = '\0';
		if (sim_addr_parse(text, a))
			return 0;
	}
	return sim_diag_slice(d, word, "\"" SIM_SLICE_FMT "\" is no address: expected %s",
			      SIM_SLICE_ARG(word), what);
}

/* ADDRESS[/PREFIX]; without a prefix all of it. */
static int read_network(struct sim_slice word, const char *what, struct sim_addr *a, unsigned *prefix_len,
			struct sim_diag *d)
{
	size_t slash = sim_slice_find(word, '/');
	uint64_t len;

	if (read_address(sim_slice_sub(word, 0, slash), what, a, d))
		return -EINVAL;
	*prefix_len = sim_addr_is_v4(*a) ? V4_BITS : V6_BITS;
	if (slash == word.len)
		return 0;
	if (sim_parse_uint(sim_slice_sub(word, slash + 1, word.len), "prefix", 0, *prefix_len, &len, d))
		return -EINVAL;
	*prefix_len = (unsigned)len;
	return 0;
}

/* The address with nothing behind its prefix. */
static struct sim_addr network_of(struct sim_addr a, unsigned prefix_len)
{
	unsigned from = sim_addr_is_v4(a) ? prefix_len + V6_BITS - V4_BITS : prefix_len;

	for (unsigned i = from; i < V6_BITS; i++)
		a.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return a;
}

static int hex_digit(char c)
{
	c = sim_to_lower(c);
	return sim_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_lladdr(struct sim_slice word, struct sim_ip_command *cmd, struct sim_diag *d)
{
	const char *p = sim_slice_text(word);
	bool good = word.len == 17;

	for (unsigned i = 0; good && i < SIM_HWADDR_BYTES; i++) {
		int high = hex_digit(p[3 * i]), low = hex_digit(p[3 * i + 1]);

		good = high >= 0 && low >= 0 && (i == SIM_HWADDR_BYTES - 1 || p[3 * i + 2] == ':');
		cmd->lladdr[i] = (uint8_t)(high << 4 | low);
	}
	cmd->has_lladdr = good;
	if (good)
		return 0;
	return sim_diag_slice(d, word,
			      "\"" SIM_SLICE_FMT "\" is no link-layer address: expected one such as "
			      "02:00:00:00:02:02",
			      SIM_SLICE_ARG(word));
}

static int read_number(struct reader *r, const char *what, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t v;

	if (sim_parse_uint(next_word(r), what, min, max, &v, r->d))
		return -EINVAL;
	*out = (uint32_t)v;
	return 0;
}

static int read_dev(struct reader *r, struct sim_ip_command *cmd)
{
	cmd->dev = next_word(r);
	return cmd->dev.len ? 0 : sim_diag_slice(r->d, cmd->dev, "expected an interface, such as eth0");
}

static int read_on_off(struct reader *r, const char *what, bool *on)
{
	static const char *const words[] = { "off", "on" };
	struct sim_slice word = next_word(r);
	int n = word.len == 1 ? -EINVAL : choose(word, what, words, 2, r->d);

	if (n < 0)
		return sim_diag_slice(r->d, word, "%s is \"on\" or \"off\"", what);
	*on = n;
	return 0;
}

/* ---- one object's words ---- */

static int read_route_word(struct reader *r, struct sim_ip_command *cmd)
{
	static const char *const words[] = { "via", "dev", "metric", "mtu", "onlink" };
	int n = choose(next_word(r), "word of a route", words, 5, r->d);

	switch (n) {
	case 0:
		cmd->gateway = next_word(r);
		return read_address(cmd->gateway, "a gateway's address", &cmd->route.gateway, r->d);
	case 1: return read_dev(r, cmd);
	case 2: return read_number(r, "metric", 0, INT32_MAX, &cmd->route.metric);
	case 3: return read_number(r, "mtu", MIN_MTU, MAX_MTU, &cmd->route.mtu_bytes);
	case 4: cmd->route.onlink = true; return 0;
	default: return n;
	}
}

static int check_route(struct reader *r, struct sim_ip_command *cmd, bool any_family)
{
	struct sim_ip_route *route = &cmd->route;
	bool v6 = cmd->family == 6 || (cmd->gateway.len && !sim_addr_is_v4(route->gateway));
	char text[ADDR_TEXT_BYTES];
	struct sim_addr network;

	if (any_family) /* "default", "all" */
		route->dst = v6 ? sim_addr_v6_any() : sim_addr_v4(0);
	if (cmd->gateway.len && sim_addr_is_v4(route->gateway) != sim_addr_is_v4(route->dst))
		return sim_diag_slice(r->d, cmd->gateway,
				      "a gateway of the other family than the destination");
	if (!cmd->gateway.len)
		route->gateway = sim_addr_is_v4(route->dst) ? sim_addr_v4(0) : sim_addr_v6_any();
	network = network_of(route->dst, route->prefix_len);
	if (!sim_addr_equal(network, route->dst))
		return sim_diag_slice(r->d, cmd->subject,
				      "the destination has bits behind its prefix: the network is %s/%u",
				      sim_addr_format(network, text), route->prefix_len);
	if (route->type != SIM_ROUTE_UNICAST && cmd->gateway.len)
		return sim_diag_slice(r->d, cmd->gateway, "a route of type %s has no gateway",
				      sim_route_type_name((enum sim_route_type)route->type));
	if (cmd->verb != SIM_IP_DEL && route->type == SIM_ROUTE_UNICAST && !cmd->gateway.len && !cmd->dev.len)
		return sim_diag_slice(r->d, sim_slice_sub(cmd->subject, cmd->subject.len, 0),
				      "a route needs \"via GATEWAY\" or \"dev INTERFACE\"");
	return 0;
}

static int read_route(struct reader *r, struct sim_ip_command *cmd)
{
	unsigned prefix_len = 0;
	bool any_family;

	for (unsigned type = 0; type < SIM_ROUTE_NUM_TYPES; type++) {
		if (!sim_slice_is(peek_word(r), sim_route_type_name((enum sim_route_type)type)))
			continue;
		cmd->route.type = (uint8_t)type;
		next_word(r);
		break;
	}
	cmd->subject = next_word(r);
	any_family = sim_slice_is(cmd->subject, "default") || sim_slice_is(cmd->subject, "all");
	if (!any_family && read_network(cmd->subject, "a destination, such as 10.0.9.0/24 or default",
					&cmd->route.dst, &prefix_len, r->d))
		return -EINVAL;
	cmd->route.prefix_len = (uint8_t)prefix_len;
	while (r->rest.len)
		if (read_route_word(r, cmd))
			return -EINVAL;
	return check_route(r, cmd, any_family);
}

static int read_addr(struct reader *r, struct sim_ip_command *cmd)
{
	static const char *const words[] = { "dev" };

	cmd->subject = next_word(r);
	if (read_network(cmd->subject, "an address with its prefix, such as 10.0.0.3/24", &cmd->addr,
			 &cmd->prefix_len, r->d))
		return -EINVAL;
	while (r->rest.len)
		if (choose(next_word(r), "word of an address", words, 1, r->d) < 0 || read_dev(r, cmd))
			return -EINVAL;
	return 0;
}

static int read_neigh_word(struct reader *r, struct sim_ip_command *cmd)
{
	static const char *const words[] = { "lladdr", "dev", "nud" };
	int n = choose(next_word(r), "word of a neighbour", words, 3, r->d);
	enum sim_nud_state state;
	struct sim_slice word;

	switch (n) {
	case 0: return read_lladdr(next_word(r), cmd, r->d);
	case 1: return read_dev(r, cmd);
	case 2: break;
	default: return n;
	}
	word = next_word(r);
	if (!sim_nud_by_name(sim_slice_text(word), word.len, &state) || state == SIM_NUD_NONE)
		return sim_diag_slice(r->d, word,
				      "unknown state \"" SIM_SLICE_FMT
				      "\" (expected one of permanent, noarp, "
				      "reachable, stale, delay, probe, incomplete, failed)",
				      SIM_SLICE_ARG(word));
	cmd->nud = (uint8_t)state;
	cmd->has_nud = true;
	return 0;
}

static int read_neigh(struct reader *r, struct sim_ip_command *cmd)
{
	cmd->subject = next_word(r);
	if (read_address(cmd->subject, "a neighbour's address, such as 10.0.0.2", &cmd->addr, r->d))
		return -EINVAL;
	while (r->rest.len)
		if (read_neigh_word(r, cmd))
			return -EINVAL;
	if (!cmd->has_nud)
		cmd->nud = SIM_NUD_PERMANENT;
	if (cmd->verb != SIM_IP_DEL && !cmd->has_lladdr && sim_nud_is_valid(cmd->nud))
		return sim_diag_slice(r->d, sim_slice_sub(cmd->subject, cmd->subject.len, 0),
				      "a neighbour needs \"lladdr MAC\", such as lladdr 02:00:00:00:02:02");
	return 0;
}

static int read_link_word(struct reader *r, struct sim_ip_command *cmd)
{
	static const char *const words[] = { "up", "down", "mtu", "txqueuelen", "qlen", "arp" };
	int n = choose(next_word(r), "setting of a link", words, 6, r->d);

	switch (n) {
	case 0:
	case 1:
		cmd->has_up = true;
		cmd->up = n == 0;
		return 0;
	case 2: return read_number(r, "mtu", MIN_MTU, MAX_MTU, &cmd->mtu_bytes);
	case 3:
	case 4: return read_number(r, "txqueuelen", 1, INT32_MAX, &cmd->txqueuelen_packets);
	case 5: cmd->has_arp = true; return read_on_off(r, "arp", &cmd->arp);
	default: return n;
	}
}

static int read_link(struct reader *r, struct sim_ip_command *cmd)
{
	if (sim_slice_is(peek_word(r), "dev"))
		next_word(r);
	if (read_dev(r, cmd))
		return -EINVAL;
	if (cmd->verb == SIM_IP_SET && !r->rest.len)
		return sim_diag_slice(
			r->d, r->rest,
			"expected a setting of the link: up, down, mtu N, txqueuelen N, arp on|off");
	while (r->rest.len) {
		if (cmd->verb != SIM_IP_SET)
			return sim_diag_slice(r->d, r->rest, "nothing more is expected here");
		if (read_link_word(r, cmd))
			return -EINVAL;
	}
	return 0;
}

/* Behind show and flush: "all", "dev NAME", or the name alone. */
static int read_selection(struct reader *r, struct sim_ip_command *cmd)
{
	while (r->rest.len) {
		if (sim_slice_is(peek_word(r), "all")) {
			next_word(r);
			continue;
		}
		if (sim_slice_is(peek_word(r), "dev"))
			next_word(r);
		if (cmd->dev.len)
			return sim_diag_slice(r->d, r->rest, "nothing more is expected here");
		if (read_dev(r, cmd))
			return -EINVAL;
	}
	if (cmd->verb == SIM_IP_FLUSH && cmd->object == SIM_IP_ADDR && !cmd->dev.len)
		return sim_diag_slice(r->d, r->rest, "expected \"dev INTERFACE\"");
	return 0;
}

/* ---- the whole ---- */

static const char *const objects[SIM_IP_NUM_OBJECTS] = { "route", "address", "link", "neighbour" };
static const char *const verbs[] = { "show",   "list",   "lst", "ls",    "add", "replace",
				     "change", "delete", "del", "flush", "set" };
static const uint8_t meaning[] = { SIM_IP_SHOW, SIM_IP_SHOW,    SIM_IP_SHOW,    SIM_IP_SHOW,
				   SIM_IP_ADD,  SIM_IP_REPLACE, SIM_IP_REPLACE, SIM_IP_DEL,
				   SIM_IP_DEL,  SIM_IP_FLUSH,   SIM_IP_SET };

/* Which verbs an object has, by bit. */
static const unsigned has[SIM_IP_NUM_OBJECTS] = {
	[SIM_IP_ROUTE] = 1u << SIM_IP_ADD | 1u << SIM_IP_REPLACE | 1u << SIM_IP_DEL | 1u << SIM_IP_FLUSH,
	[SIM_IP_ADDR] = 1u << SIM_IP_ADD | 1u << SIM_IP_DEL | 1u << SIM_IP_FLUSH,
	[SIM_IP_LINK] = 1u << SIM_IP_ADD | 1u << SIM_IP_SET,
	[SIM_IP_NEIGH] = 1u << SIM_IP_ADD | 1u << SIM_IP_REPLACE | 1u << SIM_IP_DEL | 1u << SIM_IP_FLUSH,
};

static int read_object(struct reader *r, struct sim_ip_command *out)
{
	static const char *const options[] = { "-4", "-6", "-s" };
	struct sim_slice word = next_word(r);
	int n;

	if (sim_slice_is(word, "ip"))
		word = next_word(r);
	while (word.len && *sim_slice_text(word) == '-') {
		n = choose(word, "option", options, 2, r->d);
		if (n < 0)
			return n;
		out->family = n ? 6 : 4;
		word = next_word(r);
	}
	if (sim_slice_is(word, "neighbor"))
		n = SIM_IP_NEIGH;
	else
		n = choose(word, "object", objects, SIM_IP_NUM_OBJECTS, r->d);
	out->object = (uint8_t)n;
	return n < 0 ? n : 0;
}

static int read_verb(struct reader *r, struct sim_ip_command *out)
{
	struct sim_slice word = peek_word(r);
	int n;

	out->verb = SIM_IP_SHOW;
	if (!word.len || sim_slice_is(word, "dev"))
		return 0;
	n = choose(word, "command", verbs, sizeof verbs / sizeof verbs[0], r->d);
	if (n < 0)
		return n;
	next_word(r);
	out->verb = meaning[n];
	if (out->verb == SIM_IP_SHOW || has[out->object] & 1u << out->verb)
		return 0;
	return sim_diag_slice(r->d, word, "\"%s\" has no \"%s\"", objects[out->object], verbs[n]);
}

int sim_ip_command_parse(struct sim_slice text, struct sim_ip_command *out, struct sim_diag *d)
{
	static int (*const read[])(struct reader *, struct sim_ip_command *) = {
		[SIM_IP_ROUTE] = read_route,
		[SIM_IP_ADDR] = read_addr,
		[SIM_IP_LINK] = read_link,
		[SIM_IP_NEIGH] = read_neigh,
	};
	struct reader r = { sim_slice_trim(text), d };

	memset(out, 0, sizeof *out);
	if (read_object(&r, out) || read_verb(&r, out))
		return -EINVAL;
	out->subject = out->dev = out->gateway = sim_slice_sub(r.rest, 0, 0);
	if (out->verb == SIM_IP_SHOW || out->verb == SIM_IP_FLUSH)
		return read_selection(&r, out);
	return read[out->object](&r, out);
}
