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
	struct inroot_made made = {.notes = -1};
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
	/* A directory that gets an entry stays as old as it was, and what happened is noted. */
	struct stat before, after;
	char noted[512];
	struct inroot_made made = {.notes = openat(root, "notes", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
	struct err e;
	CHECK(made.notes >= 0 && !utimensat(root, "a", (struct timespec[]){{1, 2}, {3, 4}}, 0) && !fstatat(root, "a", &before, 0));
	int fd = inroot_make(root, "/a/new/file", false, &made, &e);
	CHECK(fd >= 0 && made.any && !close(fd) && !fstatat(root, "a", &after, 0));
	CHECK(after.st_mtim.tv_sec == 3 && after.st_mtim.tv_nsec == 4);
	ssize_t length = read_text_at(root, "notes", noted, sizeof noted);
	CHECK(length > 0);
	unsigned long long ino, ino_after, made_ino;
	long long ctime, ctime_after, made_ctime;
	CHECK(sscanf(noted, "%llu:%lld %llu:%lld\n- %llu:%lld\n", &ino, &ctime, &ino_after, &ctime_after, &made_ino, &made_ctime) == 6);
	CHECK(ino == before.st_ino && ino_after == after.st_ino && made_ino != ino);
	CHECK(ctime == before.st_ctim.tv_sec * 1000000000LL + before.st_ctim.tv_nsec);
	CHECK(ctime_after == after.st_ctim.tv_sec * 1000000000LL + after.st_ctim.tv_nsec);
	int again = inroot_make(root, "/a/new/file", false, &made, &e);
	CHECK(again >= 0 && !made.any && !close(again) && !close(made.notes));
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
