/* SPDX-License-Identifier: MIT */
/* The built-in server of files, sim_peer("...", "http:DIRECTORY"): what goes over the wire, byte for byte. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "simsock_cmocka.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BIG_BYTES = 1000000, ANSWER_BYTES = 16384 };
#define DATE "Date: Tue, 01 Jan 2030 00:00:00 GMT\r\nServer: simsock\r\n"

/* ---- the folder ---- */

static char base[64], root[80];

static const char *in_root(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", root, name);
	return path;
}

static unsigned char big_byte(size_t i)
{
	return (unsigned char)(i % 251);
}

static void write_file(const char *name, const char *text, size_t len)
{
	FILE *f = fopen(in_root(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int make_folder(void **state)
{
	char *big = malloc(BIG_BYTES), path[128];

	(void)state;
	snprintf(base, sizeof base, "/tmp/simsock.XXXXXX");
	assert_non_null(mkdtemp(base));
	snprintf(root, sizeof root, "%s/www", base);
	assert_int_equal(mkdir(root, 0755), 0);
	assert_int_equal(mkdir(in_root("sub"), 0755), 0);
	assert_int_equal(mkdir(in_root("a b"), 0755), 0);
	write_file("../secret", "secret", 6);
	write_file("hello.txt", "Hello, world\n", 13);
	write_file("empty", "", 0);
	write_file("index.html", "<p>front\n", 9);
	write_file("sub/page.html", "<p>sub\n", 7);
	write_file("sub/<&>.css", "x", 1);
	write_file("a b/50%.json", "{}", 2);
	for (size_t i = 0; i < BIG_BYTES; i++)
		big[i] = (char)big_byte(i);
	write_file("big", big, BIG_BYTES);
	free(big);
	assert_int_equal(symlink("../secret", in_root("leak")), 0);
	assert_int_equal(symlink("..", in_root("sub/up")), 0);
	snprintf(path, sizeof path, "%s/hello.txt", root);
	assert_int_equal(symlink(path, in_root("a b/absolute.txt")), 0);
	/* It begins as the folder does, and is another. */
	snprintf(path, sizeof path, "%s/www2", base);
	assert_int_equal(mkdir(path, 0755), 0);
	write_file("../www2/near", "near", 4);
	assert_int_equal(symlink("../www2/near", in_root("near")), 0);
	assert_int_equal(symlink("/", in_root("sub/root")), 0);
	assert_int_equal(symlink("../..", in_root("sub/out")), 0);
	assert_int_equal(mkfifo(in_root("pipe"), 0644), 0);
	return 0;
}

static int remove_folder(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", base);
	return system(command);
}

/* ---- who asks ---- */

static int dial(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(80) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, "10.0.0.2", &a.sin_addr);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static int serve_and_dial(void)
{
	char service[100];

	snprintf(service, sizeof service, "http:%s", root);
	sim_peer("server:80", service);
	return dial();
}

static void ask(int fd, const char *request)
{
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
}

static void assert_answer(int fd, const char *answer)
{
	char got[ANSWER_BYTES] = "";
	size_t len = strlen(answer);

	if (recv(fd, got, len, MSG_WAITALL) != (ssize_t)len || memcmp(got, answer, len) != 0)
		fail_msg("came:\n%s\nexpected:\n%s", got, answer);
}

static void assert_ended(int fd)
{
	char more[ANSWER_BYTES] = "";
	ssize_t n = recv(fd, more, sizeof more - 1, 0);

	if (n)
		fail_msg("%zd bytes came in place of the end: %s", n, more);
	close(fd);
}

/* One request on a connection of its own, which ends after it. */
static void assert_asked(const char *request, const char *answer)
{
	int fd = dial();

	ask(fd, request);
	assert_answer(fd, answer);
	assert_ended(fd);
}

#define GET(path)   "GET " path " HTTP/1.1\r\nHost: server\r\n"
#define CLOSE       "Connection: close\r\n"
#define OK          "HTTP/1.1 200 OK\r\n" DATE
#define TXT         "Content-Type: text/plain; charset=utf-8\r\n"
#define HTML        "Content-Type: text/html; charset=utf-8\r\n"
#define ANY         "Content-Type: application/octet-stream\r\n"
#define RANGES      "Accept-Ranges: bytes\r\n"
#define HELLO       OK TXT "Content-Length: 13\r\n" RANGES "\r\nHello, world\n"
#define HELLO_CLOSE OK TXT "Content-Length: 13\r\n" RANGES CLOSE "\r\nHello, world\n"
/* An answer that is its status: `length` of "404 Not Found\n". */
#define SAYS(status, length, more) \
	"HTTP/1.1 " status "\r\n" DATE TXT "Content-Length: " #length "\r\n" more "\r\n" status "\n"

/* ---- one connection ---- */

static void a_connection_is_kept_for_further_requests(void **state)
{
	int fd = serve_and_dial();

	(void)state;
	for (int i = 0; i < 3; i++) {
		ask(fd, GET("/hello.txt") "\r\n");
		assert_answer(fd, HELLO);
	}
	ask(fd, GET("/hello.txt?query=1") "connection: foo, CLOSE\r\n\r\n");
	assert_answer(fd, HELLO_CLOSE);
	assert_ended(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	int fd = serve_and_dial();

	(void)state;
	ask(fd, GET("/hello.txt") "\r\n" GET("/sub/page.html") "\r\n\r\n" GET(
			"/none") "\r\n"
				 "HEAD /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n" GET("/hello.txt") CLOSE
	    "\r\n" GET("/never") "\r\n");
	assert_answer(fd, HELLO OK HTML "Content-Length: 7\r\n" RANGES
					"\r\n<p>sub\n" SAYS("404 Not Found", 14, "") OK TXT
		      "Content-Length: 13\r\n" RANGES "\r\n" HELLO_CLOSE);
	assert_ended(fd);
}

static void a_request_may_come_byte_by_byte(void **state)
{
	const char *request = "\r\n" GET("/hello.txt") "\r\n";
	int fd = serve_and_dial();

	(void)state;
	for (; *request; request++) {
		assert_int_equal(send(fd, request, 1, 0), 1);
		sim_run();
	}
	assert_answer(fd, HELLO);
	shutdown(fd, SHUT_WR);
	assert_ended(fd);
}

static void http_1_0_closes_unless_it_is_asked_not_to(void **state)
{
	int fd = serve_and_dial();

	(void)state;
	ask(fd, "GET /hello.txt HTTP/1.0\nConnection: keep-alive\n\n");
	assert_answer(fd,
		      OK TXT "Content-Length: 13\r\n" RANGES "Connection: keep-alive\r\n\r\nHello, world\n");
	ask(fd, "GET /hello.txt HTTP/1.0\r\n\r\n");
	assert_answer(fd, HELLO_CLOSE);
	assert_ended(fd);
}

static void the_date_is_virtual_time(void **state)
{
	int fd = serve_and_dial();

	(void)state;
	sim_advance("1425h");
	ask(fd, GET("/empty") CLOSE "\r\n");
	assert_answer(fd, "HTTP/1.1 200 OK\r\nDate: Fri, 01 Mar 2030 09:00:00 GMT\r\nServer: simsock\r\n" ANY
			  "Content-Length: 0\r\n" RANGES CLOSE "\r\n");
	assert_ended(fd);
}

static void unix_streams_are_served_too(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0www" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char service[100];

	(void)state;
	snprintf(service, sizeof service, "http:%s", root);
	sim_peer("unix:@www", service);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(sa_family_t) + 4), 0);
	ask(fd, GET("/hello.txt") CLOSE "\r\n");
	assert_answer(fd, HELLO_CLOSE);
	assert_ended(fd);
}

/* ---- what is found ---- */

static void folders_have_an_index_or_a_sorted_listing(void **state)
{
	(void)state;
	close(serve_and_dial());
	assert_asked(GET("/") CLOSE "\r\n", OK HTML "Content-Length: 9\r\n" RANGES CLOSE "\r\n<p>front\n");
	assert_asked(GET("/sub/") CLOSE "\r\n",
		     OK HTML "Content-Length: 161\r\n" CLOSE "\r\n"
			     "<!DOCTYPE html>\n<title>/sub</title>\n<ul>\n"
			     "<li><a href=\"%3C%26%3E.css\">&lt;&amp;&gt;.css</a>\n"
			     "<li><a href=\"page.html\">page.html</a>\n"
			     "<li><a href=\"up/\">up/</a>\n</ul>\n");
	assert_asked("HEAD /sub/ HTTP/1.1\r\nHost: x\r\n" CLOSE "\r\n",
		     OK HTML "Content-Length: 161\r\n" CLOSE "\r\n");
	assert_asked(GET("/sub") CLOSE "\r\n",
		     SAYS("301 Moved Permanently", 22, "Location: /sub/\r\n" CLOSE));
	assert_asked(GET("//a%20b?x") CLOSE "\r\n",
		     SAYS("301 Moved Permanently", 22, "Location: /a%20b/\r\n" CLOSE));
}

static void names_may_be_percent_encoded(void **state)
{
	(void)state;
	close(serve_and_dial());
	assert_asked(GET("/a%20b/50%25%2ejson") CLOSE "\r\n",
		     OK "Content-Type: application/json\r\nContent-Length: 2\r\n" RANGES CLOSE "\r\n{}");
	assert_asked(GET("http://server/sub/%3c%26%3E.css") CLOSE "\r\n", OK
		     "Content-Type: text/css; charset=utf-8\r\nContent-Length: 1\r\n" RANGES CLOSE "\r\nx");
	assert_asked(GET("/sub/./../a b/%2e%2E//hello.txt") CLOSE "\r\n", SAYS("400 Bad Request", 16, CLOSE));
	assert_asked(GET("/sub/./../a%20b/%2e%2E//hello.txt") CLOSE "\r\n", HELLO_CLOSE);
	assert_asked(GET("/sub/up/hello.txt") CLOSE "\r\n", HELLO_CLOSE);
	assert_asked(GET("/a%20b/absolute.txt") CLOSE "\r\n", HELLO_CLOSE);
	assert_asked(GET("/a%2") CLOSE "\r\n", SAYS("400 Bad Request", 16, CLOSE));
	assert_asked(GET("/a%00b") CLOSE "\r\n", SAYS("400 Bad Request", 16, CLOSE));
}

static void nothing_leaves_the_folder(void **state)
{
	static const char *const not_found[] = { "/leak",           "/near", "/sub/root/etc/passwd",
						 "/sub/out/secret", "/none", "/hello.txt/",
						 "/hello.txt/x" };
	static const char *const refused[] = { "/../secret", "/sub/../../secret", "/%2e%2e/secret",
					       "/..%2fsecret", "/sub/%2E./.%2e/secret" };
	char request[200];

	(void)state;
	close(serve_and_dial());
	for (size_t i = 0; i < sizeof not_found / sizeof not_found[0]; i++) {
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n" CLOSE "\r\n",
			 not_found[i]);
		assert_asked(request, SAYS("404 Not Found", 14, CLOSE));
	}
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", refused[i]);
		assert_asked(request, SAYS("400 Bad Request", 16, CLOSE));
	}
	assert_asked(GET("/pipe") CLOSE "\r\n", SAYS("403 Forbidden", 14, CLOSE));
}

