/*
 * Reads VRRP adverts with the checks that the receive ladder makes, each with the setting that decides it: a part of the
 * yardstick that is measured.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "hmac-md5.h"
#include "octets.h"

#define FRAME_BYTES 1514
#define ADDRESS_BYTES_MAX (20 * 16)
#define ETHERNET_BYTES 14
#define VRRP 112
#define AH 51
#define AH_BYTES 24
#define TRAILER_BYTES 8
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
	REPLAYED,
};

enum { AUTH_NONE, AUTH_PASS, AUTH_AH };
enum { FORM_MESSAGE = 1, FORM_PSEUDO_HEADER = 2 };

/* A setting for each that the TypeScript codec has. */
struct router {
	bool discards_as_owner;
	bool exact_length;
	bool checks_list;
	bool covers_ttl;
	uint8_t versions;
	uint8_t priority;
	uint8_t address_count;
	uint8_t auth_type;
	uint8_t accepted_forms;
	uint8_t peer_count;
	uint16_t interval;
	uint32_t last_sequence;
	uint8_t key[8];
	uint8_t group[16];
	uint8_t addresses[ADDRESS_BYTES_MAX];
	struct hmac_key hmac_key;
};

struct port {
	/* By family (0: IPv4, 1: IPv6) and VRID. */
	struct router *routers[2][256];
	uint8_t own4[4];
	uint8_t own6[16];
};

/* What was found out about an advert. */
struct advert {
	const struct router *router;
	const uint8_t *packet;
	const uint8_t *source;
	const uint8_t *destination;
	const uint8_t *message;
	size_t message_bytes;
	size_t address_bytes;
	uint8_t ttl;
	uint8_t protocol;
	uint8_t version;
	uint8_t type;
	uint8_t vrid;
	uint8_t priority;
	uint8_t count;
	uint8_t auth_type;
	uint8_t reserved;
	uint8_t checksum_form;
	uint16_t interval;
	uint16_t checksum;
	uint32_t interval_us;
	uint32_t sequence;
	uint32_t warnings;
};

static struct port port;

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
	if ((read16(packet + 6) & 0x3fff) != 0 || (packet[9] != VRRP && packet[9] != AH))
		return BAD_IP;
	out->packet = packet;
	out->protocol = packet[9];
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
	out->packet = packet;
	out->protocol = packet[6];
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

static enum verdict check_checksum(struct advert *advert)
{
	uint32_t sum = add_words(0, advert->message, advert->message_bytes);
	uint8_t forms = FORM_MESSAGE;
	if (advert->address_bytes == 16)
		forms = FORM_PSEUDO_HEADER;
	else if (advert->version == 3)
		forms = advert->router ? advert->router->accepted_forms : FORM_MESSAGE | FORM_PSEUDO_HEADER;
	if ((forms & FORM_MESSAGE) && fold(sum) == 0xffff) {
		advert->checksum_form = FORM_MESSAGE;
		return ACCEPTED;
	}
	if (!(forms & FORM_PSEUDO_HEADER))
		return BAD_CHECKSUM;
	sum = add_pseudo_header(sum, advert->source, advert->destination, advert->address_bytes, advert->message_bytes,
				VRRP);
	advert->checksum_form = FORM_PSEUDO_HEADER;
	return fold(sum) == 0xffff ? ACCEPTED : BAD_CHECKSUM;
}

/* The ICV over the packet with what may change on the way, and the ICV itself, as zero. */
static void compute_icv(uint32_t digest[4], const struct hmac_key *key, const uint8_t *packet, const uint8_t *ah,
			size_t packet_bytes, bool covers_ttl)
{
	static uint32_t words[(FRAME_BYTES + 128) / 4];
	int blocks = hmac_load(words, packet, packet_bytes);
	words[0] &= 0xffff00ff;
	words[1] &= 0x0000ffff;
	words[2] &= covers_ttl ? 0x0000ffff : 0x0000ff00;
	memset((uint8_t *)words + (ah - packet) + 12, 0, 12);
	hmac_finish(digest, key, words, blocks);
}

