/* Messages to rtnetlink and nfnetlink: built in one buffer, sent at once, every acknowledgement read. */
#pragma once
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_BUFFER 16384

struct netlink {
	size_t size;      /* bytes used */
	size_t message;   /* offset of the message being built */
	uint32_t sequence;
	unsigned expected; /* acknowledgements */
	_Alignas(NLMSG_ALIGNTO) char bytes[NETLINK_BUFFER];
};

/* Starts a message; `header` is what follows nlmsghdr. NLM_F_REQUEST is added; NLM_F_ACK counts as one answer. */
void netlink_begin(struct netlink *n, uint16_t type, uint16_t flags, const void *header, size_t size);
void netlink_end(struct netlink *n);
void netlink_attr(struct netlink *n, uint16_t type, const void *value, size_t size);
void netlink_attr_u32(struct netlink *n, uint16_t type, uint32_t value);
void netlink_attr_text(struct netlink *n, uint16_t type, const char *text); /* with its NUL */
void netlink_append(struct netlink *n, const void *bytes, size_t size);      /* raw, padded */
size_t netlink_nest(struct netlink *n, uint16_t type);
void netlink_unnest(struct netlink *n, size_t nest);

/* -1 with errno. */
int netlink_open(int protocol);
/* Sends and reads the answers; -1 with the errno of the first refusal. The buffer is empty afterwards. */
int netlink_send(int socket, struct netlink *n);
