#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "aside.h"
#include "cgroup.h"
#include "channel.h"
#include "images.h"
#include "net_container.h"
#include "sys.h"
#include "userns.h"
#include "util.h"

bool cell_may_run(const struct request *r)
{
	if (r->join > 0 || r->terminal || r->init || r->hold || r->life.gate || r->life.outlive || r->life.host_hooks) return false;
	if (r->life.hook_count || r->life.preserved || r->has_oom_score_adj || r->network.resolver) return false;
	for (size_t i = 0; i < COUNT(r->namespace_path); i++)
		if (r->namespace_path[i]) return false;
	/* Only what ends with its pid namespace leaves nothing in the cgroups. */
	return r->namespaces & CLONE_NEWPID && r->network.kind != NETWORK_PATH && !userns_wanted(r) && !r->time_offset_count;
}

static int clone_process(struct cell *cell, const struct request *request, bool *in_cgroup, struct err *e)
{
	int ends[2];
	struct clone_args args = {.exit_signal = SIGCHLD};
	if (channel_open(ends, e)) return -1;
	CLEANUP_CLOSE int cgroup = cgroup_clone_target(request);
	*in_cgroup = cgroup >= 0;
	if (cgroup >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint32_t)cgroup;
	}
	cell->socket = ends[0];
	cell->pid = sys_clone3(&args);
	if (cell->pid == 0) cell_main(request, ends[1], cell->shared);
	(void)close(ends[1]);
	return cell->pid < 0 ? fail(e, "cell", "clone") : 0;
}

static int await_answer(struct cell *cell, struct cell_answer *answer, struct err *e)
{
	if (cell_receive_answer(cell->socket, answer)) return fail(e, "cell", "process");
	if (!answer->failed) return 0;
	*e = answer->err;
	return -1;
}

/* While the process sees to its network, it is moved: that is a wait for the kernel. */
static int settle(struct cell *cell, const struct request *request, bool in_cgroup, struct err *e)
{
	struct cell_answer answer;
	if (await_answer(cell, &answer, e) || net_attach(request, cell->pid, e)) return -1;
	if (channel_release(cell->socket)) return fail(e, "cell", "process");
	if (!in_cgroup && cgroup_join(request, cell->pid, e)) return -1;
	return await_answer(cell, &answer, e);
}

/* A table of the process's network, without its first line. Empty when there is none. */
static char *read_table(pid_t pid, const char *file, char *text, size_t size)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, file);
	if (read_text_at(AT_FDCWD, path, text, size) < 0) *text = 0;
	char *end = strchr(text, '\n');
	return end ? end + 1 : text + strlen(text);
}

/* Packets that were sent by all interfaces: behind each name the numbers received, then sent. */
static unsigned long packets_sent(pid_t pid)
{
	enum { SENT = 10 };
	char text[16384];
	unsigned long sum = 0;
	for (char *rest = read_table(pid, "dev", text, sizeof text), *line; (line = strsep(&rest, "\n"));) {
		char *numbers = strchr(line, ':'), *number = NULL;
		if (!numbers++) continue;
		for (int i = 0; i < SENT && (number = strsep(&numbers, " "));) i += *number != 0;
		if (number) sum += strtoul(number, NULL, 10);
	}
	return sum;
}

/*
 * Sockets that have a place of their own, of all protocols: a name, a size, and how many. They outlive their processes in messages
 * that nobody has taken yet. What /proc/net/sockstat counts has the closed ones of netlink for a while.
 */
static long sockets_open(pid_t pid)
{
	char text[16384];
	long sum = 0, count;
	for (char *rest = read_table(pid, "protocols", text, sizeof text), *line; (line = strsep(&rest, "\n"));)
		if (sscanf(line, "%*s %*s %ld", &count) == 1 && count > 0) sum += count;
	return sum;
}

/* They stay for a minute. */
static bool has_labels(pid_t pid)
{
	char text[1024];
	return *read_table(pid, "ip6_flowlabel", text, sizeof text);
}

