#include "gzip_file.h"

#include <pthread.h>
#include <string.h>

#include "gzip_member.h"
#include "util.h"

/* Members in work for each coder: one that it codes, and one that waits for it or to be written. */
enum { MOST_CODERS = 8, MEMBERS_EACH = 2 };

struct member {
	uint8_t *in, *out;
	size_t size, coded; /* bytes of either */
	bool done;
};

struct gzip_file {
	unsigned level;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	pthread_t coders[MOST_CODERS];
	size_t threads;
	struct member members[MOST_CODERS * MEMBERS_EACH];
	size_t count; /* of those that are used */
	/* Members that were handed to the coders, that they have begun, that are written. */
	size_t pushed, begun, finished;
	bool ended, stopped, writing;
	struct err failure; /* the first one, when `failed` */
	bool failed;
	int fd;
	struct sha256 sum;
	uint64_t size;
};

/* Outside the lock. The disk gets it when the kernel finds time: nothing waits for that. */
static int write_member(struct gzip_file *f, const struct member *member, struct err *e)
{
	sha256_add(&f->sum, member->out, member->coded);
	f->size += member->coded;
	return write_all(f->fd, member->out, member->coded) ? fail(e, "pack-write", "the gzip") : 0;
}

/* Whoever is done first writes what comes next, and what others have done meanwhile. */
static void write_done(struct gzip_file *f)
{
	struct member *next = &f->members[f->finished % f->count];
	while (!f->writing && !f->stopped && f->finished < f->begun && next->done) {
		struct err e = {0};
		f->writing = true;
		(void)pthread_mutex_unlock(&f->lock);
		int result = write_member(f, next, &e);
		(void)pthread_mutex_lock(&f->lock);
		f->writing = next->done = false;
		next->size = 0;
		f->finished++;
		if (result) {
			f->failure = e;
			f->failed = f->stopped = true;
			(void)pthread_cond_broadcast(&f->filled);
		}
		(void)pthread_cond_signal(&f->emptied);
		next = &f->members[f->finished % f->count];
	}
}

static void *run_coder(void *arg)
{
	struct gzip_file *f = arg;
	struct deflate *coder = deflate_open(f->level);
	(void)pthread_mutex_lock(&f->lock);
	for (;;) {
		while (f->begun == f->pushed && !f->ended && !f->stopped) (void)pthread_cond_wait(&f->filled, &f->lock);
		if (f->stopped || f->begun == f->pushed) break;
		struct member *member = &f->members[f->begun++ % f->count];
		(void)pthread_mutex_unlock(&f->lock);
		member->coded = gzip_member(coder, member->in, (uint32_t)member->size, member->out);
		(void)pthread_mutex_lock(&f->lock);
		member->done = true;
		write_done(f);
	}
	(void)pthread_mutex_unlock(&f->lock);
	free(coder);
	return NULL;
}

struct gzip_file *gzip_file_open(unsigned level, int fd, struct err *e)
{
	struct gzip_file *f = xcalloc(1, sizeof *f);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = processors < 1 ? 1 : processors > MOST_CODERS ? MOST_CODERS : (size_t)processors;
	f->level = level;
	f->fd = fd;
	f->count = wanted * MEMBERS_EACH;
	sha256_begin(&f->sum);
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->filled, NULL);
	(void)pthread_cond_init(&f->emptied, NULL);
	for (size_t i = 0; i < f->count; i++)
		f->members[i] = (struct member){.in = xmalloc(GZIP_BLOCK), .out = xmalloc(gzip_bound())};
	for (; f->threads < wanted; f->threads++) {
		int number = pthread_create(&f->coders[f->threads], NULL, run_coder, f);
		if (!number) continue;
		uint8_t digest[SHA256_SIZE];
		uint64_t size;
		(void)gzip_file_end(f, true, digest, &size, e);
		(void)fail_with(e, number, "pack", "threads");
		return NULL;
	}
	return f;
}

/* The member to be filled; NULL once writing has failed. */
static struct member *filling(struct gzip_file *f)
{
	(void)pthread_mutex_lock(&f->lock);
	while (f->pushed - f->finished == f->count && !f->stopped) (void)pthread_cond_wait(&f->emptied, &f->lock);
	bool stopped = f->stopped;
	(void)pthread_mutex_unlock(&f->lock);
	return stopped ? NULL : &f->members[f->pushed % f->count];
}

static void push(struct gzip_file *f)
{
	(void)pthread_mutex_lock(&f->lock);
	f->pushed++;
	(void)pthread_cond_signal(&f->filled);
	(void)pthread_mutex_unlock(&f->lock);
}

int gzip_file_add(struct gzip_file *f, const uint8_t *bytes, size_t size, struct err *e)
{
	while (size) {
		struct member *member = filling(f);
		if (!member) {
			*e = f->failure;
			return -1;
		}
		size_t room = GZIP_BLOCK - member->size, part = size < room ? size : room;
		memcpy(member->in + member->size, bytes, part);
		member->size += part;
		bytes += part;
		size -= part;
		if (member->size == GZIP_BLOCK) push(f);
	}
	return 0;
}

int gzip_file_end(struct gzip_file *f, bool abandon, uint8_t digest[SHA256_SIZE], uint64_t *size, struct err *e)
{
	/* What has no bytes is a member too. */
	struct member *rest = abandon ? NULL : filling(f);
	if (rest && (rest->size || !f->pushed)) push(f);
	(void)pthread_mutex_lock(&f->lock);
	f->ended = true;
	f->stopped |= abandon;
	(void)pthread_cond_broadcast(&f->filled);
	(void)pthread_mutex_unlock(&f->lock);
	for (size_t i = 0; i < f->threads; i++) (void)pthread_join(f->coders[i], NULL);
	bool failed = f->failed;
	if (failed) *e = f->failure;
	sha256_end(&f->sum, digest);
	*size = f->size;
	for (size_t i = 0; i < f->count; i++) {
		free(f->members[i].in);
		free(f->members[i].out);
	}
	free(f);
	return failed ? -1 : 0;
}
