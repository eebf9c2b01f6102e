/* The steps of setting a container up, each in a file of its own. They run in the new process, in its namespaces. */
#pragma once
#include "err.h"
#include "request.h"

/* State that the steps share. */
struct setup {
	const struct request *request;
	int channel;    /* to the starter */
	int root;       /* O_PATH on the container's root, mounted but not yet pivoted to */
	int *shared;    /* by number of the mount: a clone that takes part in the host's propagation, or -1 */
	int trees[TREES_MAX]; /* of the request, in its order; what is behind the last is not set */
	int procfs;     /* a proc mount of our own that no other process can mount over; -1 until needed */
	int terminal;   /* slave side of the pty, or -1 */
	int gate[2];    /* gate.h; -1 without */
	int userns;     /* root and image mounts show the ids of this user namespace; -1: those of the disk */
	int notes;      /* of what was made in a root that is no overlay; -1 without */
	bool in_userns; /* this process is in a user namespace of the container's */
};

/* rootfs.c: private mount namespace, root mounted over /; read-only at the end; pivot. */
int rootfs_cut_off(const struct request *request, struct err *e);
int rootfs_mount(struct setup *s, struct err *e);
int rootfs_finish(struct setup *s, struct err *e);
/* overlay.c: a descriptor of the mounted (attached) overlay; stubs < 0 for none; userns as in struct setup. */
int overlay_mount(const struct request_root *root, int stubs, int userns, struct err *e);
/* userns_mounts.c: ids of a detached mount are translated as the user namespace says. */
int mount_translate(int mount, int userns, const char *what, struct err *e);
/* trees.c: those of the request, attached where only this namespace sees them. */
int trees_mount(struct setup *s, struct err *e);
/* A directory of a new file system in memory, attached likewise ("tmpfs", or "ramfs", which is never swapped out). */
int memory_mount(const char *type, struct err *e);
/* stubs.c: a directory with the mount points that the image may lack, or -1 with e. */
int stubs_open(struct setup *s, struct err *e);
/* For a root that is no overlay: opens the file for `notes`, if there is to be one. */
int stubs_note(struct setup *s, struct err *e);
/* Times of inodes go by the kernel's tick: waits until what the program changes has other times than what was noted. */
void stubs_settle(const struct setup *s);
bool mount_is_covered(const struct request *request, size_t index);
/* mounts.c */
int mounts_make(struct setup *s, struct err *e);
/* A detached clone of what a bind mount shows, or -1 with e. */
int mount_source(struct setup *s, const struct request_mount *mount, struct err *e);
/* fsops_copy.c: everything in one directory into another; descriptors may be O_PATH. The directory gets the owner too. */
int copy_contents(int from, int to, struct err *e);
int mount_attach(int mount, int target);
/* mount_from.c: a detached clone of what is mounted at `path` in another mount namespace, or -1 and errno. */
int mount_from_namespace(const char *ns_path, const char *path);
/* True for what is no bind mount too, and for a source that is not there. */
bool bind_is_directory(struct setup *s, const struct request_mount *mount);
/* cgroup_mount.c: the read-only view of the container's own cgroups at `target`. */
int cgroup_mount(struct setup *s, const struct request_mount *mount, int target, struct err *e);
/* devices.c: nodes and links below /dev. */
int devices_make(struct setup *s, struct err *e);
/* masks.c: masked and read-only paths. */
int masks_make(struct setup *s, struct err *e);
/* terminal.c: a pty of the container's own devpts below `root`; the master goes to the starter. */
int terminal_make(struct setup *s, struct err *e);
int terminal_bind_console(struct setup *s, int console, struct err *e);
int terminal_control(struct setup *s, struct err *e);
/* procfs.c */
int procfs_open(struct setup *s, struct err *e);
int procfs_write(struct setup *s, const char *path, const char *text);
int sysctls_write(struct setup *s, struct err *e);
/* namespaces.c */
/* `entered`: those that the request names by path were entered before. */
int namespaces_enter(struct setup *s, bool entered, struct err *e);
/* Enters what the request names by path; pid and time take effect for children. For a process that ends soon. */
int namespaces_enter_paths(const struct request *request, struct err *e);
int namespaces_join(pid_t pid, int pidfd, struct err *e);
int hostname_set(const struct request *request, struct err *e);
/* limits.c: rlimits, clamped to what may be had; warnings go to the channel. */
int limits_set(struct setup *s, struct err *e);
/* credentials.c: groups, user, capabilities, no_new_privs, seccomp, in the order that each needs the next. */
int credentials_set(struct setup *s, struct err *e);
/* workdir.c: changes to the working directory (made first, with `make`) and proves that it is inside the root. */
int workdir_enter(const char *path, bool make, struct err *e);
/* program.c: fails as the execution would, when there is no such program. */
int program_check(const struct request *request, struct err *e);
/* execve with a search of the container's own PATH. Returns only on failure. */
int program_execute(const struct request *request, struct err *e);
