#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "pack.h"

int pack_malformed(struct pack *p) { return fail_with(p->e, EINVAL, "pack", "malformed list"); }

const uint8_t *pack_take(struct pack *p, size_t size)
{
	struct input *in = &p->input;
	if (in->to - in->from < size) {
		memmove(in->data, in->data + in->from, in->to - in->from);
		in->to -= in->from;
		in->from = 0;
	}
	while (in->to - in->from < size) {
		ssize_t count = read(0, in->data + in->to, sizeof in->data - in->to);
		if (count < 0 && errno == EINTR) continue;
		if (count <= 0) {
			(void)pack_malformed(p);
			return NULL;
		}
		in->to += (size_t)count;
	}
	in->from += size;
	return in->data + in->from - size;
}

uint16_t pack_u16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }

uint32_t pack_u32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return le32toh(value);
}

uint64_t pack_u64(const uint8_t *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof value);
	return le64toh(value);
}

int pack_push(struct pack *p)
{
	if (p->slot && p->slot->used + p->slot->count) ring_push(p->ring);
	p->slot = ring_slot(p->ring);
	if (!p->slot) return -1; /* a reader's failure: ring_end has it */
	p->slot->unwritten = p->unwritten;
	return 0;
}

int pack_turn(struct pack *p, bool unwritten)
{
	p->unwritten = unwritten;
	return pack_push(p);
}

int pack_room(struct pack *p)
{
	return p->slot->used == RING_SLOT || slot_is_crowded(p->slot) ? pack_push(p) : 0;
}

void pack_grown(struct pack *p, size_t size)
{
	p->slot->used += size;
	p->size += size;
}

int pack_put(struct pack *p, const uint8_t *bytes, size_t size)
{
	while (size) {
		if (pack_room(p)) return -1;
		size_t part = RING_SLOT - p->slot->used < size ? RING_SLOT - p->slot->used : size;
		if (bytes) {
			memcpy(p->slot->data + p->slot->used, bytes, part);
			bytes += part;
		} else {
			memset(p->slot->data + p->slot->used, 0, part);
		}
		pack_grown(p, part);
		size -= part;
	}
	return 0;
}
