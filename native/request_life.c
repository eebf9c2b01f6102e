/* Operations of containers that an OCI runtime's command line keeps: how they start, and their hooks. */
#include <string.h>

#include "request_ops.h"

int request_apply_gate(struct request *r, const struct operation *op)
{
	r->life.gate = op->argv[1];
	return op->argv[1][0] == '/' ? 0 : -1;
}

int request_apply_preserve(struct request *r, const struct operation *op)
{
	/* As many as fit beside the few that the set-up needs. */
	return parse_u32(op->argv[1], &r->life.preserved) || r->life.preserved > 512;
}

int request_apply_root_propagation(struct request *r, const struct operation *op)
{
	return parse_u64(op->argv[1], &r->root_propagation);
}

/* MOMENT PATH TIMEOUT HEAD TAIL COUNT ARGS ENV: COUNT of ARGS, the rest is the environment. */
int request_apply_hook(struct request *r, const struct operation *op)
{
	struct request_hook h = {.path = op->argv[2], .state_head = op->argv[4], .state_tail = op->argv[5]};
	uint32_t count;
	bool start = !strcmp(op->argv[1], "start-container");
	if (!start && strcmp(op->argv[1], "create-container") != 0) return -1;
	h.moment = start ? HOOK_START_CONTAINER : HOOK_CREATE_CONTAINER;
	if (parse_u32(op->argv[3], &h.timeout) || parse_u32(op->argv[6], &count) || count > op->argc - 7) return -1;
	for (size_t i = 7; i < op->argc; i++) strings_add(i < 7 + (size_t)count ? &h.args : &h.env, op->argv[i]);
	r->life.hooks = request_grow(r->life.hooks, r->life.hook_count, sizeof h);
	r->life.hooks[r->life.hook_count++] = h;
	return 0;
}

void request_free_hooks(struct request *r)
{
	for (size_t i = 0; i < r->life.hook_count; i++) {
		free(r->life.hooks[i].args.items);
		free(r->life.hooks[i].env.items);
	}
	free(r->life.hooks);
}
