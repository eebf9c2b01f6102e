/* What Node will ask first of a build with a large context, answered while Node starts. */
#pragma once

/*
 * Where the last of these words is a directory whose stat cache has many names, a process of its own compares it with the directory.
 * TSBUILD_AHEAD=DESCRIPTOR:INODE then tells the program, which this process becomes, where it finds the answer
 * (src/foundation/native/ahead.ts).
 */
void ahead_start(char **words);
