/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer of an upcall ring whose producer wrote anything: the first 8 bytes are its head, the rest its records. */
#include <stdlib.h>
#include <sys/mman.h>

#include "datapath/upcall_ring.h"
#include "lib/net/packet.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct upcall_producer *producer; /* made once */
static struct upcall_ring_header *ring;
static int ring_fd;

static void make_ring(void)
{
    require(!upcall_producer_create(UPCALL_RING_MIN_SIZE, &producer));
    ring_fd = upcall_producer_fd(producer);
    ring = mmap(NULL, UPCALL_RING_HEADER_SIZE + UPCALL_RING_MIN_SIZE, PROT_READ | PROT_WRITE,
                MAP_SHARED, ring_fd, 0);
    require(ring != MAP_FAILED);
}

static void check(const struct dp_upcall *upcall)
{
    unsigned int sum = 0;
    require(upcall->packet_len <= upcall->full_len && upcall->full_len <= PACKET_MAX_SIZE);
    for (uint32_t i = 0; i < upcall->packet_len; i++) {
        sum += upcall->packet[i];
    }
    for (uint32_t i = 0; i < upcall->userdata_len; i++) {
        sum += upcall->userdata[i];
    }
    require(sum < UINT32_MAX);
    require(upcall->key.lines & 1 && !(upcall->key.lines >> FLOW_N_DP_LINES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dp_upcall upcall;
    char *error;
    if (!ring) {
        make_ring();
    }
    if (size < sizeof ring->head) {
        return 0;
    }
    memcpy(&ring->head, data, sizeof ring->head);
    memcpy((uint8_t *) ring + UPCALL_RING_HEADER_SIZE, data + sizeof ring->head,
           MIN(size - sizeof ring->head, UPCALL_RING_MIN_SIZE));
    struct upcall_consumer *consumer = upcall_consumer_create(ring_fd, &error);
    require(consumer);
    for (unsigned int n = 0; upcall_consumer_next(consumer, &upcall); n++) {
        require(n < UPCALL_RING_MIN_SIZE / UPCALL_RECORD_ALIGN);
        check(&upcall);
        upcall_consumer_release(consumer, data[0] & 1);
    }
    require(upcall_consumer_error(consumer) || upcall_consumer_wait(consumer));
    upcall_consumer_destroy(consumer);
    return 0;
}
