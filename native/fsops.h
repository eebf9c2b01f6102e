/* Parts of the verb fsops: what Node's fs cannot do, in batches. Numbers are little endian. */
#pragma once
#include <stdbool.h>
#include <sys/stat.h>

#include "err.h"
#include "util.h"

/* Growing run of bytes. */
struct bytes {
	char *data;
	size_t used;
	size_t room;
};
void bytes_add(struct bytes *b, const void *data, size_t size);
void bytes_u16(struct bytes *b, uint16_t value);
void bytes_u32(struct bytes *b, uint32_t value);
void bytes_u64(struct bytes *b, uint64_t value);
/* All of stdin. 0, or -1 with errno. */
int bytes_read_stdin(struct bytes *b);

/* Names of one directory, with their d_type. */
struct names {
	struct bytes text; /* per name: d_ino, d_type, name, NUL */
	size_t *at;        /* offsets of the d_type bytes */
	size_t count;
	size_t room;
};
const char *names_get(const struct names *names, size_t i);
unsigned char names_type(const struct names *names, size_t i);
uint64_t names_inode(const struct names *names, size_t i);

/*
 * Walk of a tree by chdir: every name is one component relative to the working directory, so that no path is ever
 * resolved, depth is without limit and no descriptors pile up. Going up checks that `..` is where we came from.
 */
struct frame {
	dev_t dev;
	ino_t ino;
	struct names names;
	size_t next;
};
struct walk {
	struct frame *frames;
	size_t depth;
	size_t room;
	bool sorted; /* names in byte order */
};
/* Makes the directory `name` (one component, no symlink, no other mount) the working directory and lists it. */
int walk_enter(struct walk *walk, const char *name, struct err *e);
/* Begins at a directory given by any path of the host. */
int walk_begin(struct walk *walk, const char *path, struct err *e);
/* Leaves the innermost directory; the working directory is its parent, except behind the last one. */
int walk_leave(struct walk *walk, struct err *e);
void walk_free(struct walk *walk);

struct changed_args {
	const char *root, *state, *seal, *prefix;
};
int fsops_changed(const struct changed_args *args, struct err *e);
int fsops_list(const char *root, struct err *e);
int fsops_scan(const char *directory, struct err *e);
/* The same with the records, some at a time, given to `put`, which returns 0. The working directory is another one afterwards. */
typedef int scan_sink(const void *bytes, size_t size);
int fsops_scan_to(const char *directory, scan_sink *put, struct err *e);
int fsops_apply(const char *directory, struct err *e);
int fsops_rmtree(struct err *e);
/* One path with all below it; what is not there, or goes meanwhile, is done. */
int fsops_remove(const char *path, struct err *e);
int fsops_sweep(const char *directory, const char *seconds, struct err *e);
int fsops_syncfs(const char *directory, struct err *e);
int fsops_copy(char *const args[5], struct err *e);
/* `level` of gzip, or NULL. */
int fsops_pack(const char *level, struct err *e);
/* The index file of a layer, added to `out`. The working directory is another one afterwards. */
int fsops_index_of(const char *directory, struct bytes *out, struct err *e);
int fsops_index(const char *directory, struct err *e);
/* `level` of gzip, or NULL. */
int fsops_image(const char *index, const char *tar_size, const char *patch, struct err *e);
int fsops_digest(const char *directory, bool root, const char *level, struct err *e);
int fsops_listed(const char *directory, const char *index, struct err *e);
int fsops_own(const char *directory, const char *owner, struct err *e);
