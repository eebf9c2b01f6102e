#include "overlay_options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "sys.h"

struct text {
	char *at, *end;
};

static void put(struct text *t, const char *text)
{
	size_t size = strlen(text);
	/* at > end marks overflow and stays so. */
	if (t->at > t->end || (size_t)(t->end - t->at) <= size) {
		t->at = t->end + 1;
		return;
	}
	memcpy(t->at, text, size + 1);
	t->at += size;
}

/* A path as overlay parses it: `:` and `\` escaped; `,` would end the option for mount(2). */
static int put_path(struct text *t, const char *path, const char *common)
{
	size_t skip = strlen(common);
	if (strchr(path, ',')) return -1;
	if (skip > 1 && !strncmp(path, common, skip) && path[skip] == '/' && path[skip + 1]) path += skip + 1;
	for (; *path; path++) {
		char escaped[3] = {'\\', *path, 0};
		put(t, *path == ':' || *path == '\\' ? escaped : escaped + 1);
	}
	return 0;
}

/* The longest directory that holds all lower layers. */
static void find_common(const struct request_root *r, struct overlay_text *text)
{
	size_t length = strlen(r->lower.items[0]);
	for (size_t i = 1; i < r->lower.count; i++) {
		size_t same = 0;
		while (same < length && r->lower.items[0][same] == r->lower.items[i][same]) same++;
		length = same;
	}
	while (length > 1 && r->lower.items[0][length - 1] != '/') length--;
	(void)snprintf(text->directory, sizeof text->directory, "%.*s", (int)(length > 1 ? length - 1 : 1),
		       r->lower.items[0]);
	text->common = text->directory;
}

int overlay_options(const struct request_root *r, int stubs, struct overlay_text *text, char *options, size_t size,
		    struct err *e)
{
	struct text t = {.at = options, .end = options + size - 1};
	find_common(r, text);
	put(&t, "lowerdir=");
	for (size_t i = 0; i < r->lower.count; i++) {
		if (i) put(&t, ":");
		if (put_path(&t, r->lower.items[i], text->common)) return fail_with(e, EINVAL, "root", "%s", r->lower.items[i]);
	}
	if (stubs >= 0) {
		char path[64];
		(void)snprintf(path, sizeof path, ":/proc/self/fd/%d", stubs);
		put(&t, path);
	}
	if (r->upper) {
		put(&t, ",upperdir=");
		if (put_path(&t, r->upper, text->common)) return fail_with(e, EINVAL, "root", "%s", r->upper);
		put(&t, ",workdir=");
		if (put_path(&t, r->work, text->common)) return fail_with(e, EINVAL, "root", "%s", r->work);
		if (r->overlay_volatile) put(&t, ",volatile");
	}
	put(&t, ",redirect_dir=nofollow,metacopy=off,index=off");
	if (t.at > t.end) return fail_with(e, E2BIG, "root", "%zu layers on a kernel before 6.8", r->lower.count);
	return 0;
}

bool overlay_takes_anything(int fs)
{
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, "no-such-option", "x", 0) == 0;
}

bool overlay_has_lowerdir_plus(void)
{
	int fs = sys_fsopen("overlay");
	if (fs < 0) return true;
	bool known = sys_fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir+", "/", 0) == 0 && !overlay_takes_anything(fs);
	(void)close(fs);
	return known;
}
