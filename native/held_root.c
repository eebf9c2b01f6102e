#include "held_root.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "util.h"

void held_root_take(struct held_root *root, pid_t pid)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/root", (int)pid);
	/* Nothing is looked up below it, wherever the program may have put its root by now. */
	*root = (struct held_root){.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

static void *let_go(void *self)
{
	const struct held_root *root = self;
	(void)close(root->fd);
	return NULL;
}

void held_root_release(struct held_root *root)
{
	if (root->fd < 0) return;
	root->releasing = !pthread_create(&root->thread, NULL, let_go, root);
	if (!root->releasing) (void)let_go(root);
}

void held_root_await(struct held_root *root)
{
	if (root->releasing) (void)pthread_join(root->thread, NULL);
	*root = (struct held_root){.fd = -1};
}
