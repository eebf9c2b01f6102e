/* Messages from the process that becomes the container to the one that started it; a SOCK_SEQPACKET pair. */
#pragma once
#include "err.h"

enum message_kind {
	MESSAGE_ERROR,    /* err: set-up ended here */
	MESSAGE_WARNING,  /* err.arg: one sentence */
	MESSAGE_STUB,     /* err.arg: path of a mount point that was made in the root */
	MESSAGE_TERMINAL, /* carries the master side of the pty */
	MESSAGE_MOUNTED,  /* everything is mounted; goes on when it is released */
	MESSAGE_READY,    /* the next thing is execve; its success closes the channel */
};

struct message {
	enum message_kind kind;
	struct err err;
};

int channel_open(int ends[2], struct err *e);
/* fd is sent along unless it is -1. */
int channel_send(int channel, const struct message *message, int fd);
void channel_warn(int channel, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* 1 for a message, 0 for the end, -1 with errno. *fd is -1 or a descriptor that came along. */
int channel_receive(int channel, struct message *message, int *fd);
/* The other direction: one byte that says "go on". */
int channel_release(int channel);
int channel_await_release(int channel);
