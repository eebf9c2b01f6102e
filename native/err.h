/* What went wrong, as data: functions return 0, or -1 with the record filled. Only main.c ends the process. */
#pragma once
#include <stdbool.h>

struct err {
	char step[32]; /* short name of the step, kebab case: "mount", "exec" */
	int number;    /* errno */
	char arg[512]; /* what the step was done to: a path, a name */
};

/* Fills e from errno and returns -1: `return fail(e, "mount", "%s", target);` */
int fail(struct err *e, const char *step, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with the errno given. */
int fail_with(struct err *e, int number, const char *step, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Symbolic name of an errno ("ENOENT"), or "E?" for one that is not in the table. */
const char *errno_name(int number);
