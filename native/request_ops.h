/* The table of operations a request is made of. */
#pragma once
#include "request.h"

/* argv[0] is the name; text arguments end in NUL and hold no other (checked), binary ones have their size in sizes[]. */
struct operation {
	char **argv;
	size_t *sizes;
	size_t argc;
};

/* Applies one operation; unknown names and bad arguments fail with EINVAL. */
int request_apply(struct request *request, const struct operation *operation, struct err *e);

/* Room for one more element behind the last; the array grows at powers of two. */
void *request_grow(void *items, size_t count, size_t size);

/* request_roots.c. What describes a root is said of the last tree, before the first one of the container's root. */
struct request_root *request_described_root(struct request *r);
int request_apply_tree(struct request *r, const struct operation *op);
int request_apply_root_overlay(struct request *r, const struct operation *op);
int request_apply_image(struct request *r, const struct operation *op);
int request_apply_keep(struct request *r, const struct operation *op);
int request_apply_root_bind(struct request *r, const struct operation *op);
int request_apply_upper(struct request *r, const struct operation *op);
int request_apply_file(struct request *r, const struct operation *op);
/* request_life.c */
int request_apply_gate(struct request *r, const struct operation *op);
int request_apply_preserve(struct request *r, const struct operation *op);
int request_apply_root_propagation(struct request *r, const struct operation *op);
int request_apply_hook(struct request *r, const struct operation *op);
void request_free_hooks(struct request *r);
/* The source of the mount before this operation is a path in a tree. */
int request_apply_mount_tree(struct request *r, const struct operation *op);
/* request_program.c */
int request_apply_rlimit(struct request *r, const struct operation *op);
int request_apply_oom_score_adj(struct request *r, const struct operation *op);
int request_apply_user(struct request *r, const struct operation *op);
int request_apply_group(struct request *r, const struct operation *op);
int request_apply_capabilities(struct request *r, const struct operation *op);
int request_apply_device_program(struct request *r, const struct operation *op);
int request_apply_seccomp(struct request *r, const struct operation *op);
int request_apply_terminal(struct request *r, const struct operation *op);
/* request_network.c */
int request_apply_network(struct request *r, const struct operation *op);
int request_apply_interface(struct request *r, const struct operation *op);
