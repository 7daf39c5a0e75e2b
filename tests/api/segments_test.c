/* SPDX-License-Identifier: MIT */
/*
 * Which segments a sequence of sends becomes: MSG_EOR, MSG_MORE, TCP_CORK, TCP_NODELAY, Nagle's algorithm,
 * urgent data. What stands here was seen on lo of Linux 6.18: payload lengths, P for PSH, F for FIN, U and
 * the urgent pointer.
 */
#include "simsock_cmocka.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum op {
	END,
	SEND,     /* a: bytes, b: flags */
	CORK,     /* a: value */
	NODELAY,  /* a: value */
	WAIT,     /* a: milliseconds */
	PEER,     /* the peer sends a byte */
	SHUT,     /* for writing */
	EXCHANGE, /* what makes the peer delay its acknowledgements: four requests and replies */
};

struct step {
	enum op op;
	int a, b;
};

struct picture {
	const char *name, *segments;
	struct step steps[12];
};

static const struct picture pictures[] = {
	{ "records are not joined",
	  "10P 20P 30P",
	  { { NODELAY, 1, 0 }, { SEND, 10, MSG_EOR }, { SEND, 20, MSG_EOR }, { SEND, 30, 0 } } },
	{ "records are not joined by a cork",
	  "10P 20P 30P",
	  { { CORK, 1, 0 }, { SEND, 10, MSG_EOR }, { SEND, 20, MSG_EOR }, { SEND, 30, 0 }, { CORK, 0, 0 } } },
	{ "records are not joined by MSG_MORE, which sets no PSH",
	  "10 20 30P",
	  { { SEND, 10, MSG_EOR | MSG_MORE }, { SEND, 20, MSG_EOR | MSG_MORE }, { SEND, 30, 0 } } },
	{ "pieces of a record are joined",
	  "30 5 36P",
	  { { SEND, 10, MSG_MORE },
	    { SEND, 20, MSG_MORE | MSG_EOR },
	    { SEND, 5, MSG_MORE | MSG_EOR },
	    { SEND, 6, MSG_MORE },
	    { SEND, 30, 0 } } },
	{ "records that Nagle holds stay apart",
	  "10P 10P 10P 10P 7P 8P 9P",
	  { { EXCHANGE, 0, 0 },
	    { SEND, 7, MSG_EOR },
	    { SEND, 8, MSG_EOR },
	    { SEND, 9, 0 },
	    { WAIT, 100, 0 } } },
	{ "what Nagle holds is joined",
	  "10P 10P 10P 10P 15P",
	  { { EXCHANGE, 0, 0 }, { SEND, 7, 0 }, { SEND, 8, 0 }, { WAIT, 100, 0 } } },
	{ "MSG_EOR with no bytes ends nothing",
	  "10 5P",
	  { { SEND, 0, MSG_EOR },
	    { SEND, 10, MSG_MORE | MSG_EOR },
	    { SEND, 0, 0 },
	    { SEND, 5, 0 },
	    { WAIT, 60, 0 } } },
	{ "shutdown sends a record that is held, without PSH",
	  "10F",
	  { { SEND, 10, MSG_MORE | MSG_EOR }, { SHUT, 0, 0 } } },
	{ "MSG_MORE joins with what follows",
	  "15P 15P",
	  { { SEND, 10, MSG_MORE },
	    { SEND, 5, 0 },
	    { SEND, 6, MSG_MORE },
	    { SEND, 7, MSG_MORE },
	    { SEND, 2, 0 } } },
	{ "MSG_MORE holds", "", { { SEND, 10, MSG_MORE }, { WAIT, 150, 0 } } },
	{ "MSG_MORE holds for 200 ms", "10P", { { SEND, 10, MSG_MORE }, { WAIT, 300, 0 } } },
	{ "the 200 ms begin with the first byte that is held",
	  "20P 10P",
	  { { SEND, 10, MSG_MORE },
	    { WAIT, 150, 0 },
	    { SEND, 10, MSG_MORE },
	    { WAIT, 150, 0 },
	    { SEND, 10, MSG_MORE },
	    { WAIT, 250, 0 } } },
	{ "a send of nothing sends nothing of it",
	  "",
	  { { SEND, 10, MSG_MORE }, { SEND, 0, 0 }, { WAIT, 100, 0 } } },
	{ "MSG_MORE holds with TCP_NODELAY too",
	  "",
	  { { NODELAY, 1, 0 }, { SEND, 10, MSG_MORE }, { WAIT, 100, 0 } } },
	{ "TCP_NODELAY sends what MSG_MORE holds", "10", { { SEND, 10, MSG_MORE }, { NODELAY, 1, 0 } } },
	{ "taking the cork out sends what MSG_MORE holds", "10", { { SEND, 10, MSG_MORE }, { CORK, 0, 0 } } },
	{ "shutdown sends what MSG_MORE holds", "10F", { { SEND, 10, MSG_MORE }, { SHUT, 0, 0 } } },
	{ "the first data of the peer sends what MSG_MORE holds",
	  "10",
	  { { SEND, 10, MSG_MORE }, { PEER, 0, 0 }, { WAIT, 20, 0 } } },
	{ "later data of the peer does not",
	  "",
	  { { PEER, 0, 0 }, { WAIT, 60, 0 }, { SEND, 10, MSG_MORE }, { PEER, 0, 0 }, { WAIT, 20, 0 } } },
	{ "an acknowledgement sends what MSG_MORE holds",
	  "10P 10P 10P 10P 7",
	  { { EXCHANGE, 0, 0 }, { SEND, 7, MSG_MORE }, { WAIT, 100, 0 } } },
	{ "but not what a cork holds",
	  "10P 10P 10P 10P",
	  { { EXCHANGE, 0, 0 }, { CORK, 1, 0 }, { SEND, 7, 0 }, { WAIT, 100, 0 } } },
	{ "a cork holds for 200 ms",
	  "15P",
	  { { CORK, 1, 0 }, { SEND, 10, 0 }, { WAIT, 150, 0 }, { SEND, 5, 0 }, { WAIT, 300, 0 } } },
	{ "a cork that is put in again lets nothing out",
	  "",
	  { { CORK, 1, 0 }, { SEND, 10, 0 }, { CORK, 1, 0 }, { WAIT, 10, 0 } } },
	{ "TCP_NODELAY sends what a cork holds, and the cork stays",
	  "10P 5P",
	  { { CORK, 1, 0 }, { SEND, 10, 0 }, { NODELAY, 1, 0 }, { SEND, 5, 0 }, { CORK, 0, 0 } } },
	{ "a cork holds with TCP_NODELAY too",
	  "15P",
	  { { NODELAY, 1, 0 }, { CORK, 1, 0 }, { SEND, 10, 0 }, { SEND, 5, 0 }, { CORK, 0, 0 } } },
	{ "urgent data waits for nothing",
	  "20PU20 5P",
	  { { SEND, 10, MSG_MORE }, { SEND, 10, MSG_OOB }, { SEND, 5, 0 } } },
	{ "urgent data with MSG_MORE has no PSH",
	  "100U100 5P",
	  { { SEND, 100, MSG_OOB | MSG_MORE }, { SEND, 5, 0 }, { WAIT, 60, 0 } } },
	{ "urgent data passes a cork, what follows does not",
	  "10PU10 11P",
	  { { CORK, 1, 0 },
	    { SEND, 10, MSG_OOB },
	    { SEND, 5, 0 },
	    { SEND, 6, 0 },
	    { WAIT, 60, 0 },
	    { CORK, 0, 0 } } },
};

