#include "pack_readers.h"

#include <fcntl.h>

#include "util.h"

/* So that little is left to be waited for when the image is made durable. */
enum { WRITE_BACK = 16 << 20 };

int pack_hash(void *sum, const struct slot *slot, struct err *e)
{
	(void)e;
	sha256_add(sum, slot->data, slot->used);
	return 0;
}

int pack_flush_digests(struct digests *digests, struct err *e)
{
	if (write_all(1, digests->bytes, digests->used)) return fail(e, "write", "stdout");
	digests->used = 0;
	return 0;
}

int pack_digests(void *self, const struct slot *slot, struct err *e)
{
	struct digests *digests = self;
	for (const struct piece *piece = slot->pieces; piece < slot->pieces + slot->count; piece++) {
		if (!digests->begun) sha256_begin(&digests->sum);
		sha256_add(&digests->sum, slot->data + piece->from, piece->size);
		digests->begun = !piece->last;
		if (!piece->last) continue;
		if (digests->used == sizeof digests->bytes && pack_flush_digests(digests, e)) return -1;
		sha256_end(&digests->sum, digests->bytes + digests->used);
		digests->used += SHA256_SIZE;
	}
	return 0;
}

int pack_write(void *self, const struct slot *slot, struct err *e)
{
	struct written *written = self;
	if (slot->unwritten) return 0;
	if (write_all(written->fd, slot->data, slot->used)) return fail(e, "pack-write", "the tar");
	written->size += (int64_t)slot->used;
	if (written->size - written->asked >= WRITE_BACK) {
		(void)sync_file_range(written->fd, written->asked, written->size - written->asked, SYNC_FILE_RANGE_WRITE);
		written->asked = written->size;
	}
	return 0;
}
