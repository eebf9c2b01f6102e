/*
 * fsops pack [LEVEL]: writes a tar to descriptor 3, if there is one (with LEVEL, 1 to 9: as gzip), by a list of operations on stdin,
 * numbers little endian:
 *   h u8 type, u32 mode, uid, gid, major, minor, u64 size, mtime, u8 lengths of name, prefix and link, and these: a header
 *   b u32 size, bytes: as they are
 *   d u16 length, path: the directory of what follows
 *   c u8 1 for a digest, 2 for what is not written, u64 offset, u64 size, u16 length, name: a part of a file there, and zeros up to
 *     the end of a block; what is not written counts for the tar's digest and size as if it were (docs/adr/0009)
 *   e: the end
 * stdout: the digests that were asked for (sha256, 32 bytes each), in order; then that of the tar, and its size as u64; of gzip then
 * that of the file, and its size.
 * A file that cannot be read fails with "pack-open", "pack-read" or, when it is too short, "pack-short" (E2BIG: it is no regular
 * file); the argument has its number among those with a digest (-1: it has none), the bytes that were found, and its name.
 * Bytes are read once, here, and hashed and written by threads.
 */
#include "fsops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "pack.h"
#include "pack_header.h"
#include "pack_readers.h"

static int header(struct pack *p)
{
	uint8_t block[TAR_BLOCK];
	const uint8_t *at = pack_take(p, 40);
	if (!at) return -1;
	struct tar_header head = {
		.type = (char)at[0], .mode = pack_u32(at + 1), .uid = pack_u32(at + 5), .gid = pack_u32(at + 9), .major = pack_u32(at + 13),
		.minor = pack_u32(at + 17), .size = pack_u64(at + 21), .mtime = pack_u64(at + 29),
		.name.size = at[37], .prefix.size = at[38], .link.size = at[39],
	};
	if (head.name.size > TAR_NAME || head.prefix.size > TAR_PREFIX || head.link.size > TAR_NAME) return pack_malformed(p);
	const uint8_t *names = pack_take(p, head.name.size + head.prefix.size + head.link.size);
	if (!names) return -1;
	head.name.bytes = (const char *)names;
	head.prefix.bytes = head.name.bytes + head.name.size;
	head.link.bytes = head.prefix.bytes + head.prefix.size;
	pack_header(block, &head);
	return pack_put(p, block, sizeof block);
}

static int bytes(struct pack *p)
{
	const uint8_t *at = pack_take(p, 4);
	if (!at) return -1;
	for (uint32_t left = pack_u32(at), part; left; left -= part) {
		part = left < 16384 ? left : 16384;
		if (!(at = pack_take(p, part)) || pack_put(p, at, part)) return -1;
	}
	return 0;
}

/* 1 at the end of the list, -1 at a failure. */
static int operate(struct pack *p)
{
	const uint8_t *op = pack_take(p, 1);
	if (!op) return -1;
	switch (*op) {
	case 'h': return header(p);
	case 'b': return bytes(p);
	case 'd': return pack_directory(p);
	case 'c': return pack_content(p);
	case 'e': return 1;
	default: return pack_malformed(p);
	}
}

static int run(struct pack *p)
{
	int result = pack_push(p);
	while (!result) result = operate(p);
	if (result > 0 && p->slot->used + p->slot->count) ring_push(p->ring);
	pack_close(p);
	return result > 0 ? 0 : -1;
}

/* `out` goes through all bytes of the tar, if anything does. */
static int pack_to(void *self, const struct reader *out, struct err *e)
{
	(void)self;
	static struct pack pack; /* large: no room in the program's file for what it begins with */
	static struct digests digests;
	struct sha256 sum;
	uint8_t digest[SHA256_SIZE];
	const struct reader readers[RING_READERS] = {{pack_hash, &sum}, {pack_digests, &digests}, *out};
	pack.e = e;
	pack.directory = pack.file = -1;
	sha256_begin(&sum);
	pack.ring = ring_start(readers, out->read ? 3 : 2, e);
	if (!pack.ring) return -1;
	int result = run(&pack);
	if (ring_end(pack.ring, result != 0, e) || result) return -1;
	if (pack_flush_digests(&digests, e)) return -1;
	sha256_end(&sum, digest);
	return pack_answer(digest, pack.size, e);
}

int fsops_pack(const char *level, struct err *e)
{
	struct written written = {.fd = PACK_OUT};
	const struct reader plain = {fcntl(PACK_OUT, F_GETFD) < 0 ? NULL : pack_write, &written};
	return level ? pack_gzip(level, &(struct maker){pack_to, NULL}, e) : pack_to(NULL, &plain, e);
}