/* ---- ranges ---- */

#define PART(first, last, length, text)                                                      \
	"HTTP/1.1 206 Partial Content\r\n" DATE TXT "Content-Length: " #length "\r\n" RANGES \
	"Content-Range: bytes " #first "-" #last "/13\r\n" CLOSE "\r\n" text

static void a_range_is_a_part_of_the_file(void **state)
{
	static const struct {
		const char *range, *answer;
	} rows[] = {
		{ "bytes=0-4", PART(0, 4, 5, "Hello") },
		{ "Bytes=7-", PART(7, 12, 6, "world\n") },
		{ "bytes=-6", PART(7, 12, 6, "world\n") },
		{ "bytes=12-99999999999999999999999", PART(12, 12, 1, "\n") },
		{ "bytes=-99", PART(0, 12, 13, "Hello, world\n") },
		{ "bytes=0-1,3-4", HELLO_CLOSE },
		{ "bytes=4-1", HELLO_CLOSE },
		{ "bytes=-", HELLO_CLOSE },
		{ "bytes=x-1", HELLO_CLOSE },
		{ "lines=1-2", HELLO_CLOSE },
		{ "bytes=0-4\r\nIf-Range: \"x\"", HELLO_CLOSE },
		{ "bytes=13-", SAYS("416 Range Not Satisfiable", 26, "Content-Range: bytes */13\r\n" CLOSE) },
		{ "bytes=-0", SAYS("416 Range Not Satisfiable", 26, "Content-Range: bytes */13\r\n" CLOSE) },
	};
	char request[200];

	(void)state;
	close(serve_and_dial());
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(request, sizeof request, GET("/hello.txt") CLOSE "Range: %s\r\n\r\n", rows[i].range);
		assert_asked(request, rows[i].answer);
	}
	assert_asked("HEAD /hello.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=0-4\r\n" CLOSE "\r\n",
		     OK TXT "Content-Length: 13\r\n" RANGES CLOSE "\r\n");
	assert_asked(GET("/empty") CLOSE "Range: bytes=0-\r\n\r\n",
		     SAYS("416 Range Not Satisfiable", 26, "Content-Range: bytes */0\r\n" CLOSE));
}

