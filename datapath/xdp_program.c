/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and attaching the XDP program, and its maps. */
#include "datapath/xdp_program.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "lib/base/log.h"

LOG_MODULE(xdp_program);

static struct {
    int error; /* why there is no program; positive errno */
    int prog_fd, devices_fd, sockets_fd;
    struct {
        int link_fd; /* 0: the place is free */
        int ifindex;
    } places[XDP_MAX_DEVICES];
} xdp = { .error = ENOENT };

#define LOAD(DST, SRC, OFFSET)                                                                     \
    { .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (DST), .src_reg = (SRC), .off = (OFFSET) }
#define MOVE(DST, SRC)                                                                             \
    { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (DST), .src_reg = (SRC) }
#define SET(DST, VALUE)                                                                            \
    { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (DST), .imm = (VALUE) }
#define LOAD_MAP(DST, FD)                                                                          \
    { .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = (DST), .src_reg = BPF_PSEUDO_MAP_FD,           \
      .imm = (FD) },                                                                               \
    { .code = 0 }
#define CALL(FUNCTION) { .code = BPF_JMP | BPF_CALL, .imm = (FUNCTION) }
#define JUMP(OP, REG, VALUE, N)                                                                    \
    { .code = BPF_JMP | (OP) | BPF_K, .dst_reg = (REG), .imm = (VALUE), .off = (N) }

/* place = devices[ingress_ifindex]; return sockets[place + rx_queue_index] or pass. */
static int load_program(void)
{
    const struct bpf_insn insns[] = {
        MOVE(6, 1),
        LOAD(2, 6, offsetof(struct xdp_md, ingress_ifindex)),
        { .code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = 10, .src_reg = 2, .off = -4 },
        LOAD_MAP(1, xdp.devices_fd),
        MOVE(2, 10),
        { .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
        CALL(BPF_FUNC_map_lookup_elem),
        JUMP(BPF_JEQ, 0, 0, 9),
        LOAD(3, 6, offsetof(struct xdp_md, rx_queue_index)),
        JUMP(BPF_JGT, 3, XDP_MAX_QUEUES - 1, 7),
        LOAD(2, 0, 0),
        { .code = BPF_ALU64 | BPF_ADD | BPF_X, .dst_reg = 2, .src_reg = 3 },
        LOAD_MAP(1, xdp.sockets_fd),
        SET(3, XDP_PASS),
        CALL(BPF_FUNC_redirect_map),
        { .code = BPF_JMP | BPF_EXIT },
        SET(0, XDP_PASS),
        { .code = BPF_JMP | BPF_EXIT },
    };
    return bpf_prog_load(BPF_PROG_TYPE_XDP, "weft_xdp", "Apache-2.0", insns,
                         sizeof insns / sizeof insns[0], NULL);
}

void xdp_program_init(void)
{
    xdp.devices_fd = bpf_map_create(BPF_MAP_TYPE_HASH, "weft_devices", sizeof(uint32_t),
                                    sizeof(uint32_t), XDP_MAX_DEVICES, NULL);
    if (xdp.devices_fd >= 0) {
        xdp.sockets_fd =
            bpf_map_create(BPF_MAP_TYPE_XSKMAP, "weft_sockets", sizeof(uint32_t), sizeof(uint32_t),
                           XDP_MAX_DEVICES * XDP_MAX_QUEUES, NULL);
        xdp.prog_fd = xdp.sockets_fd >= 0 ? load_program() : xdp.sockets_fd;
    }
    xdp.error = xdp.devices_fd < 0 || xdp.sockets_fd < 0 || xdp.prog_fd < 0 ? errno : 0;
    if (xdp.error) {
        log_info("there can be no ports of type afxdp: loading the XDP program failed (%s)",
                 strerror(xdp.error));
    }
}

static int find_place(void)
{
    for (int place = 0; place < XDP_MAX_DEVICES; place++) {
        if (!xdp.places[place].link_fd) {
            return place;
        }
    }
    return -ENOSPC;
}

int xdp_program_attach(int ifindex, bool generic)
{
    DECLARE_LIBBPF_OPTS(bpf_link_create_opts, options,
                        .flags = generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
    int place = xdp.error ? -xdp.error : find_place();
    if (place < 0) {
        return place;
    }
    uint32_t device = ifindex, base = place * XDP_MAX_QUEUES;
    if (bpf_map_update_elem(xdp.devices_fd, &device, &base, BPF_ANY)) {
        return -errno;
    }
    int fd = bpf_link_create(xdp.prog_fd, ifindex, BPF_XDP, &options);
    if (fd < 0) {
        int error = -errno;
        bpf_map_delete_elem(xdp.devices_fd, &device);
        return error;
    }
    xdp.places[place].link_fd = fd;
    xdp.places[place].ifindex = ifindex;
    return place;
}

void xdp_program_detach(int place)
{
    uint32_t device = xdp.places[place].ifindex;
    close(xdp.places[place].link_fd);
    xdp.places[place].link_fd = 0;
    bpf_map_delete_elem(xdp.devices_fd, &device);
    for (uint32_t q = 0; q < XDP_MAX_QUEUES; q++) {
        uint32_t key = place * XDP_MAX_QUEUES + q;
        bpf_map_delete_elem(xdp.sockets_fd, &key);
    }
}

int xdp_program_set_socket(int place, unsigned int q, int fd)
{
    uint32_t key = place * XDP_MAX_QUEUES + q;
    return bpf_map_update_elem(xdp.sockets_fd, &key, &fd, BPF_ANY) ? errno : 0;
}
