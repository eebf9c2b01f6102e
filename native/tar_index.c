/* The state machine of src/store/layer/tar-parser.ts, for tars that are written in the usual way. */
#include "tar_index.h"

#include <string.h>

#include "tar_member.h"
#include "tar_tree.h"
#include "util.h"

enum { MOST_HEADERS = 4000000, MOST_PAX = 1 << 20 };

struct tar_index {
	struct tar_tree tree;
	struct tar_before before;
	struct tar_header header;
	struct tar_member member;
	uint8_t block[TAR_BLOCK];
	size_t filled;	     /* of the block */
	uint64_t position;   /* bytes so far */
	uint64_t content;    /* bytes of it that are still to come, with nothing else before */
	uint64_t padding;    /* behind them */
	struct bytes body;   /* of an extended header */
	uint64_t body_left;
	uint8_t body_flag;
	uint32_t headers;
	unsigned zero_blocks;
};

struct tar_index *tar_index_new(void)
{
	struct tar_index *x = xcalloc(1, sizeof *x);
	tar_tree_begin(&x->tree);
	return x;
}

static uint64_t padding_of(uint64_t size) { return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK; }

static void forget(struct tar_before *b)
{
	b->any = b->has_path = b->has_link = b->has_long_name = b->has_long_link = b->has_size = b->has_uid = b->has_gid = b->has_mtime =
		false;
}

static bool begin_extension(struct tar_index *x)
{
	const struct tar_header *h = &x->header;
	if (h->size > (h->flag == 'x' ? MOST_PAX : TAR_PATH_MAX + 1)) return false;
	x->body.used = 0;
	x->body_left = h->size;
	x->body_flag = h->flag;
	x->padding = padding_of(h->size);
	return true;
}

/* The block stands right before `position`. */
static bool take_block(struct tar_index *x, const uint8_t *block)
{
	if (tar_is_zero(block)) {
		x->zero_blocks++;
		return true;
	}
	if (x->zero_blocks || ++x->headers > MOST_HEADERS || !tar_header_read(block, &x->header)) return false;
	if (x->header.flag == 'x' || x->header.flag == 'L' || x->header.flag == 'K') return begin_extension(x);
	if (!tar_member_of(&x->header, &x->before, &x->member)) return false;
	if (x->before.any) forget(&x->before);
	x->content = x->member.size;
	x->padding = padding_of(x->content);
	return tar_tree_place(&x->tree, &x->member, x->position);
}

static size_t least(uint64_t a, size_t b) { return a < b ? (size_t)a : b; }

/* How many bytes were taken, 0 for what is odd. */
static size_t take_header(struct tar_index *x, const uint8_t *bytes, size_t size)
{
	if (x->filled == 0 && size >= TAR_BLOCK) {
		x->position += TAR_BLOCK;
		return take_block(x, bytes) ? TAR_BLOCK : 0;
	}
	size_t part = least(TAR_BLOCK - x->filled, size);
	memcpy(x->block + x->filled, bytes, part);
	x->filled += part;
	x->position += part;
	if (x->filled < TAR_BLOCK) return part;
	x->filled = 0;
	return take_block(x, x->block) ? part : 0;
}

static size_t take_body(struct tar_index *x, const uint8_t *bytes, size_t size)
{
	size_t part = least(x->body_left, size);
	bytes_add(&x->body, bytes, part);
	x->body_left -= part;
	x->position += part;
	if (x->body_left) return part;
	return tar_before_add(&x->before, x->body_flag, x->body.data, x->body.used) ? part : 0;
}

static size_t pass(struct tar_index *x, uint64_t *left, size_t size)
{
	size_t part = least(*left, size);
	*left -= part;
	x->position += part;
	return part;
}

static size_t take(struct tar_index *x, const uint8_t *bytes, size_t size)
{
	if (x->body_left) return take_body(x, bytes, size);
	if (x->content) return pass(x, &x->content, size);
	if (x->padding) return pass(x, &x->padding, size);
	return take_header(x, bytes, size);
}

bool tar_index_add(struct tar_index *x, const uint8_t *bytes, size_t size)
{
	/* Behind the end everything may stand. */
	while (size && x->zero_blocks < 2) {
		size_t taken = take(x, bytes, size);
		if (taken == 0) return false;
		bytes += taken;
		size -= taken;
	}
	return true;
}

bool tar_index_end(struct tar_index *x, struct bytes *out, bool *implied)
{
	/* Some writers leave out the padding of the last member. */
	if (x->filled || x->content || x->body_left || x->before.any) return false;
	return tar_tree_index(&x->tree, out, implied);
}

void tar_index_free(struct tar_index *x)
{
	if (!x) return;
	tar_tree_free(&x->tree);
	free(x->body.data);
	free(x);
}
