/*
 * HMAC-MD5 (RFC 1321, RFC 2104) for the yardstick of the codec: as the TypeScript codec has it, with the key's two pads
 * hashed beforehand and the message in words that may be blanked before it is finished.
 */
#include <stdint.h>
#include <string.h>

struct hmac_key {
	uint32_t inner[4];
	uint32_t outer[4];
};

static const uint32_t md5_initial[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };

static uint32_t rotate(uint32_t word, int count)
{
	return word << count | word >> (32 - count);
}

#define STEP(function, a, b, c, d, word, shift, sine) \
	a = b + rotate(a + function(b, c, d) + words[word] + sine, shift)
#define F(b, c, d) (d ^ (b & (c ^ d)))
#define G(b, c, d) (c ^ (d & (b ^ c)))
#define H(b, c, d) (b ^ c ^ d)
#define I(b, c, d) (c ^ (b | ~d))
#define ROUND(function, w0, w1, w2, w3, s0, s1, s2, s3, t0, t1, t2, t3) \
	STEP(function, a, b, c, d, w0, s0, t0); \
	STEP(function, d, a, b, c, w1, s1, t1); \
	STEP(function, c, d, a, b, w2, s2, t2); \
	STEP(function, b, c, d, a, w3, s3, t3)

static void md5_compress(uint32_t state[4], const uint32_t words[16])
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	ROUND(F, 0, 1, 2, 3, 7, 12, 17, 22, 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee);
	ROUND(F, 4, 5, 6, 7, 7, 12, 17, 22, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501);
	ROUND(F, 8, 9, 10, 11, 7, 12, 17, 22, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be);
	ROUND(F, 12, 13, 14, 15, 7, 12, 17, 22, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821);
	ROUND(G, 1, 6, 11, 0, 5, 9, 14, 20, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa);
	ROUND(G, 5, 10, 15, 4, 5, 9, 14, 20, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8);
	ROUND(G, 9, 14, 3, 8, 5, 9, 14, 20, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed);
	ROUND(G, 13, 2, 7, 12, 5, 9, 14, 20, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a);
	ROUND(H, 5, 8, 11, 14, 4, 11, 16, 23, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c);
	ROUND(H, 1, 4, 7, 10, 4, 11, 16, 23, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70);
	ROUND(H, 13, 0, 3, 6, 4, 11, 16, 23, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05);
	ROUND(H, 9, 12, 15, 2, 4, 11, 16, 23, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665);
	ROUND(I, 0, 7, 14, 5, 6, 10, 15, 21, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039);
	ROUND(I, 12, 3, 10, 1, 6, 10, 15, 21, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1);
	ROUND(I, 8, 15, 6, 13, 6, 10, 15, 21, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1);
	ROUND(I, 4, 11, 2, 9, 6, 10, 15, 21, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391);
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

static void hmac_set_key(struct hmac_key *key, const uint8_t octets[8])
{
	for (int outer = 0; outer < 2; outer++) {
		uint8_t pad[64] = { 0 };
		uint32_t words[16];
		uint32_t *state = outer ? key->outer : key->inner;
		memcpy(pad, octets, 8);
		for (int i = 0; i < 64; i++)
			pad[i] ^= outer ? 0x5c : 0x36;
		memcpy(words, pad, sizeof words);
		memcpy(state, md5_initial, sizeof md5_initial);
		md5_compress(state, words);
	}
}

/* Copies and pads a message; returns how many blocks it has. */
static int hmac_load(uint32_t *words, const uint8_t *message, size_t length)
{
	int blocks = (int)((length + 9 + 63) / 64);
	uint8_t *octets = (uint8_t *)words;
	memcpy(octets, message, length);
	octets[length] = 0x80;
	memset(octets + length + 1, 0, (size_t)blocks * 64 - length - 1);
	words[blocks * 16 - 2] = (uint32_t)(64 + length) * 8;
	return blocks;
}

static void hmac_finish(uint32_t digest[4], const struct hmac_key *key, const uint32_t *words, int blocks)
{
	uint32_t outer[16] = { [4] = 0x80, [14] = (64 + 16) * 8 };
	memcpy(outer, key->inner, 16);
	for (int block = 0; block < blocks; block++)
		md5_compress(outer, words + block * 16);
	memcpy(digest, key->outer, 16);
	md5_compress(digest, outer);
}
