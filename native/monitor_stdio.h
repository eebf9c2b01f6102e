/*
 * The container's stdio: what it writes goes to the log, to our own stdio in the foreground and to all who are attached; what
 * it reads comes from our own and from them. Nothing here blocks on a slow reader: what cannot be written yet stops its source.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detach_keys.h"

struct stdio_ends {
	int out, err; /* read ends of the container's output, or -1; with a terminal `out` is the pty's master */
	int in;       /* write end of its input, or -1 */
	bool terminal;
	bool foreground; /* copies to and from our own stdio */
};

/* ---- monitor_output.c ---- */

void output_open(const struct stdio_ends *ends);
/* Makes the container's terminal as large as ours. */
void output_follow_size(void);
void output_resize(uint16_t rows, uint16_t columns);
/* All who are attached have the last message of this kind. */
void output_all_taken(char kind);
/* From now on nothing goes to our own stdio. */
void output_leave_own(void);
/* The container has ended: what is in its pipes is read and passed on, then they are closed. */
void output_drain(void);
void output_close(void);

/* ---- monitor_input.c ---- */

struct input_options {
	int to; /* write end of the container's input, which is ours to close; -1 where nobody may type */
	bool terminal;
	bool own;  /* reads our own standard input, in raw mode when it is a terminal */
	bool once; /* the end of somebody's input is the end of the container's */
	struct detach_keys keys;
	void (*detached)(void); /* the keys were typed at our own terminal */
};

void input_open(const struct input_options *options);
/* Bytes of somebody attached; at most ATTACH_CHUNK, and only while attach_listen_to(true) holds. */
void input_put(const char *bytes, size_t size);
/* Their input has ended. */
void input_end(void);
/* Gives our terminal its mode back and reads our own input no more. */
void input_leave_own(void);
void input_close(void);
