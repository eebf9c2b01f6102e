/*
 * Verb `launch [--console-socket PATH]`: starts a process and leaves it to whoever inherits it. The request comes on descriptor
 * 3, a socket, and descriptors that are handed on from 4 on. Status lines go back; after `started` one byte is awaited, with
 * which the caller says that it has written the pid down. Without it (the caller died) the process is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "console_socket.h"
#include "container.h"
#include "status.h"
#include "sys.h"
#include "verbs.h"

enum { CONTROL = 3 };

static int discard(const struct request *request, struct container *container)
{
	struct container_exit ignored;
	struct err second;
	(void)sys_pidfd_send_signal(container->pidfd, SIGKILL);
	(void)container_wait(container, &ignored, &second);
	container_clean(request);
	return -1;
}

static int hand_over(const struct request *request, struct container *container, const char *socket, struct err *e)
{
	char byte;
	if (container->terminal >= 0 && console_socket_send(socket, container->terminal, e))
		return discard(request, container);
	for (size_t i = 0; i < container->warnings.count; i++) status_warning(CONTROL, container->warnings.items[i]);
	status_started(CONTROL, container);
	if (read_all(CONTROL, &byte, 1) != 1) {
		(void)fail_with(e, ESRCH, "start", "caller");
		return discard(request, container);
	}
	container_release(container);
	return 0;
}

int launch_main(int argc, char **argv)
{
	static const int stdio[3] = {0, 1, 2};
	struct request request;
	struct container container;
	struct err e;
	const char *socket = argc == 3 && !strcmp(argv[1], "--console-socket") ? argv[2] : NULL;
	if (argc > 1 && !socket) return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	if (request_read(CONTROL, &request, &e)) {
		status_error(CONTROL, &e);
		return 125;
	}
	(void)fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
	if (container_start(&request, stdio, &container, &e)) {
		container_clean(&request);
	} else if (!hand_over(&request, &container, socket, &e)) {
		request_free(&request);
		return 0;
	}
	status_error(CONTROL, &e);
	return container_exec_code(&e);
}
