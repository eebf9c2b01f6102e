/* System calls that the C library does not wrap. Plain: -1 and errno. */
#pragma once
#include <linux/bpf.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

pid_t sys_clone3(struct clone_args *args);
int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve);
int sys_fsopen(const char *type);
int sys_fsconfig(int fd, unsigned command, const char *key, const void *value, int aux);
int sys_fsmount(int fd, unsigned attributes);
int sys_open_tree(int dirfd, const char *path, unsigned flags);
int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);
int sys_mount_setattr(int dirfd, const char *path, unsigned flags, struct mount_attr *attributes);
int sys_pivot_root(const char *root, const char *old);
int sys_pidfd_open(pid_t pid);
/* Clock ticks since boot (field 22 of /proc/PID/stat): with the pid they name a process until the next boot; 0: gone. */
uint64_t sys_start_time(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int signal);
int sys_close_range(unsigned first, unsigned last, unsigned flags);
int sys_bpf(enum bpf_cmd command, union bpf_attr *attributes);
int sys_seccomp_load(const void *program);
long sys_keyctl_join_session(void);
