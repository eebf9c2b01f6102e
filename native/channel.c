#include "channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "util.h"

int channel_open(int ends[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) return fail(e, "channel", "socketpair");
	return 0;
}

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int channel_send(int channel, const struct message *message, int fd)
{
	union control control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = sizeof *message};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	if (fd >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof control.bytes;
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	ssize_t n;
	do
		n = sendmsg(channel, &header, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

void channel_warn(int channel, const char *format, ...)
{
	struct message message = {.kind = MESSAGE_WARNING};
	va_list args;
	va_start(args, format);
	(void)vsnprintf(message.err.arg, sizeof message.err.arg, format, args);
	va_end(args);
	(void)channel_send(channel, &message, -1);
}

int channel_receive(int channel, struct message *message, int *fd)
{
	union control control;
	struct iovec part = {.iov_base = message, .iov_len = sizeof *message};
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
	ssize_t n;
	*fd = -1;
	do
		n = recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
	/* A peer that ended without reading our byte resets the connection; what it said before is still there. */
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0) return -1;
	if (n == 0) return 0;
	struct cmsghdr *c = CMSG_FIRSTHDR(&header);
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof *fd)) memcpy(fd, CMSG_DATA(c), sizeof *fd);
	if (n == sizeof *message) return 1;
	errno = EBADMSG;
	return -1;
}

int channel_release(int channel)
{
	ssize_t n;
	do
		n = send(channel, "g", 1, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int channel_await_release(int channel)
{
	char byte;
	ssize_t n;
	do
		n = recv(channel, &byte, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n == 1) return 0;
	/* The starter is gone. */
	errno = ESRCH;
	return -1;
}