enum { NUM_PICTURES = sizeof(pictures) / sizeof(pictures[0]) };

static void set(int fd, int option, int value)
{
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)), 0);
}

static void exchange(const int fd[2])
{
	static char b[64];

	for (int i = 0; i < 4; i++) {
		assert_int_equal(send(fd[1], "x", 1, 0), 1);
		assert_int_equal(recv(fd[0], b, sizeof(b), 0), 1);
		assert_int_equal(send(fd[0], b, 10, 0), 10);
		assert_int_equal(recv(fd[1], b, sizeof(b), 0), 10);
	}
}

static void step(const int fd[2], const struct step *s)
{
	static char data[1000];

	switch (s->op) {
	case SEND: assert_int_equal(send(fd[0], data, (size_t)s->a, s->b), s->a); break;
	case CORK: set(fd[0], TCP_CORK, s->a); break;
	case NODELAY: set(fd[0], TCP_NODELAY, s->a); break;
	case WAIT: poll(NULL, 0, s->a); break;
	case PEER: assert_int_equal(send(fd[1], "x", 1, 0), 1); break;
	case SHUT: assert_int_equal(shutdown(fd[0], SHUT_WR), 0); break;
	case EXCHANGE: exchange(fd); break;
	case END: break;
	}
}

/* Of a time line: what the client sent that holds bytes or a FIN. */
static void draw(const char *path, unsigned port, char *out, size_t room)
{
	char line[512], from[32];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	snprintf(from, sizeof(from), "TCP %u >", port);
	*out = '\0';
	while (fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, from), *flags = at ? strchr(at, '[') : NULL;
		const char *len = flags ? strstr(flags, " len ") : NULL,
			   *urgent = flags ? strstr(flags, " urg ") : NULL;
		size_t used = strlen(out), num = flags ? strcspn(flags, "]") : 0;

		if (!len || (!atoi(len + 5) && !memchr(flags, 'F', num)))
			continue;
		snprintf(out + used, room - used, "%s%d%s%s", used ? " " : "", atoi(len + 5),
			 memchr(flags, 'F', num) ? "F" : "", memchr(flags, 'P', num) ? "P" : "");
		if (urgent)
			snprintf(out + strlen(out), room - strlen(out), "U%d", atoi(urgent + 5));
	}
	fclose(f);
}

