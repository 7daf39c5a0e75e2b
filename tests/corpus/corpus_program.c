/* SPDX-License-Identifier: MIT */
/* A corpus program as it is, on whatever sockets it is given: see corpus.h. */
#include "tests/corpus/corpus.h"

int main(int argc, char **argv)
{
	return corpus_main(argc, argv);
}
