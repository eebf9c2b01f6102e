#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pack.h"
#include "pack_header.h"

/* Bytes from which on a look at the file is no matter. */
enum { LARGE = 1 << 20 };

static void close_file(struct pack *p)
{
	if (p->file >= 0) (void)close(p->file);
	p->file = -1;
	p->name[0] = 0;
}

int pack_directory(struct pack *p)
{
	char path[PATH_MAX];
	const uint8_t *at = pack_take(p, 2);
	if (!at) return -1;
	size_t size = pack_u16(at);
	if (size >= sizeof path) return pack_malformed(p);
	if (!(at = pack_take(p, size))) return -1;
	memcpy(path, at, size);
	path[size] = 0;
	close_file(p);
	if (p->directory >= 0) (void)close(p->directory);
	/* Not there, not readable: said of the file that is looked for in it. */
	p->directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	p->directory_error = errno;
	return 0;
}

struct content {
	bool digest, unwritten;
	uint64_t offset, size;
	char name[NAME_MAX + 1];
};

static int refuse(struct pack *p, const struct content *content, const char *step, uint64_t found)
{
	long number = content->digest ? p->digests : -1;
	return fail(p->e, step, "%ld %llu %s", number, (unsigned long long)found, content->name);
}

/* Several parts of one file mostly follow each other. Reading leaves no trace where that is allowed. */
static int open_file(struct pack *p, const struct content *content)
{
	struct stat st;
	if (strcmp(p->name, content->name) != 0) {
		const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
		close_file(p);
		errno = p->directory_error;
		p->file = p->directory < 0 ? -1 : openat(p->directory, content->name, flags | O_NOATIME);
		if (p->file < 0 && errno == EPERM) p->file = openat(p->directory, content->name, flags);
		if (p->file < 0) return refuse(p, content, "pack-open", 0);
		memcpy(p->name, content->name, sizeof p->name);
	}
	if (content->size <= LARGE && content->offset == 0) return 0;
	if (fstat(p->file, &st)) return refuse(p, content, "pack-read", 0);
	errno = E2BIG;
	return S_ISREG(st.st_mode) ? 0 : refuse(p, content, "pack-short", 0);
}

static void add_piece(struct pack *p, size_t size, bool last)
{
	p->slot->pieces[p->slot->count++] = (struct piece){.from = p->slot->used, .size = size, .last = last};
}

static int read_content(struct pack *p, const struct content *content)
{
	for (uint64_t done = 0; done < content->size;) {
		if (pack_room(p)) return -1;
		uint64_t left = content->size - done;
		size_t room = RING_SLOT - p->slot->used;
		ssize_t count = pread(p->file, p->slot->data + p->slot->used, left < room ? left : room,
				      (off_t)(content->offset + done));
		if (count < 0 && errno == EINTR) continue;
		if (count < 0) return refuse(p, content, "pack-read", done);
		errno = 0;
		if (count == 0) return refuse(p, content, "pack-short", done);
		done += (uint64_t)count;
		if (content->digest) add_piece(p, (size_t)count, done == content->size);
		pack_grown(p, (size_t)count);
	}
	return 0;
}

int pack_content(struct pack *p)
{
	struct content content = {0};
	const uint8_t *at = pack_take(p, 19);
	if (!at) return -1;
	content.digest = at[0] == 1;
	content.unwritten = at[0] == 2;
	content.offset = pack_u64(at + 1);
	content.size = pack_u64(at + 9);
	size_t size = pack_u16(at + 17);
	if (size == 0 || size > NAME_MAX || content.size > INT64_MAX || content.offset > INT64_MAX - content.size)
		return pack_malformed(p);
	if (!(at = pack_take(p, size))) return -1;
	memcpy(content.name, at, size);
	if (content.size == 0) {
		if (pack_room(p)) return -1;
		if (content.digest) add_piece(p, 0, true);
	} else if (open_file(p, &content) || (content.unwritten && pack_turn(p, true)) || read_content(p, &content)) {
		return -1;
	}
	p->digests += content.digest;
	if (pack_put(p, NULL, (TAR_BLOCK - p->size % TAR_BLOCK) % TAR_BLOCK)) return -1;
	return p->unwritten ? pack_turn(p, false) : 0;
}

void pack_close(struct pack *p)
{
	close_file(p);
	if (p->directory >= 0) (void)close(p->directory);
	p->directory = -1;
}
