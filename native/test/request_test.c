/* The parser of requests: what is right, and everything that is not. Meant to run under the sanitizers. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "request.h"

struct buffer {
	char bytes[65536];
	size_t size;
};

static void put_u32(struct buffer *b, uint32_t value)
{
	memcpy(b->bytes + b->size, &value, sizeof value);
	b->size += sizeof value;
}

static void put_bytes(struct buffer *b, const void *bytes, size_t size)
{
	put_u32(b, (uint32_t)size);
	memcpy(b->bytes + b->size, bytes, size);
	b->size += size;
	b->bytes[b->size++] = 0;
}

static void put_list(struct buffer *b, const char *const *words, size_t count)
{
	put_u32(b, (uint32_t)count);
	for (size_t i = 0; i < count; i++) put_bytes(b, words[i], strlen(words[i]));
}

#define OP(b, ...)                                                    \
	do {                                                          \
		const char *const words[] = {__VA_ARGS__};            \
		put_list(b, words, sizeof words / sizeof *words);     \
	} while (0)

/* A copy of exactly the size, so that a read behind the end is seen. */
static int parse(const struct buffer *b, size_t size, struct request *r, struct err *e)
{
	char *copy = xmalloc(size);
	memcpy(copy, b->bytes, size);
	return request_parse(copy, size, r, e);
}

static void put_minimum(struct buffer *b)
{
	OP(b, "root-bind", "/r");
	OP(b, "arg", "true");
	OP(b, "cwd", "/");
}

static void accepts_all_operations(void)
{
	struct buffer b = {.size = 0};
	struct request r;
	struct err e;
	OP(&b, "root-overlay");
	OP(&b, "lower", "/l1");
	OP(&b, "image", "/i", "files", "/t", "/p");
	OP(&b, "image", "/j", "loops", "/t");
	OP(&b, "lower", "/l2");
	OP(&b, "upper", "/u", "/w");
	OP(&b, "volatile");
	OP(&b, "keep", "1", "/k");
	OP(&b, "stubs", "/s");
	OP(&b, "tree");
	OP(&b, "root-bind", "/t");
	OP(&b, "tree");
	OP(&b, "file", "0", "256", "1", "2", "secret");
	OP(&b, "namespace", "pid");
	OP(&b, "namespace", "ipc", "/proc/1/ns/ipc");
	OP(&b, "uid-map", "0", "100000", "65536");
	OP(&b, "mount", "/proc", "proc", "proc", "14", "0", "0", "0");
	OP(&b, "mount", "/t", "tmpfs", "t", "0", "0", "3", "262144", "mode=755", "size=1m");
	OP(&b, "device", "/dev/fuse", "c", "10", "229", "438", "0", "0");
	OP(&b, "rlimit", "7", "10", "18446744073709551615");
	OP(&b, "oom-score-adj", "-500");
	OP(&b, "user", "1", "2", "18");
	for (int i = 0; i < 9; i++) OP(&b, "group", "5");
	OP(&b, "capabilities", "1", "2", "3", "4", "2199023255551");
	OP(&b, "network", "bridge");
	OP(&b, "interface", "eth0", "br0", "v0", "", "10.0.0.2", "24", "10.0.0.1", "fd00::2", "64", "", "1400", "1");
	OP(&b, "cgroup", "/sys/fs/cgroup/x");
	OP(&b, "terminal", "30", "90");
	OP(&b, "init");
	OP(&b, "arg", "sh");
	OP(&b, "arg", "");
	OP(&b, "env", "A=1");
	OP(&b, "cwd", "/tmp");
	put_u32(&b, 2);
	put_bytes(&b, "seccomp", 7);
	put_bytes(&b, "\0\0\0\0\0\0\0\1\6\0\0\0\0\0\0\0", 16);
	put_u32(&b, 2);
	put_bytes(&b, "device-program", 14);
	put_bytes(&b, "\267\0\0\0\0\0\0\0\225\0\0\0\0\0\0\0", 16);
	CHECK(!parse(&b, b.size, &r, &e));
	CHECK(r.device_program_count == 2 && r.device_program[1].code == 0x95);
	CHECK(r.root.kind == ROOT_OVERLAY && r.root.lower.count == 4 && !strcmp(r.root.lower.items[3], "/l2"));
	CHECK(r.root.image_count == 2 && r.root.images[0].lower == 1 && r.root.images[0].from_files && r.root.images[0].data_count == 2);
	CHECK(!strcmp(r.root.images[0].data[1], "/p") && !r.root.images[1].from_files && r.root.images[1].data_count == 1);
	CHECK(r.root.keep == 1 && !strcmp(r.root.keep_in, "/k") && !r.root.on_kept);
	CHECK(r.root.overlay_volatile && r.init && r.terminal && r.rows == 30 && r.columns == 90);
	CHECK(r.mount_count == 2 && r.mounts[0].attr_set == 14 && r.mounts[1].options.count == 2);
	CHECK(r.mounts[1].flags == (MOUNT_BIND | MOUNT_RECURSIVE));
	CHECK(r.group_count == 9 && r.groups[8] == 5 && r.uid == 1 && r.gid == 2 && r.umask == 18);
	CHECK(r.rlimits[0].limit.rlim_max == RLIM_INFINITY && r.oom_score_adj == -500);
	CHECK(r.capabilities.ambient == 2199023255551 && r.seccomp_count == 2 && r.seccomp[1].code == 6);
	CHECK(r.network.kind == NETWORK_BRIDGE && r.network.interface_count == 1);
	CHECK(r.network.interfaces[0].prefix4 == 24 && r.network.interfaces[0].prefix6 == 64 && !r.network.interfaces[0].mac);
	CHECK(!r.network.interfaces[0].gateway6 && r.network.interfaces[0].mtu == 1400 && r.network.interfaces[0].isolated);
	CHECK(r.args.count == 2 && r.args.items[1][0] == 0 && r.namespace_path[3]);
	request_free(&r);
	/* Torn anywhere: refused or a shorter request, never a read behind the end. */
	for (size_t size = 0; size < b.size; size++)
		if (!parse(&b, size, &r, &e)) request_free(&r);
	/* One byte changed anywhere. */
	for (size_t i = 0; i < b.size; i++) {
		for (int value = 0; value < 256; value += 51) {
			char before = b.bytes[i];
			b.bytes[i] = (char)value;
			if (!parse(&b, b.size, &r, &e)) request_free(&r);
			b.bytes[i] = before;
		}
	}
}

