#include "request.h"

#include <errno.h>
#include <string.h>

#include "request_ops.h"

#define ARGUMENTS_MAX 4096u

struct cursor {
	char *at, *end;
};

static int take_u32(struct cursor *c, uint32_t *value)
{
	if ((size_t)(c->end - c->at) < sizeof *value) return -1;
	memcpy(value, c->at, sizeof *value);
	c->at += sizeof *value;
	return 0;
}

static int take_string(struct cursor *c, char **text, size_t *size)
{
	uint32_t length;
	if (take_u32(c, &length)) return -1;
	if ((size_t)(c->end - c->at) <= length || c->at[length] != 0) return -1;
	*text = c->at;
	*size = length;
	c->at += (size_t)length + 1;
	return 0;
}

static int torn(struct err *e) { return fail_with(e, EBADMSG, "request", "torn operation"); }

static int take_operation(struct cursor *c, struct request *out, struct err *e)
{
	uint32_t argc;
	if (take_u32(c, &argc) || argc == 0 || argc > ARGUMENTS_MAX) return torn(e);
	/* Every argument takes at least five bytes: no allocation larger than the input deserves. */
	if ((size_t)(c->end - c->at) / 5 < argc) return torn(e);
	CLEANUP_FREE char **argv = xcalloc(argc + 1u, sizeof *argv);
	CLEANUP_FREE size_t *sizes = xcalloc(argc, sizeof *sizes);
	for (uint32_t i = 0; i < argc; i++)
		if (take_string(c, &argv[i], &sizes[i])) return torn(e);
	struct operation operation = {.argv = argv, .sizes = sizes, .argc = argc};
	return request_apply(out, &operation, e);
}

static bool lacks_layers(const struct request_root *root) { return root->kind == ROOT_OVERLAY && !root->lower.count; }

static bool has_bad_tree(const struct request *r)
{
	for (size_t i = 0; i < r->tree_count; i++)
		if (r->trees[i].kind == ROOT_NONE || lacks_layers(&r->trees[i])) return true;
	return false;
}

int request_parse(char *bytes, size_t size, struct request *out, struct err *e)
{
	*out = (struct request){.bytes = bytes, .umask = 022};
	struct cursor c = {.at = bytes, .end = bytes + size};
	while (c.at < c.end)
		if (take_operation(&c, out, e)) goto bad;
	if (!out->args.count || !out->cwd || (out->join <= 0) == (out->root.kind == ROOT_NONE)) {
		(void)fail_with(e, EBADMSG, "request", "needs arg, cwd and either join or a root");
		goto bad;
	}
	if (out->root.kind == ROOT_MEMORY || lacks_layers(&out->root) || has_bad_tree(out)) {
		(void)fail_with(e, EBADMSG, "request", "overlay needs a lower layer, a tree needs a root");
		goto bad;
	}
	return 0;
bad:
	request_free(out);
	return -1;
}

int request_receive(int fd, char **bytes, size_t *size, struct err *e)
{
	struct {
		char magic[4];
		uint32_t size;
	} header;
	ssize_t n = read_all(fd, &header, sizeof header);
	if (n < 0) return fail(e, "request", "read");
	if (n != sizeof header || memcmp(header.magic, "TSB1", 4) != 0)
		return fail_with(e, EBADMSG, "request", "no header");
	if (header.size > REQUEST_SIZE_MAX) return fail_with(e, EFBIG, "request", "%u bytes", header.size);
	*size = header.size;
	*bytes = xmalloc(header.size);
	n = read_all(fd, *bytes, header.size);
	if (n == (ssize_t)header.size) return 0;
	free(*bytes);
	return n < 0 ? fail(e, "request", "read") : fail_with(e, EBADMSG, "request", "ended early");
}

int request_copy_parse(const char *bytes, size_t size, struct request *out, struct err *e)
{
	char *copy = xmalloc(size);
	memcpy(copy, bytes, size);
	return request_parse(copy, size, out, e);
}

int request_read(int fd, struct request *out, struct err *e)
{
	char *bytes;
	size_t size;
	*out = (struct request){0};
	return request_receive(fd, &bytes, &size, e) ? -1 : request_parse(bytes, size, out, e);
}

static void free_root(struct request_root *root)
{
	free(root->lower.items);
	free(root->images);
	free(root->files);
}

void request_free(struct request *r)
{
	for (size_t i = 0; i < r->mount_count; i++) free(r->mounts[i].options.items);
	free(r->mounts);
	free(r->devices);
	free(r->sysctls);
	free(r->rlimits);
	free(r->groups);
	free(r->network.interfaces);
	request_free_hooks(r);
	free(r->uid_maps);
	free(r->time_offsets);
	free(r->gid_maps);
	free(r->cgroups.items);
	free_root(&r->root);
	for (size_t i = 0; i < r->tree_count; i++) free_root(&r->trees[i]);
	free(r->trees);
	free(r->masked.items);
	free(r->readonly.items);
	free(r->args.items);
	free(r->env.items);
	free((void *)(uintptr_t)r->seccomp);
	free((void *)(uintptr_t)r->device_program);
	free(r->bytes);
	*r = (struct request){0};
}
