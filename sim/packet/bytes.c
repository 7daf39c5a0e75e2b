/* SPDX-License-Identifier: MIT */
/* Slabs and runs of bytes: see bytes.h. */
#include "sim/packet/bytes.h"

#include <errno.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/base/random.h"
#include "sim/base/uaccess.h"

/* Data bytes of the three sizes of slab: with the header they fill a class of the arena. */
enum {
	SLAB_SMALL = 256 - sizeof(struct sim_slab),
	SLAB_MEDIUM = 4096 - sizeof(struct sim_slab),
	SLAB_LARGE = 65536 - sizeof(struct sim_slab),
};

static struct sim_slab *slab_new(struct sim_arena *a, size_t want)
{
	size_t cap = want <= SLAB_SMALL ? SLAB_SMALL : want <= SLAB_MEDIUM ? SLAB_MEDIUM : SLAB_LARGE;
	struct sim_slab *s = sim_arena_alloc_raw(a, sizeof *s + cap);

	if (!s)
		return NULL;
	s->next = NULL;
	s->refs = 1;
	s->cap_bytes = (uint32_t)cap;
	s->used_bytes = 0;
	s->pad = 0;
	return s;
}

void sim_slab_free(struct sim_arena *a, struct sim_slab *s)
{
	do {
		struct sim_slab *next = s->next;

		sim_arena_free(a, s, sizeof *s + s->cap_bytes);
		s = next;
	} while (s && --s->refs == 0);
}

size_t sim_iter_total(const struct sim_iter *it)
{
	size_t n = 0;

	for (size_t i = 0; i < it->num; i++)
		n += it->iov[i].iov_len;
	return n - (it->num ? it->off : 0);
}

static void advance(struct sim_iter *it, size_t len)
{
	it->off += len;
	if (it->off == it->iov->iov_len) {
		it->iov++;
		it->num--;
		it->off = 0;
	}
}

static int copy_from_iter(void *to, struct sim_iter *it, size_t len)
{
	unsigned char *p = to;

	while (len) {
		size_t left = it->iov->iov_len - it->off, n = left < len ? left : len;

		if (n && sim_copy_from_user(p, (const char *)it->iov->iov_base + it->off, n))
			return -EFAULT;
		p += n;
		len -= n;
		advance(it, n);
	}
	return 0;
}

/* Undoes an append that failed half way: cuts the stream where it stood. */
static void cut_stream(struct sim_arena *a, struct sim_slab *tail, uint32_t used_bytes,
		       struct sim_slab *fresh)
{
	if (tail) {
		tail->used_bytes = used_bytes;
		sim_slab_unref(a, tail->next);
		tail->next = NULL;
	} else {
		sim_slab_unref(a, fresh);
	}
}

static int append(struct sim_arena *a, struct sim_slab **tail, struct sim_iter *it, const void *data,
		  size_t len, struct sim_bytes *run)
{
	struct sim_slab *old = *tail, *s = old, *first = NULL;
	uint32_t old_used = old ? old->used_bytes : 0, off = 0;
	size_t done = 0;
	int err = 0;

	SIM_ASSERT(len > 0 && len <= UINT32_MAX);
	while (done < len && !err) {
		if (!s || s->used_bytes == s->cap_bytes) {
			struct sim_slab *fresh = slab_new(a, len - done);

			if (!fresh) {
				err = -ENOMEM;
				break;
			}
			if (s)
				s->next = fresh;
			s = fresh;
		}
		size_t room = s->cap_bytes - s->used_bytes, n = len - done < room ? len - done : room;

		if (!first) {
			first = s;
			off = s->used_bytes;
		}
		if (it)
			err = copy_from_iter(s->data + s->used_bytes, it, n);
		else
			memcpy(s->data + s->used_bytes, (const char *)data + done, n);
		s->used_bytes += (uint32_t)n;
		done += n;
	}
	if (err) {
		cut_stream(a, old, old_used, first);
		return err;
	}
	/* The first slab's reference is the run's own if it was made here and follows nothing. */
	if (first == old || old)
		sim_slab_ref(first);
	*run = (struct sim_bytes){ first, off, (uint32_t)len };
	*tail = s;
	return 0;
}