static enum verdict open_ah(struct advert *out)
{
	const uint8_t *ah = out->message;
	const struct router *router = out->router;
	uint32_t digest[4];
	if (out->message_bytes < AH_BYTES || ah[0] != VRRP || ah[1] != 4)
		return BAD_AUTHENTICATION;
	if (!router)
		return UNKNOWN_ROUTER;
	if (router->auth_type != AUTH_AH)
		return BAD_AUTHENTICATION;
	out->sequence = (uint32_t)read16(ah + 8) << 16 | read16(ah + 10);
	if (memcmp(ah + 4, out->source, 4) != 0)
		return BAD_AUTHENTICATION;
	size_t packet_bytes = (size_t)(ah - out->packet) + out->message_bytes;
	compute_icv(digest, &router->hmac_key, out->packet, ah, packet_bytes, router->covers_ttl);
	if (memcmp(digest, ah + 12, 12) != 0)
		return BAD_AUTHENTICATION;
	out->message += AH_BYTES;
	out->message_bytes -= AH_BYTES;
	return out->sequence > router->last_sequence ? ACCEPTED : REPLAYED;
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

	bool is6 = out->address_bytes == 16;
	size_t vrid_at = (out->protocol == AH ? AH_BYTES : 0) + 1;
	if (out->message_bytes > vrid_at) {
		out->vrid = out->message[vrid_at];
		out->router = port.routers[is6][out->vrid];
	}
	const struct router *router = out->router;
	static const uint8_t group4[4] = { 224, 0, 0, 18 };
	static const uint8_t group6[16] = { 0xff, 2, [15] = 0x12 };
	const uint8_t *group = router ? router->group : is6 ? group6 : group4;
	if (router && router->peer_count > 0)
		return BAD_DESTINATION;
	if (memcmp(out->destination, group, out->address_bytes) != 0)
		return BAD_DESTINATION;
	if (memcmp(out->source, is6 ? port.own6 : port.own4, out->address_bytes) == 0)
		return OWN;
	if (out->ttl != GROUP_TTL)
		return BAD_TTL;
	if (out->protocol == AH) {
		verdict = open_ah(out);
		if (verdict != ACCEPTED)
			return verdict;
	}

	const uint8_t *message = out->message;
	if (out->message_bytes < 8)
		return TRUNCATED;
	out->version = message[0] >> 4;
	out->type = message[0] & 15;
	out->priority = message[2];
	out->count = message[3];
	out->checksum = read16(message + 6);
	if (out->version == 2) {
		out->auth_type = message[4];
		out->interval = message[5];
		out->interval_us = out->interval * 1000000u;
	} else {
		out->reserved = message[4] >> 4;
		out->interval = read16(message + 4) & 0x0fff;
		out->interval_us = out->interval * 10000u;
	}
	uint8_t versions = router ? router->versions : 1 << 2 | 1 << 3;
	if (out->version > 3 || !(1 << out->version & versions) || (is6 && out->version == 2))
		return BAD_VERSION;
	if (out->type != 1)
		return BAD_TYPE;
	size_t needed = 8 + out->count * out->address_bytes + (out->version == 2 ? TRAILER_BYTES : 0);
	if (out->message_bytes < needed)
		return BAD_LENGTH;
	if (out->message_bytes > needed) {
		if (!router || router->exact_length)
			return BAD_LENGTH;
		out->warnings |= 16;
		out->message_bytes = needed;
	}
	verdict = check_checksum(out);
	if (verdict != ACCEPTED)
		return verdict;

	if (!router || out->vrid == 0)
		return UNKNOWN_ROUTER;
	if (router->priority == OWNER) {
		if (out->version == 2 || router->discards_as_owner)
			return IS_OWNER;
		out->warnings |= 32;
	}
	if (out->count == 0)
		return BAD_COUNT;
	if (out->version == 2) {
		if (out->auth_type > AUTH_AH || out->auth_type != router->auth_type ||
		    (out->protocol == AH) != (out->auth_type == AUTH_AH))
			return BAD_AUTHENTICATION;
		if (out->auth_type == AUTH_PASS && memcmp(message + needed - TRAILER_BYTES, router->key, 8) != 0)
			return BAD_AUTHENTICATION;
		if (router->checks_list && !same_addresses(out, router)) {
			if (out->priority != OWNER)
				return BAD_ADDRESSES;
			out->warnings |= 8;
		}
		return out->interval == router->interval ? ACCEPTED : BAD_INTERVAL;
	}
	if (out->interval == 0)
		return BAD_INTERVAL;
	if (is6 && !is_link_local(message + 8))
		return BAD_ADDRESSES;
	if (out->protocol == AH)
		return BAD_AUTHENTICATION;
	if (out->reserved != 0)
		out->warnings |= 1;
	if (out->interval != router->interval)
		out->warnings |= 2;
	if (is6 && !is_link_local(out->source))
		out->warnings |= 4;
	if (router->checks_list && !same_addresses(out, router))
		out->warnings |= 8;
	return ACCEPTED;
}
