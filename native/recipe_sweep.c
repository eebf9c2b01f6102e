/* What lies in the trash for long goes, in a process of its own. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "recipe.h"
#include "util.h"

/* It may end before it is done: the next one begins where this one ended. */
static void sweep(const char *trash, const char *seconds)
{
	pid_t child = fork();
	if (child != 0) return;
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3 && null >= 0; fd++) (void)dup2(null, fd);
	if (!chdir("/")) (void)execl("/proc/self/exe", "tsbuild-native", "fsops", "sweep", trash, seconds, (char *)NULL);
	_exit(0);
}

/* A few entries tell: they lie there in no order. */
void recipe_sweep(const struct recipe *r)
{
	enum { LOOKS = 64 };
	uint32_t age;
	CLEANUP_FREE char *trash = recipe_fill(r, 0, NULL);
	CLEANUP_FREE char *seconds = recipe_fill(r, 1, NULL);
	DIR *directory = parse_u32(seconds, &age) ? NULL : opendir(trash);
	if (!directory) return;
	struct dirent *entry;
	struct stat st;
	for (int looks = 0; looks < LOOKS && (entry = readdir(directory)); looks++) {
		if (entry->d_name[0] == '.' || fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW)) continue;
		if (st.st_ctime > time(NULL) - (time_t)age) continue;
		sweep(trash, seconds);
		break;
	}
	(void)closedir(directory);
}
