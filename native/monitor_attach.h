/*
 * Those who are attached to a container: a socket of whole messages (SOCK_SEQPACKET) in its directory, mode 0600. The first
 * byte of a message says what it is. The client is attach.c.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATTACH_SOCKET "attach"
#define ATTACH_CHUNK 32768 /* most bytes in a message, after the first */

enum attach_message {
	ATTACH_STDOUT = 'o',
	ATTACH_STDERR = 'e',
	ATTACH_STDIN = 'i',
	ATTACH_STDIN_END = 'z',
	ATTACH_SIZE = 'w', /* two uint16_t: rows, columns */
};

/* 0, or -1 with errno: listens at DIR/attach. */
int attach_listen(int dirfd);
/*
 * Gives a message (first byte: the kind) to all who are attached. It must stay as it is until attach_owes says that all have
 * it; output_all_taken is called then.
 */
void attach_send(char *message, size_t size);
/* Whether somebody has not taken the last message of this kind yet. */
bool attach_owes(char kind);
/* Whether messages of clients are read: no while the container does not take its input. */
void attach_listen_to(bool input);
/* The container has ended: waits until all have taken the last message of this kind; who takes nothing is let go. */
void attach_settle(char kind);
/* Ends the connections; the listener stays. */
void attach_finish(void);
/* The end, for good. */
void attach_close(int dirfd);
