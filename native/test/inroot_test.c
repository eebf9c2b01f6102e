/* Paths inside a root: nothing leads out, whatever the root holds. Needs no privileges. */
#include "inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "util.h"

static int root;

static void make(const char *path, bool directory, bool expected)
{
	struct err e;
	bool made;
	int fd = inroot_make(root, path, directory, &made, &e);
	CHECK((fd >= 0) == expected);
	if (fd >= 0) (void)close(fd);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static bool exists(const char *path) { return faccessat(root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0; }

int main(void)
{
	char path[] = "/tmp/tsbuild-inroot-XXXXXX", inner[64];
	CHECK(mkdtemp(path));
	(void)snprintf(inner, sizeof inner, "%s/root", path);
	CHECK(!mkdir(inner, 0755));
	root = open(inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(root >= 0);

	make("/a/b/c", true, true);
	CHECK(exists("a/b/c"));
	make("/a//b/./f", false, true);
	CHECK(exists("a/b/f"));
	make("/a/b/f", true, false);
	make("/a/b", false, false);
	/* Above the root is the root. */
	make("/../../out", true, true);
	CHECK(exists("out"));
	/* Links, absolute and relative, dangling and not. */
	CHECK(!symlinkat("/../../../x/y", root, "up"));
	make("/up/z", true, true);
	CHECK(exists("x/y/z"));
	CHECK(!symlinkat("../../../../run/file", root, "a/dangling"));
	make("/a/dangling", false, true);
	CHECK(exists("run/file"));
	/* A loop ends. */
	CHECK(!symlinkat("loop2", root, "loop1"));
	CHECK(!symlinkat("loop1", root, "loop2"));
	make("/loop1/x", true, false);
	make("/loop1", true, false);
	/* Links of procfs lead anywhere: never followed. */
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(proc >= 0);
	CHECK(inroot_open(proc, "self/root", 0) < 0 && errno == ELOOP);
	CHECK(inroot_open_plain(root, "up", 0) < 0 && errno == ELOOP);
	(void)close(proc);
	CHECK(access("/x/y/z", F_OK) != 0);
	CHECK(!nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS));
	return 0;
}
