/* Tables that tell the symbol of a prefix code from the next bits. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/*
 * An entry: bits 0-7 how many bits the code has, 8-12 how many bits follow it (or index a subtable), 13-15 flags, 16-31 a byte, the
 * base of a length or distance, or where the subtable begins.
 */
enum { ENTRY_LITERAL = 1 << 13, ENTRY_SPECIAL = 1 << 14, ENTRY_SUBTABLE = 1 << 15 };
enum { SPECIAL_END = 0, SPECIAL_INVALID = 1 };

enum { LENGTH_BITS = 11, DISTANCE_BITS = 8, PRECODE_BITS = 7 };
enum { LENGTH_ROOM = 2400, DISTANCE_ROOM = 800, PRECODE_ROOM = 128 };

enum code_kind { CODE_LENGTHS, CODE_DISTANCES, CODE_PRECODE };

/* Makes the table of a code, given the lengths of its symbols' codes (at most 15). 0, or -1 when they are no code. */
int inflate_table(uint32_t *table, enum code_kind kind, const uint8_t *lengths, unsigned count);
