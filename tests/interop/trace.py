# SPDX-License-Identifier: Apache-2.0
"""Compares traces: trace.py CASES WEFT_RUNDIR WEFT_CTL OVS_RUNDIR OVS_CTL [NAME].

CASES has blocks, each behind a line "[NAME]". In a block "flow BRIDGE FLOW" adds a flow ("group", "meter" likewise), and "trace
ARGUMENTS" compares a trace: all of it but the megaflow, which may differ in how much it has to look at. "story" in place of
"trace" leaves out the datapath's actions as well, where there are several ways to the same end; "out" traces a packet-out. Everything else is a comment.
"""
import difflib
import re
import shlex
import subprocess
import sys

cases, weft_dir, weft_ctl, ovs_dir, ovs_ctl = sys.argv[1:6]
only = sys.argv[6] if len(sys.argv) > 6 else None
SIDES = (("weft", weft_dir, weft_ctl), ("ovs", ovs_dir, ovs_ctl))


def run(*args):
    p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, text=True)
    return p.returncode, p.stdout


def ofctl(directory, command, bridge, *args):
    status, text = run("ovs-ofctl", "-O", "OpenFlow15", "--timeout=10", command, f"unix:{directory}/{bridge}.mgmt", *args)
    return status, re.sub(r"xid=0x[0-9a-f]+", "xid=X", text)


def normalize(text):
    """What may differ: what an upcall carries, and the numbers of recirculation."""
    text = re.sub(r"userspace\(pid=\d+,(?:[^()]|\([^()]*\))*\)", "userspace()", text)
    text = re.sub(r"userspace\(pid=\d+\)", "userspace()", text)
    text = re.sub(r"\nMegaflow: [^\n]*", "", text)
    text = re.sub(r" 0\. reg0=0x2, priority 0\n", " 0. No match.\n", text)  # how Open vSwitch sees a miss behind a patch port
    flows = re.findall(r"^(?:Final flow|Flow): (.*)$", text, re.M)
    if len(flows) == 2 and flows[0] == flows[1]:
        text = re.sub(r"^Final flow: .*$", "Final flow: unchanged", text, flags=re.M)  # it tells the action set's output apart
    text = re.sub(r"\nDropped: [^\n]*", "", text)
    text = re.sub(r"\nNot used: --ct-next [^\n]*\n", "", text)  # Open vSwitch does not say so
    text = re.sub(r"ovs-appctl: .*: server", "server", text)
    text = re.sub(r"recirc(_id)?([(=])0x[1-9a-f][0-9a-f]*", r"recirc\1\2X", text)
    return [line.rstrip() for line in text.rstrip().split("\n")]


def check(name, kind, args):
    command = "ofproto/trace-packet-out" if kind == "out" else "ofproto/trace"
    answers = [normalize(run("ovs-appctl", "-t", ctl, command, *shlex.split(args))[1]) for _, _, ctl in SIDES]
    if kind == "story":
        answers = [[line for line in answer if not line.startswith("Datapath actions:")] for answer in answers]
    if answers[0] == answers[1]:
        return True
    print(f"[{name}] {kind} {args}")
    for line in difflib.unified_diff(answers[1], answers[0], "ovs", "weft", lineterm="", n=50):
        print("   ", line)
    return False


def main():
    bad = count = 0
    name = None
    with open(cases) as f:
        for line in f:
            line = line.strip()
            if line.startswith("["):
                name = line[1:-1]
                for _, directory, _ in SIDES:
                    for bridge in ("br0", "br1"):
                        ofctl(directory, "del-flows", bridge)
                        ofctl(directory, "del-groups", bridge)
                        ofctl(directory, "del-meters", bridge)
                continue
            if only and name != only:
                continue
            kind, _, rest = line.partition(" ")
            if kind in ("flow", "group", "meter"):
                bridge, _, text = rest.partition(" ")
                answers = [ofctl(directory, f"add-{kind}", bridge, text) for _, directory, _ in SIDES]
                if answers[0] != answers[1] or answers[1][0]:
                    print(f"[{name}] {line}\n    weft: {answers[0]}\n    ovs:  {answers[1]}")
                    bad += 1
            elif kind in ("trace", "story", "out"):
                count += 1
                bad += not check(name, kind, rest)
    print(f"{count} traces, {bad} differ")
    return 1 if bad or not count else 0


sys.exit(main())