/* ---- big files ---- */

static void assert_big(int fd, size_t from, size_t len)
{
	unsigned char *got = malloc(len);

	assert_int_equal(recv(fd, got, len, MSG_WAITALL), len);
	for (size_t i = 0; i < len; i++)
		if (got[i] != big_byte(from + i))
			fail_msg("byte %zu differs", from + i);
	free(got);
}

static void a_file_beyond_all_buffers_is_whole_over_a_bad_link(void **state)
{
	int fds[3];

	(void)state;
	sim_link("client", "server", "delay 10ms rate 50mbit loss 1%");
	close(serve_and_dial());
	for (int i = 0; i < 3; i++) {
		fds[i] = dial();
		ask(fds[i], GET("/big") "\r\n" GET("/big") "Range: bytes=123456-654320\r\n" CLOSE "\r\n");
	}
	for (int i = 3; i-- > 0;) {
		char head[ANSWER_BYTES];
		size_t len = 0;

		for (int part = 0; part < 2; part++) {
			for (len = 0; len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0; len++)
				assert_int_equal(recv(fds[i], head + len, 1, 0), 1);
			head[len] = '\0';
			assert_non_null(strstr(head, part ? "Content-Length: 530865\r\n"
							  : "Content-Length: 1000000\r\n"));
			assert_big(fds[i], part ? 123456 : 0, part ? 530865 : BIG_BYTES);
		}
		assert_ended(fds[i]);
	}
}

