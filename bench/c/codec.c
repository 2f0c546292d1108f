/*
 * The yardstick of the codec: reads VRRP adverts with the checks that the receive ladder makes, and writes them, in
 * plain C. Works on the octets that the TypeScript codec is measured with and hashes what it finds in the same way.
 *
 * Arguments: `decode` or `encode`, milliseconds, rounds of a batch. Standard input: how many frames there are (u32,
 * little-endian); of each its length (u32) and octets. Prints how many operations were made, the hash of a batch, and
 * then the nanoseconds an operation of each batch, one a line.
 *
 * The routers are configured, before anything is timed, to expect exactly these frames.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "vrrp-encode.h"

#define FRAMES 64

/* The key of the adverts that are made for the bench. */
static const uint8_t ah_key[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static struct router routers[FRAMES];
/* One after the other, as in the bench. */
static uint8_t frames[FRAMES * FRAME_BYTES];
static size_t frame_starts[FRAMES + 1];
static struct fields fields[FRAMES];
static uint32_t frame_count;

/* Expects frames that are well-formed; they are our own. */
static void configure(void)
{
	for (uint32_t i = 0; i < frame_count; i++) {
		const uint8_t *frame = frames + frame_starts[i], *packet = frame + ETHERNET_BYTES;
		struct fields *from = &fields[i];
		from->is6 = read16(frame + 12) == 0x86dd;
		size_t address_bytes = from->is6 ? 16 : 4;
		bool has_ah = !from->is6 && packet[9] == AH;
		const uint8_t *ah = packet + 20;
		const uint8_t *message = from->is6 ? packet + 40 : has_ah ? ah + AH_BYTES : ah;
		memcpy(from->destination_mac, frame, 6);
		memcpy(from->source_mac, frame + 6, 6);
		memcpy(from->source, packet + (from->is6 ? 8 : 12), address_bytes);
		memcpy(from->destination, packet + (from->is6 ? 24 : 16), address_bytes);
		from->version = message[0] >> 4;
		from->vrid = message[1];
		from->priority = message[2];
		from->count = message[3];
		from->interval = from->version == 2 ? message[5] : read16(message + 4);
		from->auth_type = has_ah ? AUTH_AH : AUTH_NONE;
		from->sequence = has_ah ? (uint32_t)read16(ah + 8) << 16 | read16(ah + 10) : 0;
		hmac_set_key(&from->hmac_key, ah_key);
		memcpy(from->addresses, message + 8, from->count * address_bytes);

		struct router *router = &routers[i];
		port.routers[from->is6][from->vrid] = router;
		router->exact_length = router->checks_list = router->covers_ttl = true;
		router->versions = 1 << 2 | 1 << 3;
		router->accepted_forms = FORM_MESSAGE | FORM_PSEUDO_HEADER;
		router->auth_type = from->auth_type;
		router->hmac_key = from->hmac_key;
		router->priority = 100;
		router->interval = from->interval;
		router->address_count = from->count;
		memcpy(router->group, from->destination, address_bytes);
		memcpy(router->addresses, from->addresses, from->count * address_bytes);
	}
	memcpy(port.own4, (uint8_t[]){ 192, 0, 2, 2 }, 4);
	memcpy(port.own6, (uint8_t[]){ 0xfe, 0x80, [15] = 2 }, 16);
}

static uint32_t mix(uint32_t hash, uint32_t value)
{
	return hash * 31 + value;
}

/* Keeps the compiler from knowing what is in memory. */
static void forget(void)
{
	__asm__ volatile("" ::: "memory");
}

static uint32_t decode_batch(int rounds)
{
	struct advert advert;
	uint32_t hash = 0;
	for (int round = 0; round < rounds; round++)
		for (uint32_t i = 0; i < frame_count; i++) {
			enum verdict verdict = decode(frames + frame_starts[i], frame_starts[i + 1] - frame_starts[i], &advert);
			forget();
			if (verdict != ACCEPTED)
				return verdict;
			hash = mix(mix(mix(mix(hash, advert.vrid), advert.priority), advert.interval), advert.count);
		}
	return hash;
}

static uint32_t encode_batch(int rounds)
{
	static uint8_t frame[FRAME_BYTES];
	uint32_t hash = 0;
	for (int round = 0; round < rounds; round++)
		for (uint32_t i = 0; i < frame_count; i++) {
			size_t length = encode(frame, &fields[i]);
			forget();
			hash = mix(mix(hash, length), frame[length - 1]);
		}
	return hash;
}

static bool writes_what_was_read(void)
{
	static uint8_t frame[FRAME_BYTES];
	for (uint32_t i = 0; i < frame_count; i++) {
		size_t length = frame_starts[i + 1] - frame_starts[i];
		if (encode(frame, &fields[i]) != length || memcmp(frame, frames + frame_starts[i], length) != 0)
			return false;
	}
	return true;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static void read_frames(void)
{
	if (fread(&frame_count, sizeof frame_count, 1, stdin) != 1 || frame_count > FRAMES)
		exit(3);
	for (uint32_t i = 0; i < frame_count; i++) {
		uint32_t length;
		if (fread(&length, sizeof length, 1, stdin) != 1 || length > FRAME_BYTES)
			exit(3);
		if (fread(frames + frame_starts[i], 1, length, stdin) != length)
			exit(3);
		frame_starts[i + 1] = frame_starts[i] + length;
	}
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	uint32_t (*batch)(int) = strcmp(argv[1], "decode") == 0 ? decode_batch : encode_batch;
	double duration = atof(argv[2]) * 1e6;
	int rounds = atoi(argv[3]);
	read_frames();
	configure();
	if (!writes_what_was_read()) {
		fprintf(stderr, "a frame comes out other than it went in\n");
		return 1;
	}

	static double samples[1 << 20];
	size_t count = 0;
	uint32_t hash = batch(rounds);
	double end = now() + duration;
	for (double before = now(); before < end && count < sizeof samples / sizeof *samples; before = now()) {
		if (batch(rounds) != hash)
			return 1;
		samples[count++] = (now() - before) / ((double)rounds * frame_count);
	}
	printf("%zu\n%d\n", count * rounds * frame_count, (int32_t)hash);
	for (size_t i = 0; i < count; i++)
		printf("%.2f\n", samples[i]);
	return 0;
}
