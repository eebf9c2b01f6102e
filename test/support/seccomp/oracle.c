/* Reads rules on stdin, writes libseccomp's program for them to stdout and the names it does not know to stderr. */
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, int rc)
{
	fprintf(stderr, "!%s: %d\n", what, rc);
	exit(1);
}

int main(void)
{
	char word[64], name[64];
	scmp_filter_ctx ctx = NULL;
	uint32_t action;
	unsigned count;

	while (scanf("%63s", word) == 1) {
		if (strcmp(word, "default") == 0) {
			if (scanf("%" SCNu32, &action) != 1 || !(ctx = seccomp_init(action)))
				die("default", -1);
			seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
		} else if (strcmp(word, "arch") == 0) {
			uint32_t token;
			if (scanf("%63s", name) != 1 || !(token = seccomp_arch_resolve_name(name)))
				die(name, -1);
			int rc = seccomp_arch_add(ctx, token);
			if (rc != 0)
				die("arch", rc);
		} else {
			struct scmp_arg_cmp args[6];
			if (scanf("%" SCNu32 " %63s %u", &action, name, &count) != 3 || count > 6)
				die("rule", -1);
			for (unsigned i = 0; i < count; i++) {
				unsigned index, op;
				uint64_t a, b;
				if (scanf("%u %u %" SCNu64 " %" SCNu64, &index, &op, &a, &b) != 4)
					die("arg", -1);
				args[i] = (struct scmp_arg_cmp){ index, (enum scmp_compare)op, a, b };
			}
			int number = seccomp_syscall_resolve_name(name);
			if (number == __NR_SCMP_ERROR) {
				fprintf(stderr, "%s\n", name);
				continue;
			}
			int rc = seccomp_rule_add_array(ctx, action, number, count, args);
			if (rc != 0)
				die(name, rc);
		}
	}
	return seccomp_export_bpf(ctx, fileno(stdout)) == 0 ? 0 : 1;
}
