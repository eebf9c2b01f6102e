/* Listing directories and walking trees for fsops. */
#include "fsops.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

void bytes_add(struct bytes *b, const void *data, size_t size)
{
	if (b->room - b->used < size) {
		while (b->room - b->used < size) b->room = b->room ? b->room * 2 : 4096;
		b->data = xrealloc(b->data, b->room);
	}
	if (size) memcpy(b->data + b->used, data, size);
	b->used += size;
}

void bytes_u16(struct bytes *b, uint16_t value)
{
	value = htole16(value);
	bytes_add(b, &value, sizeof value);
}

void bytes_u32(struct bytes *b, uint32_t value)
{
	value = htole32(value);
	bytes_add(b, &value, sizeof value);
}

void bytes_u64(struct bytes *b, uint64_t value)
{
	value = htole64(value);
	bytes_add(b, &value, sizeof value);
}

int bytes_read_stdin(struct bytes *b)
{
	for (;;) {
		if (b->room == b->used) {
			b->room = b->room ? b->room * 2 : 65536;
			b->data = xrealloc(b->data, b->room);
		}
		ssize_t n = read_all(0, b->data + b->used, b->room - b->used);
		if (n < 0) return -1;
		b->used += (size_t)n;
		if (b->used < b->room) return 0;
	}
}

const char *names_get(const struct names *names, size_t i) { return names->text.data + names->at[i] + 1; }
unsigned char names_type(const struct names *names, size_t i)
{
	return (unsigned char)names->text.data[names->at[i]];
}

uint64_t names_inode(const struct names *names, size_t i)
{
	uint64_t inode;
	memcpy(&inode, names->text.data + names->at[i] - sizeof inode, sizeof inode);
	return inode;
}

/* getdents64(2); the C library's readdir would need its own buffer per directory. */
struct entry64 {
	uint64_t ino;
	int64_t off;
	uint16_t size;
	unsigned char type;
	char name[];
};

static void names_add(struct names *names, const struct entry64 *entry)
{
	if (names->count == names->room) {
		names->room = names->room ? names->room * 2 : 32;
		names->at = xrealloc(names->at, names->room * sizeof *names->at);
	}
	bytes_add(&names->text, &entry->ino, sizeof entry->ino);
	names->at[names->count++] = names->text.used;
	bytes_add(&names->text, &entry->type, 1);
	bytes_add(&names->text, entry->name, strlen(entry->name) + 1);
}

static int by_name(const void *a, const void *b, void *text)
{
	return strcmp((const char *)text + *(const size_t *)a + 1, (const char *)text + *(const size_t *)b + 1);
}

/* Merge sort: the C libraries do not agree on a qsort with an argument. */
static void sort_offsets(size_t *at, size_t *spare, size_t count, char *text)
{
	if (count < 2) return;
	size_t half = count / 2;
	sort_offsets(at, spare, half, text);
	sort_offsets(at + half, spare, count - half, text);
	memcpy(spare, at, half * sizeof *at);
	size_t left = 0, right = half, out = 0;
	while (left < half && right < count)
		at[out++] = by_name(&spare[left], &at[right], text) <= 0 ? spare[left++] : at[right++];
	while (left < half) at[out++] = spare[left++];
}

static int list(int fd, struct names *names, bool sorted)
{
	static char buffer[65536] __attribute__((aligned(16)));
	for (;;) {
		long size = syscall(SYS_getdents64, fd, buffer, sizeof buffer);
		if (size < 0) return -1;
		if (size == 0) break;
		for (long at = 0; at < size;) {
			const struct entry64 *entry = (const void *)(buffer + at);
			if (strcmp(entry->name, ".") && strcmp(entry->name, "..")) names_add(names, entry);
			at += entry->size;
		}
	}
	if (sorted && names->count > 1) {
		CLEANUP_FREE size_t *spare = xcalloc(names->count, sizeof *spare);
		sort_offsets(names->at, spare, names->count, names->text.data);
	}
	return 0;
}

static int push(struct walk *walk, int fd, const char *name, struct err *e)
{
	struct stat st;
	struct frame frame = {0};
	if (fstat(fd, &st) || fchdir(fd) || list(fd, &frame.names, walk->sorted)) return fail(e, "walk", "%s", name);
	frame.dev = st.st_dev;
	frame.ino = st.st_ino;
	if (walk->depth == walk->room) {
		walk->room = walk->room ? walk->room * 2 : 64;
		walk->frames = xrealloc(walk->frames, walk->room * sizeof *walk->frames);
	}
	walk->frames[walk->depth++] = frame;
	return 0;
}

int walk_begin(struct walk *walk, const char *path, struct err *e)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return fail(e, "walk", "%s", path);
	return push(walk, fd, path, e);
}

int walk_enter(struct walk *walk, const char *name, struct err *e)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	CLEANUP_CLOSE int fd = (int)syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof how);
	if (fd < 0) return fail(e, "walk", "%s", name);
	return push(walk, fd, name, e);
}

static void frame_free(struct frame *frame)
{
	free(frame->names.text.data);
	free(frame->names.at);
}

int walk_leave(struct walk *walk, struct err *e)
{
	frame_free(&walk->frames[--walk->depth]);
	if (walk->depth == 0) return 0;
	const struct frame *parent = &walk->frames[walk->depth - 1];
	struct stat st;
	if (chdir("..") || stat(".", &st)) return fail(e, "walk", "..");
	if (st.st_dev != parent->dev || st.st_ino != parent->ino) return fail_with(e, ESTALE, "walk", "..");
	return 0;
}

void walk_free(struct walk *walk)
{
	while (walk->depth) frame_free(&walk->frames[--walk->depth]);
	free(walk->frames);
	*walk = (struct walk){0};
}
