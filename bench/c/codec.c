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
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAMES 64
#define FRAME_BYTES 1514
#define ADDRESS_BYTES_MAX (255 * 16)
#define ETHERNET_BYTES 14
#define VRRP 112
#define OWNER 255
#define GROUP_TTL 255

enum verdict {
	ACCEPTED,
	TRUNCATED,
	BAD_IP,
	BAD_DESTINATION,
	OWN,
	BAD_TTL,
	BAD_VERSION,
	BAD_TYPE,
	BAD_LENGTH,
	BAD_CHECKSUM,
	UNKNOWN_ROUTER,
	IS_OWNER,
	BAD_COUNT,
	BAD_INTERVAL,
	BAD_ADDRESSES,
	BAD_AUTHENTICATION,
};

struct router {
	bool present;
	uint8_t version;
	uint8_t priority;
	uint8_t address_count;
	uint16_t interval;
	uint8_t group[16];
	uint8_t addresses[ADDRESS_BYTES_MAX];
};

struct port {
	/* By family (0: IPv4, 1: IPv6) and VRID. */
	struct router routers[2][256];
	uint8_t own4[4];
	uint8_t own6[16];
};

/* What was found out about an advert. */
struct advert {
	const struct router *router;
	const uint8_t *source;
	const uint8_t *destination;
	const uint8_t *message;
	size_t message_bytes;
	size_t address_bytes;
	uint8_t ttl;
	uint8_t version;
	uint8_t vrid;
	uint8_t priority;
	uint8_t count;
	uint16_t interval;
	uint32_t warnings;
};

/* Everything that decides the octets of a frame. */
struct fields {
	bool is6;
	uint8_t version;
	uint8_t vrid;
	uint8_t priority;
	uint16_t interval;
	uint8_t destination_mac[6];
	uint8_t source_mac[6];
	uint8_t source[16];
	uint8_t destination[16];
	uint8_t count;
	uint8_t addresses[ADDRESS_BYTES_MAX];
};

static struct port port;
static uint8_t frames[FRAMES][FRAME_BYTES];
static size_t frame_bytes[FRAMES];
static struct fields fields[FRAMES];
static uint32_t frame_count;

