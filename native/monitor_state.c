#include "monitor.h"
#include "sys.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int state_write(int dirfd, const char *name, const char *text, size_t length)
{
	char temp[64];
	snprintf(temp, sizeof temp, ".%s.tmp", name);
	int fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -1;
	ssize_t written = write(fd, text, length);
	int failure = written < 0 ? errno : (size_t)written < length ? ENOSPC : 0;
	close(fd);
	if (failure == 0 && renameat(dirfd, temp, dirfd, name) == 0)
		return 0;
	if (failure == 0)
		failure = errno;
	unlinkat(dirfd, temp, 0);
	errno = failure;
	return -1;
}

void state_time(char out[static 32])
{
	struct timespec t;
	struct tm utc;
	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &utc);
	size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out + n, 32 - n, ".%09ldZ", t.tv_nsec);
}

static int read_small(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, out, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	out[n] = 0;
	return 0;
}

int state_identity(int dirfd, const char *name, pid_t pid)
{
	char boot[64], at[32], text[256];
	if (read_small("/proc/sys/kernel/random/boot_id", boot, sizeof boot) < 0)
		return -1;
	boot[strcspn(boot, "\n")] = 0;
	state_time(at);
	int n = snprintf(text, sizeof text, "{\"pid\":%d,\"startTime\":%llu,\"bootId\":\"%s\",\"startedAt\":\"%s\"}\n",
			 (int)pid, (unsigned long long)sys_start_time(pid), boot, at);
	return state_write(dirfd, name, text, (size_t)n);
}

/* Not what a device, a socket or a pipe is, nor a link to one, such as /dev/stdout: the host would miss it. */
static bool is_replaceable(const char *path)
{
	static const char descriptors[] = "/proc/";
	char target[sizeof descriptors - 1];
	struct stat st;
	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) return true;
	if (!S_ISLNK(st.st_mode)) return false;
	if (readlink(path, target, sizeof target) == (ssize_t)sizeof target && !memcmp(target, descriptors, sizeof target))
		return false;
	return stat(path, &st) < 0 || S_ISREG(st.st_mode);
}

/* Its directory may be one that others write to: neither a link nor a file of theirs is written through. */
int state_pid_file(const char *path, pid_t pid)
{
	char text[16];
	CLEANUP_FREE char *temp = xasprintf("%s.%d.tmp", path, (int)getpid());
	size_t length = (size_t)snprintf(text, sizeof text, "%d", (int)pid);
	if (!is_replaceable(path)) {
		errno = EEXIST;
		return -1;
	}
	(void)unlink(temp);
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) return -1;
	bool whole = write(fd, text, length) == (ssize_t)length;
	(void)close(fd);
	if (whole && rename(temp, path) == 0) return 0;
	int failure = whole ? errno : ENOSPC;
	(void)unlink(temp);
	errno = failure;
	return -1;
}

/* The members of an end, without the braces. */
static int exit_text(char *out, size_t size, const struct exit_facts *facts)
{
	char at[32];
	state_time(at);
	return snprintf(out, size, "\"exitCode\":%d,\"signal\":%d,\"oomKilled\":%s,\"finishedAt\":\"%s\"", facts->code,
			facts->signal, facts->oom_killed ? "true" : "false", at);
}

int state_exit(int dirfd, const struct exit_facts *facts)
{
	char members[192], text[256];
	(void)exit_text(members, sizeof members, facts);
	int n = snprintf(text, sizeof text, "{%s}\n", members);
	return state_write(dirfd, "exit.json", text, (size_t)n);
}

int state_restart(int dirfd, unsigned count, bool waiting, const struct exit_facts *facts)
{
	char members[192], text[256];
	(void)exit_text(members, sizeof members, facts);
	int n = snprintf(text, sizeof text, "{\"count\":%u,\"waiting\":%s,%s}\n", count, waiting ? "true" : "false", members);
	return state_write(dirfd, "restart.json", text, (size_t)n);
}
