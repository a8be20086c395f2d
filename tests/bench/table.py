# SPDX-License-Identifier: Apache-2.0
"""Prints the benchmark's results as a Markdown table: medians, spread, and Weft's ratio to each peer."""
import collections
import os
import platform
import statistics
import sys

TITLES = {
    "tcp": ("one TCP stream over veth", "Gb/s", True),
    "udp64": ("64-byte UDP over veth, one flow", "Mpps", True),
    "udp64ns": ("the same, processor time of the switch", "ns a packet", False),
    "latency": ("64-byte UDP there and back over veth, one at a time, P50", "us", False),
    "latency99": ("the same, P99", "us", False),
    "tse": ("a port's 64-byte packets while another makes masks (tuple-space explosion)", "Mpps", True),
    "idle": ("idle", "% of a core", False),
    "flowmods": ("distinct flow-mods, sent ahead", "thousand/s", True),
    "flowmodscpu": ("the same, the switch's processor time", "us each", False),
    "flowbytes": ("the same, resident memory", "bytes a flow", False),
    "flowloss": ("the same, lost of 10,000 packets on a cached flow meanwhile", "packets", False),
    "flowdump": ("the same flows listed by ovs-ofctl dump-flows", "thousand/s", True),
    "flowbundle": ("the same flow-mods in one atomic bundle", "thousand/s", True),
    "flowbundlecpu": ("the same, the switch's processor time", "us each", False),
    "flowwait": ("a tenth of them from ovs-ofctl add-flows, which waits for each", "thousand/s", True),
    "flowwaitcpu": ("the same, the switch's processor time", "us each", False),
    "setup": ("new megaflows, every packet one", "thousand/s", True),
    "classifier": ("lookups in {} rules with {} masks", "million/s", True),
    "masked": ("the same with the megaflow's mask", "million/s", True),
    "updates": ("updates of {} rules with {} masks", "million/s", True),
}
for size, how in (("64", "one flow each way"), ("64normal", "NORMAL"), ("1500", "one flow each way")):
    TITLES[f"vhost{size}"] = (f"guest to guest over vhost-user, {size.removesuffix('normal')} bytes, {how}, both ways", "Mpps", True)
    TITLES[f"vhost{size}_cycles"] = ("the same, the forwarding thread", "cycles a packet", False)
TITLES["vhostflows"] = ("the same, 64 bytes, {} destinations with a megaflow each, both ways", "Mpps", True)
TITLES["vhostflows_cycles"] = TITLES["vhost64_cycles"]
TITLES["vhostsetup"] = ("new megaflows, every packet of a guest one", "thousand/s", True)
TITLES["tunnelcycles"] = ("{} {}, 64 bytes, the switching core alone", "cycles a packet", False)
TITLES["tunnelmore"] = ("{} {}, more than plain forwarding", "cycles a packet", False)
TITLES["tunneltcp"] = ("one TCP stream over VXLAN between two hosts", "Gb/s", True)
TITLES["vhosttunnel"] = ("a guest's packets of {} bytes into VXLAN and back, the underlay over vhost-user, too", "Mpps", True)
TITLES["vhosttunnel_cycles"] = ("the same, the forwarding thread", "cycles a packet", False)
TITLES["copy"] = ("copies of {} bytes by one core", "million/s", True)
NAMES = {
    "weft": "Weft",
    "bridge": "Linux bridge",
    "direct": "a veth without a switch",
    "alone": "Weft without the attack",
    "ovs": "OVS userspace",
    "ovs_default": "OVS userspace, default (offloads off)",
    "ovs_tso": "OVS userspace, TSO on",
    "ovs_dpdk": "OVS with DPDK",
    "null": "null switch: Weft's rings and packet memory only",
    "raw": "DPDK's testpmd, rings only",
    "plain": "plain tuple space search",
}


def cpu_model():
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(sys.argv[1]) as f:
        for line in f:
            row, switch, value = line.split()
            values[row][switch].append(float(value))

    print(f"Machine: {os.cpu_count()} cores, {cpu_model()}, Linux {platform.release()}\n")
    print("| work | switch | median | spread | unit | Weft is |")
    print("|---|---|---|---|---|---|")
    for row, switches in values.items():
        row, *arguments = row.split(":")
        title, unit, more_is_better = TITLES[row]
        title = title.format(*(argument.replace("_", " ") for argument in arguments))
        ours = statistics.median(switches["weft"]) if "weft" in switches else None
        for switch, samples in switches.items():
            median = statistics.median(samples)
            ratio = ""
            if switch != "weft" and ours is not None and median and ours:
                ratio = f"{(ours / median if more_is_better else median / ours):.2f}x"
            spread = f"{min(samples):g} - {max(samples):g}"
            print(f"| {title} | {NAMES[switch]} | {median:g} | {spread} | {unit} | {ratio} |")


if __name__ == "__main__":
    main()
