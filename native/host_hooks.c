#include "host_hooks.h"

#include <stdio.h>
#include <sys/socket.h>

#include "channel.h"
#include "util.h"

enum { CONTROL = 3 };

int host_hooks_ask(int channel, struct err *e)
{
	const struct message mounted = {.kind = MESSAGE_MOUNTED};
	if (channel_send(channel, &mounted, -1)) return fail(e, "hook", "ask");
	return channel_await_release(channel) ? fail(e, "hook", "wait for the caller") : 0;
}

void host_hooks_await(int channel, pid_t pid)
{
	char byte;
	(void)dprintf(CONTROL, "{\"event\":\"mounted\",\"pid\":%d}\n", (int)pid);
	if (read_all(CONTROL, &byte, 1) == 1)
		(void)channel_release(channel);
	else
		/* The caller is gone, or a hook has failed: the container reads the end and fails too. */
		(void)shutdown(channel, SHUT_WR);
}
