#include "sha256.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

static void hex_of(const void *bytes, size_t size, size_t step, char *hex)
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 sum;
	sha256_begin(&sum);
	for (size_t done = 0, part; done < size; done += part) {
		part = step < size - done ? step : size - done;
		sha256_add(&sum, (const char *)bytes + done, part);
	}
	sha256_end(&sum, digest);
	for (size_t i = 0; i < SHA256_SIZE; i++) (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* FIPS 180-4 and its examples. */
static void known(void)
{
	static char a[1000000];
	char hex[2 * SHA256_SIZE + 1];
	hex_of("", 0, 1, hex);
	CHECK(!strcmp(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	hex_of("abc", 3, 3, hex);
	CHECK(!strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, 56, hex);
	CHECK(!strcmp(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
	memset(a, 'a', sizeof a);
	hex_of(a, sizeof a, sizeof a, hex);
	CHECK(!strcmp(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

static void pieces(void)
{
	char text[1000], whole[2 * SHA256_SIZE + 1], hex[2 * SHA256_SIZE + 1];
	for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * 7 + i / 13);
	for (size_t size = 0; size < 300; size++) {
		hex_of(text, size, sizeof text, whole);
		for (size_t step = 1; step < 140; step += 9) {
			hex_of(text, size, step, hex);
			CHECK(!strcmp(hex, whole));
		}
	}
}

/* What the processor does itself is what plain C does. */
static void plain(void)
{
	uint8_t blocks[8 * SHA256_BLOCK];
	uint32_t random = 1;
	struct sha256 sum;
	for (int turn = 0; turn < 200; turn++) {
		for (size_t i = 0; i < sizeof blocks; i++) blocks[i] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
		size_t count = (size_t)turn % 8 + 1;
		sha256_begin(&sum);
		uint32_t state[8];
		memcpy(state, sum.state, sizeof state);
		sha256_plain(state, blocks, count);
		sha256_add(&sum, blocks, count * SHA256_BLOCK);
		CHECK(!memcmp(state, sum.state, sizeof state));
	}
}

int main(void)
{
	known();
	pieces();
	plain();
	return 0;
}
