/*
 * Verb inflate MOST: gzip (RFC 1952) from stdin to the file that is descriptor 3, at most MOST bytes. On stdout, when what comes out is
 * no tar that tar_index.h takes, now and then `p` and how many bytes are in the file (u64, little-endian); at the end `e`, how many there
 * are, their sha256 (32 bytes), whether the index has implied directories (u8), the size of the index (u64; 0 for no such tar) and the
 * index. Failure: exit code 1, on stderr a word (damaged, cut-off, too-large, read, write) NUL ERRNO NUL.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "inflate.h"
#include "sha256.h"
#include "tar_index.h"
#include "util.h"
#include "verbs.h"

enum { OUT = 3 };

struct target {
	struct sha256 sum;
	uint64_t size, most, begun, told; /* begun: up to where the kernel was asked to write to the disk */
	struct tar_index *index; /* none for what it does not take */
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

/* Whoever makes the index instead need not wait for the end. */
static int tell(struct target *t)
{
	if (t->index || t->size - t->told < TOLD) return 0;
	uint8_t message[1 + sizeof(uint64_t)] = {'p'};
	uint64_t size = htole64(t->size);
	memcpy(message + 1, &size, sizeof size);
	t->told = t->size;
	if (write_all(1, message, sizeof message) == 0) return 0;
	t->problem = "write";
	return -1;
}

static void drop_index(struct target *t)
{
	tar_index_free(t->index);
	t->index = NULL;
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
	if (t->index && !tar_index_add(t->index, bytes, size)) drop_index(t);
	return tell(t);
}

static int report(const struct target *t)
{
	int number = errno;
	const char *problem = t->problem ? t->problem : number == EPIPE ? "cut-off" : "damaged";
	(void)fprintf(stderr, "%s%c%s%c", problem, 0, errno_name(number), 0);
	return 1;
}

static int answer(struct target *t)
{
	struct bytes index = {0}, all = {0};
	bool implied = false;
	uint8_t digest[SHA256_SIZE];
	if (t->index && !tar_index_end(t->index, &index, &implied)) index.used = 0;
	sha256_end(&t->sum, digest);
	bytes_add(&all, "e", 1);
	bytes_u64(&all, t->size);
	bytes_add(&all, digest, sizeof digest);
	bytes_add(&all, implied ? "\1" : "\0", 1);
	bytes_u64(&all, index.used);
	int result = write_all(1, all.data, all.used) || write_all(1, index.data, index.used) ? 1 : 0;
	free(index.data);
	free(all.data);
	return result;
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
	t.index = tar_index_new();
	int result = inflate_members(&ends) ? report(&t) : answer(&t);
	drop_index(&t);
	return result;
}
