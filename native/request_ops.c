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

static int apply_time_offset(struct request *r, const struct operation *op)
{
	struct request_time_offset o = {.clock = op->argv[1]};
	if (strcmp(o.clock, "monotonic") != 0 && strcmp(o.clock, "boottime") != 0) return -1;
	if (parse_i64(op->argv[2], &o.seconds) || parse_u32(op->argv[3], &o.nanoseconds) || o.nanoseconds > 999999999) return -1;
	r->time_offsets = request_grow(r->time_offsets, r->time_offset_count, sizeof o);
	r->time_offsets[r->time_offset_count++] = o;
	return 0;
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
		{"translate-root", NULL, NULL, &r->translate_root},
		{"no-new-privileges", NULL, NULL, &r->no_new_privileges},
		{"init", NULL, NULL, &r->init},           {"resolver", NULL, NULL, &r->network.resolver},
		{"hold", NULL, NULL, &r->hold},           {"nested", NULL, NULL, &root->nested},
		{"on-kept", NULL, NULL, &root->on_kept},
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
	{"device-program", 1, 1, request_apply_device_program},
	{"namespace", 1, 2, apply_namespace},
	{"uid-map", 3, 3, apply_uid_map},
	{"gid-map", 3, 3, apply_gid_map},
	{"time-offset", 3, 3, apply_time_offset},
	{"tree", 0, 0, request_apply_tree},
	{"file", 5, 5, request_apply_file},
	{"mount-tree", 1, 1, request_apply_mount_tree},
	{"root-overlay", 0, 0, request_apply_root_overlay},
	{"root-bind", 1, 1, request_apply_root_bind},
	{"image", 3, 2 + IMAGE_DATA_MAX, request_apply_image},
	{"keep", 2, 2, request_apply_keep},
	{"upper", 2, 2, request_apply_upper},
	{"mount", 7, SIZE_MAX, apply_mount},
	{"device", 7, 7, apply_device},
	{"sysctl", 2, 2, apply_sysctl},
	{"rlimit", 3, 3, request_apply_rlimit},
	{"oom-score-adj", 1, 1, request_apply_oom_score_adj},
	{"user", 3, 3, request_apply_user},
	{"group", 1, 1, request_apply_group},
	{"capabilities", 5, 5, request_apply_capabilities},
	{"seccomp", 1, 1, request_apply_seccomp},
	{"terminal", 2, 2, request_apply_terminal},
	{"gate", 1, 1, request_apply_gate},
	{"preserve", 1, 1, request_apply_preserve},
	{"root-propagation", 1, 1, request_apply_root_propagation},
	{"hook", 6, SIZE_MAX, request_apply_hook},
	{"network", 1, 2, request_apply_network},
	{"interface", NET_INTERFACE_WORDS, NET_INTERFACE_WORDS_MOST, request_apply_interface},
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
