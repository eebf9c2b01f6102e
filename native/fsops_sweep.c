/*
 * fsops sweep DIR SECONDS: removes what has lain in a directory so long (a rename sets the time of change), in the background: nobody
 * waits for it, so it gives way to others, and ends at once while another one is at it. It may be killed at any moment. What cannot
 * be removed stays.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "fsops.h"

static bool is_old(int directory, const char *name, time_t before)
{
	struct stat st;
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ctime <= before;
}

static void remove_old(DIR *directory, const char *path, time_t before)
{
	for (struct dirent *entry; (entry = readdir(directory));) {
		struct err ignored;
		if (!is_old(dirfd(directory), entry->d_name, before)) continue;
		CLEANUP_FREE char *item = xasprintf("%s/%s", path, entry->d_name);
		(void)fsops_remove(item, &ignored);
	}
}

int fsops_sweep(const char *path, const char *seconds, struct err *e)
{
	uint32_t age;
	if (parse_u32(seconds, &age)) return fail(e, "sweep", "%s", seconds);
	DIR *directory = opendir(path);
	if (!directory) return fail(e, "sweep", "%s", path);
	if (flock(dirfd(directory), LOCK_EX | LOCK_NB) == 0) {
		(void)setpriority(PRIO_PROCESS, 0, 19);
		remove_old(directory, path, time(NULL) - (time_t)age);
	}
	(void)closedir(directory);
	return 0;
}
