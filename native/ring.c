#include "ring.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "util.h"

enum { SLOTS = 8, PIECES = RING_SLOT / 512 + 1 };

struct ring;
struct place {
	struct ring *ring;
	struct reader reader;
	pthread_t thread;
	size_t done; /* slots */
};

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	struct slot slots[SLOTS];
	struct place places[RING_READERS];
	size_t readers;
	size_t pushed; /* slots */
	bool ended, stopped;
	struct err failure; /* the first one, when `failed` */
	bool failed;
};

/* The next slot for a reader; NULL at the end. */
static const struct slot *next_slot(struct ring *ring, const struct place *place)
{
	(void)pthread_mutex_lock(&ring->lock);
	while (place->done == ring->pushed && !ring->ended && !ring->stopped)
		(void)pthread_cond_wait(&ring->filled, &ring->lock);
	bool is_end = ring->stopped || place->done == ring->pushed;
	(void)pthread_mutex_unlock(&ring->lock);
	return is_end ? NULL : &ring->slots[place->done % SLOTS];
}

static void step_on(struct ring *ring, struct place *place, int result, const struct err *e)
{
	(void)pthread_mutex_lock(&ring->lock);
	place->done++;
	if (result && !ring->failed) {
		ring->failure = *e;
		ring->failed = ring->stopped = true;
		(void)pthread_cond_broadcast(&ring->filled);
	}
	(void)pthread_cond_signal(&ring->emptied);
	(void)pthread_mutex_unlock(&ring->lock);
}

static void *run_reader(void *arg)
{
	struct place *place = arg;
	struct err e = {0};
	const struct slot *slot;
	while ((slot = next_slot(place->ring, place)))
		step_on(place->ring, place, place->reader.read(place->reader.self, slot, &e), &e);
	return NULL;
}

struct ring *ring_start(const struct reader *readers, size_t count, struct err *e)
{
	struct ring *ring = xcalloc(1, sizeof *ring);
	(void)pthread_mutex_init(&ring->lock, NULL);
	(void)pthread_cond_init(&ring->filled, NULL);
	(void)pthread_cond_init(&ring->emptied, NULL);
	for (size_t i = 0; i < SLOTS; i++)
		ring->slots[i] = (struct slot){.data = xmalloc(RING_SLOT), .pieces = xcalloc(PIECES, sizeof(struct piece))};
	for (size_t i = 0; i < count && i < RING_READERS; i++) {
		struct place *place = &ring->places[i];
		place->ring = ring;
		place->reader = readers[i];
		int number = pthread_create(&place->thread, NULL, run_reader, place);
		if (number) {
			(void)ring_end(ring, true, e);
			(void)fail_with(e, number, "pack", "threads");
			return NULL;
		}
		ring->readers++;
	}
	return ring;
}

/* How many slots all readers are done with. */
static size_t slowest(const struct ring *ring)
{
	size_t least = ring->pushed;
	for (size_t i = 0; i < ring->readers; i++)
		if (ring->places[i].done < least) least = ring->places[i].done;
	return least;
}

struct slot *ring_slot(struct ring *ring)
{
	(void)pthread_mutex_lock(&ring->lock);
	while (ring->pushed - slowest(ring) == SLOTS && !ring->stopped)
		(void)pthread_cond_wait(&ring->emptied, &ring->lock);
	bool stopped = ring->stopped;
	(void)pthread_mutex_unlock(&ring->lock);
	if (stopped) return NULL;
	struct slot *slot = &ring->slots[ring->pushed % SLOTS];
	slot->used = slot->count = 0;
	slot->unwritten = false;
	return slot;
}

void ring_push(struct ring *ring)
{
	(void)pthread_mutex_lock(&ring->lock);
	ring->pushed++;
	(void)pthread_cond_broadcast(&ring->filled);
	(void)pthread_mutex_unlock(&ring->lock);
}

bool slot_is_crowded(const struct slot *slot) { return slot->count == PIECES; }

int ring_end(struct ring *ring, bool abandon, struct err *e)
{
	(void)pthread_mutex_lock(&ring->lock);
	ring->ended = true;
	ring->stopped |= abandon;
	(void)pthread_cond_broadcast(&ring->filled);
	(void)pthread_mutex_unlock(&ring->lock);
	for (size_t i = 0; i < ring->readers; i++) (void)pthread_join(ring->places[i].thread, NULL);
	bool failed = ring->failed;
	if (failed) *e = ring->failure;
	for (size_t i = 0; i < SLOTS; i++) {
		free(ring->slots[i].data);
		free(ring->slots[i].pieces);
	}
	free(ring);
	return failed ? -1 : 0;
}
