/* Operations about the program: its user, rights, limits and terminal; and the compiled programs that guard it. */
#include <string.h>

#include "request_ops.h"

int request_apply_rlimit(struct request *r, const struct operation *op)
{
	struct request_rlimit l;
	uint64_t soft, hard;
	if (parse_u32(op->argv[1], &l.resource) || parse_u64(op->argv[2], &soft) || parse_u64(op->argv[3], &hard))
		return -1;
	l.limit = (struct rlimit){.rlim_cur = soft, .rlim_max = hard};
	r->rlimits = request_grow(r->rlimits, r->rlimit_count, sizeof l);
	r->rlimits[r->rlimit_count++] = l;
	return 0;
}

int request_apply_oom_score_adj(struct request *r, const struct operation *op)
{
	r->has_oom_score_adj = true;
	return parse_i64(op->argv[1], &r->oom_score_adj);
}

int request_apply_user(struct request *r, const struct operation *op)
{
	return parse_u32(op->argv[1], &r->uid) || parse_u32(op->argv[2], &r->gid) || parse_u32(op->argv[3], &r->umask);
}

int request_apply_group(struct request *r, const struct operation *op)
{
	uint32_t gid;
	if (parse_u32(op->argv[1], &gid)) return -1;
	r->groups = request_grow(r->groups, r->group_count, sizeof gid);
	r->groups[r->group_count++] = gid;
	return 0;
}

int request_apply_capabilities(struct request *r, const struct operation *op)
{
	struct request_capabilities *c = &r->capabilities;
	return parse_u64(op->argv[1], &c->bounding) || parse_u64(op->argv[2], &c->effective) ||
	       parse_u64(op->argv[3], &c->permitted) || parse_u64(op->argv[4], &c->inheritable) ||
	       parse_u64(op->argv[5], &c->ambient);
}

/* A copy, for its alignment; NULL unless it is a whole number of instructions, at least one. */
static void *copy_program(const struct operation *op, size_t instruction, size_t *count)
{
	size_t size = op->sizes[1];
	if (size == 0 || size % instruction != 0) return NULL;
	void *program = xmalloc(size);
	memcpy(program, op->argv[1], size);
	*count = size / instruction;
	return program;
}

int request_apply_device_program(struct request *r, const struct operation *op)
{
	if (r->device_program) return -1;
	r->device_program = copy_program(op, sizeof *r->device_program, &r->device_program_count);
	return r->device_program ? 0 : -1;
}

int request_apply_seccomp(struct request *r, const struct operation *op)
{
	if (r->seccomp || op->sizes[1] / sizeof *r->seccomp > BPF_MAXINSNS) return -1;
	r->seccomp = copy_program(op, sizeof *r->seccomp, &r->seccomp_count);
	return r->seccomp ? 0 : -1;
}

int request_apply_terminal(struct request *r, const struct operation *op)
{
	r->terminal = true;
	return parse_u32(op->argv[1], &r->rows) || parse_u32(op->argv[2], &r->columns) || r->rows > UINT16_MAX ||
	       r->columns > UINT16_MAX;
}
