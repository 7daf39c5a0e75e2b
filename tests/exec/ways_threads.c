/* SPDX-License-Identifier: MIT */
/*
 * Threads whose calls wait for each other, on sockets, locks and pipes; and every clock. On the kernel and
 * under `simsock exec`, where an hour of sleep takes no time. Plain calls only.
 */
#include "tests/behaviour/behaviour.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t id;

	assert_ok(pthread_create(&id, NULL, fn, arg));
	return id;
}

static void *join(pthread_t id)
{
	void *result = NULL;

	assert_ok(pthread_join(id, &result));
	return result;
}

static struct timespec in_ms(clockid_t clock, int ms)
{
	struct timespec t;

	assert_ok(clock_gettime(clock, &t));
	t.tv_nsec += ms % 1000 * 1000000L;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

/* ---- sockets and pipes between threads ---- */

static void *echo(void *arg)
{
	const int fd = *(int *)arg;
	char b[16];
	ssize_t n;

	while ((n = recv(fd, b, sizeof(b), 0)) > 0)
		if (send(fd, b, (size_t)n, 0) != n)
			return (void *)1;
	return (void *)n;
}

TEST(a_thread_answers_another)
{
	char byte;
	int fd[2];
	pthread_t id;

	tcp_pair(fd);
	id = start(echo, &fd[1]);
	for (char c = 'a'; c < 'k'; c++) {
		assert_int_equal(send(fd[0], &c, 1, 0), 1);
		assert_int_equal(recv(fd[0], &byte, 1, 0), 1);
		assert_int_equal(byte, c);
	}
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_null(join(id));
	tcp_end(fd);
}

static void *accept_one(void *arg)
{
	int fd = accept(*(int *)arg, NULL, NULL);

	(void)!write(fd, "hello", 5);
	close(fd);
	return NULL;
}

TEST(a_thread_accepts_what_another_connects)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);
	pthread_t id = start(accept_one, &listener);
	char text[8] = "";

	assert_ok(connect4(fd, at));
	assert_int_equal(recv(fd, text, 5, MSG_WAITALL), 5);
	assert_string_equal(text, "hello");
	assert_null(join(id));
	assert_ok(close(fd));
	assert_ok(close(listener));
}

static void *write_later(void *arg)
{
	struct timespec t = { 0, 20000000 };
	uint64_t one = 1;

	nanosleep(&t, NULL);
	return (void *)(write(*(int *)arg, &one, 8) - 8);
}

TEST(a_thread_reads_a_pipe_that_another_writes)
{
	uint64_t got = 0;
	pthread_t id;
	int p[2];

	assert_ok(pipe(p));
	id = start(write_later, &p[1]);
	assert_int_equal(read(p[0], &got, 8), 8);
	assert_int_equal(got, 1);
	assert_null(join(id));
	id = start(write_later, &p[1]);
	assert_int_equal(syscall(SYS_read, p[0], &got, 8), 8);
	assert_null(join(id));
	close_pair(p);
}

TEST(a_thread_reads_an_eventfd_that_another_writes)
{
	int e = eventfd(0, 0);
	pthread_t id = start(write_later, &e);
	eventfd_t value = 0;

	assert_ok(eventfd_read(e, &value));
	assert_int_equal(value, 1);
	assert_null(join(id));
	assert_ok(close(e));
}

static void *fill_pipe(void *arg)
{
	char b[4096] = "";

	for (int i = 0; i < 64; i++)
		if (write(*(int *)arg, b, sizeof(b)) != sizeof(b))
			return (void *)1;
	close(*(int *)arg);
	return NULL;
}

TEST(a_thread_fills_a_pipe_that_another_drains)
{
	char b[4096];
	size_t total = 0;
	pthread_t id;
	ssize_t n;
	int p[2];

	assert_ok(pipe(p));
	id = start(fill_pipe, &p[1]);
	while ((n = read(p[0], b, sizeof(b))) > 0)
		total += (size_t)n;
	assert_int_equal(total, 64 * 4096);
	assert_null(join(id));
	assert_ok(close(p[0]));
}

/* ---- locks ---- */

struct shared {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	pthread_barrier_t barrier;
	sem_t sem;
	int count, turn;
	pthread_once_t once;
};

