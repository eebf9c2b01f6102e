#include "tree_tar.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "pack_readers.h"
#include "plain_tree.h"

#define MAX_OCTAL7 07777777u
#define MAX_OCTAL11 077777777777u

static int odd(struct tree_tar *t, const char *name) { return plain_refuse(name, t->e); }

void tree_tar_enter(struct tree_tar *t, const char *name)
{
	bytes_add(&t->path, name, strlen(name));
	bytes_add(&t->path, "/", 1);
}

void tree_tar_leave(struct tree_tar *t)
{
	size_t used = t->path.used;
	if (used) used--;
	while (used && t->path.data[used - 1] != '/') used--;
	t->path.used = used;
}

/* splitName in tar-header.ts */
static bool split(const char *path, size_t size, struct tar_header *head)
{
	size_t slash = size < TAR_PREFIX + 2 ? size - 2 : TAR_PREFIX;
	head->name = (struct tar_name){path, size};
	if (size <= TAR_NAME) return true;
	if (size > TAR_PREFIX + 1 + TAR_NAME) return false;
	while (slash && path[slash] != '/') slash--;
	if (!slash || size - slash - 1 > TAR_NAME) return false;
	head->prefix = (struct tar_name){path, slash};
	head->name = (struct tar_name){path + slash + 1, size - slash - 1};
	return true;
}

/* The path of a header: of the directory, and what is said behind it. */
static int put_header(struct tree_tar *t, const char *const names[3], struct tar_header *head)
{
	uint8_t block[TAR_BLOCK];
	char path[TAR_PREFIX + TAR_NAME + NAME_MAX + 16];
	size_t size = t->path.used;
	if (size > TAR_PREFIX + TAR_NAME) return odd(t, names[1]);
	if (size) memcpy(path, t->path.data, size);
	for (size_t i = 0; i < 3; i++) {
		memcpy(path + size, names[i], strlen(names[i]));
		size += strlen(names[i]);
	}
	if (!plain_text(path, size) || !split(path, size, head)) return odd(t, names[1]);
	pack_header(block, head);
	return pack_put(&t->pack, block, sizeof block);
}

int tree_tar_marker(struct tree_tar *t, const char *prefix, const char *name, const char *rest)
{
	struct tar_header head = {.type = '0'};
	return put_header(t, (const char *const[]){prefix, name, rest}, &head);
}

int tree_tar_content(struct tree_tar *t, int fd, const char *name, uint64_t size)
{
	CLEANUP_CLOSE int file = fd;
	struct pack *p = &t->pack;
	if (fd < 0) return fail(t->e, "digest", "%s", name);
	for (uint64_t left = size; left;) {
		if (pack_room(p)) return -1;
		size_t room = RING_SLOT - p->slot->used;
		ssize_t count = read(file, p->slot->data + p->slot->used, left < room ? (size_t)left : room);
		if (count < 0 && errno == EINTR) continue;
		if (count <= 0) return count ? fail(t->e, "digest", "%s", name) : fail_with(t->e, ESTALE, "digest", "%s", name);
		left -= (uint64_t)count;
		pack_grown(p, (size_t)count);
	}
	return pack_put(p, NULL, (TAR_BLOCK - p->size % TAR_BLOCK) % TAR_BLOCK);
}

static char type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return '0';
	case S_IFLNK: return '2';
	case S_IFCHR: return '3';
	case S_IFBLK: return '4';
	case S_IFDIR: return '5';
	case S_IFIFO: return '6';
	default: return 0;
	}
}

/* What a header says of a file besides its name. */
static int describe(struct tree_tar *t, const char *name, const struct stat *st, struct tar_header *head)
{
	bool is_device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
	if (st->st_uid > MAX_OCTAL7 || st->st_gid > MAX_OCTAL7 || st->st_mtim.tv_sec < 0) return odd(t, name);
	*head = (struct tar_header){
		.type = type_of(st->st_mode), .mode = S_ISLNK(st->st_mode) ? 0777 : st->st_mode & 07777, .uid = st->st_uid, .gid = st->st_gid,
		.size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0, .mtime = (uint64_t)st->st_mtim.tv_sec,
		.major = is_device ? major(st->st_rdev) : 0, .minor = is_device ? minor(st->st_rdev) : 0,
	};
	bool fits = head->size <= MAX_OCTAL11 && head->mtime <= MAX_OCTAL11 && head->major <= MAX_OCTAL7 && head->minor <= MAX_OCTAL7;
	return fits ? 0 : odd(t, name);
}

int tree_tar_entry(struct tree_tar *t, const char *name, const struct stat *st, const char *target)
{
	struct tar_header head;
	if (describe(t, name, st, &head)) return -1;
	if (target) {
		size_t size = strlen(target);
		if (size > TAR_NAME || !plain_text(target, size)) return odd(t, name);
		head.link = (struct tar_name){target, size};
	}
	return put_header(t, (const char *const[]){"", name, S_ISDIR(st->st_mode) ? "/" : ""}, &head);
}

static int put_all(struct tree_tar *t, const struct tree_tar_maker *maker)
{
	struct pack *p = &t->pack;
	if (pack_push(p) || maker->put(t, maker->self) || pack_put(p, NULL, 2 * TAR_BLOCK)) return -1;
	ring_push(p->ring);
	return 0;
}

/* `out` gets to see the tar, if anything does. */
static int make(void *self, const struct reader *out, struct err *e)
{
	static struct tree_tar t; /* large: no room in the program's file for what it begins with */
	struct sha256 sum;
	uint8_t digest[SHA256_SIZE];
	const struct reader readers[] = {{pack_hash, &sum}, *out};
	t.e = t.pack.e = e;
	sha256_begin(&sum);
	t.pack.ring = ring_start(readers, out->read ? 2 : 1, e);
	if (!t.pack.ring) return -1;
	int result = put_all(&t, self);
	free(t.path.data);
	if (ring_end(t.pack.ring, result != 0, e) || result) return -1;
	sha256_end(&sum, digest);
	return pack_answer(digest, t.pack.size, e);
}

int tree_tar_answer(const struct tree_tar_maker *maker, const char *level, struct err *e)
{
	struct tree_tar_maker all = *maker;
	return level ? pack_gzip(level, &(struct maker){make, &all}, e) : make(&all, &(struct reader){0}, e);
}
