/*
 * fsops digest DIR ROOT [LEVEL]: sha256 (32 bytes) and size (u64, little endian) of the tar that a layer with this tree has, as
 * src/store/layer/tar-writer.ts makes it; with ROOT "1" the directory itself is in it. With LEVEL the gzip of that tar is written to
 * descriptor 3, and its digest and size follow, as those of `pack`. What an upper directory of overlay says is understood: whiteouts
 * and opaque directories. A tree that is not plain (plain_tree.h), or has what plain headers cannot say, is left to the caller: it
 * fails with "tree" and ENOTSUP.
 */
#include "fsops.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "pack.h"
#include "pack_header.h"
#include "pack_readers.h"
#include "plain_tree.h"

#define MAX_OCTAL7 07777777u
#define MAX_OCTAL11 077777777777u

struct digest {
	struct pack pack;
	struct walk walk;
	struct bytes path; /* of the directory that is walked, "" or with a slash at its end */
	struct err *e;
};

static int odd(struct digest *d, const char *name) { return plain_refuse(name, d->e); }

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
static int put_header(struct digest *d, const char *const names[3], struct tar_header *head)
{
	uint8_t block[TAR_BLOCK];
	char path[TAR_PREFIX + TAR_NAME + NAME_MAX + 16];
	size_t size = d->path.used;
	if (size > TAR_PREFIX + TAR_NAME) return odd(d, names[1]);
	if (size) memcpy(path, d->path.data, size);
	for (size_t i = 0; i < 3; i++) {
		memcpy(path + size, names[i], strlen(names[i]));
		size += strlen(names[i]);
	}
	if (!plain_text(path, size) || !split(path, size, head)) return odd(d, names[1]);
	pack_header(block, head);
	return pack_put(&d->pack, block, sizeof block);
}

static int marker(struct digest *d, const char *prefix, const char *name, const char *rest)
{
	struct tar_header head = {.type = '0'};
	return put_header(d, (const char *const[]){prefix, name, rest}, &head);
}