static void *add_1000(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&s->lock);
		s->count++;
		if (i % 100 == 0)
			sched_yield();
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

TEST(a_mutex_keeps_threads_apart)
{
	struct shared s = { .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t id[4];

	for (int i = 0; i < 4; i++)
		id[i] = start(add_1000, &s);
	for (int i = 0; i < 4; i++)
		assert_null(join(id[i]));
	assert_int_equal(s.count, 4000);
}

static void *signal_later(void *arg)
{
	struct shared *s = arg;

	usleep(20000);
	pthread_mutex_lock(&s->lock);
	s->turn = 1;
	pthread_cond_signal(&s->cond);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

TEST(a_condition_is_waited_for)
{
	struct shared s = { .lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };
	pthread_t id = start(signal_later, &s);

	assert_ok(pthread_mutex_lock(&s.lock));
	while (!s.turn)
		assert_ok(pthread_cond_wait(&s.cond, &s.lock));
	assert_ok(pthread_mutex_unlock(&s.lock));
	assert_null(join(id));
}

static void times_out(clockid_t clock)
{
	struct shared s = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct timespec until;
	pthread_condattr_t attr;
	int64_t began = monotonic_ns(), passed;

	assert_ok(pthread_condattr_init(&attr));
	assert_ok(pthread_condattr_setclock(&attr, clock));
	assert_ok(pthread_cond_init(&s.cond, &attr));
	until = in_ms(clock, 30);
	assert_ok(pthread_mutex_lock(&s.lock));
	assert_int_equal(pthread_cond_timedwait(&s.cond, &s.lock, &until), ETIMEDOUT);
	until = in_ms(CLOCK_MONOTONIC, 30);
	assert_int_equal(pthread_cond_clockwait(&s.cond, &s.lock, CLOCK_MONOTONIC, &until), ETIMEDOUT);
	assert_ok(pthread_mutex_unlock(&s.lock));
	passed = monotonic_ns() - began;
	assert_true(passed >= 60000000);
	if (behaviour_is_simulated())
		assert_true(passed < 61000000);
}

TEST(a_condition_times_out_on_either_clock)
{
	times_out(CLOCK_MONOTONIC);
	times_out(CLOCK_REALTIME);
}

static void *hold(void *arg)
{
	struct shared *s = arg;

	pthread_mutex_lock(&s->lock);
	sem_post(&s->sem);
	usleep(50000);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

TEST(timed_locks_and_semaphores)
{
	struct shared s = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct timespec until;
	pthread_t id;

	assert_ok(sem_init(&s.sem, 0, 0));
	assert_fails(sem_trywait(&s.sem), EAGAIN);
	until = in_ms(CLOCK_REALTIME, 20);
	assert_fails(sem_timedwait(&s.sem, &until), ETIMEDOUT);
	id = start(hold, &s);
	assert_ok(sem_wait(&s.sem));
	assert_int_equal(pthread_mutex_trylock(&s.lock), EBUSY);
	until = in_ms(CLOCK_REALTIME, 10);
	assert_int_equal(pthread_mutex_timedlock(&s.lock, &until), ETIMEDOUT);
	assert_ok(pthread_mutex_lock(&s.lock));
	assert_ok(pthread_mutex_unlock(&s.lock));
	assert_null(join(id));
	assert_ok(sem_destroy(&s.sem));
}

static int num_once;

static void once(void)
{
	usleep(1000);
	num_once++;
}

static void *meet(void *arg)
{
	struct shared *s = arg;
	int r;

	pthread_once(&s->once, once);
	__atomic_fetch_add(&s->count, 1, __ATOMIC_SEQ_CST);
	r = pthread_barrier_wait(&s->barrier);
	return (void *)(long)(s->count == 4 ? r : 99);
}

TEST(a_barrier_and_a_once)
{
	struct shared s = { .once = PTHREAD_ONCE_INIT };
	pthread_t id[4];
	long serial = 0;

	num_once = 0;
	assert_ok(pthread_barrier_init(&s.barrier, NULL, 4));
	for (int i = 0; i < 4; i++)
		id[i] = start(meet, &s);
	for (int i = 0; i < 4; i++)
		serial += (long)join(id[i]);
	assert_int_equal(serial, PTHREAD_BARRIER_SERIAL_THREAD);
	assert_int_equal(num_once, 1);
	assert_ok(pthread_barrier_destroy(&s.barrier));
}

static void *read_later(void *arg)
{
	pthread_rwlock_t *lock = arg;
	int r = pthread_rwlock_rdlock(lock);

	return (void *)(long)(r ? r : pthread_rwlock_unlock(lock));
}

TEST(a_lock_of_readers_and_a_writer)
{
	pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
	pthread_t id[2];

	assert_ok(pthread_rwlock_wrlock(&lock));
	id[0] = start(read_later, &lock);
	id[1] = start(read_later, &lock);
	usleep(10000);
	assert_ok(pthread_rwlock_unlock(&lock));
	assert_null(join(id[0]));
	assert_null(join(id[1]));
}

/* ---- what a thread has of its own ---- */

static __thread int own = 5;
static pthread_key_t key;
static int num_destroyed;

static void destroy(void *value)
{
	num_destroyed += *(int *)value;
}

static void *look_at_own(void *arg)
{
	static int one = 1;
	int fd = *(int *)arg, before = own;

	own = 7;
	pthread_setspecific(key, &one);
	if (send(fd, "x", 1, MSG_NOSIGNAL) != -1 || errno != EPIPE)
		return (void *)1L;
	usleep(10000);
	return (void *)(long)(errno == EPIPE && before == 5 && own == 7 ? 0 : 2);
}

TEST(errno_and_storage_are_a_threads_own)
{
	int fd[2];
	pthread_t id;

	assert_ok(pthread_key_create(&key, destroy));
	unix_pair(SOCK_STREAM, fd);
	assert_ok(close(fd[1]));
	own = 6;
	errno = 0;
	id = start(look_at_own, &fd[0]);
	usleep(5000);
	assert_int_equal(errno, 0);
	assert_null(join(id));
	assert_int_equal(own, 6);
	assert_int_equal(num_destroyed, 1);
	own = 5;
	assert_ok(pthread_key_delete(key));
	assert_ok(close(fd[0]));
}

static void *leave_early(void *arg)
{
	usleep(1000);
	pthread_exit(arg);
}

static void *post(void *arg)
{
	struct shared *s = arg;

	assert_ok(pthread_detach(pthread_self()));
	sem_post(&s->sem);
	return NULL;
}

TEST(threads_that_end_otherwise)
{
	struct shared s = { .count = 0 };
	pthread_attr_t attr;
	pthread_t id;

	assert_ptr_equal(join(start(leave_early, &s)), &s);
	assert_ok(sem_init(&s.sem, 0, 0));
	start(post, &s);
	assert_ok(sem_wait(&s.sem));
	assert_ok(pthread_attr_init(&attr));
	assert_ok(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED));
	assert_ok(pthread_create(&id, &attr, leave_early, NULL));
	usleep(20000);
	assert_ok(pthread_attr_destroy(&attr));
	id = start(leave_early, NULL);
	usleep(20000); /* it has ended before it is joined */
	assert_null(join(id));
	id = start(leave_early, NULL);
	assert_ok(pthread_detach(id));
	usleep(20000);
}

static int c11(void *arg)
{
	thrd_sleep(&(struct timespec){ 0, 1000000 }, NULL);
	return *(int *)arg + 1;
}

TEST(threads_of_c11)
{
	int value = 41, result = 0;
	thrd_t id;

	assert_int_equal(thrd_create(&id, c11, &value), thrd_success);
	assert_int_equal(thrd_join(id, &result), thrd_success);
	assert_int_equal(result, 42);
}

static void *cancellable(void *arg)
{
	recv(*(int *)arg, &(char){ 0 }, 1, 0);
	return NULL;
}

TEST(a_thread_is_cancelled_in_recv)
{
	int fd[2];
	pthread_t id;

	unix_pair(SOCK_STREAM, fd);
	id = start(cancellable, &fd[0]);
	usleep(5000);
	assert_ok(pthread_cancel(id));
	assert_ptr_equal(join(id), PTHREAD_CANCELED);
	close_pair(fd);
}

/* ---- time ---- */

static int64_t read_clock(clockid_t clock, bool by_number)
{
	struct timespec t;

	assert_ok(by_number ? (int)syscall(SYS_clock_gettime, clock, &t) : clock_gettime(clock, &t));
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

TEST(every_clock_goes_on)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME,
					    CLOCK_MONOTONIC,
					    CLOCK_MONOTONIC_RAW,
					    CLOCK_REALTIME_COARSE,
					    CLOCK_MONOTONIC_COARSE,
					    CLOCK_BOOTTIME,
					    CLOCK_TAI };
	struct timespec res;

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		int64_t before = read_clock(clocks[i], false), after;

		assert_ok(usleep(20000));
		after = read_clock(clocks[i], true);
		assert_in_range(after - before, 10000000, 2000000000);
		if (behaviour_is_simulated())
			assert_in_range(after - before, 19000000, 21000000);
		assert_ok(clock_getres(clocks[i], &res));
		assert_ok(syscall(SYS_clock_getres, clocks[i], &res));
	}
	assert_true(read_clock(CLOCK_PROCESS_CPUTIME_ID, true) >= 0);
	assert_true(read_clock(CLOCK_THREAD_CPUTIME_ID, false) >= 0);
	assert_fails(clock_gettime(99, &res), EINVAL);
	assert_fails(syscall(SYS_clock_gettime, 99, &res), EINVAL);
}

