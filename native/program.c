/* execve with a search of PATH as the container sees it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup.h"

static const char *path_of(const struct strings *env)
{
	/* The last one counts, as for a program that reads its environment into a table. */
	for (size_t i = env->count; i-- > 0;)
		if (!strncmp(env->items[i], "PATH=", 5)) return env->items[i] + 5;
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* Does what execve would do up to the point where nothing can fail for the reason of a name. */
static int probe(const char *file)
{
	struct stat st;
	if (stat(file, &st)) return -1;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	return faccessat(AT_FDCWD, file, X_OK, AT_EACCESS);
}

static void execute(const char *file, const struct request *r)
{
	static const char *const none[] = {NULL};
	const char *const *env = r->env.count ? r->env.items : none;
	(void)execve(file, (char *const *)(uintptr_t)r->args.items, (char *const *)(uintptr_t)env);
	struct stat st;
	int number = errno;
	if (number == EACCES && !stat(file, &st) && S_ISDIR(st.st_mode)) number = EISDIR;
	errno = number;
}

/* With `only_look` the first that could be executed ends it, as errno 0. */
static void search(const char *name, const struct request *r, bool only_look)
{
	int worst = ENOENT;
	for (const char *p = path_of(&r->env);; p++) {
		char file[PATH_MAX];
		size_t length = strcspn(p, ":");
		/* An empty entry is the working directory (POSIX XBD 8.3). */
		int n = snprintf(file, sizeof file, "%.*s%s%s", (int)length, p, length ? "/" : "./", name);
		if (n > 0 && (size_t)n < sizeof file) {
			if (!only_look)
				execute(file, r);
			else if (!probe(file)) {
				errno = 0;
				return;
			}
			if (errno != ENOENT && errno != ENOTDIR && errno != EISDIR) {
				worst = errno;
				if (worst != EACCES) break;
			}
		}
		p += length;
		if (!*p) break;
	}
	errno = worst;
}

int program_execute(const struct request *r, struct err *e)
{
	const char *name = r->args.items[0];
	if (!*name)
		errno = ENOENT;
	else if (strchr(name, '/'))
		execute(name, r);
	else
		search(name, r, false);
	return fail(e, "exec", "%s", name);
}

int program_check(const struct request *r, struct err *e)
{
	const char *name = r->args.items[0];
	errno = *name ? 0 : ENOENT;
	if (strchr(name, '/'))
		(void)probe(name);
	else if (*name)
		search(name, r, true);
	return errno ? fail(e, "exec", "%s", name) : 0;
}
