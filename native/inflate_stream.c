#include "inflate_stream.h"

#include "crc32.h"

int inflate_read_more(struct inflate_stream *s)
{
	/* What is in the bits already may go back to be bytes. */
	size_t back = s->bits.count >> 3, left = (size_t)(s->in_end - s->bits.in);
	memmove(s->input, s->bits.in - back, back + left);
	uint8_t *start = s->input + back;
	while (left < AHEAD) {
		ssize_t got = s->padding ? 0 : s->ends->read(s->ends->context, start + left, INPUT - left);
		if (got < 0) return -1;
		if (got > 0) {
			left += (size_t)got;
			continue;
		}
		/* Whoever goes on reading zeros reads what was cut off. */
		if (s->padding > (size_t)4 * AHEAD) return errno = EPIPE, -1;
		memset(start + left, 0, AHEAD);
		s->padding += AHEAD;
		left += AHEAD;
	}
	s->bits.in = start;
	s->in_end = start + left;
	return 0;
}

int inflate_send(struct inflate_stream *s)
{
	size_t size = (size_t)(s->out - s->unsent);
	s->sum = crc32_more(s->sum, s->unsent, size);
	s->size += size;
	if (size && s->ends->write(s->ends->context, s->unsent, size)) return -1;
	size_t kept = (size_t)(s->out - s->oldest);
	if (kept > WINDOW) kept = WINDOW;
	memmove(s->window, s->out - kept, kept);
	s->oldest = s->window;
	s->out = s->unsent = s->window + kept;
	return 0;
}
