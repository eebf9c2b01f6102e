#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "cell.h"
#include "util.h"

/* The kernel takes 253 descriptors with one message (SCM_MAX_FD). */
enum { BATCH = 200 };

union batch_control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(BATCH * sizeof(int))];
};

static int send_batch(int socket, const struct cell_order_head *head, const int *descriptors, size_t count)
{
	union batch_control control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)head, .iov_len = sizeof *head};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes};
	message.msg_controllen = (socklen_t)CMSG_SPACE(count * sizeof *descriptors);
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = (socklen_t)CMSG_LEN(count * sizeof *descriptors);
	memcpy(CMSG_DATA(c), descriptors, count * sizeof *descriptors);
	ssize_t n;
	do
		n = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int cell_send_order(int socket, const struct cell_order_head *head, const int *descriptors)
{
	const size_t count = head->descriptors;
	for (size_t done = 0; done < count; done += BATCH)
		if (send_batch(socket, head, descriptors + done, count - done < BATCH ? count - done : BATCH)) return -1;
	return 0;
}

/* How many descriptors came; 0 for the end, -1 with errno. */
static ssize_t receive_batch(int socket, struct cell_order_head *head, int *into)
{
	union batch_control control;
	struct iovec part = {.iov_base = head, .iov_len = sizeof *head};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
	ssize_t n;
	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0) return n;
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	if (n != sizeof *head || !c || c->cmsg_type != SCM_RIGHTS || message.msg_flags & MSG_CTRUNC) {
		errno = EBADMSG;
		return -1;
	}
	size_t size = c->cmsg_len - CMSG_LEN(0);
	memcpy(into, CMSG_DATA(c), size);
	return (ssize_t)(size / sizeof *into);
}

int cell_receive_order(int socket, struct cell_order_head *head, int **descriptors)
{
	int first[BATCH];
	ssize_t got = receive_batch(socket, head, first);
	if (got <= 0) return -1;
	*descriptors = xcalloc(head->descriptors + BATCH, sizeof **descriptors);
	memcpy(*descriptors, first, (size_t)got * sizeof *first);
	for (size_t have = (size_t)got; have < head->descriptors; have += (size_t)got)
		if ((got = receive_batch(socket, head, *descriptors + have)) <= 0) return -1;
	return 0;
}

int cell_send_answer(int socket, const struct cell_answer *answer)
{
	ssize_t n;
	do
		n = send(socket, answer, sizeof *answer, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int cell_receive_answer(int socket, struct cell_answer *answer)
{
	ssize_t n;
	do
		n = recv(socket, answer, sizeof *answer, 0);
	while (n < 0 && errno == EINTR);
	if (n == sizeof *answer) return 0;
	if (n >= 0) errno = ECHILD;
	return -1;
}
