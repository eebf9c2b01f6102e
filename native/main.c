/* Order of steps only: which verb does what. */
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "verbs.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"exec", exec_main}, {"init", init_main}, {"monitor", monitor_main}, {"fsops", fsops_main}, {"net", net_main},
};

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	if (!strcmp(verb, "--version")) {
		(void)puts(VERSION);
		return 0;
	}
	for (unsigned i = 0; i < COUNT(verbs); i++)
		if (!strcmp(verb, verbs[i].name) && verbs[i].run) return verbs[i].run(argc - 1, argv + 1);
	(void)fprintf(stderr, "usage: tsbuild-native exec|init|monitor|fsops|net|--version\n");
	return 2;
}
