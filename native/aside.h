/* Work in a short-lived process beside this one: it enters namespaces that this one stays out of. */
#pragma once
#include <stddef.h>

/* Zeroed memory that such a process and this one both write; freed with aside_free. Or the end of the process, as xmalloc. */
void *aside_memory(size_t size);
void aside_free(void *memory, size_t size);

/*
 * Runs `work` in a new process and waits for its end. The two share the descriptor table, but no other memory than that of
 * aside_memory. 0, or -1 with errno when there could be no such process or it was killed.
 */
int aside_run(void (*work)(void *), void *memory);
