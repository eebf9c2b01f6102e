#include "netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void *extend(struct netlink *n, size_t size)
{
	size_t padded = NLMSG_ALIGN(size);
	/* All messages are of bounded size: this is a bug, not an input. */
	if (padded > sizeof n->bytes - n->size) abort();
	char *at = n->bytes + n->size;
	memset(at, 0, padded);
	n->size += padded;
	return at;
}

void netlink_append(struct netlink *n, const void *bytes, size_t size) { memcpy(extend(n, size), bytes, size); }

void netlink_begin(struct netlink *n, uint16_t type, uint16_t flags, const void *header, size_t size)
{
	n->message = n->size;
	struct nlmsghdr *h = extend(n, sizeof *h);
	*h = (struct nlmsghdr){.nlmsg_type = type, .nlmsg_flags = flags | NLM_F_REQUEST, .nlmsg_seq = ++n->sequence};
	if (flags & NLM_F_ACK) n->expected++;
	netlink_append(n, header, size);
}

void netlink_end(struct netlink *n)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)(n->bytes + n->message);
	h->nlmsg_len = (uint32_t)(n->size - n->message);
}

void netlink_attr(struct netlink *n, uint16_t type, const void *value, size_t size)
{
	struct nlattr *a = extend(n, sizeof *a + size);
	*a = (struct nlattr){.nla_len = (uint16_t)(sizeof *a + size), .nla_type = type};
	if (size) memcpy(a + 1, value, size);
}

void netlink_attr_u32(struct netlink *n, uint16_t type, uint32_t value) { netlink_attr(n, type, &value, sizeof value); }
void netlink_attr_text(struct netlink *n, uint16_t type, const char *text) { netlink_attr(n, type, text, strlen(text) + 1); }

size_t netlink_nest(struct netlink *n, uint16_t type)
{
	size_t at = n->size;
	netlink_attr(n, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void netlink_unnest(struct netlink *n, size_t nest)
{
	struct nlattr *a = (struct nlattr *)(void *)(n->bytes + nest);
	a->nla_len = (uint16_t)(n->size - nest);
}

int netlink_open(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0) return -1;
	/* A missing answer must not hang a build. */
	struct timeval patience = {.tv_sec = 10};
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

/* Reads one datagram of acknowledgements; *answers counts them, *first keeps the first error. */
static int read_answers(int socket, unsigned *answers, int *first)
{
	_Alignas(NLMSG_ALIGNTO) char bytes[16384];
	ssize_t n = recv(socket, bytes, sizeof bytes, 0);
	if (n < 0) return errno == EINTR ? 0 : -1;
	size_t left = (size_t)n;
	for (struct nlmsghdr *h = (void *)bytes; left >= sizeof *h && h->nlmsg_len >= sizeof *h && h->nlmsg_len <= left;) {
		if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr))) {
			const struct nlmsgerr *answer = NLMSG_DATA(h);
			(*answers)++;
			if (answer->error && !*first) *first = -answer->error;
		}
		size_t step = NLMSG_ALIGN(h->nlmsg_len);
		if (step >= left) break;
		left -= step;
		h = (struct nlmsghdr *)(void *)((char *)h + step);
	}
	return 0;
}

int netlink_send(int socket, struct netlink *n)
{
	unsigned answers = 0, expected = n->expected;
	int first = 0;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent = sendto(socket, n->bytes, n->size, 0, (struct sockaddr *)&kernel, sizeof kernel);
	n->size = 0;
	n->expected = 0;
	if (sent < 0) return -1;
	/* nfnetlink answers a refused batch with errors only: the first one ends the wait. */
	while (answers < expected && !first)
		if (read_answers(socket, &answers, &first)) return -1;
	errno = first;
	return first ? -1 : 0;
}
