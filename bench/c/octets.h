/*
 * Words in network order and the Internet checksum (RFC 1071) over them.
 */
#include <stddef.h>
#include <stdint.h>

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
				  size_t length, uint8_t protocol)
{
	sum = add_words(sum, source, address_bytes);
	sum = add_words(sum, destination, address_bytes);
	return sum + (uint32_t)length + protocol;
}
