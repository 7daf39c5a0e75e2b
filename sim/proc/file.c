/* SPDX-License-Identifier: MIT */
/* Open files and the table of descriptors: see file.h. open(2), dup(2), close(2). */
#include "sim/proc/file.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "sim/base/assert.h"
#include "sim/proc/epoll.h"
#include "sim/proc/proc.h"
#include "sim/proc/rights.h"
#include "sim/proc/timerfd.h"

enum { FIRST_NUM_SLOTS = 32, FIRST_OWN_FD = 3, DEFAULT_LIMIT = 1 << 20 };

int sim_fdtable_init(struct sim_fdtable *ft, struct sim_ctx *ctx, const struct sim_fd_ops *ops)
{
	*ft = (struct sim_fdtable){
		.ctx = ctx, .ops = ops, .first_free = FIRST_OWN_FD, .limit = DEFAULT_LIMIT
	};
	ft->slots = sim_arena_alloc(ctx->arena, FIRST_NUM_SLOTS * sizeof *ft->slots);
	ft->num_slots = ft->slots ? FIRST_NUM_SLOTS : 0;
	return ft->slots ? 0 : -ENOMEM;
}

static struct sim_file *file_new(struct sim_ctx *ctx, enum sim_file_kind kind)
{
	struct sim_file *f = sim_arena_alloc(ctx->arena, sizeof *f);

	if (!f)
		return NULL;
	f->refs = 1;
	f->kind = (uint8_t)kind;
	sim_list_init(&f->watches);
	return f;
}

struct sim_file *sim_file_new_sock(struct sim_ctx *ctx, struct sim_sock *sk, bool nonblock)
{
	struct sim_file *f = file_new(ctx, SIM_FILE_SOCK);

	if (f) {
		f->sk = sk;
		sk->file = f;
		f->nonblock = nonblock;
	}
	return f;
}

struct sim_file *sim_epoll_new(struct sim_ctx *ctx)
{
	struct sim_file *f = file_new(ctx, SIM_FILE_EPOLL);

	if (!f)
		return NULL;
	f->ep = sim_epoll_new_set(ctx);
	if (!f->ep) {
		sim_arena_free(ctx->arena, f, sizeof *f);
		return NULL;
	}
	return f;
}

struct sim_file *sim_timerfd_new(struct sim_ctx *ctx, int clock, bool nonblock)
{
	struct sim_file *f = file_new(ctx, SIM_FILE_TIMERFD);

	if (!f)
		return NULL;
	f->nonblock = nonblock;
	f->tfd = sim_timerfd_alloc(ctx, clock);
	if (!f->tfd) {
		sim_arena_free(ctx->arena, f, sizeof *f);
		return NULL;
	}
	return f;
}

struct sim_file *sim_file_get(struct sim_file *f)
{
	f->refs++;
	return f;
}

void sim_file_put(struct sim_ctx *ctx, struct sim_file *f, struct sim_task *t)
{
	bool was_unix = f->kind == SIM_FILE_SOCK && f->sk->domain == AF_UNIX;

	SIM_ASSERT(f->refs > 0);
	if (--f->refs)
		return;
	if (!sim_list_empty(&f->watches))
		sim_epoll_forget(f);
	switch (f->kind) {
	case SIM_FILE_EPOLL: sim_epoll_free(f->ep); break;
	case SIM_FILE_TIMERFD: sim_timerfd_free(f->tfd); break;
	default: f->sk->file = NULL; sim_sock_close(f->sk, t);
	}
	sim_arena_free(ctx->arena, f, sizeof *f);
	if (__builtin_expect(ctx->flight && was_unix, 0)) /* as unix_release_sock() schedules it */
		sim_rights_collect(ctx);
}

void sim_sock_signal_urgent(struct sim_sock *sk)
{
	struct sim_proc *owner = sk->file ? sk->file->owner.proc : NULL;

	if (owner)
		sim_proc_signal(owner, SIGURG);
}

uint32_t sim_file_poll(struct sim_file *f)
{
	switch (f->kind) {
	case SIM_FILE_EPOLL: return sim_epoll_has_ready(f->ep) ? EPOLLIN | EPOLLRDNORM : 0;
	case SIM_FILE_TIMERFD: return sim_timerfd_poll(f->tfd);
	default: return sim_sock_op(f->sk)->poll(f->sk);
	}
}

struct sim_waitq *sim_file_waitq(struct sim_file *f)
{
	switch (f->kind) {
	case SIM_FILE_EPOLL: return &f->ep->wait;
	case SIM_FILE_TIMERFD: return &f->tfd->wait;
	default: return &f->sk->wait;
	}
}

