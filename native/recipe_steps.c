/*
 * What a recipe makes and removes:
 *   D PATH MODE UID GID          a directory
 *   F PATH MODE BYTES            a new file
 *   R PATH MODE BYTES            a file that takes another's place in one step; what is there may be a file or nothing
 *   T PATH MODE BEFORE AFTER     a new file, a request: the words of the command as arguments between two parts
 *   W PATH VALUE...              values written one by one to a file that is there (of a cgroup)
 *   C PATH                       a cgroup
 *   M FROM TO                    rename
 *   U PATH                       unlink
 *   u PATH                       was used now
 *   O DESCRIPTOR BYTES           output
 *   c PATH                       removal of a cgroup, or of an empty directory
 *   J PATH BYTES                 lines behind those of the journal, which says then that there is the container
 *   j PATH BYTES                 the same, if it has said so
 *   X DIR TABLE WORDS WORDS      a name of two words that nobody has, remembered in the container's directory DIR
 *   n DIR                        gives the container's names back
 */
#include "recipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor.h"
#include "util.h"

static int make_directory(const struct recipe *r, const char *path)
{
	CLEANUP_FREE char *mode = recipe_fill(r, 1, NULL);
	CLEANUP_FREE char *uid = recipe_fill(r, 2, NULL);
	CLEANUP_FREE char *gid = recipe_fill(r, 3, NULL);
	uint32_t bits, user, group;
	if (parse_u32(mode, &bits) || parse_u32(uid, &user) || parse_u32(gid, &group) || mkdir(path, (mode_t)bits)) return -1;
	if (bits == 0700) return 0;
	/* Not subject to the umask, and a new owner clears set-id bits. */
	return lchown(path, user, group) || chmod(path, (mode_t)bits) ? -1 : 0;
}

static int make_file(const char *path, uint32_t mode, const char *bytes, size_t size)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
	if (fd < 0 || write_all(fd, bytes, size)) return -1;
	/* What others may read they may read whatever our umask is. */
	return mode & 077 ? fchmod(fd, (mode_t)mode) : 0;
}

/* Less the umask, as any program's file. */
static int replace_file(const struct recipe *r, const char *path)
{
	size_t size;
	uint32_t mode;
	struct stat st;
	char random[17];
	const char *slash = strrchr(path, '/');
	CLEANUP_FREE char *bits = recipe_fill(r, 1, NULL);
	CLEANUP_FREE char *bytes = recipe_fill(r, 2, &size);
	if (!slash || parse_u32(bits, &mode) || (lstat(path, &st) ? errno != ENOENT : !S_ISREG(st.st_mode))) return -1;
	recipe_random_hex(random, sizeof random - 1);
	CLEANUP_FREE char *temp = xasprintf("%.*s/.%s.tmp", (int)(slash - path), path, random);
	CLEANUP_CLOSE int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
	if (fd < 0) return -1;
	if (!write_all(fd, bytes, size) && !rename(temp, path)) return 0;
	(void)unlink(temp);
	return -1;
}

static int make_file_of(const struct recipe *r, const char *path)
{
	size_t size;
	uint32_t mode;
	CLEANUP_FREE char *bits = recipe_fill(r, 1, NULL);
	CLEANUP_FREE char *bytes = recipe_fill(r, 2, &size);
	return parse_u32(bits, &mode) ? -1 : make_file(path, mode, bytes, size);
}

/* Its head says how long it is. */
static int make_request(const struct recipe *r, const char *path)
{
	uint32_t mode;
	size_t before, middle, after;
	CLEANUP_FREE char *bits = recipe_fill(r, 1, NULL);
	CLEANUP_FREE char *first = recipe_fill(r, 2, &before);
	CLEANUP_FREE char *last = recipe_fill(r, 3, &after);
	CLEANUP_FREE char *arguments = recipe_arguments(&middle);
	size_t size = before + middle + after;
	CLEANUP_FREE char *bytes = xmalloc(size + 8);
	memcpy(bytes, "TSB1", 4);
	for (unsigned i = 0; i < 4; i++) bytes[4 + i] = (char)(size >> (8 * i));
	memcpy(bytes + 8, first, before);
	memcpy(bytes + 8 + before, arguments, middle);
	memcpy(bytes + 8 + before + middle, last, after);
	return parse_u32(bits, &mode) ? -1 : make_file(path, mode, bytes, size + 8);
}