/* The usual case: the bytes lie in one piece and fit into one slab. */
static int append_piece(struct sim_arena *a, struct sim_slab **tail, struct sim_iter *it, uint32_t len,
			struct sim_bytes *run)
{
	struct sim_slab *s = *tail ? *tail : slab_new(a, len);

	if (!s)
		return -ENOMEM;
	if (sim_copy_from_user(s->data + s->used_bytes, (const char *)it->iov->iov_base + it->off, len)) {
		if (!*tail)
			sim_slab_unref(a, s);
		return -EFAULT;
	}
	if (*tail)
		sim_slab_ref(s);
	*tail = s;
	*run = (struct sim_bytes){ s, s->used_bytes, len };
	s->used_bytes += len;
	advance(it, len);
	return 0;
}

int sim_bytes_append(struct sim_arena *a, struct sim_slab **tail, struct sim_iter *it, size_t len,
		     struct sim_bytes *run)
{
	size_t room = *tail ? (*tail)->cap_bytes - (*tail)->used_bytes : SLAB_LARGE;
	struct sim_iter was = *it;
	int err;

	if (__builtin_expect(len <= room && it->iov->iov_len - it->off >= len, 1))
		return append_piece(a, tail, it, (uint32_t)len, run);
	err = append(a, tail, it, NULL, len, run);

	if (err)
		*it = was;
	return err;
}

int sim_bytes_append_raw(struct sim_arena *a, struct sim_slab **tail, const void *data, size_t len,
			 struct sim_bytes *run)
{
	return append(a, tail, NULL, data, len, run);
}

/* The slab and offset of byte `off` of a run; at a border, the slab in which the byte after it lies, if there
 * is. */
static struct sim_slab *locate(struct sim_slab *s, uint32_t *off)
{
	while (*off >= s->used_bytes && s->next) {
		*off -= s->used_bytes;
		s = s->next;
	}
	return s;
}

struct sim_bytes sim_bytes_slice(const struct sim_bytes *from, uint32_t off, uint32_t len)
{
	struct sim_bytes b = { NULL, 0, 0 };

	SIM_ASSERT(off <= from->len && len <= from->len - off);
	if (!len)
		return b;
	b.off = from->off + off;
	b.slab = sim_slab_ref(locate(from->slab, &b.off));
	b.len = len;
	return b;
}

void sim_bytes_trim_front(struct sim_arena *a, struct sim_bytes *run, uint32_t n)
{
	struct sim_slab *s;

	SIM_ASSERT(n <= run->len);
	if (n == run->len) {
		sim_bytes_release(a, run);
		return;
	}
	run->off += n;
	run->len -= n;
	s = locate(run->slab, &run->off);
	if (s != run->slab) {
		sim_slab_ref(s);
		sim_slab_unref(a, run->slab);
		run->slab = s;
	}
}

void sim_bytes_trim_back(struct sim_arena *a, struct sim_bytes *run, uint32_t n)
{
	SIM_ASSERT(n <= run->len);
	run->len -= n;
	if (!run->len)
		sim_bytes_release(a, run);
}

void sim_bytes_release(struct sim_arena *a, struct sim_bytes *run)
{
	sim_slab_unref(a, run->slab);
	*run = (struct sim_bytes){ NULL, 0, 0 };
}

bool sim_bytes_adjoin(const struct sim_bytes *a, const struct sim_bytes *b)
{
	uint32_t a_off = a->off + a->len, b_off = b->off;

	if (!a->slab || !b->slab)
		return false;
	return locate(a->slab, &a_off) == locate(b->slab, &b_off) && a_off == b_off;
}

const unsigned char *sim_bytes_piece(const struct sim_bytes *run, uint32_t off, uint32_t *len)
{
	uint32_t at = run->off + off;
	struct sim_slab *s;

	if (off >= run->len)
		return NULL;
	s = locate(run->slab, &at);
	*len = s->used_bytes - at;
	if (*len > run->len - off)
		*len = run->len - off;
	return s->data + at;
}

