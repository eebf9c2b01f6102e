/*
 * fsops image INDEX SIZE [PATCH]: the image (src/store/layer/image-format.ts) of a layer with this index and a tar of SIZE bytes, on
 * stdout: the same bytes as src/store/layer/image-encode.ts makes. With PATCH the tar is made of the base's and the bytes in that file.
 * Hard links, attributes of the layer's own, and all that an image cannot say, fail with "image" and ENOTSUP.
 */
#include "fsops.h"

#include <string.h>
#include <sys/stat.h>

#include "image_layout.h"

enum { SUPERBLOCK = 2 * BLOCK_SIZE, FIRST_SLOT = 9, SLOT_SIZE = 128 };
enum { TRUSTED = 4 }; /* "trusted.", which EROFS has a number for */

static void put16(char *at, uint16_t value) { memcpy(at, &value, sizeof value); }
static void put32(char *at, uint32_t value) { memcpy(at, &value, sizeof value); }
static void put64(char *at, uint64_t value) { memcpy(at, &value, sizeof value); }

static uint32_t nid_at(uint64_t at) { return (uint32_t)((at - INODES_AT) / UNIT); }

static void put_superblock(struct image *x)
{
	char *at = x->out + SUPERBLOCK;
	uint32_t blocks = (uint32_t)(x->bytes / BLOCK_SIZE);
	put32(at, 0xe0f5e1e2);
	at[12] = 9;
	put16(at + 14, (uint16_t)nid_at(ROOT_AT));
	put64(at + 16, x->rows.count);
	put32(at + 36, blocks);
	put32(at + 40, INODES_AT / BLOCK_SIZE);
	put32(at + 80, 0x8);
	put16(at + 86, (uint16_t)x->data_count);
	put16(at + 88, FIRST_SLOT);
	for (size_t i = 0; i < x->data_count; i++) {
		char *slot = x->out + (FIRST_SLOT + i) * SLOT_SIZE;
		put32(slot + 64, (uint32_t)(x->data[i] / BLOCK_SIZE));
		put32(slot + 68, blocks);
		blocks += (uint32_t)(x->data[i] / BLOCK_SIZE);
	}
}

static uint32_t type_bits(uint8_t type)
{
	static const uint32_t bits[] = {
		[WHITEOUT] = S_IFCHR, [REGULAR] = S_IFREG, [DIRECTORY] = S_IFDIR, [SYMLINK] = S_IFLNK,
		[CHARACTER] = S_IFCHR, [BLOCK] = S_IFBLK, [FIFO] = S_IFIFO, [SOCKET] = S_IFSOCK,
	};
	return bits[type];
}

static uint32_t count_links(const struct image *x, uint32_t row)
{
	const struct row *own = &x->rows.rows[row];
	uint32_t links = 2;
	if (image_type_of(x, row) != DIRECTORY) return 1;
	for (uint32_t i = 0; i < own->child_count; i++) links += x->rows.rows[own->first_child + i].type == DIRECTORY;
	return links;
}

/* Byte of a file's content, as if all that has content stood behind the image. */
static int place_in_data(struct image *x, const struct row *own, uint64_t *at)
{
	struct patch_place place;
	*at = (uint64_t)own->offset;
	if (x->data_count == 1) return 0;
	*at = 0;
	if (own->size == 0) return 0;
	if (!patch_table_place(&x->patch, (uint64_t)own->offset, (uint64_t)own->size, &place)) return image_refuse(x, "pieces");
	*at = place.offset + (place.source == PATCH_OWN ? x->data[PATCH_BASE] : 0);
	return 0;
}

/* First block of what a row has, or the number of a device. */
static int place_of(struct image *x, uint32_t row, uint32_t *place)
{
	const struct row *own = &x->rows.rows[row];
	struct row_extras extras;
	uint8_t type = image_type_of(x, row);
	*place = 0;
	if (type == DIRECTORY || type == SYMLINK) {
		*place = (uint32_t)(x->content[row].at / BLOCK_SIZE);
	} else if (type == REGULAR) {
		uint64_t at;
		if (place_in_data(x, own, &at)) return -1;
		*place = (uint32_t)((x->bytes + at) / BLOCK_SIZE);
	} else if (type != WHITEOUT) {
		if (!index_row_extras(&x->rows, own, &extras)) return image_refuse(x, "extras");
		*place = (extras.minor & 0xff) | extras.major << 8 | (extras.minor & ~0xffU) << 12;
	}
	return 0;
}

static char *put_xattr(char *at, const char *name, const char *value)
{
	at[0] = (char)strlen(name);
	at[1] = TRUSTED;
	put16(at + 2, (uint16_t)strlen(value));
	memcpy(at + 4, name, strlen(name));
	memcpy(at + 4 + strlen(name), value, strlen(value));
	return at + XATTR;
}

