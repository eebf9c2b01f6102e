/*
 * fsops own DIR OWNER: gives a directory and all that is below it to other owners (fsops_owner.h). No symlink is followed and
 * no other mount entered. Modes stay as they are; capabilities of files go, as the kernel has it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "fsops.h"
#include "fsops_owner.h"

/* By descriptor: what was looked at is what is changed. */
static int give(const char *name, const struct owner *owner, struct err *e)
{
	struct stat st;
	CLEANUP_CLOSE int fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) return errno == ENOENT ? 0 : fail(e, "own", "%s", name);
	if (fstat(fd, &st)) return fail(e, "own", "%s", name);
	uint32_t uid = owner_uid(owner, st.st_uid), gid = owner_gid(owner, st.st_gid);
	if (uid == st.st_uid && gid == st.st_gid) return 0;
	/* Met before under another name. */
	if (!S_ISDIR(st.st_mode) && st.st_nlink > 1 && owner_is_target(owner, st.st_uid)) return 0;
	if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH)) return fail(e, "own", "%s", name);
	/* The change of owner has cleared them. */
	if (!S_ISREG(st.st_mode) || !(st.st_mode & (S_ISUID | S_ISGID))) return 0;
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return chmod(path, st.st_mode & 07777) ? fail(e, "own", "%s", name) : 0;
}

int fsops_own(const char *directory, const char *text, struct err *e)
{
	struct owner owner;
	struct walk walk = {0};
	int result = owner_parse(&owner, text) ? fail_with(e, EINVAL, "own", "arguments") : walk_begin(&walk, directory, e);
	if (!result) result = give(".", &owner, e);
	while (!result && walk.depth > 0) {
		struct frame *top = &walk.frames[walk.depth - 1];
		if (top->next == top->names.count) {
			result = walk_leave(&walk, e);
			continue;
		}
		size_t i = top->next++;
		const char *name = names_get(&top->names, i);
		result = give(name, &owner, e);
		if (!result && names_type(&top->names, i) == DT_DIR) result = walk_enter(&walk, name, e);
	}
	walk_free(&walk);
	owner_free(&owner);
	return result;
}