/* The length was promised: the connection ends before it, and the client knows. */
static void a_file_that_is_cut_short_meanwhile_ends_the_connection(void **state)
{
	static char got[2 * BIG_BYTES];
	ssize_t n;
	int fd;

	(void)state;
	sim_link("client", "server", "delay 10ms rate 50mbit");
	fd = serve_and_dial();
	ask(fd, GET("/big") "\r\n");
	assert_int_equal(recv(fd, got, 1000, MSG_WAITALL), 1000);
	assert_int_equal(truncate(in_root("big"), 400000), 0);
	n = recv(fd, got, sizeof got, MSG_WAITALL);
	assert_in_range(n, 100000, 400000);
	close(fd);
}

static void the_client_may_go_at_any_time(void **state)
{
	struct linger now = { 1, 0 };
	int fd = serve_and_dial();

	(void)state;
	ask(fd, GET("/big") "\r\n" GET("/sub/") "\r\n");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
	fd = dial();
	ask(fd, "GET /hello");
	close(fd);
	sim_run();
	assert_asked(GET("/hello.txt") CLOSE "\r\n", HELLO_CLOSE);
}

/* ---- other methods, and what is no request ---- */

#define NOT_ALLOWED(more) SAYS("405 Method Not Allowed", 23, "Allow: GET, HEAD\r\n" more)