static int content(struct digest *d, const char *name, uint64_t size)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	struct pack *p = &d->pack;
	if (size == 0) return 0;
	/* musl's `open` makes a second call for O_CLOEXEC. */
	int direct = openat(AT_FDCWD, name, flags | O_NOATIME);
	CLEANUP_CLOSE int fd = direct < 0 && errno == EPERM ? openat(AT_FDCWD, name, flags) : direct;
	if (fd < 0) return fail(d->e, "digest", "%s", name);
	for (uint64_t left = size; left;) {
		if (pack_room(p)) return -1;
		size_t room = RING_SLOT - p->slot->used;
		ssize_t count = read(fd, p->slot->data + p->slot->used, left < room ? (size_t)left : room);
		if (count < 0 && errno == EINTR) continue;
		if (count <= 0) return count ? fail(d->e, "digest", "%s", name) : fail_with(d->e, ESTALE, "digest", "%s", name);
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
static int describe(struct digest *d, const char *name, const struct stat *st, struct tar_header *head)
{
	bool is_device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
	if (st->st_uid > MAX_OCTAL7 || st->st_gid > MAX_OCTAL7 || st->st_mtim.tv_sec < 0) return odd(d, name);
	*head = (struct tar_header){
		.type = type_of(st->st_mode), .mode = S_ISLNK(st->st_mode) ? 0777 : st->st_mode & 07777, .uid = st->st_uid, .gid = st->st_gid,
		.size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0, .mtime = (uint64_t)st->st_mtim.tv_sec,
		.major = is_device ? major(st->st_rdev) : 0, .minor = is_device ? minor(st->st_rdev) : 0,
	};
	bool fits = head->size <= MAX_OCTAL11 && head->mtime <= MAX_OCTAL11 && head->major <= MAX_OCTAL7 && head->minor <= MAX_OCTAL7;
	return fits ? 0 : odd(d, name);
}

static int add(struct digest *d, const char *name, const struct stat *st)
{
	char target[TAR_NAME + 1];
	struct tar_header head;
	struct plain plain;
	if (plain_entry(name, st, &plain, d->e)) return -1;
	if (plain.whiteout) return marker(d, ".wh.", name, "");
	if (S_ISSOCK(st->st_mode)) return 0;
	if (describe(d, name, st, &head)) return -1;
	if (S_ISLNK(st->st_mode)) {
		ssize_t size = readlink(name, target, sizeof target);
		if (size < 0) return fail(d->e, "digest", "%s", name);
		if (size > TAR_NAME || !plain_text(target, (size_t)size)) return odd(d, name);
		head.link = (struct tar_name){target, (size_t)size};
	}
	if (put_header(d, (const char *const[]){"", name, S_ISDIR(st->st_mode) ? "/" : ""}, &head)) return -1;
	if (plain.opaque) return marker(d, name, "/.wh..wh..opq", "");
	return S_ISREG(st->st_mode) ? content(d, name, head.size) : 0;
}

static int add_root(struct digest *d)
{
	struct stat st;
	struct tar_header head;
	struct plain plain;
	if (stat(".", &st)) return fail(d->e, "digest", ".");
	if (plain_root(&plain, d->e) || describe(d, ".", &st, &head)) return -1;
	return plain.opaque ? odd(d, ".") : put_header(d, (const char *const[]){"", ".", "/"}, &head);
}

static int leave(struct digest *d)
{
	size_t used = d->path.used;
	if (used) used--;
	while (used && d->path.data[used - 1] != '/') used--;
	d->path.used = used;
	return walk_leave(&d->walk, d->e);
}

static int enter(struct digest *d, const char *name)
{
	bytes_add(&d->path, name, strlen(name));
	bytes_add(&d->path, "/", 1);
	return walk_enter(&d->walk, name, d->e);
}

static int visit_all(struct digest *d)
{
	while (d->walk.depth) {
		struct frame *top = &d->walk.frames[d->walk.depth - 1];
		if (top->next == top->names.count) {
			if (leave(d)) return -1;
			continue;
		}
		const char *name = names_get(&top->names, top->next++);
		struct stat st;
		if (lstat(name, &st)) return fail(d->e, "digest", "%s", name);
		if (add(d, name, &st)) return -1;
		if (S_ISDIR(st.st_mode) && enter(d, name)) return -1;
	}
	return 0;
}

static int run(struct digest *d, const char *directory, bool root)
{
	struct pack *p = &d->pack;
	if (pack_push(p) || walk_begin(&d->walk, directory, d->e)) return -1;
	if ((root && add_root(d)) || visit_all(d) || pack_put(p, NULL, 2 * TAR_BLOCK)) return -1;
	ring_push(p->ring);
	return 0;
}

struct tree {
	const char *directory;
	bool root;
};

/* `out` gets to see the tar, if anything does. */
static int read_tree(void *self, const struct reader *out, struct err *e)
{
	static struct digest d; /* large: no room in the program's file for what it begins with */
	const struct tree *tree = self;
	struct sha256 sum;
	uint8_t digest[SHA256_SIZE];
	const struct reader readers[] = {{pack_hash, &sum}, *out};
	d.e = d.pack.e = e;
	d.walk.sorted = true;
	sha256_begin(&sum);
	d.pack.ring = ring_start(readers, out->read ? 2 : 1, e);
	if (!d.pack.ring) return -1;
	int result = run(&d, tree->directory, tree->root);
	walk_free(&d.walk);
	free(d.path.data);
	if (ring_end(d.pack.ring, result != 0, e) || result) return -1;
	sha256_end(&sum, digest);
	return pack_answer(digest, d.pack.size, e);
}

int fsops_digest(const char *directory, bool root, const char *level, struct err *e)
{
	struct tree tree = {directory, root};
	return level ? pack_gzip(level, &(struct maker){read_tree, &tree}, e) : read_tree(&tree, &(struct reader){0}, e);
}
