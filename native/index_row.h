/* A row of an index file as it stands there: src/store/layer/index-format.ts, index-record.ts. */
#pragma once
#include <stdint.h>

#define INDEX_MAGIC "TSBIDX01"

enum { ROW_OPAQUE = 1, ROW_IMPLIED = 2, ROW_DIGEST = 4, ROW_LINK = 8, ROW_HARDLINK = 16, ROW_XATTRS = 32, ROW_INODE = 64, ROW_OFFSET = 128 };
enum { WHITEOUT, REGULAR, DIRECTORY, SYMLINK, CHARACTER, BLOCK, FIFO, SOCKET };

struct row {
	uint32_t name_offset;
	uint16_t name_length;
	uint8_t type, flags;
	uint16_t mode, unused;
	uint32_t uid, gid, mtime_nsec;
	double mtime, size, offset;
	uint32_t extras_offset, extras_length, first_child, child_count;
};
_Static_assert(sizeof(struct row) == 64, "rows have no gaps");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are written as they are");
