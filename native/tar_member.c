#include "tar_member.h"

#include <string.h>

#include "row_list.h"

/* Octal digits between blanks and NULs; numbers in binary are odd. */
static bool number(const uint8_t *field, size_t size, uint64_t *value)
{
	size_t i = 0;
	*value = 0;
	while (i < size && (field[i] == ' ' || field[i] == 0)) i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++) *value = *value * 8 + (uint64_t)(field[i] - '0');
	for (; i < size; i++)
		if (field[i] != ' ' && field[i] != 0) return false;
	return true;
}

static size_t length_of(const uint8_t *field, size_t size)
{
	const uint8_t *end = memchr(field, 0, size);
	return end ? (size_t)(end - field) : size;
}

bool tar_is_zero(const uint8_t block[TAR_BLOCK])
{
	static const uint8_t zeros[TAR_BLOCK];
	return memcmp(block, zeros, TAR_BLOCK) == 0;
}

/* With the checksum itself taken for blanks. */
static uint64_t sum_of(const uint8_t block[TAR_BLOCK])
{
	uint32_t sum = 8 * ' ';
	for (int i = 0; i < TAR_BLOCK; i++) sum += block[i];
	for (int i = 148; i < 156; i++) sum -= block[i];
	return sum;
}

static bool names_of(const uint8_t block[TAR_BLOCK], bool is_ustar, struct tar_header *header)
{
	char whole[155 + 1 + 100];
	size_t prefix = is_ustar ? length_of(block + 345, 155) : 0, name = length_of(block, 100);
	memcpy(whole, block + 345, prefix);
	if (prefix) whole[prefix++] = '/';
	memcpy(whole + prefix, block, name);
	return tar_text_set(&header->name, whole, prefix + name) &&
	       tar_text_set(&header->link, (const char *)block + 157, length_of(block + 157, 100));
}

bool tar_header_read(const uint8_t block[TAR_BLOCK], struct tar_header *header)
{
	uint64_t sum;
	if (!number(block + 148, 8, &sum) || sum != sum_of(block)) return false;
	bool is_ustar = memcmp(block + 257, "ustar\00000", 8) == 0;
	bool has_device = is_ustar || memcmp(block + 257, "ustar  ", 8) == 0;
	header->major = header->minor = 0;
	if (has_device && (!number(block + 329, 8, &header->major) || !number(block + 337, 8, &header->minor))) return false;
	if (!number(block + 100, 8, &header->mode) || !number(block + 108, 8, &header->uid) || !number(block + 116, 8, &header->gid) ||
	    !number(block + 124, 12, &header->size) || !number(block + 136, 12, &header->mtime))
		return false;
	if (!names_of(block, is_ustar, header)) return false;
	size_t name = length_of(block, 100);
	header->flag = block[156];
	if (header->flag == 0) header->flag = name && block[name - 1] == '/' ? '5' : '0';
	return true;
}

static bool type_of(uint8_t flag, uint8_t *type)
{
	switch (flag) {
	case '0':
	case '1':
	case '7': return *type = REGULAR, true;
	case '2': return *type = SYMLINK, true;
	case '3': return *type = CHARACTER, true;
	case '4': return *type = BLOCK, true;
	case '5': return *type = DIRECTORY, true;
	case '6': return *type = FIFO, true;
	default: return false;
	}
}

static bool starts(const char *text, size_t size, const char *with)
{
	size_t length = strlen(with);
	return size >= length && memcmp(text, with, length) == 0;
}

/* Path and role of a member: image-spec layer.md#whiteouts. */
static bool take_role(struct tar_member *m)
{
	struct tar_text *path = &m->path;
	size_t base = tar_text_base(path);
	m->kind = TAR_ENTRY;
	path->at[path->size] = 0;
	for (size_t at = 0; at < base; at++)
		if ((at == 0 || path->at[at - 1] == '/') && starts(path->at + at, base - at, ".wh.")) return false;
	char *name = path->at + base;
	size_t size = path->size - base;
	if (!starts(name, size, ".wh.")) return true;
	if (m->type != REGULAR || m->hardlink || m->size) return false;
	if (strcmp(name, ".wh..wh..opq") == 0) {
		m->kind = TAR_OPAQUE;
		path->size = base ? base - 1 : 0;
		return true;
	}
	name += 4, size -= 4;
	if (size == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || starts(name, size, ".wh.")) return false;
	m->kind = TAR_WHITEOUT;
	memmove(path->at + base, name, size);
	path->size = base + size;
	return true;
}

static bool take_link(struct tar_member *m, const struct tar_text *link)
{
	if (m->hardlink) return tar_text_clean(&m->link, link);
	m->link.size = 0;
	if (m->type != SYMLINK) return true;
	return link->size > 0 && tar_text_set(&m->link, link->at, link->size);
}

/* Linux has 12 bits of major and 20 of minor number. */
static bool take_device(struct tar_member *m, const struct tar_header *h)
{
	m->major = m->minor = 0;
	if (m->type != CHARACTER && m->type != BLOCK) return true;
	if (h->major > 0xfff || h->minor > 0xfffff) return false;
	m->major = (uint32_t)h->major;
	m->minor = (uint32_t)h->minor;
	/* Overlay takes such a device for a whiteout. */
	if (m->type != CHARACTER || m->major || m->minor) return true;
	m->kind = TAR_WHITEOUT;
	return m->path.size > 0;
}

bool tar_member_of(const struct tar_header *h, const struct tar_before *b, struct tar_member *m)
{
	static const uint64_t max_id = 0xfffffffe;
	const struct tar_text *name = b->has_path ? &b->path : b->has_long_name ? &b->long_name : &h->name;
	const struct tar_text *link = b->has_link ? &b->link : b->has_long_link ? &b->long_link : &h->link;
	if (!type_of(h->flag, &m->type) || !tar_text_clean(&m->path, name)) return false;
	m->hardlink = h->flag == '1';
	m->size = m->type != REGULAR || m->hardlink ? 0 : b->has_size ? b->size : h->size;
	uint64_t uid = b->has_uid ? b->uid : h->uid, gid = b->has_gid ? b->gid : h->gid;
	if (uid > max_id || gid > max_id || !take_role(m)) return false;
	m->uid = (uint32_t)uid;
	m->gid = (uint32_t)gid;
	m->mode = m->type == SYMLINK ? 0777 : (uint16_t)(h->mode & 07777);
	m->mtime = b->has_mtime ? b->mtime : h->mtime;
	m->mtime_nsec = b->has_mtime ? b->mtime_nsec : 0;
	return m->kind == TAR_ENTRY ? take_link(m, link) && take_device(m, h) : true;
}
