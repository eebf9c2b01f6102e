/* One macro: a test ends at its first wrong expectation, with the place. */
#pragma once
#include <stdio.h>
#include <stdlib.h>

#define CHECK(what)                                                                        \
	do {                                                                               \
		if (!(what)) {                                                             \
			(void)fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #what); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)
