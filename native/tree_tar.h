/*
 * The tar of a layer that is a tree, in the making: members as src/store/layer/tar-writer.ts writes them, as far as plain headers can
 * say them. What they cannot say fails with "tree" and ENOTSUP.
 */
#pragma once
#include <stdint.h>
#include <sys/stat.h>

#include "fsops.h"
#include "pack.h"
#include "pack_header.h"

struct tree_tar {
	struct pack pack;
	struct bytes path; /* of the directory whose entries come, "" or with a slash at its end */
	struct err *e;
};

void tree_tar_enter(struct tree_tar *t, const char *name);
void tree_tar_leave(struct tree_tar *t);
/* A file without content: PREFIX NAME REST in the directory, such as a whiteout. */
int tree_tar_marker(struct tree_tar *t, const char *prefix, const char *name, const char *rest);
/* An entry of the directory, or "." for the root. `target`: of a symlink, or NULL. */
int tree_tar_entry(struct tree_tar *t, const char *name, const struct stat *st, const char *target);
/* Takes the descriptor of a file over: its content, behind its entry. ESTALE when it is shorter. -1 for `fd` fails with errno. */
int tree_tar_content(struct tree_tar *t, int fd, const char *name, uint64_t size);

/* Who puts all entries in. */
struct tree_tar_maker {
	int (*put)(struct tree_tar *t, void *self);
	void *self;
};
/* Digest and size of the tar on stdout; with a level its gzip to descriptor 3 and then, on stdout, both: as `pack`. */
int tree_tar_answer(const struct tree_tar_maker *maker, const char *level, struct err *e);
