#include "console_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util.h"

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int console_socket_send(const char *path, int terminal, struct err *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path) return fail_with(e, ENAMETOOLONG, "console-socket", "%s", path);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address))
		return fail(e, "console-socket", "%s", path);
	/* Readers take the bytes for the terminal's name. */
	char name[] = "/dev/ptmx";
	union control control = {0};
	struct iovec part = {.iov_base = name, .iov_len = sizeof name - 1};
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
	struct cmsghdr *c = CMSG_FIRSTHDR(&header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof terminal);
	memcpy(CMSG_DATA(c), &terminal, sizeof terminal);
	return sendmsg(fd, &header, MSG_NOSIGNAL) < 0 ? fail(e, "console-socket", "%s", path) : 0;
}
