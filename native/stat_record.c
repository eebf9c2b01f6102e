#include "stat_record.h"

#include <pthread.h>
#include <unistd.h>

double stat_milliseconds(struct timespec time)
{
	volatile double whole = (double)time.tv_sec * 1000.0;
	volatile double rest = (double)time.tv_nsec / 1000000.0;
	return whole + rest;
}

void stat_in_threads(void *(*work)(void *), void *arg, size_t things, size_t share)
{
	pthread_t threads[STAT_THREADS];
	size_t started = 0;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (processors > STAT_THREADS) processors = STAT_THREADS;
	while ((long)started + 1 < processors && started < things / share &&
	       !pthread_create(&threads[started], NULL, work, arg))
		started++;
	(void)work(arg);
	for (size_t i = 0; i < started; i++) (void)pthread_join(threads[i], NULL);
}
