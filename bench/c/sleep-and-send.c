/*
 * The yardstick of timing: sends one frame at a steady pace, each at an absolute deadline that follows from the one
 * before. Nothing is received and nothing is decided, so no daemon can be expected to do better with the same calls.
 *
 * Arguments: interface, interval in microseconds, real-time priority (0: ordinary scheduling), frame in hex.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS_PER_SECOND 1000000000L

static unsigned char frame[2048];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static size_t parse_hex(const char *text)
{
	size_t length = strlen(text) / 2;
	if (length > sizeof frame)
		length = sizeof frame;
	for (size_t i = 0; i < length; i++) {
		unsigned int octet;
		if (sscanf(text + 2 * i, "%2x", &octet) != 1) {
			fprintf(stderr, "not hex: %s\n", text + 2 * i);
			exit(2);
		}
		frame[i] = octet;
	}
	return length;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: %s INTERFACE INTERVAL_US PRIORITY FRAME\n", argv[0]);
		return 2;
	}
	long interval = atol(argv[2]) * 1000;
	struct sched_param parameters = { .sched_priority = atoi(argv[3]) };
	size_t length = parse_hex(argv[4]);
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(argv[1]) };

	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		fail("socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		fail("bind");
	if (prctl(PR_SET_TIMERSLACK, 1) < 0)
		fail("prctl");
	if (parameters.sched_priority > 0 && sched_setscheduler(0, SCHED_RR, &parameters) < 0)
		fail("sched_setscheduler");
	puts("sending");
	fflush(stdout);

	struct timespec deadline;
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	for (;;) {
		deadline.tv_nsec += interval % NANOSECONDS_PER_SECOND;
		deadline.tv_sec += interval / NANOSECONDS_PER_SECOND;
		if (deadline.tv_nsec >= NANOSECONDS_PER_SECOND) {
			deadline.tv_nsec -= NANOSECONDS_PER_SECOND;
			deadline.tv_sec++;
		}
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
			;
		if (send(fd, frame, length, 0) < 0)
			fail("send");
	}
}
