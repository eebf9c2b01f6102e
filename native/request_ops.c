#include "request_ops.h"

#include <errno.h>
#include <linux/sched.h>
#include <string.h>

const struct namespace_type namespace_types[8] = {
	{"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID}, {"ipc", CLONE_NEWIPC},
	{"uts", CLONE_NEWUTS}, {"network", CLONE_NEWNET}, {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME},
};

static int apply_join(struct request *r, const struct operation *op)
{
	uint32_t pid;
	if (parse_u32(op->argv[1], &pid) || pid == 0 || pid > INT32_MAX) return -1;
	r->join = (pid_t)pid;
	return op->argc > 2 ? parse_u64(op->argv[2], &r->join_start) : 0;
}

/* True when a component of the path is `..`, which would leave the directory that was agreed on. */
static bool climbs(const char *path)
{
	for (const char *p = path; *p; p += strspn(p, "/")) {
		size_t length = strcspn(p, "/");
		if (length == 2 && p[0] == '.' && p[1] == '.') return true;
		p += length;
	}
	return false;
}

static int apply_cgroup(struct request *r, const struct operation *op)
{
	if (op->argv[1][0] != '/' || climbs(op->argv[1])) return -1;
	strings_add(&r->cgroups, op->argv[1]);
	return 0;
}

static int apply_namespace(struct request *r, const struct operation *op)
{
	for (size_t i = 0; i < COUNT(namespace_types); i++) {
		if (strcmp(namespace_types[i].name, op->argv[1]) != 0) continue;
		if (op->argc > 2)
			r->namespace_path[i] = op->argv[2];
		else
			r->namespaces |= namespace_types[i].flag;
		return 0;
	}
	return -1;
}

static int apply_map(struct request_map **maps, size_t *count, const struct operation *op)
{
	struct request_map map;
	if (parse_u32(op->argv[1], &map.inside) || parse_u32(op->argv[2], &map.outside) ||
	    parse_u32(op->argv[3], &map.count))
		return -1;
	*maps = request_grow(*maps, *count, sizeof map);
	(*maps)[(*count)++] = map;
	return 0;
}

static int apply_uid_map(struct request *r, const struct operation *op)
{
	return apply_map(&r->uid_maps, &r->uid_map_count, op);
}

static int apply_gid_map(struct request *r, const struct operation *op)
{
	return apply_map(&r->gid_maps, &r->gid_map_count, op);
}

static int apply_mount(struct request *r, const struct operation *op)
{
	struct request_mount m = {.target = op->argv[1], .type = op->argv[2], .source = op->argv[3]};
	if (parse_u64(op->argv[4], &m.attr_set) || parse_u64(op->argv[5], &m.attr_clear) ||
	    parse_u32(op->argv[6], &m.flags) || parse_u64(op->argv[7], &m.propagation))
		return -1;
	for (size_t i = 8; i < op->argc; i++) strings_add(&m.options, op->argv[i]);
	r->mounts = request_grow(r->mounts, r->mount_count, sizeof m);
	r->mounts[r->mount_count++] = m;
	return 0;
}

static int apply_device(struct request *r, const struct operation *op)
{
	struct request_device d = {.path = op->argv[1], .type = op->argv[2][0]};
	if (!d.type || !strchr("cbup", d.type) || parse_u32(op->argv[3], &d.major) || parse_u32(op->argv[4], &d.minor) ||
	    parse_u32(op->argv[5], &d.mode) || parse_u32(op->argv[6], &d.uid) || parse_u32(op->argv[7], &d.gid))
		return -1;
	r->devices = request_grow(r->devices, r->device_count, sizeof d);
	r->devices[r->device_count++] = d;
	return 0;
}

static int apply_sysctl(struct request *r, const struct operation *op)
{
	struct request_sysctl s = {.key = op->argv[1], .value = op->argv[2]};
	if (climbs(s.key)) return -1;
	r->sysctls = request_grow(r->sysctls, r->sysctl_count, sizeof s);
	r->sysctls[r->sysctl_count++] = s;
	return 0;
}

static int apply_rlimit(struct request *r, const struct operation *op)
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

static int apply_oom_score_adj(struct request *r, const struct operation *op)
{
	r->has_oom_score_adj = true;
	return parse_i64(op->argv[1], &r->oom_score_adj);
}

static int apply_user(struct request *r, const struct operation *op)
{
	return parse_u32(op->argv[1], &r->uid) || parse_u32(op->argv[2], &r->gid) || parse_u32(op->argv[3], &r->umask);
}

static int apply_group(struct request *r, const struct operation *op)
{
	uint32_t gid;
	if (parse_u32(op->argv[1], &gid)) return -1;
	r->groups = request_grow(r->groups, r->group_count, sizeof gid);
	r->groups[r->group_count++] = gid;
	return 0;
}

static int apply_capabilities(struct request *r, const struct operation *op)
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

static int apply_device_program(struct request *r, const struct operation *op)
{
	if (r->device_program) return -1;
	r->device_program = copy_program(op, sizeof *r->device_program, &r->device_program_count);
	return r->device_program ? 0 : -1;
}

static int apply_seccomp(struct request *r, const struct operation *op)
{
	if (r->seccomp || op->sizes[1] / sizeof *r->seccomp > BPF_MAXINSNS) return -1;
	r->seccomp = copy_program(op, sizeof *r->seccomp, &r->seccomp_count);
	return r->seccomp ? 0 : -1;
}

static int apply_terminal(struct request *r, const struct operation *op)
{
	r->terminal = true;
	return parse_u32(op->argv[1], &r->rows) || parse_u32(op->argv[2], &r->columns) || r->rows > UINT16_MAX ||
	       r->columns > UINT16_MAX;
}

static int apply_network(struct request *r, const struct operation *op)
{
	struct request_network *n = &r->network;
	const char *kind = op->argv[1];
	if (!strcmp(kind, "host") || !strcmp(kind, "none")) {
		n->kind = *kind == 'h' ? NETWORK_HOST : NETWORK_NONE;
		return op->argc != 2;
	}
	if (!strcmp(kind, "path")) {
		n->kind = NETWORK_PATH;
		n->path = op->argv[2];
		return op->argc != 3;
	}
	n->kind = NETWORK_BRIDGE;
	return strcmp(kind, "bridge") != 0 || op->argc != 2;
}

static int apply_interface(struct request *r, const struct operation *op)
{
	struct request_network *n = &r->network;
	struct net_interface new;
	if (n->kind != NETWORK_BRIDGE || net_interface_parse(&new, (const char *const *)op->argv + 1, op->argc - 1)) return -1;
	n->interfaces = request_grow(n->interfaces, n->interface_count, sizeof new);
	n->interfaces[n->interface_count++] = new;
	if (!n->host_interface) n->host_interface = new.host;
	/* The one with the default route is the one that others reach it by. */
	if (new.address4 && (!n->address || new.gateway4)) n->address = new.address4;
	return 0;
}

/* Operations that only add a text to a list, take a text, or set a flag. */
static int apply_simple(struct request *r, const struct operation *op)
{
	struct request_root *root = request_described_root(r);
	const struct {
		const char *name;
		struct strings *list;
		const char **text;
		bool *flag;
	} simple[] = {
		{"lower", &root->lower, NULL, NULL},         {"masked", &r->masked, NULL, NULL},
		{"readonly", &r->readonly, NULL, NULL},   {"arg", &r->args, NULL, NULL},
		{"env", &r->env, NULL, NULL},             {"stubs", NULL, &root->stubs, NULL},
		{"hostname", NULL, &r->hostname, NULL},   {"domainname", NULL, &r->domainname, NULL},
		{"cwd", NULL, &r->cwd, NULL},             {"volatile", NULL, NULL, &root->overlay_volatile},
		{"root-readonly", NULL, NULL, &r->root_readonly},
		{"no-new-privileges", NULL, NULL, &r->no_new_privileges},
		{"init", NULL, NULL, &r->init},           {"resolver", NULL, NULL, &r->network.resolver},
		{"hold", NULL, NULL, &r->hold},
		{"outlive", NULL, NULL, &r->life.outlive},
		{"host-hooks", NULL, NULL, &r->life.host_hooks},
	};
	for (size_t i = 0; i < COUNT(simple); i++) {
		if (strcmp(op->argv[0], simple[i].name) != 0) continue;
		if (op->argc != (simple[i].flag ? 1u : 2u)) return -1;
		if (simple[i].list) strings_add(simple[i].list, op->argv[1]);
		if (simple[i].text) *simple[i].text = op->argv[1];
		if (simple[i].flag) *simple[i].flag = true;
		return 0;
	}
	return -1;
}

static const struct {
	const char *name;
	size_t min, max; /* arguments without the name */
	int (*apply)(struct request *, const struct operation *);
} operations[] = {
	{"join", 1, 2, apply_join},
	{"cgroup", 1, 1, apply_cgroup},
	{"device-program", 1, 1, apply_device_program},
	{"namespace", 1, 2, apply_namespace},
	{"uid-map", 3, 3, apply_uid_map},
	{"gid-map", 3, 3, apply_gid_map},
	{"tree", 0, 0, request_apply_tree},
	{"file", 5, 5, request_apply_file},
	{"mount-tree", 1, 1, request_apply_mount_tree},
	{"root-overlay", 0, 0, request_apply_root_overlay},
	{"root-bind", 1, 1, request_apply_root_bind},
	{"upper", 2, 2, request_apply_upper},
	{"mount", 7, SIZE_MAX, apply_mount},
	{"device", 7, 7, apply_device},
	{"sysctl", 2, 2, apply_sysctl},
	{"rlimit", 3, 3, apply_rlimit},
	{"oom-score-adj", 1, 1, apply_oom_score_adj},
	{"user", 3, 3, apply_user},
	{"group", 1, 1, apply_group},
	{"capabilities", 5, 5, apply_capabilities},
	{"seccomp", 1, 1, apply_seccomp},
	{"terminal", 2, 2, apply_terminal},
	{"gate", 1, 1, request_apply_gate},
	{"preserve", 1, 1, request_apply_preserve},
	{"root-propagation", 1, 1, request_apply_root_propagation},
	{"hook", 6, SIZE_MAX, request_apply_hook},
	{"network", 1, 2, apply_network},
	{"interface", NET_INTERFACE_WORDS, NET_INTERFACE_WORDS_MOST, apply_interface},
};

/* The last argument of some operations is bytes. */
static bool texts_are_whole(const struct operation *op)
{
	static const char *const binary[] = {"seccomp", "device-program", "file"};
	size_t texts = op->argc;
	for (size_t i = 0; i < COUNT(binary); i++)
		if (!strcmp(op->argv[0], binary[i])) texts = op->argc - 1;
	for (size_t i = 0; i < texts; i++)
		if (strlen(op->argv[i]) != op->sizes[i]) return false;
	return true;
}

int request_apply(struct request *request, const struct operation *op, struct err *e)
{
	const char *name = op->argv[0];
	if (!texts_are_whole(op)) return fail_with(e, EINVAL, "request", "%.40s: NUL inside a text", name);
	int (*apply)(struct request *, const struct operation *) = apply_simple;
	for (size_t i = 0; i < COUNT(operations); i++) {
		if (strcmp(operations[i].name, name) != 0) continue;
		apply = operations[i].apply;
		if (op->argc - 1 < operations[i].min || op->argc - 1 > operations[i].max) apply = NULL;
	}
	if (!apply || apply(request, op)) return fail_with(e, EINVAL, "request", "%.40s", name);
	return 0;
}
