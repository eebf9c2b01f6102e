/*
 * Verb inflate MOST: gzip (RFC 1952) from stdin to the file that is descriptor 3, at most MOST bytes. On stdout now and then `p` and how
 * many bytes are in the file (u64, little-endian), at the end `e`, how many there are and their sha256 (32 bytes). Failure: exit code 1, on stderr a word (damaged, cut-off, too-large, read, write)
 * NUL ERRNO NUL.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "inflate.h"
#include "sha256.h"
#include "util.h"
#include "verbs.h"

enum { OUT = 3 };

struct target {
	struct sha256 sum;
	uint64_t size, most, begun, told; /* begun: up to where the kernel was asked to write to the disk */
	const char *problem;
};

static ssize_t read_input(void *context, uint8_t *to, size_t room)
{
	struct target *t = context;
	ssize_t got;
	do got = read(0, to, room);
	while (got < 0 && errno == EINTR);
	if (got < 0) t->problem = "read";
	return got;
}

enum { WRITE_BACK = 16 << 20 };

/* The sync that follows then has little left to wait for. Nothing depends on it. */
static void write_back(struct target *t)
{
	if (t->size - t->begun < WRITE_BACK) return;
	(void)sync_file_range(OUT, (off_t)t->begun, (off_t)(t->size - t->begun), SYNC_FILE_RANGE_WRITE);
	t->begun = t->size;
}

enum { TOLD = 1 << 20 };

/* Whoever reads what is in the file need not wait for the end. */
static int tell(struct target *t)
{
	if (t->size - t->told < TOLD) return 0;
	uint8_t message[1 + sizeof(uint64_t)] = {'p'};
	uint64_t size = htole64(t->size);
	memcpy(message + 1, &size, sizeof size);
	t->told = t->size;
	if (write_all(1, message, sizeof message) == 0) return 0;
	t->problem = "write";
	return -1;
}

static int write_output(void *context, const uint8_t *bytes, size_t size)
{
	struct target *t = context;
	if (size > t->most - t->size) {
		t->problem = "too-large";
		return errno = EFBIG, -1;
	}
	if (write_all(OUT, bytes, size)) {
		t->problem = "write";
		return -1;
	}
	sha256_add(&t->sum, bytes, size);
	t->size += size;
	write_back(t);
	return tell(t);
}

static int report(const struct target *t)
{
	int number = errno;
	const char *problem = t->problem ? t->problem : number == EPIPE ? "cut-off" : "damaged";
	(void)fprintf(stderr, "%s%c%s%c", problem, 0, errno_name(number), 0);
	return 1;
}

int inflate_main(int argc, char **argv)
{
	struct target t = {0};
	if (argc != 2 || parse_u64(argv[1], &t.most)) {
		(void)fprintf(stderr, "usage: tsbuild-native inflate MOST\n");
		return 2;
	}
	const struct inflate_ends ends = {.read = read_input, .write = write_output, .context = &t};
	sha256_begin(&t.sum);
	if (inflate_members(&ends)) return report(&t);
	uint8_t answer[1 + sizeof(uint64_t) + SHA256_SIZE] = {'e'};
	uint64_t size = htole64(t.size);
	memcpy(answer + 1, &size, sizeof size);
	sha256_end(&t.sum, answer + 1 + sizeof size);
	return write_all(1, answer, sizeof answer) ? 1 : 0;
}
