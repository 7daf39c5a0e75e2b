/* SPDX-License-Identifier: MIT */
/*
 * Prints what chance gave it, by every way to ask, in hexadecimal: ways_ends.sh compares runs. Plain C.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void show(const char *what, const void *data, size_t len)
{
	printf("%s ", what);
	for (size_t i = 0; i < len; i++)
		printf("%02x", ((const unsigned char *)data)[i]);
	printf("\n");
}

static void by_file(const char *path)
{
	unsigned char b[16] = "";
	struct iovec v[2] = { { b, 8 }, { b + 8, 8 } };
	int fd = open(path, O_RDONLY), copy = dup(fd);
	FILE *f = fopen(path, "r");

	if (read(fd, b, sizeof(b)) != sizeof(b))
		exit(2);
	show(path, b, sizeof(b));
	if (readv(copy, v, 2) != sizeof(b))
		exit(3);
	show("readv", b, sizeof(b));
	if (!f || fread(b, 1, sizeof(b), f) != sizeof(b))
		exit(4);
	show("fopen", b, sizeof(b));
	close(fd);
	close(copy);
	fclose(f);
}

int main(void)
{
	unsigned char b[32] = "";
	uint32_t word = arc4random();

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return 5;
	show("getrandom", b, sizeof(b));
	if (syscall(SYS_getrandom, b, sizeof(b), GRND_NONBLOCK) != sizeof(b))
		return 6;
	show("by number", b, sizeof(b));
	if (getentropy(b, sizeof(b)))
		return 7;
	show("getentropy", b, sizeof(b));
	show("arc4random", &word, sizeof(word));
	word = arc4random_uniform(1000000);
	show("uniform", &word, sizeof(word));
	arc4random_buf(b, sizeof(b));
	show("buffer", b, sizeof(b));
	by_file("/dev/urandom");
	by_file("/dev/random");
	show("AT_RANDOM", (const void *)getauxval(AT_RANDOM), 16);
	snprintf((char *)b, sizeof(b), "%d", getpid());
	show("pid", b, strlen((char *)b));
	return 0;
}