static int put_inode(struct image *x, uint32_t row)
{
	const struct row *own = &x->rows.rows[row];
	char *at = x->out + x->inodes[row];
	uint8_t type = image_type_of(x, row);
	uint32_t xattrs = image_xattrs_size(x, row), place;
	if (place_of(x, row, &place)) return -1;
	put16(at, 1);
	put16(at + 2, (uint16_t)(xattrs ? (xattrs - XATTR_HEADER) / 4 + 1 : 0));
	put16(at + 4, (uint16_t)(row || x->rows.has_root ? type_bits(type) | own->mode : S_IFDIR | 0755));
	put64(at + 8, type == DIRECTORY || type == SYMLINK ? x->content[row].size : (uint64_t)own->size);
	put32(at + 16, place);
	put32(at + 20, nid_at(x->inodes[row]));
	put32(at + 24, own->uid);
	put32(at + 28, own->gid);
	put64(at + 32, (uint64_t)(int64_t)own->mtime);
	put32(at + 40, own->mtime_nsec);
	put32(at + 44, count_links(x, row));
	at += INODE + XATTR_HEADER;
	if (image_is_opaque(x, row)) at = put_xattr(at, "overlay.opaque", "y");
	if (image_holds_whiteout(x, row)) (void)put_xattr(at, "overlay.origin", "");
	return 0;
}

static uint32_t nid_of(const struct image *x, uint32_t directory, const struct image_name *name)
{
	uint32_t row = name->row == IMAGE_SELF ? directory : name->row == IMAGE_ABOVE ? x->parents[directory] : name->row;
	return nid_at(x->inodes[row]);
}

static void put_directory(struct image *x, uint32_t directory)
{
	/* Of d_type, but numbered by themselves: kernel, include/linux/fs_types.h. */
	static const char types[] = {[WHITEOUT] = 3, [REGULAR] = 1, [DIRECTORY] = 2, [SYMLINK] = 7, [CHARACTER] = 3, [BLOCK] = 4, [FIFO] = 5, [SOCKET] = 6};
	char *block = x->out + x->content[directory].at;
	image_names_of(&x->names, &x->rows, &x->rows.rows[directory]);
	for (size_t from = 0, end; from < x->names.count; from = end, block += BLOCK_SIZE) {
		end = image_names_block(&x->names, from);
		size_t text = (end - from) * IMAGE_DIRENT;
		for (size_t i = from; i < end; i++) {
			const struct image_name *name = &x->names.items[i];
			char *at = block + (i - from) * IMAGE_DIRENT;
			put32(at, nid_of(x, directory, name));
			put16(at + 8, (uint16_t)text);
			at[10] = types[name->row >= IMAGE_ABOVE ? DIRECTORY : x->rows.rows[name->row].type];
			memcpy(block + text, name->text, name->length);
			text += name->length;
		}
	}
}

static int put_all(struct image *x)
{
	put_superblock(x);
	for (uint32_t i = 0; i < x->rows.count; i++) {
		struct row_extras extras;
		uint8_t type = image_type_of(x, i);
		if (put_inode(x, i)) return -1;
		if (type == DIRECTORY)
			put_directory(x, i);
		else if (type == SYMLINK && index_row_extras(&x->rows, &x->rows.rows[i], &extras))
			memcpy(x->out + x->content[i].at, extras.target, extras.target_length);
	}
	return write_all(STDOUT_FILENO, x->out, x->bytes) ? fail(x->e, "write", "stdout") : 0;
}

static int make(struct image *x)
{
	if (image_lay_out(x)) return -1;
	x->out = xcalloc(x->bytes, 1);
	return put_all(x);
}

static int describe_data(struct image *x, const char *tar_size, const char *patch)
{
	if (parse_u64(tar_size, &x->tar_size)) return fail(x->e, "image", "%s", tar_size);
	x->data[0] = x->tar_size;
	x->data_count = 1;
	if (patch) {
		if (patch_table_read(patch, &x->patch, x->e)) return -1;
		if (x->patch.tar_size != x->tar_size) return image_refuse(x, patch);
		x->data[PATCH_BASE] = x->patch.base_size;
		x->data[PATCH_OWN] = x->patch.own_size;
		x->data_count = 2;
	}
	for (size_t i = 0; i < x->data_count; i++)
		if (x->data[i] % BLOCK_SIZE) return image_refuse(x, tar_size);
	return 0;
}

int fsops_image(const char *index, const char *tar_size, const char *patch, struct err *e)
{
	struct image x = {.e = e};
	int result = describe_data(&x, tar_size, patch);
	if (!result) result = index_rows_read(index, &x.rows, e) || make(&x) ? -1 : 0;
	index_rows_free(&x.rows);
	image_layout_free(&x);
	patch_table_free(&x.patch);
	free(x.out);
	return result;
}