static int write_values(const struct recipe *r, const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) return -1;
	for (size_t i = 1; i < r->item.count; i++) {
		size_t size;
		CLEANUP_FREE char *value = recipe_fill(r, i, &size);
		if (write(fd, value, size) != (ssize_t)size) return -1;
	}
	return 0;
}

static int rename_to(const struct recipe *r, const char *from)
{
	CLEANUP_FREE char *to = recipe_fill(r, 1, NULL);
	return rename(from, to);
}

static int append_lines(struct recipe *r, const char *path)
{
	size_t size;
	CLEANUP_FREE char *bytes = recipe_fill(r, 1, &size);
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	r->told = true;
	/* One that cannot be written is lost: nothing may fail for it. */
	if (fd >= 0) (void)write_all(fd, bytes, size);
	return 0;
}

static void pick(const char *words, char *out, size_t size)
{
	unsigned count = 1;
	for (const char *at = words; *at; at++) count += *at == ' ';
	for (unsigned skip = recipe_random_below(count); skip > 0; skip--) words += strcspn(words, " ") + 1;
	(void)snprintf(out, size, "%.*s", (int)strcspn(words, " "), words);
}

/* The record appears whole and takes no other's place, as src/store/records has it. False when the name is taken. */
static int link_name(const char *table, const char *name, const char *path)
{
	char random[33];
	recipe_random_hex(random, 32);
	CLEANUP_FREE char *temp = xasprintf("%s/.%s.tmp", table, random);
	CLEANUP_FREE char *text = xasprintf("{\"key\":\"%s\",\"value\":\"%s\"}\n", name, recipe_new_id());
	if (make_file(temp, 0600, text, strlen(text))) return -1;
	int result = link(temp, path);
	int failure = errno;
	(void)unlink(temp);
	errno = failure;
	return result;
}

static int claim_name(const struct recipe *r, const char *directory)
{
	enum { TRIES = 8, MOST_DIGITS = 1000000 };
	CLEANUP_FREE char *table = recipe_fill(r, 1, NULL);
	CLEANUP_FREE char *first = recipe_fill(r, 2, NULL);
	CLEANUP_FREE char *second = recipe_fill(r, 3, NULL);
	CLEANUP_FREE char *names = xasprintf("%s/names", directory);
	CLEANUP_CLOSE int fd = open(names, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) return -1;
	for (int attempt = 0; attempt < TRIES; attempt++) {
		char a[48], b[48], digits[16] = "";
		pick(first, a, sizeof a);
		pick(second, b, sizeof b);
		if (attempt > 0) (void)snprintf(digits, sizeof digits, "%u", recipe_random_below(MOST_DIGITS));
		CLEANUP_FREE char *name = xasprintf("%s_%s%s", a, b, digits);
		CLEANUP_FREE char *path = xasprintf("%s/%s", table, name);
		CLEANUP_FREE char *line = xasprintf("%s\n", path);
		if (write_all(fd, line, strlen(line))) return -1;
		if (!link_name(table, name, path)) {
			recipe_set_name(name);
			return 0;
		}
		if (errno != EEXIST) return -1;
	}
	return -1;
}

static int release_names(const char *directory)
{
	CLEANUP_CLOSE int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) return -1;
	names_release(fd, recipe_new_id());
	return 0;
}

/* Whoever cannot be told is gone, which is no failure; of what is cut off in the middle nothing can be taken back. */
static int print(const struct recipe *r, const char *descriptor)
{
	uint32_t fd;
	size_t size;
	CLEANUP_FREE char *bytes = recipe_fill(r, 1, &size);
	if (parse_u32(descriptor, &fd)) return -1;
	return write_all((int)fd, bytes, size) && errno != EPIPE ? -1 : 0;
}

int recipe_step(struct recipe *r)
{
	CLEANUP_FREE char *path = recipe_fill(r, 0, NULL);
	switch (r->item.operation) {
	case 'D': return make_directory(r, path);
	case 'F': return make_file_of(r, path);
	case 'R': return replace_file(r, path);
	case 'T': return make_request(r, path);
	case 'W': return write_values(r, path);
	case 'C': return mkdir(path, 0755);
	case 'M': return rename_to(r, path);
	case 'U': return unlink(path);
	case 'u': return utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
	case 'O': return print(r, path);
	case 'c': return rmdir(path);
	case 'J': return append_lines(r, path);
	case 'j': return r->told ? append_lines(r, path) : 0;
	case 'X': return claim_name(r, path);
	case 'n': return release_names(path);
	default: return 1;
	}
}
