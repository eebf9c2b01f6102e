/*
 * Verb `exec [--detach-keys HEX]`: runs one container to its end. The request comes on descriptor 3, a socket; status lines go back on it.
 * Its end means that the caller died or wants the end: the container is killed, and everything is cleaned up all the same.
 */
#include "session.h"

#include <fcntl.h>
#include <string.h>

#include "status.h"
#include "verbs.h"

enum { CONTROL = 3 };

static int run(struct request *request, const struct detach_keys *keys, struct container_exit *exit, struct err *e)
{
	struct session session = {.control = CONTROL, .signals = -1, .keys = *keys};
	struct container container;
	if (session_open(&session, request, e)) return -1;
	int result = container_start(request, session.stdio, &container, e);
	if (!result) {
		for (size_t i = 0; i < container.warnings.count; i++) status_warning(CONTROL, container.warnings.items[i]);
		status_started(CONTROL, &container);
		session_connect(&session, &container);
		session_run(&session, &container);
		result = container_wait(&container, exit, e);
		container_release(&container);
	}
	session_close(&session);
	exit->oom_killed = container_oom_killed(request);
	container_clean(request);
	return result;
}

int exec_main(int argc, char **argv)
{
	struct request request;
	struct container_exit exit = {0};
	struct err e;
	struct detach_keys keys = {0};
	if (argc == 3 && (strcmp(argv[1], "--detach-keys") || detach_keys_parse(&keys, argv[2]))) return 2;
	if (request_read(CONTROL, &request, &e)) {
		status_error(CONTROL, &e);
		return 125;
	}
	(void)fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
	if (run(&request, &keys, &exit, &e)) {
		status_error(CONTROL, &e);
		exit.code = container_exec_code(&e);
		if (exit.code == 125) return 125;
	}
	status_exit(CONTROL, &exit);
	request_free(&request);
	return 0;
}
