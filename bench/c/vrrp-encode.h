/*
 * Writes VRRP adverts: a part of the yardstick that is measured.
 */
#include "vrrp-decode.h"

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
	uint8_t auth_type;
	uint32_t sequence;
	struct hmac_key hmac_key;
};

static size_t encode(uint8_t *frame, const struct fields *from)
{
	size_t address_bytes = from->is6 ? 16 : 4;
	size_t list = from->count * address_bytes;
	size_t message_bytes = 8 + list + (from->version == 2 ? TRAILER_BYTES : 0);
	size_t ah_bytes = from->auth_type == AUTH_AH ? AH_BYTES : 0;
	uint8_t *packet = frame + ETHERNET_BYTES;
	uint8_t *ah = packet + 20;
	uint8_t *message = from->is6 ? packet + 40 : ah + ah_bytes;

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
		write16(packet + 2, 20 + ah_bytes + message_bytes);
		write16(packet + 4, 0);
		write16(packet + 6, 0);
		packet[8] = GROUP_TTL;
		packet[9] = ah_bytes ? AH : VRRP;
		write16(packet + 10, 0);
		memcpy(packet + 12, from->source, 4);
		memcpy(packet + 16, from->destination, 4);
		write16(packet + 10, ~fold(add_words(0, packet, 20)));
	}
	message[0] = from->version << 4 | 1;
	message[1] = from->vrid;
	message[2] = from->priority;
	message[3] = from->count;
	write16(message + 4, from->version == 2 ? from->auth_type << 8 | from->interval : from->interval);
	write16(message + 6, 0);
	memcpy(message + 8, from->addresses, list);
	if (from->version == 2)
		memset(message + 8 + list, 0, 8);
	uint32_t sum = add_words(0, message, message_bytes);
	if (from->version == 3)
		sum = add_pseudo_header(sum, from->source, from->destination, address_bytes, message_bytes, VRRP);
	write16(message + 6, ~fold(sum));
	if (ah_bytes) {
		uint32_t digest[4];
		ah[0] = VRRP;
		ah[1] = 4;
		write16(ah + 2, 0);
		memcpy(ah + 4, from->source, 4);
		write16(ah + 8, from->sequence >> 16);
		write16(ah + 10, from->sequence & 0xffff);
		compute_icv(digest, &from->hmac_key, packet, ah, 20 + ah_bytes + message_bytes, true);
		memcpy(ah + 12, digest, 12);
	}
	return (size_t)(message - frame) + message_bytes;
}
