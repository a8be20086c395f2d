/* SPDX-License-Identifier: Apache-2.0 */
/* A program of two instructions in front of the host's stack, which drops what comes in on an
 * attached device. */
#include "datapath/port_ingress.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "datapath/netdev.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/types.h"

LOG_MODULE(port_ingress);

enum {
    ATTACH_TCX_INGRESS = 46, /* BPF_TCX_INGRESS, Linux 6.6: newer than the headers of Debian 12 */
    FILTER_PRIORITY = 0x7766,
    FILTER_HANDLE = 1,
};

struct port_ingress {
    int link_fd; /* -1: a classifier, on ... */
    int ifindex;
    bool made_qdisc;
};

static int prog_fd = -1;

static int bpf_call(int command, union bpf_attr *attr)
{
    return syscall(SYS_bpf, command, attr, sizeof *attr);
}

void port_ingress_init(void)
{
    static const struct bpf_insn insns[] = {
        { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_SHOT },
        { .code = BPF_JMP | BPF_EXIT },
    };
    union bpf_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
    attr.insns = (uintptr_t) insns;
    attr.insn_cnt = ARRAY_SIZE(insns);
    attr.license = (uintptr_t) "Apache-2.0";
    strcpy(attr.prog_name, "weft_ingress");
    prog_fd = bpf_call(BPF_PROG_LOAD, &attr);
    if (prog_fd < 0) {
        log_warn("cannot load the program that keeps packets from the host's stack (%s): the host "
                 "also handles what arrives on attached devices",
                 strerror(errno));
    }
}

static int attach_link(int ifindex)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.link_create.prog_fd = prog_fd;
    attr.link_create.target_fd = ifindex;
    attr.link_create.attach_type = ATTACH_TCX_INGRESS;
    return bpf_call(BPF_LINK_CREATE, &attr);
}

static struct nlmsghdr *put_tc(char *buf, int type, int flags, int ifindex, uint32_t parent,
                               uint32_t handle, uint32_t info)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

    nlh->nlmsg_type = type;
    nlh->nlmsg_flags = flags;
    struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof *tcm);
    tcm->tcm_family = AF_UNSPEC;
    tcm->tcm_ifindex = ifindex;
    tcm->tcm_parent = parent;
    tcm->tcm_handle = handle;
    tcm->tcm_info = info;
    return nlh;
}

static int change_qdisc(int ifindex, int type, int flags)
{
    char buf[256] __attribute__((aligned(8)));
    struct nlmsghdr *nlh =
        put_tc(buf, type, flags, ifindex, TC_H_CLSACT, TC_H_MAKE(TC_H_CLSACT, 0), 0);

    mnl_attr_put_strz(nlh, TCA_KIND, "clsact");
    return netdev_request(nlh);
}

static int change_filter(int ifindex, int type, int flags)
{
    char buf[512] __attribute__((aligned(8)));
    struct nlmsghdr *nlh =
        put_tc(buf, type, flags, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), FILTER_HANDLE,
               TC_H_MAKE(FILTER_PRIORITY << 16, htons(ETH_P_ALL)));

    mnl_attr_put_strz(nlh, TCA_KIND, "bpf");
    if (type == RTM_NEWTFILTER) {
        struct nlattr *options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
        mnl_attr_put_u32(nlh, TCA_BPF_FD, prog_fd);
        mnl_attr_put_strz(nlh, TCA_BPF_NAME, "weft_ingress");
        mnl_attr_put_u32(nlh, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
        mnl_attr_nest_end(nlh, options);
    }
    return netdev_request(nlh);
}

/* For kernels without such links. One that a killed datapath left behind is replaced. */
static int attach_classifier(int ifindex, bool *made_qdisc)
{
    int error = change_qdisc(ifindex, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);

    *made_qdisc = !error;
    if (!error || error == EEXIST) {
        error = change_filter(ifindex, RTM_NEWTFILTER, NLM_F_CREATE);
    }
    return error;
}

struct port_ingress *port_ingress_take(int ifindex)
{
    bool made_qdisc = false;
    int error = 0;

    if (prog_fd < 0) {
        return NULL; /* was warned of */
    }
    int link_fd = attach_link(ifindex);
    if (link_fd < 0) {
        error = attach_classifier(ifindex, &made_qdisc);
    }
    if (error) {
        log_warn("cannot keep packets from the host's stack (%s): the host also handles what "
                 "arrives on the device",
                 strerror(error));
        return NULL;
    }
    struct port_ingress *ingress = xzalloc(sizeof *ingress);
    *ingress = (struct port_ingress) { link_fd, ifindex, made_qdisc };
    return ingress;
}

void port_ingress_release(struct port_ingress *ingress)
{
    if (!ingress) {
        return;
    }
    if (ingress->link_fd >= 0) {
        close(ingress->link_fd);
    } else {
        /* The device may be gone already, and these with it. */
        (void) !change_filter(ingress->ifindex, RTM_DELTFILTER, 0);
        if (ingress->made_qdisc) {
            (void) !change_qdisc(ingress->ifindex, RTM_DELQDISC, 0);
        }
    }
    free(ingress);
}
