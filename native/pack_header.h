/* One header block of a tar, as src/store/layer/tar-header.ts writes it (pax(1), "ustar Interchange Format"). */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { TAR_BLOCK = 512, TAR_NAME = 100, TAR_PREFIX = 155 };

struct tar_name {
	const char *bytes;
	size_t size;
};

struct tar_header {
	char type;
	uint32_t mode, uid, gid, major, minor;
	uint64_t size, mtime;
	struct tar_name name, prefix, link; /* at most TAR_NAME, TAR_PREFIX, TAR_NAME bytes */
};

/* Numbers have to fit their fields. */
void pack_header(uint8_t block[TAR_BLOCK], const struct tar_header *header);
