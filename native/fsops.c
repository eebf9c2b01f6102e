/* Verb fsops: scan DIR | apply DIR | rmtree | sweep DIR SECONDS | syncfs DIR | changed ROOT STATE SEAL PREFIX | list ROOT | copy SRC NAME DST NEWNAME OWNER | own DIR OWNER | pack [LEVEL] | index DIR | digest DIR ROOT [LEVEL] | listed DIR INDEX. Failure: exit code 1, on stderr STEP NUL ERRNO NUL ARG NUL TEXT NUL. */
#include "fsops.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "verbs.h"

int fsops_syncfs(const char *directory, struct err *e)
{
	CLEANUP_CLOSE int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || syncfs(fd)) return fail(e, "syncfs", "%s", directory);
	return 0;
}

static void report(const struct err *e)
{
	struct bytes line = {0};
	const char *text = strerror(e->number);
	const char *name = errno_name(e->number);
	bytes_add(&line, e->step, strlen(e->step) + 1);
	bytes_add(&line, name, strlen(name) + 1);
	bytes_add(&line, e->arg, strlen(e->arg) + 1);
	bytes_add(&line, text, strlen(text) + 1);
	(void)write_all(2, line.data, line.used);
	free(line.data);
}

/*
 * What takes long is of no use to anybody when the caller is gone, who may be waiting for nothing but the end of it. Whether there
 * still is one: who was gone before the signal was asked for reads no answer any more.
 */
static bool ends_with_caller(const char *op)
{
	struct pollfd answer = {.fd = STDOUT_FILENO};
	if (strcmp(op, "pack") && strcmp(op, "digest") && strcmp(op, "listed")) return true;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	return poll(&answer, 1, 0) <= 0 || !(answer.revents & (POLLERR | POLLHUP));
}

int fsops_main(int argc, char **argv)
{
	const char *op = argc > 1 ? argv[1] : "";
	struct err e = {0};
	int result;
	if (!ends_with_caller(op)) return 1;
	if (argc == 3 && !strcmp(op, "scan")) {
		result = fsops_scan(argv[2], &e);
	} else if (argc == 3 && !strcmp(op, "apply")) {
		result = fsops_apply(argv[2], &e);
	} else if (argc == 2 && !strcmp(op, "rmtree")) {
		result = fsops_rmtree(&e);
	} else if (argc == 4 && !strcmp(op, "sweep")) {
		result = fsops_sweep(argv[2], argv[3], &e);
	} else if (argc == 3 && !strcmp(op, "syncfs")) {
		result = fsops_syncfs(argv[2], &e);
	} else if (argc == 7 && !strcmp(op, "copy")) {
		result = fsops_copy(argv + 2, &e);
	} else if (argc == 4 && !strcmp(op, "own")) {
		result = fsops_own(argv[2], argv[3], &e);
	} else if (argc == 3 && !strcmp(op, "list")) {
		result = fsops_list(argv[2], &e);
	} else if ((argc == 2 || argc == 3) && !strcmp(op, "pack")) {
		result = fsops_pack(argv[2], &e);
	} else if (argc == 3 && !strcmp(op, "index")) {
		result = fsops_index(argv[2], &e);
	} else if ((argc == 4 || argc == 5) && !strcmp(op, "image")) {
		result = fsops_image(argv[2], argv[3], argc == 5 ? argv[4] : NULL, &e);
	} else if ((argc == 4 || argc == 5) && !strcmp(op, "digest")) {
		result = fsops_digest(argv[2], !strcmp(argv[3], "1"), argv[4], &e);
	} else if (argc == 4 && !strcmp(op, "listed")) {
		result = fsops_listed(argv[2], argv[3], &e);
	} else if (argc == 6 && !strcmp(op, "changed")) {
		const struct changed_args args = {argv[2], argv[3], argv[4], argv[5]};
		result = fsops_changed(&args, &e);
	} else {
		(void)fprintf(stderr, "usage: tsbuild-native fsops scan DIR|apply DIR|rmtree|sweep DIR SECONDS|syncfs DIR|"
				      "changed ROOT STATE SEAL PREFIX|list ROOT|copy SRC NAME DST NEWNAME OWNER|own DIR OWNER|pack [LEVEL]|index DIR|image INDEX SIZE [PATCH]|digest DIR ROOT [LEVEL]|listed DIR INDEX\n");
		return 2;
	}
	if (result) report(&e);
	return result ? 1 : 0;
}
