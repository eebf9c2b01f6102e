#include "image_layout.h"

#include <errno.h>

#include "util.h"

int image_refuse(struct image *x, const char *why) { return fail_with(x->e, ENOTSUP, "image", "%s", why); }

static uint64_t up_to(uint64_t at, uint64_t unit) { return (at + unit - 1) / unit * unit; }

uint8_t image_type_of(const struct image *x, uint32_t row) { return row ? x->rows.rows[row].type : DIRECTORY; }

bool image_is_opaque(const struct image *x, uint32_t row) { return row && (x->rows.rows[row].flags & ROW_OPAQUE); }

bool image_holds_whiteout(const struct image *x, uint32_t row)
{
	const struct row *own = &x->rows.rows[row];
	if (!row || own->type != DIRECTORY) return false;
	for (uint32_t i = 0; i < own->child_count; i++)
		if (x->rows.rows[own->first_child + i].type == WHITEOUT) return true;
	return false;
}

uint32_t image_xattrs_size(const struct image *x, uint32_t row)
{
	uint32_t count = (uint32_t)image_is_opaque(x, row) + (uint32_t)image_holds_whiteout(x, row);
	return count ? XATTR_HEADER + count * XATTR : 0;
}

static bool is_whole(double value)
{
	const double most = 9007199254740992.0;
	return value > -most && value < most && value == (double)(int64_t)value;
}

/* Numbers that an image can have; files have their bytes at the beginning of a block. */
static bool can_say(const struct row *row)
{
	if (row->flags & (ROW_HARDLINK | ROW_XATTRS)) return false;
	if (!is_whole(row->mtime) || !is_whole(row->size) || !is_whole(row->offset) || row->size < 0 || row->offset < 0) return false;
	if ((uint64_t)row->offset % BLOCK_SIZE) return false;
	return row->type != REGULAR || row->size == 0 || (row->flags & ROW_OFFSET);
}

static int place_inodes(struct image *x)
{
	uint64_t end = ROOT_AT;
	for (uint32_t i = 0; i < x->rows.count; i++) {
		if (!can_say(&x->rows.rows[i])) return image_refuse(x, "row");
		x->inodes[i] = end;
		end = up_to(end + INODE + image_xattrs_size(x, i), INODE);
	}
	x->inodes_end = end;
	return 0;
}

static int place_content(struct image *x)
{
	uint64_t end = up_to(x->inodes_end, BLOCK_SIZE);
	for (uint32_t i = 0; i < x->rows.count; i++) {
		const struct row *row = &x->rows.rows[i];
		uint8_t type = image_type_of(x, i);
		if (type == DIRECTORY) {
			image_names_of(&x->names, &x->rows, row);
			for (uint32_t child = 0; child < row->child_count; child++) x->parents[row->first_child + child] = i;
			x->content[i].size = image_names_size(&x->names);
		} else if (type == SYMLINK) {
			struct row_extras extras;
			if (!index_row_extras(&x->rows, row, &extras) || !extras.target) return image_refuse(x, "target");
			x->content[i].size = extras.target_length;
		} else {
			continue;
		}
		x->content[i].at = end;
		end = up_to(end + x->content[i].size, BLOCK_SIZE);
	}
	x->bytes = end;
	for (size_t i = 0; i < x->data_count; i++) {
		if (x->data[i] / BLOCK_SIZE > UINT32_MAX) return image_refuse(x, "blocks");
		end += x->data[i];
	}
	return end / BLOCK_SIZE > UINT32_MAX - 1 ? image_refuse(x, "blocks") : 0;
}

int image_lay_out(struct image *x)
{
	x->inodes = xcalloc(x->rows.count, sizeof *x->inodes);
	x->parents = xcalloc(x->rows.count, sizeof *x->parents);
	x->content = xcalloc(x->rows.count, sizeof *x->content);
	return place_inodes(x) || place_content(x) ? -1 : 0;
}

void image_layout_free(struct image *x)
{
	image_names_free(&x->names);
	free(x->inodes);
	free(x->parents);
	free(x->content);
}