static void each_sequence_becomes_these_segments(void **state)
{
	const char *dir = getenv("TEST_TMPDIR");
	char path[256], got[256];
	int num_wrong = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/segments-%d", dir ? dir : "/tmp", (int)getpid());
	for (int i = 0; i < NUM_PICTURES; i++) {
		struct sockaddr_in a;
		socklen_t len = sizeof(a);
		int fd[2];

		sim_pair(fd, "tcp");
		assert_int_equal(getsockname(fd[0], (struct sockaddr *)&a, &len), 0);
		sim_trace(path);
		for (const struct step *s = pictures[i].steps; s->op != END; s++)
			step(fd, s);
		sim_trace(NULL);
		draw(path, ntohs(a.sin_port), got, sizeof(got));
		if (strcmp(got, pictures[i].segments) != 0) {
			print_error("%s: %s instead of %s\n", pictures[i].name, got, pictures[i].segments);
			num_wrong++;
		}
		close(fd[0]);
		close(fd[1]);
	}
	remove(path);
	assert_int_equal(num_wrong, 0);
}

/* A record's end holds when it is sent again, too. */
static void records_are_sent_again_apart(void **state)
{
	const char *dir = getenv("TEST_TMPDIR");
	char path[256], got[256], b[64];
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int fd[2], one = 1;

	(void)state;
	snprintf(path, sizeof(path), "%s/again-%d", dir ? dir : "/tmp", (int)getpid());
	sim_link("client", "server", "delay 10ms");
	sim_pair(fd, "tcp");
	assert_int_equal(getsockname(fd[0], (struct sockaddr *)&a, &len), 0);
	assert_int_equal(setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
	sim_link("client", "server", "delay 10ms loss 100%");
	assert_int_equal(send(fd[0], "0123456789", 10, MSG_EOR), 10);
	assert_int_equal(send(fd[0], "0123456789", 10, MSG_EOR), 10);
	sim_advance("100ms");
	sim_link("client", "server", "delay 10ms");
	sim_trace(path);
	assert_int_equal(recv(fd[1], b, 20, MSG_WAITALL), 20);
	sim_trace(NULL);
	draw(path, ntohs(a.sin_port), got, sizeof(got));
	assert_string_equal(got, "10P 10P");
	remove(path);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(each_sequence_becomes_these_segments),
		sim_test(records_are_sent_again_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