TEST(the_wall_clocks_agree)
{
	struct timeval tv, tv2;
	int64_t ns = read_clock(CLOCK_REALTIME, false);
	time_t t = time(NULL), t2;

	assert_ok(gettimeofday(&tv, NULL));
	assert_ok(syscall(SYS_gettimeofday, &tv2, NULL));
	t2 = syscall(SYS_time, NULL);
	assert_in_range(t2 - t, 0, 2);
	assert_in_range(tv.tv_sec - t, 0, 2);
	assert_in_range(tv2.tv_sec - tv.tv_sec, 0, 2);
	assert_in_range(tv.tv_sec - ns / 1000000000, 0, 2);
}

static void hourly(int sig)
{
	(void)sig;
}

TEST(an_hour_takes_no_time)
{
	struct timespec hour = { 3600, 0 }, left;
	struct sigaction sa = { .sa_handler = hourly };
	int64_t began = monotonic_ns();

	if (!behaviour_is_simulated())
		skip();
	assert_int_equal(sleep(3600), 0);
	assert_ok(nanosleep(&hour, NULL));
	assert_ok(syscall(SYS_nanosleep, &hour, NULL));
	assert_ok(clock_nanosleep(CLOCK_REALTIME, 0, &hour, NULL));
	assert_int_equal(poll(NULL, 0, 3600000), 0);
	assert_ok(sigaction(SIGALRM, &sa, NULL));
	assert_int_equal(alarm(3600), 0);
	assert_fails(nanosleep(&(struct timespec){ 7200, 0 }, &left), EINTR);
	assert_int_equal(left.tv_sec, 3600);
	assert_int_equal((monotonic_ns() - began) / 1000000000, 6 * 3600);
	signal(SIGALRM, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_answers_another),
		cmocka_unit_test(a_thread_accepts_what_another_connects),
		cmocka_unit_test(a_thread_reads_a_pipe_that_another_writes),
		cmocka_unit_test(a_thread_reads_an_eventfd_that_another_writes),
		cmocka_unit_test(a_thread_fills_a_pipe_that_another_drains),
		cmocka_unit_test(a_mutex_keeps_threads_apart),
		cmocka_unit_test(a_condition_is_waited_for),
		cmocka_unit_test(a_condition_times_out_on_either_clock),
		cmocka_unit_test(timed_locks_and_semaphores),
		cmocka_unit_test(a_barrier_and_a_once),
		cmocka_unit_test(a_lock_of_readers_and_a_writer),
		cmocka_unit_test(errno_and_storage_are_a_threads_own),
		cmocka_unit_test(threads_that_end_otherwise),
		cmocka_unit_test(threads_of_c11),
		cmocka_unit_test(a_thread_is_cancelled_in_recv),
		cmocka_unit_test(every_clock_goes_on),
		cmocka_unit_test(the_wall_clocks_agree),
		cmocka_unit_test(an_hour_takes_no_time),
	};

	return behaviour_result(cmocka_run_group_tests_name("threads and clocks", tests, NULL, NULL));
}
