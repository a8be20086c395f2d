/* SPDX-License-Identifier: Apache-2.0 */
/* A program that hashes the packets that the kernel sends to a tap device. */
#include "datapath/tap_steering.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>

#include "lib/base/log.h"

LOG_MODULE(tap_steering);

static int prog_fd = -1;

/* Loads from the packet end the program, with the answer 0, where there is no such byte. They use the context in register 6. */
#define PACKET(SIZE, OFFSET) { .code = BPF_LD | BPF_ABS | (SIZE), .imm = (OFFSET) }
#define PACKET_AT(SIZE, REG, OFFSET) { .code = BPF_LD | BPF_IND | (SIZE), .src_reg = (REG), .imm = (OFFSET) }
#define MOVE(DST, SRC) { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (DST), .src_reg = (SRC) }
#define SET(DST, VALUE) { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (DST), .imm = (VALUE) }
#define WITH(OP, DST, SRC) { .code = BPF_ALU | (OP) | BPF_X, .dst_reg = (DST), .src_reg = (SRC) }
#define BY(OP, DST, VALUE) { .code = BPF_ALU | (OP) | BPF_K, .dst_reg = (DST), .imm = (VALUE) }
#define IF(OP, REG, VALUE, N) { .code = BPF_JMP | (OP) | BPF_K, .dst_reg = (REG), .imm = (VALUE), .off = (N) }
#define GO(N) { .code = BPF_JMP | BPF_JA, .off = (N) }
#define XOR_WORD(OFFSET) PACKET(BPF_W, OFFSET), WITH(BPF_XOR, HASH, 0)

enum { CONTEXT = 6, HASH = 7, L4 = 8, OTHER = 9 };

enum {
    ETH_TYPE_OFS = 12, IP4 = 14, IP4_FRAG = IP4 + 6, IP4_PROTO = IP4 + 9, IP4_SRC = IP4 + 12, IP4_DST = IP4 + 16,
    IP6 = 14, IP6_PROTO = IP6 + 6, IP6_ADDRS = IP6 + 8, IP6_LEN = 40, IS_FRAGMENT = 0x3fff,
    TYPE_IP4 = 0x0800, TYPE_IP6 = 0x86dd, TCP = 6, UDP = 17, SCTP = 132,
};

static int load_program(void)
{
    static const struct bpf_insn insns[] = {
        /* 0 */ MOVE(CONTEXT, 1), SET(HASH, 0), PACKET(BPF_H, ETH_TYPE_OFS),
        /* 3 */ IF(BPF_JEQ, 0, TYPE_IP6, 13),
        /* 4 */ IF(BPF_JNE, 0, TYPE_IP4, 40),
        /* 5: IPv4 */ XOR_WORD(IP4_SRC), XOR_WORD(IP4_DST),
        /* 9 */ PACKET(BPF_H, IP4_FRAG),
        /* 10 */ IF(BPF_JSET, 0, IS_FRAGMENT, 34),
        /* 11 */ PACKET(BPF_B, IP4),
        /* 12 */ MOVE(L4, 0), BY(BPF_AND, L4, 15), BY(BPF_LSH, L4, 2),
        /* 15 */ PACKET(BPF_B, IP4_PROTO),
        /* 16 */ GO(18),
        /* 17: IPv6 */ XOR_WORD(IP6_ADDRS), XOR_WORD(IP6_ADDRS + 4), XOR_WORD(IP6_ADDRS + 8), XOR_WORD(IP6_ADDRS + 12),
        /* 25 */ XOR_WORD(IP6_ADDRS + 16), XOR_WORD(IP6_ADDRS + 20), XOR_WORD(IP6_ADDRS + 24), XOR_WORD(IP6_ADDRS + 28),
        /* 33 */ SET(L4, IP6_LEN), PACKET(BPF_B, IP6_PROTO),
        /* 35: the protocol */ IF(BPF_JEQ, 0, TCP, 2), IF(BPF_JEQ, 0, UDP, 1),
        /* 37 */ IF(BPF_JNE, 0, SCTP, 7),
        /* 38: both ports */ PACKET_AT(BPF_W, L4, IP4), WITH(BPF_XOR, HASH, 0), MOVE(OTHER, 0),
        /* 41 */ BY(BPF_RSH, OTHER, 16), BY(BPF_LSH, 0, 16), WITH(BPF_OR, OTHER, 0),
        /* 44 */ WITH(BPF_XOR, HASH, OTHER),
        /* 45: mixed */ BY(BPF_MUL, HASH, 0x2c1b3c6d), MOVE(OTHER, HASH), BY(BPF_RSH, OTHER, 15),
        /* 48 */ WITH(BPF_XOR, HASH, OTHER), MOVE(0, HASH), { .code = BPF_JMP | BPF_EXIT },
    };
    return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "weft_steering", "Apache-2.0", insns, sizeof insns / sizeof insns[0], NULL);
}

void tap_steering_init(void)
{
    prog_fd = load_program();
    if (prog_fd < 0) {
        log_info("cannot load the program that spreads packets over a tap device's queues (%s): the kernel does it", strerror(errno));
    }
}

void tap_steering_attach(int tap_fd)
{
    if (prog_fd >= 0 && ioctl(tap_fd, TUNSETSTEERINGEBPF, &prog_fd)) {
        log_warn("cannot spread packets over a tap device's queues (%s): the kernel does it", strerror(errno));
    }
}

void tap_steering_detach(int tap_fd)
{
    const int none = -1;
    if (prog_fd >= 0) {
        (void) !ioctl(tap_fd, TUNSETSTEERINGEBPF, &none); /* the device may be gone */
    }
}