int cell_open(struct cell *cell, const struct request *request, struct err *e)
{
	bool in_cgroup;
	*cell = (struct cell){.pid = -1,
			      .socket = -1,
			      .shared = aside_memory(REQUEST_SIZE_MAX),
			      .own_network = request->namespaces & CLONE_NEWNET,
			      .fold = {.mount = -1}};
	if (!cgroup_limit_devices(request, e) && !clone_process(cell, request, &in_cgroup, e) &&
	    !settle(cell, request, in_cgroup, e)) {
		cell->sockets = sockets_open(cell->pid);
		return 0;
	}
	cell_close(cell);
	return -1;
}

bool cell_network_used(const struct cell *cell)
{
	if (packets_sent(cell->pid) != cell->sent) return true;
	return cell->own_network && (sockets_open(cell->pid) > cell->sockets || has_labels(cell->pid));
}

static size_t count_images(const struct request *r)
{
	size_t count = r->root.image_count;
	for (size_t i = 0; i < r->tree_count; i++) count += r->trees[i].image_count;
	return count;
}

static void gather_images(const struct request *r, int *into)
{
	for (size_t i = 0; i < r->root.image_count; i++) *into++ = r->root.images[i].mount;
	for (size_t t = 0; t < r->tree_count; t++)
		for (size_t i = 0; i < r->trees[t].image_count; i++) *into++ = r->trees[t].images[i].mount;
}

/* 0 when there is a process that waits for its release. */
static int order_container(struct cell *cell, const struct cell_order *order, const int stdio[3], int channel,
			   struct container *out, struct err *e)
{
	struct cell_answer answer;
	const struct fold *fold = order->request->root.fold;
	struct cell_order_head head = {.size = order->size,
				       .folded = fold != NULL,
				       .descriptors = CELL_IMAGES + count_images(order->request)};
	CLEANUP_FREE int *descriptors = xcalloc(head.descriptors, sizeof *descriptors);
	descriptors[CELL_STDOUT] = stdio[1];
	descriptors[CELL_STDERR] = stdio[2];
	descriptors[CELL_CHANNEL] = channel;
	descriptors[CELL_FOLD] = fold ? fold->mount : channel;
	gather_images(order->request, descriptors + CELL_IMAGES);
	memcpy(cell->shared, order->bytes, order->size);
	int sent = cell_send_order(cell->socket, &head, descriptors);
	int result = sent ? fail(e, "cell", "process") : await_answer(cell, &answer, e);
	/* What a step was told may be secret. */
	memset(cell->shared, 0, order->size);
	if (result) return -1;
	out->pid = answer.pid;
	/* Not reaped yet, so the number is that of our child. */
	out->pidfd = sys_pidfd_open(answer.pid);
	if (out->pidfd >= 0) return 0;
	(void)kill(answer.pid, SIGKILL);
	(void)waitpid(answer.pid, NULL, 0);
	return fail(e, "start", "pidfd");
}

int cell_start(struct cell *cell, const struct cell_order *order, const int stdio[3], struct container *out, struct err *e)
{
	int ends[2];
	*out = (struct container){.pid = -1, .pidfd = -1, .terminal = -1};
	if (channel_open(ends, e)) return -1;
	CLEANUP_CLOSE int ours = ends[0];
	CLEANUP_CLOSE int theirs = ends[1];
	cell->sent = packets_sent(cell->pid);
	int folded = fold_prepare(&cell->fold, &order->request->root, e);
	if (folded < 0) return -1;
	if (folded) fold_apply(&order->request->root, &cell->fold);
	int ordered = images_mount(order->request, e) ? -1 : order_container(cell, order, stdio, theirs, out, e);
	images_release(order->request);
	if (ordered) return -1;
	(void)close(steal_fd(&theirs));
	/* Its interfaces are there already. */
	order->request->network.interface_count = 0;
	return container_bring_up(order->request, true, ours, out, e);
}

void cell_close(struct cell *cell)
{
	if (cell->socket >= 0) (void)close(cell->socket);
	if (cell->pid > 0) {
		(void)kill(cell->pid, SIGKILL);
		(void)waitpid(cell->pid, NULL, 0);
	}
	aside_free(cell->shared, REQUEST_SIZE_MAX);
	fold_drop(&cell->fold);
	*cell = (struct cell){.pid = -1, .socket = -1, .fold = {.mount = -1}};
}
