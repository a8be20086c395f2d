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
    "idle": ("idle", "% of a core", False),
}
NAMES = {
    "weft": "Weft",
    "bridge": "Linux bridge",
    "ovs": "OVS userspace",
    "ovs_default": "OVS userspace, default (offloads off)",
    "ovs_tso": "OVS userspace, TSO on",
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
        title, unit, more_is_better = TITLES[row]
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
