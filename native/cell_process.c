#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "cell.h"
#include "channel.h"
#include "child.h"
#include "net_container.h"
#include "sys.h"
#include "util.h"

/* Standard input, and then only what the maker talks through. */
static int keep_only(int socket, struct err *e)
{
	enum { FIRST = 3 };
	if (socket != FIRST && dup3(socket, FIRST, O_CLOEXEC) < 0) return fail(e, "cell", "descriptors");
	return sys_close_range(FIRST + 1, ~0u, 0) ? fail(e, "cell", "close_range") : FIRST;
}

static int settle(const struct request *request, int socket, struct err *e)
{
	struct setup s = {.request = request, .channel = -1, .procfs = -1};
	const struct cell_answer ready = {.pid = 0};
	if (request->namespaces & CLONE_NEWNET && unshare(CLONE_NEWNET)) return fail(e, "namespaces", "net");
	/* The maker puts this process into its cgroups and the ends of the cables into its network now. */
	if (cell_send_answer(socket, &ready) || channel_await_release(socket)) return fail(e, "cell", "wait");
	int result = net_configure(&s, e);
	if (s.procfs >= 0) (void)close(s.procfs);
	return result;
}

/* The images of the request are mounted already: their descriptors came in the order of the request. */
static void take_images(const struct request *request, const int *descriptors)
{
	for (size_t i = 0; i < request->root.image_count; i++) request->root.images[i].mount = *descriptors++;
	for (size_t t = 0; t < request->tree_count; t++)
		for (size_t i = 0; i < request->trees[t].image_count; i++)
			request->trees[t].images[i].mount = *descriptors++;
}

static pid_t clone_container(struct request *request, const struct fold *fold, const int *descriptors)
{
	const struct child_start start = {.request = request,
					  .stdio = {0, descriptors[CELL_STDOUT], descriptors[CELL_STDERR]},
					  .channel = descriptors[CELL_CHANNEL],
					  .gate = {-1, -1},
					  .join_pidfd = -1};
	/* As in spawn.c. This process's own network namespace is the container's. */
	request->namespaces &= ~(uint64_t)CLONE_NEWNET;
	struct clone_args args = {.flags = (request->namespaces & ~(uint64_t)CLONE_NEWCGROUP) | CLONE_PARENT};
	if (fold) fold_apply(&request->root, fold);
	take_images(request, descriptors + CELL_IMAGES);
	pid_t pid = sys_clone3(&args);
	if (pid == 0) child_main(&start);
	return pid;
}

static void follow(const char *shared, const struct cell_order_head *head, const int *descriptors, struct cell_answer *answer)
{
	struct request request;
	answer->failed = true;
	if (request_copy_parse(shared, head->size, &request, &answer->err)) return;
	const struct fold fold = {.mount = descriptors[CELL_FOLD]};
	answer->pid = clone_container(&request, head->folded ? &fold : NULL, descriptors);
	answer->failed = answer->pid <= 0;
	if (answer->failed) (void)fail(&answer->err, "namespaces", "clone");
	request_free(&request);
}

static void serve(int socket, const char *shared)
{
	struct cell_order_head head;
	int *descriptors;
	while (!cell_receive_order(socket, &head, &descriptors)) {
		struct cell_answer answer = {.pid = 0};
		follow(shared, &head, descriptors, &answer);
		for (size_t i = 0; i < head.descriptors; i++) (void)close(descriptors[i]);
		free(descriptors);
		if (cell_send_answer(socket, &answer)) return;
	}
}

_Noreturn void cell_main(const struct request *request, int socket, const char *shared)
{
	struct cell_answer settled = {.pid = 0};
	if (prctl(PR_SET_PDEATHSIG, SIGKILL)) _exit(1);
	int ours = keep_only(socket, &settled.err);
	settled.failed = ours < 0 || settle(request, ours, &settled.err);
	if (!cell_send_answer(ours < 0 ? socket : ours, &settled) && !settled.failed) serve(ours, shared);
	_exit(0);
}
