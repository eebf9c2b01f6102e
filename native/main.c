/* Order of steps only: which verb does what. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "seal.h"
#include "util.h"
#include "verbs.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	bool sealed; /* comes near a container: must run as a copy that cannot be written */
} verbs[] = {
	{"exec", exec_main, true},    {"monitor", monitor_main, true}, {"init", init_main, false},
	{"fsops", fsops_main, false}, {"net", net_main, false},     {"attach", attach_main, false},
	{"launch", launch_main, true}, {"front", front_main, false}, {"steps", steps_main, true},
	{"gzip", gzip_main, false}, {"inflate", inflate_main, false}, {"again", again_main, false},
};

static int run(const struct verb *verb, int argc, char **argv)
{
	struct err e;
	if (verb->sealed && seal_self(argv, &e)) {
		(void)fprintf(stderr, "%s %s: %s\n", e.step, e.arg, strerror(e.number));
		return 125;
	}
	return verb->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	if (!strcmp(verb, "--version")) {
		(void)puts(VERSION);
		return 0;
	}
	for (unsigned i = 0; i < COUNT(verbs); i++)
		if (!strcmp(verb, verbs[i].name) && verbs[i].run) return run(&verbs[i], argc, argv);
	(void)fprintf(stderr, "usage: tsbuild-native exec|init|monitor|attach|fsops|net|gzip|inflate|--version\n");
	return 2;
}