static uint16_t read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void write16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t length)
{
	size_t at = 0;
	for (; at + 1 < length; at += 2)
		sum += (uint32_t)bytes[at] << 8 | bytes[at + 1];
	if (at < length)
		sum += (uint32_t)bytes[at] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint32_t add_pseudo_header(uint32_t sum, const uint8_t *source, const uint8_t *destination, size_t address_bytes,
				  size_t length)
{
	sum = add_words(sum, source, address_bytes);
	sum = add_words(sum, destination, address_bytes);
	return sum + (uint32_t)length + VRRP;
}

static enum verdict open_ipv4(const uint8_t *packet, size_t length, struct advert *out)
{
	if (length < 20)
		return TRUNCATED;
	size_t header = (size_t)(packet[0] & 15) * 4;
	size_t total = read16(packet + 2);
	if (packet[0] >> 4 != 4 || header < 20 || total < header || total > length)
		return TRUNCATED;
	if (fold(add_words(0, packet, header)) != 0xffff)
		return BAD_CHECKSUM;
	if ((read16(packet + 6) & 0x3fff) != 0 || packet[9] != VRRP)
		return BAD_IP;
	out->ttl = packet[8];
	out->source = packet + 12;
	out->destination = packet + 16;
	out->address_bytes = 4;
	out->message = packet + header;
	out->message_bytes = total - header;
	return ACCEPTED;
}

static enum verdict open_ipv6(const uint8_t *packet, size_t length, struct advert *out)
{
	if (length < 40 || packet[0] >> 4 != 6)
		return TRUNCATED;
	size_t payload = read16(packet + 4);
	if (payload > length - 40)
		return TRUNCATED;
	if (packet[6] != VRRP)
		return BAD_IP;
	out->ttl = packet[7];
	out->source = packet + 8;
	out->destination = packet + 24;
	out->address_bytes = 16;
	out->message = packet + 40;
	out->message_bytes = payload;
	return ACCEPTED;
}

static bool contains(const uint8_t *list, size_t list_bytes, const uint8_t *address, size_t address_bytes)
{
	for (size_t at = 0; at < list_bytes; at += address_bytes)
		if (memcmp(list + at, address, address_bytes) == 0)
			return true;
	return false;
}

/* Whether the advert has the configured addresses, in any order. */
static bool same_addresses(const struct advert *advert, const struct router *router)
{
	const uint8_t *list = advert->message + 8;
	size_t bytes = advert->count * advert->address_bytes;
	if (advert->count != router->address_count)
		return false;
	if (memcmp(list, router->addresses, bytes) == 0)
		return true;
	for (size_t at = 0; at < bytes; at += advert->address_bytes)
		if (!contains(list, bytes, router->addresses + at, advert->address_bytes) ||
		    !contains(router->addresses, bytes, list + at, advert->address_bytes))
			return false;
	return true;
}

static enum verdict check_checksum(const struct advert *advert)
{
	uint32_t sum = add_words(0, advert->message, advert->message_bytes);
	if (advert->address_bytes == 4 && fold(sum) == 0xffff)
		return ACCEPTED;
	if (advert->version == 2)
		return BAD_CHECKSUM;
	sum = add_pseudo_header(sum, advert->source, advert->destination, advert->address_bytes, advert->message_bytes);
	return fold(sum) == 0xffff ? ACCEPTED : BAD_CHECKSUM;
}

static bool is_link_local(const uint8_t *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

static enum verdict decode(const uint8_t *frame, size_t length, struct advert *out)
{
	memset(out, 0, sizeof *out);
	if (length <= ETHERNET_BYTES)
		return TRUNCATED;
	uint16_t type = read16(frame + 12);
	const uint8_t *packet = frame + ETHERNET_BYTES;
	enum verdict verdict = BAD_IP;
	if (type == 0x0800)
		verdict = open_ipv4(packet, length - ETHERNET_BYTES, out);
	else if (type == 0x86dd)
		verdict = open_ipv6(packet, length - ETHERNET_BYTES, out);
	if (verdict != ACCEPTED)
		return verdict;

	const uint8_t *message = out->message;
	bool is6 = out->address_bytes == 16;
	const struct router *router = NULL;
	if (out->message_bytes > 1 && port.routers[is6][message[1]].present)
		router = &port.routers[is6][message[1]];
	static const uint8_t group4[4] = { 224, 0, 0, 18 };
	static const uint8_t group6[16] = { 0xff, 2, [15] = 0x12 };
	const uint8_t *group = router ? router->group : is6 ? group6 : group4;
	if (memcmp(out->destination, group, out->address_bytes) != 0)
		return BAD_DESTINATION;
	if (memcmp(out->source, is6 ? port.own6 : port.own4, out->address_bytes) == 0)
		return OWN;
	if (out->ttl != GROUP_TTL)
		return BAD_TTL;

	if (out->message_bytes < 8)
		return TRUNCATED;
	out->version = message[0] >> 4;
	out->vrid = message[1];
	out->priority = message[2];
	out->count = message[3];
	if (out->version != 2 && out->version != 3)
		return BAD_VERSION;
	if ((router && out->version != router->version) || (is6 && out->version == 2))
		return BAD_VERSION;
	if ((message[0] & 15) != 1)
		return BAD_TYPE;
	size_t needed = 8 + out->count * out->address_bytes + (out->version == 2 ? 8 : 0);
	if (out->message_bytes != needed)
		return BAD_LENGTH;
	verdict = check_checksum(out);
	if (verdict != ACCEPTED)
		return verdict;

	if (!router || out->vrid == 0)
		return UNKNOWN_ROUTER;
	out->router = router;
	if (router->priority == OWNER)
		return IS_OWNER;
	if (out->count == 0)
		return BAD_COUNT;
	if (out->version == 2) {
		out->interval = message[5];
		if (message[4] != 0)
			return BAD_AUTHENTICATION;
		if (!same_addresses(out, router) && out->priority != OWNER)
			return BAD_ADDRESSES;
		return out->interval == router->interval ? ACCEPTED : BAD_INTERVAL;
	}
	out->interval = read16(message + 4) & 0x0fff;
	if (out->interval == 0)
		return BAD_INTERVAL;
	if (is6 && !is_link_local(message + 8))
		return BAD_ADDRESSES;
	if (message[4] >> 4 != 0)
		out->warnings |= 1;
	if (out->interval != router->interval)
		out->warnings |= 2;
	if (is6 && !is_link_local(out->source))
		out->warnings |= 4;
	if (!same_addresses(out, router))
		out->warnings |= 8;
	return ACCEPTED;
}

static size_t encode(uint8_t *frame, const struct fields *from)
{
	size_t address_bytes = from->is6 ? 16 : 4;
	size_t list = from->count * address_bytes;
	size_t message_bytes = 8 + list + (from->version == 2 ? 8 : 0);
	uint8_t *packet = frame + ETHERNET_BYTES;
	uint8_t *message = packet + (from->is6 ? 40 : 20);

	memcpy(frame, from->destination_mac, 6);
	memcpy(frame + 6, from->source_mac, 6);
	write16(frame + 12, from->is6 ? 0x86dd : 0x0800);
	if (from->is6) {
		packet[0] = 0x6c;
		packet[1] = packet[2] = packet[3] = 0;
		write16(packet + 4, message_bytes);
		packet[6] = VRRP;
		packet[7] = GROUP_TTL;
		memcpy(packet + 8, from->source, 16);
		memcpy(packet + 24, from->destination, 16);
	} else {
		packet[0] = 0x45;
		packet[1] = 0xc0;
		write16(packet + 2, 20 + message_bytes);
		write16(packet + 4, 0);
		write16(packet + 6, 0);
		packet[8] = GROUP_TTL;
		packet[9] = VRRP;
		write16(packet + 10, 0);
		memcpy(packet + 12, from->source, 4);
		memcpy(packet + 16, from->destination, 4);
		write16(packet + 10, ~fold(add_words(0, packet, 20)));
	}
	message[0] = from->version << 4 | 1;
	message[1] = from->vrid;
	message[2] = from->priority;
	message[3] = from->count;
	write16(message + 4, from->interval);
	write16(message + 6, 0);
	memcpy(message + 8, from->addresses, list);
	if (from->version == 2)
		memset(message + 8 + list, 0, 8);
	uint32_t sum = add_words(0, message, message_bytes);
	if (from->version == 3)
		sum = add_pseudo_header(sum, from->source, from->destination, address_bytes, message_bytes);
	write16(message + 6, ~fold(sum));
	return (size_t)(message - frame) + message_bytes;
}

/* Expects frames that are well-formed; they are our own. */
static void configure(void)
{
	for (uint32_t i = 0; i < frame_count; i++) {
		const uint8_t *frame = frames[i], *packet = frame + ETHERNET_BYTES;
		struct fields *from = &fields[i];
		from->is6 = read16(frame + 12) == 0x86dd;
		size_t address_bytes = from->is6 ? 16 : 4;
		const uint8_t *message = packet + (from->is6 ? 40 : 20);
		memcpy(from->destination_mac, frame, 6);
		memcpy(from->source_mac, frame + 6, 6);
		memcpy(from->source, packet + (from->is6 ? 8 : 12), address_bytes);
		memcpy(from->destination, packet + (from->is6 ? 24 : 16), address_bytes);
		from->version = message[0] >> 4;
		from->vrid = message[1];
		from->priority = message[2];
		from->count = message[3];
		from->interval = read16(message + 4);
		memcpy(from->addresses, message + 8, from->count * address_bytes);

		struct router *router = &port.routers[from->is6][from->vrid];
		router->present = true;
		router->version = from->version;
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
			enum verdict verdict = decode(frames[i], frame_bytes[i], &advert);
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
	for (uint32_t i = 0; i < frame_count; i++)
		if (encode(frame, &fields[i]) != frame_bytes[i] || memcmp(frame, frames[i], frame_bytes[i]) != 0)
			return false;
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
		if (fread(frames[i], 1, length, stdin) != length)
			exit(3);
		frame_bytes[i] = length;
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