static void refuses(void (*add)(struct buffer *))
{
	struct buffer b = {.size = 0};
	struct request r;
	struct err e;
	put_minimum(&b);
	CHECK(!parse(&b, b.size, &r, &e));
	request_free(&r);
	add(&b);
	CHECK(parse(&b, b.size, &r, &e) == -1);
	CHECK(!strcmp(e.step, "request") && (e.number == EINVAL || e.number == EBADMSG));
}

static void unknown_name(struct buffer *b) { OP(b, "no-such", "x"); }
static void too_few(struct buffer *b) { OP(b, "upper", "/u"); }
static void too_many(struct buffer *b) { OP(b, "init", "x"); }
static void image_without_data(struct buffer *b) { OP(b, "image", "/i", "files"); }
static void image_of_much(struct buffer *b) { OP(b, "image", "/i", "files", "/1", "/2", "/3"); }
static void image_on_other(struct buffer *b) { OP(b, "image", "/i", "disks", "/1"); }
static void nul_inside(struct buffer *b)
{
	put_u32(b, 2);
	put_bytes(b, "arg", 3);
	put_bytes(b, "a\0b", 3);
}
static void bad_number(struct buffer *b) { OP(b, "user", "-1", "0", "18"); }
static void huge_number(struct buffer *b) { OP(b, "user", "4294967296", "0", "18"); }
static void bad_device(struct buffer *b) { OP(b, "device", "/dev/x", "z", "1", "1", "0", "0", "0"); }
static void bad_namespace(struct buffer *b) { OP(b, "namespace", "nosuch"); }
static void climbing_cgroup(struct buffer *b) { OP(b, "cgroup", "/sys/fs/cgroup/a/../b"); }
static void climbing_cgroup_at_the_end(struct buffer *b) { OP(b, "cgroup", "/sys/fs/cgroup/a/.."); }
static void climbing_sysctl(struct buffer *b) { OP(b, "sysctl", "../self/oom_score_adj", "0"); }
static void relative_cgroup(struct buffer *b) { OP(b, "cgroup", "a"); }
static void torn_filter(struct buffer *b) { OP(b, "seccomp", "1234567"); }
static void empty_filter(struct buffer *b) { OP(b, "seccomp", ""); }
static void torn_device_program(struct buffer *b) { OP(b, "device-program", "123456789"); }
static void empty_device_program(struct buffer *b) { OP(b, "device-program", ""); }
static void two_device_programs(struct buffer *b)
{
	OP(b, "device-program", "12345678");
	OP(b, "device-program", "12345678");
}
static void empty_operation(struct buffer *b) { put_u32(b, 0); }
static void endless_operation(struct buffer *b) { put_u32(b, UINT32_MAX); }
static void endless_text(struct buffer *b)
{
	put_u32(b, 1);
	put_u32(b, UINT32_MAX);
}
static void wide_terminal(struct buffer *b) { OP(b, "terminal", "70000", "80"); }
static void half_bridge(struct buffer *b) { OP(b, "network", "bridge", "br0"); }
static void interface_without_network(struct buffer *b)
{
	OP(b, "interface", "eth0", "br0", "v0", "", "", "", "", "", "", "", "", "");
}
static void interface_that_is_a_path(struct buffer *b)
{
	OP(b, "network", "bridge");
	OP(b, "interface", "../x", "br0", "v0", "", "", "", "", "", "", "", "", "");
}
static void join_and_root(struct buffer *b) { OP(b, "join", "5"); }
static void bare_tree(struct buffer *b) { OP(b, "tree"); }
static void file_in_root(struct buffer *b) { OP(b, "file", "0", "0", "0", "0", "x"); }
static void file_with_path(struct buffer *b)
{
	OP(b, "tree");
	OP(b, "file", "a/b", "0", "0", "0", "x");
}
static void tree_without_mount(struct buffer *b)
{
	OP(b, "tree");
	OP(b, "root-bind", "/t");
	OP(b, "mount-tree", "1");
}
static void no_such_tree(struct buffer *b)
{
	OP(b, "mount", "/m", "bind", "/s", "0", "0", "1", "0");
	OP(b, "mount-tree", "1");
}
static void no_number_to_keep(struct buffer *b) { OP(b, "keep", "all", "/k"); }
static void join_nobody(struct buffer *b) { OP(b, "join", "0"); }