static int copy_to_iter(const unsigned char *from, size_t len, struct sim_iter *it)
{
	while (len) {
		size_t left = it->iov->iov_len - it->off, n = left < len ? left : len;

		size_t missing = n ? sim_copy_to_user((char *)it->iov->iov_base + it->off, from, n) : 0;

		if (__builtin_expect(missing != 0, 0)) {
			it->off += n - missing;
			return -EFAULT;
		}
		from += n;
		len -= n;
		advance(it, n);
	}
	return 0;
}

int sim_iter_to_user(struct sim_iter *it, const void *from, size_t len)
{
	return copy_to_iter(from, len, it);
}

int sim_bytes_to_user(const struct sim_bytes *run, uint32_t off, uint32_t len, struct sim_iter *it)
{
	uint32_t at = run->off + off;
	struct sim_slab *s = run->slab;

	SIM_ASSERT(off <= run->len && len <= run->len - off);
	/* The usual case, as when appending. */
	if (__builtin_expect(len && at + len <= s->used_bytes && it->iov->iov_len - it->off >= len, 1)) {
		size_t missing = sim_copy_to_user((char *)it->iov->iov_base + it->off, s->data + at, len);

		if (__builtin_expect(missing != 0, 0)) {
			it->off += len - missing;
			return -EFAULT;
		}
		advance(it, len);
		return 0;
	}
	while (len) {
		uint32_t n;

		s = locate(s, &at);
		n = s->used_bytes - at < len ? s->used_bytes - at : len;
		if (copy_to_iter(s->data + at, n, it))
			return -EFAULT;
		at += n;
		len -= n;
	}
	return 0;
}

void sim_bytes_read(const struct sim_bytes *run, uint32_t off, uint32_t len, void *to)
{
	struct iovec iov = { to, len };
	uint32_t done = 0, n = 0;

	SIM_ASSERT(off <= run->len && len <= run->len - off);
	while (done < len) {
		const unsigned char *p = sim_bytes_piece(run, off + done, &n);

		if (n > len - done)
			n = len - done;
		memcpy((char *)iov.iov_base + done, p, n);
		done += n;
	}
}

int sim_bytes_unshare(struct sim_arena *a, struct sim_bytes *run)
{
	struct sim_slab *tail = NULL;
	struct sim_bytes copy = { NULL, 0, 0 };
	uint32_t done = 0, n = 0;

	if (!run->len)
		return 0;
	while (done < run->len) {
		const unsigned char *p = sim_bytes_piece(run, done, &n);
		struct sim_bytes piece;

		if (sim_bytes_append_raw(a, &tail, p, n, &piece)) {
			sim_bytes_release(a, &copy);
			return -ENOMEM;
		}
		if (copy.slab)
			sim_bytes_release(a, &piece);
		else
			copy = piece;
		done += n;
	}
	copy.len = run->len;
	sim_bytes_release(a, run);
	*run = copy;
	return 0;
}

uint64_t sim_bytes_digest(const struct sim_bytes *run)
{
	uint64_t h = 0x243f6a8885a308d3u ^ run->len, word = 0;
	unsigned fill = 0;
	uint32_t done = 0, n = 0;

	while (done < run->len) {
		const unsigned char *p = sim_bytes_piece(run, done, &n);

		for (uint32_t i = 0; i < n; i++) {
			if (!fill && n - i >= 8) {
				memcpy(&word, p + i, 8);
				h = sim_mix(h ^ word, 0x9e3779b97f4a7c15u);
				word = 0;
				i += 7;
				continue;
			}
			word |= (uint64_t)p[i] << (8 * fill);
			if (++fill == 8) {
				h = sim_mix(h ^ word, 0x9e3779b97f4a7c15u);
				word = 0;
				fill = 0;
			}
		}
		done += n;
	}
	return sim_mix(h ^ word, 0xc2b2ae3d27d4eb4fu ^ fill);
}
