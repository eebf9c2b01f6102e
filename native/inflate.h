/* DEFLATE (RFC 1951) in gzip members (RFC 1952), back to bytes. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct inflate_ends {
	/* The next bytes, at most `room`; 0 at the end of the input, -1 with errno. */
	ssize_t (*read)(void *context, uint8_t *to, size_t room);
	/* -1 with errno. */
	int (*write)(void *context, const uint8_t *bytes, size_t size);
	void *context;
};

/*
 * All members that follow each other; zeros behind the last one do not count. 0, or -1 with errno: EBADMSG for damaged data, EPIPE for
 * data that are cut off, else what an end said.
 */
int inflate_members(const struct inflate_ends *ends);
