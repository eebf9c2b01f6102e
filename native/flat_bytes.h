/* Whether all bytes are about as frequent, as in noise and in what is compressed already. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Codes by the frequencies of such bytes would save next to nothing: the sum of their squares is what it is of noise, or a sixteenth
 * more. `size` is a multiple of 4, at most 64 KiB.
 */
bool flat_bytes(const uint8_t *bytes, size_t size);