static void bodies_of_other_methods_are_read_and_refused(void **state)
{
	int fd = serve_and_dial();

	(void)state;
	ask(fd, "POST /hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789" GET(
			"/hello.txt") "\r\n"
				      "PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
				      "5;x=y\r\nabcde\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n" GET(
					      "/hello.txt") "\r\n"
							    "OPTIONS * HTTP/1.1\r\nHost: x\r\n" CLOSE "\r\n");
	assert_answer(fd, NOT_ALLOWED("") HELLO NOT_ALLOWED("") HELLO NOT_ALLOWED(CLOSE));
	assert_ended(fd);
	/* Who waits to be told is told, and its body may come or not. */
	fd = dial();
	ask(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
	assert_answer(fd, NOT_ALLOWED(CLOSE));
	ask(fd, "0123456789");
	assert_ended(fd);
}

static void what_is_no_request_is_refused(void **state)
{
	static const struct {
		const char *request, *answer;
	} rows[] = {
		{ "hello\r\n\r\n", SAYS("400 Bad Request", 16, CLOSE) },
		{ "GET /\r\n\r\n", SAYS("400 Bad Request", 16, CLOSE) },
		{ "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", SAYS("400 Bad Request", 16, CLOSE) },
		{ "GET hello.txt HTTP/1.1\r\nHost: x\r\n\r\n", SAYS("400 Bad Request", 16, CLOSE) },
		{ "GET / HTTP/1.1\r\n\r\n", SAYS("400 Bad Request", 16, CLOSE) },
		{ "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", SAYS("400 Bad Request", 16, CLOSE) },
		{ "GET / HTTP/1.1\r\nHost : x\r\n\r\n", SAYS("400 Bad Request", 16, CLOSE) },
		{ "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", SAYS("400 Bad Request", 16, CLOSE) },
		{ "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		  SAYS("400 Bad Request", 16, CLOSE) },
		{ "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		  SAYS("400 Bad Request", 16, CLOSE) },
		{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		  SAYS("400 Bad Request", 16, CLOSE) },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		  SAYS("400 Bad Request", 16, CLOSE) },
		{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
		  SAYS("501 Not Implemented", 20, CLOSE) },
		{ "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", SAYS("501 Not Implemented", 20, CLOSE) },
		{ "GET / HTTP/2.0\r\nHost: x\r\n\r\n", SAYS("505 HTTP Version Not Supported", 31, CLOSE) },
	};

	(void)state;
	close(serve_and_dial());
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_asked(rows[i].request, rows[i].answer);
}

static void what_is_too_long_is_refused_and_the_answer_arrives(void **state)
{
	static char request[100000];
	int len = snprintf(request, sizeof request, "GET /%0*d HTTP/1.1\r\nHost: x\r\n\r\n", 3000, 0);

	(void)state;
	close(serve_and_dial());
	assert_true(len > 3000);
	assert_asked(request, SAYS("414 URI Too Long", 17, CLOSE));
	/* A close with all that unread would be a reset, and take the answer along. */
	snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: x\r\nX: %0*d\r\n\r\n", 90000, 0);
	assert_asked(request, SAYS("431 Request Header Fields Too Large", 36, CLOSE));
}

/* ---- the program's own descriptors ---- */

static void no_real_descriptor_is_held_meanwhile(void **state)
{
	int fd, before, after;

	(void)state;
	sim_link("client", "server", "delay 10ms rate 50mbit");
	fd = serve_and_dial();
	ask(fd, GET("/big") "\r\n");
	before = dup(STDERR_FILENO);
	close(before);
	sim_advance("20ms");
	after = dup(STDERR_FILENO);
	close(after);
	/* Its connection has a number far above, and its file none. */
	assert_int_equal(after, before);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(a_connection_is_kept_for_further_requests),
		sim_test(pipelined_requests_are_answered_in_order),
		sim_test(a_request_may_come_byte_by_byte),
		sim_test(http_1_0_closes_unless_it_is_asked_not_to),
		sim_test(the_date_is_virtual_time),
		sim_test(unix_streams_are_served_too),
		sim_test(folders_have_an_index_or_a_sorted_listing),
		sim_test(names_may_be_percent_encoded),
		sim_test(nothing_leaves_the_folder),
		sim_test(a_range_is_a_part_of_the_file),
		sim_test(a_file_beyond_all_buffers_is_whole_over_a_bad_link),
		sim_test(the_client_may_go_at_any_time),
		sim_test(bodies_of_other_methods_are_read_and_refused),
		sim_test(what_is_no_request_is_refused),
		sim_test(what_is_too_long_is_refused_and_the_answer_arrives),
		sim_test(no_real_descriptor_is_held_meanwhile),
		/* The last one: it spoils the file. */
		sim_test(a_file_that_is_cut_short_meanwhile_ends_the_connection),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
