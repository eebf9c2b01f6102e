/*
 * A container request: a flat list of operations, each a list of byte strings, first the name.
 *
 *   "TSB1" u32 size-of-what-follows { u32 argc { u32 length, bytes, NUL } * argc } *
 *
 * Numbers are little endian. Everything that is text has no NUL inside. All policy was settled by the caller:
 * the helper looks nothing up. The mirror is src/foundation/native/request.ts.
 */
#pragma once
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "err.h"
#include "net_interface.h"
#include "util.h"

#define REQUEST_SIZE_MAX (16u << 20)

struct request_mount {
	const char *target, *type, *source;
	uint64_t attr_set, attr_clear; /* MOUNT_ATTR_* */
	uint32_t flags;                /* MOUNT_BIND | ... */
	uint64_t propagation;          /* MS_PRIVATE, ... or 0 */
	size_t tree;                   /* number, from 1, of the tree that `source` is a path in; 0 is the host */
	struct strings options;        /* of the file system: "mode=755" */
};
enum { MOUNT_BIND = 1, MOUNT_RECURSIVE = 2, MOUNT_ATTR_ALL = 4 /* attributes for submounts too */, MOUNT_COPY_UP = 8 /* filled with what it covers */,
       MOUNT_IDMAP = 16 /* the ids of a bind are translated as those of the root */ };

struct request_device {
	const char *path;
	char type; /* c b u p */
	uint32_t major, minor, mode, uid, gid;
};

struct request_rlimit {
	uint32_t resource;
	struct rlimit limit;
};

struct request_sysctl {
	const char *key, *value; /* key with slashes: net/ipv4/ip_unprivileged_port_start */
};

struct request_map {
	uint32_t inside, outside, count;
};

/* time_namespaces(7): what the clock of a new time namespace is ahead. */
struct request_time_offset {
	const char *clock; /* monotonic, boottime */
	int64_t seconds;
	uint32_t nanoseconds;
};

struct request_capabilities {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

enum root_kind { ROOT_NONE, ROOT_OVERLAY, ROOT_BIND, ROOT_MEMORY };

struct fold;

struct request_file {
	const char *name; /* one component */
	uint32_t mode, uid, gid;
	const char *bytes;
	size_t size;
};

enum { IMAGE_DATA_MAX = 2 };

/* A lower layer that is no directory: an EROFS image, with the bytes of its files in a tar, or in several files. */
struct request_image {
	size_t lower; /* index of its metadata file in `lower` */
	bool from_files; /* mounted without loop devices */
	const char *data[IMAGE_DATA_MAX];
	size_t data_count;
	int mount; /* images.h; -1 while it is not mounted */
};

/* A file system state: the container's root, or a tree that mounts take their source from. */
struct request_root {
	enum root_kind kind;
	struct strings lower;
	struct request_image *images;
	size_t image_count;
	bool nested; /* the lower layers are an overlay of their own, below another one: to find out whether there may be two */
	uint32_t keep;           /* so many of the lowest layers are to be kept for later requests (fold.h) */
	const char *keep_in;     /* an empty directory on the file system of `upper`, as long as they are kept */
	bool on_kept;            /* below the lower layers is what an earlier request has kept */
	const struct fold *fold; /* what is kept, once it has been put there */
	const char *upper, *work, *stubs; /* NULL when not given */
	bool overlay_volatile;
	const char *source; /* ROOT_BIND */
	struct request_file *files; /* ROOT_MEMORY: in a file system that is never written to a disk */
	size_t file_count;
};

enum { TREES_MAX = 512 };

enum network_kind { NETWORK_HOST, NETWORK_NONE, NETWORK_PATH, NETWORK_BRIDGE };

struct request_network {
	enum network_kind kind;
	const char *path;
	struct net_interface *interfaces;
	size_t interface_count;
	bool resolver; /* the name server's sockets are opened inside */
	/* Of the interface that published ports lead to, where there is one. */
	const char *host_interface, *address;
};

/* When a hook runs that the container's own process starts (runtime-spec config.md, POSIX-platform Hooks). */
enum hook_moment { HOOK_CREATE_CONTAINER, HOOK_START_CONTAINER };

struct request_hook {
	enum hook_moment moment;
	const char *path;
	uint32_t timeout; /* seconds; 0 is none */
	const char *state_head, *state_tail; /* what the hook reads, with the pid between */
	struct strings args, env;
};

/* A container whose life is in the hands of an OCI runtime's command line. */
struct request_life {
	bool outlive;     /* the process goes on when the helper ends */
	const char *gate; /* directory of the two FIFOs that start it (gate.h), or NULL */
	bool host_hooks;  /* the caller runs hooks of its own before the root is entered */
	uint32_t preserved; /* descriptors from 4 on that the program gets from 3 on */
	struct request_hook *hooks;
	size_t hook_count;
};

/* Everything points into `bytes`, which the request owns. */
struct request {
	char *bytes;
	pid_t join; /* > 0: run inside this container instead of making one */
	uint64_t join_start; /* sys_start_time of that process, so that no other is joined; 0: whichever has the pid */
	uint64_t namespaces; /* CLONE_NEW* to create */
	const char *namespace_path[8]; /* to join instead, by index of namespace_types */
	struct request_map *uid_maps, *gid_maps;
	size_t uid_map_count, gid_map_count;
	bool translate_root; /* the ids of layers and upper are those inside the user namespace */
	struct request_time_offset *time_offsets;
	size_t time_offset_count;
	struct strings cgroups;
	const struct bpf_insn *device_program; /* device rules for the cgroup2 directory, or NULL */
	size_t device_program_count;
	struct request_root root, *trees;
	size_t tree_count;
	bool root_readonly;
	struct request_mount *mounts;
	size_t mount_count;
	struct request_device *devices;
	size_t device_count;
	struct strings masked, readonly;
	struct request_sysctl *sysctls;
	size_t sysctl_count;
	const char *hostname, *domainname;
	struct request_rlimit *rlimits;
	size_t rlimit_count;
	bool has_oom_score_adj;
	int64_t oom_score_adj;
	uint32_t uid, gid, umask;
	uint32_t *groups;
	size_t group_count;
	struct request_capabilities capabilities;
	bool no_new_privileges;
	const struct sock_filter *seccomp;
	size_t seccomp_count;
	const char *cwd;
	struct strings args, env;
	bool terminal;
	uint32_t rows, columns;
	struct request_network network;
	bool init;
	uint64_t root_propagation; /* MS_SHARED, ... or 0 */
	struct request_life life;
	bool hold; /* no program: the process only keeps the root and its mounts */
};

struct namespace_type {
	const char *name;
	uint64_t flag;
};
extern const struct namespace_type namespace_types[8];

/* Takes ownership of `bytes` (what follows the 8 byte header) in every case. */
int request_parse(char *bytes, size_t size, struct request *out, struct err *e);
/* The same for bytes that stay the caller's, and are left as they are. */
int request_copy_parse(const char *bytes, size_t size, struct request *out, struct err *e);
/* Header and body from a pipe, socket or file; the body's bytes are the caller's to free. */
int request_receive(int fd, char **bytes, size_t *size, struct err *e);
/* Both. */
int request_read(int fd, struct request *out, struct err *e);
void request_free(struct request *request);
