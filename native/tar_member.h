/* One member of a layer tar: a header block with what the PAX and GNU headers before it say. Functions are false for what is odd. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tar_text.h"

enum { TAR_BLOCK = 512 };

/* What headers before a member say about it. */
struct tar_before {
	bool any; /* there was one */
	bool has_path, has_link, has_long_name, has_long_link, has_size, has_uid, has_gid, has_mtime;
	struct tar_text path, link, long_name, long_link; /* as they were written */
	uint64_t size, uid, gid, mtime;
	uint32_t mtime_nsec;
};

enum tar_kind { TAR_ENTRY, TAR_WHITEOUT, TAR_OPAQUE };

struct tar_member {
	enum tar_kind kind;
	uint8_t type; /* as in index_row.h */
	bool hardlink;
	struct tar_text path; /* clean; of a whiteout what it hides, of an opaque mark its directory */
	struct tar_text link; /* of a symlink as it is written, of a hard link clean */
	uint16_t mode;
	uint32_t uid, gid, mtime_nsec, major, minor;
	uint64_t mtime, size;
};

/* Numbers and names of a header block, not joined to anything. */
struct tar_header {
	struct tar_text name, link;
	uint8_t flag;
	uint64_t mode, uid, gid, size, mtime, major, minor;
};

bool tar_is_zero(const uint8_t block[TAR_BLOCK]);
bool tar_header_read(const uint8_t block[TAR_BLOCK], struct tar_header *header);
bool tar_member_of(const struct tar_header *header, const struct tar_before *before, struct tar_member *member);
/* The body of the extended header with this flag. */
bool tar_before_add(struct tar_before *before, uint8_t flag, const char *body, size_t size);