static void refuses_what_is_missing(void)
{
	struct buffer b = {.size = 0};
	struct request r;
	struct err e;
	CHECK(parse(&b, 0, &r, &e) == -1);
	OP(&b, "root-overlay");
	OP(&b, "arg", "x");
	OP(&b, "cwd", "/");
	CHECK(parse(&b, b.size, &r, &e) == -1);
}

int main(void)
{
	static void (*const hostile[])(struct buffer *) = {
		image_without_data, image_of_much, image_on_other,
		unknown_name,  too_few,	      too_many,	       nul_inside,     bad_number,	  huge_number,
		bad_device,    bad_namespace, climbing_cgroup, climbing_cgroup_at_the_end, climbing_sysctl, relative_cgroup, torn_filter,	  empty_filter,
		empty_operation, endless_operation, endless_text, wide_terminal, half_bridge, interface_without_network, interface_that_is_a_path, join_and_root, join_nobody,
		bare_tree, file_in_root, file_with_path, tree_without_mount, no_such_tree,
		no_number_to_keep,
		torn_device_program, empty_device_program, two_device_programs,
	};
	accepts_all_operations();
	for (size_t i = 0; i < COUNT(hostile); i++) refuses(hostile[i]);
	refuses_what_is_missing();
	return 0;
}