long sim_file_read(struct sim_file *f, struct sim_task *t, struct sim_msg *m)
{
	if (f->kind == SIM_FILE_TIMERFD)
		return sim_timerfd_read(f->tfd, t, m);
	/* read(2), EINVAL: the object is unsuitable for reading, as an epoll set is. */
	t->why = (struct sim_reason){ SIM_WHY_NOT_READABLE, 0, SIM_NEVER_NS, { 0, 0, 0, 0 } };
	return -EINVAL;
}

const char *sim_file_kind_name(const struct sim_file *f)
{
	switch (f->kind) {
	case SIM_FILE_EPOLL: return "an epoll set";
	case SIM_FILE_TIMERFD: return "a timer";
	default: return "a socket";
	}
}

static int grow_to(struct sim_fdtable *ft, int fd)
{
	int num = ft->num_slots;
	struct sim_fd *bigger;

	if (fd < num)
		return 0;
	while (num <= fd)
		num *= 2;
	bigger = sim_arena_resize(ft->ctx->arena, ft->slots, (size_t)ft->num_slots * sizeof *bigger,
				  (size_t)num * sizeof *bigger);
	if (!bigger)
		return -ENOMEM;
	memset(bigger + ft->num_slots, 0, (size_t)(num - ft->num_slots) * sizeof *bigger);
	ft->slots = bigger;
	ft->num_slots = num;
	return 0;
}

/* The lowest free number of our own, POSIX's rule for every new descriptor. */
static int own_number(struct sim_fdtable *ft, int min)
{
	int fd = min > ft->first_free ? min : ft->first_free;

	while (fd < ft->num_slots && ft->slots[fd].file)
		fd++;
	if (min <= ft->first_free)
		ft->first_free = fd;
	return fd < ft->limit ? fd : -EMFILE;
}

/*
 * A number that the program's real table had free may still have a file here: something that does not pass
 * the gate, as fclose(3) or a raw system call, has closed it. Then it is closed.
 */
static void occupy(struct sim_fdtable *ft, struct sim_proc *p, struct sim_file *f, int fd, bool cloexec)
{
	struct sim_file *unseen = ft->slots[fd].file;

	SIM_ASSERT(!unseen || ft->ops);
	ft->slots[fd] = (struct sim_fd){ f, p->id, cloexec };
	if (unseen)
		sim_file_put(ft->ctx, unseen, NULL);
	else
		ft->num_open++;
}

static int take_number(struct sim_fdtable *ft, int min, bool cloexec)
{
	return ft->ops ? ft->ops->take(min, cloexec) : own_number(ft, min);
}

int sim_fd_install(struct sim_fdtable *ft, struct sim_proc *p, struct sim_file *f, int min, bool cloexec)
{
	int fd = take_number(ft, min, cloexec);

	if (fd < 0)
		return fd;
	if (grow_to(ft, fd)) {
		if (ft->ops)
			ft->ops->drop(fd);
		return -ENOMEM;
	}
	occupy(ft, p, f, fd, cloexec);
	return fd;
}

int sim_fd_check_room(struct sim_fdtable *ft)
{
	int fd = take_number(ft, 0, true);

	if (fd >= 0 && ft->ops)
		ft->ops->drop(fd);
	return fd < 0 ? fd : 0;
}

int sim_fd_install_at(struct sim_fdtable *ft, struct sim_proc *p, struct sim_file *f, int fd, bool cloexec)
{
	int err;

	if (fd < 0 || fd >= ft->limit)
		return -EBADF;
	err = grow_to(ft, fd);
	if (!err && ft->ops)
		err = ft->ops->take_at(fd, cloexec);
	if (err < 0)
		return err;
	occupy(ft, p, f, fd, cloexec);
	return fd;
}

struct sim_file *sim_fd_remove(struct sim_fdtable *ft, int fd)
{
	struct sim_file *f = sim_fd_file(ft, fd);

	if (!f)
		return NULL;
	ft->slots[fd].file = NULL;
	ft->num_open--;
	if (fd < ft->first_free && fd >= FIRST_OWN_FD)
		ft->first_free = fd;
	if (ft->ops)
		ft->ops->drop(fd);
	return f;
}

void sim_fd_forget(struct sim_fdtable *ft, int fd)
{
	struct sim_file *unseen = sim_fd_file(ft, fd);

	if (!unseen)
		return;
	ft->slots[fd].file = NULL;
	ft->num_open--;
	sim_file_put(ft->ctx, unseen, NULL);
}
