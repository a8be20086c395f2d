# SPDX-License-Identifier: Apache-2.0
"""Numbered UDP packets of many flows, and a check at the other end that none of a flow overtakes another or comes twice.

    ordered_flows.py send ADDRESS N_FLOWS N_PACKETS    N_PACKETS of each flow; then the end of each, again and again
    ordered_flows.py receive ADDRESS N_FLOWS READY     creates the file READY; ends when all flows have, and prints how many packets came
"""
import socket
import struct
import sys
import time

PORT, END = 7000, 1 << 31
SO_RCVBUFFORCE = 33


def send(address, n_flows, n_packets):
    flows = []
    for i in range(n_flows):
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("", 20000 + i))
        flows.append(s)
    for seq in range(n_packets):
        for s in flows:
            s.sendto(struct.pack("!I", seq) + bytes(40), (address, PORT))
        if seq % 8 == 7:
            time.sleep(0.001)  # what is sent at once fits any queue on the way
    while True:
        for s in flows:
            s.sendto(struct.pack("!I", END), (address, PORT))
        time.sleep(0.05)


def receive(address, n_flows, ready):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
    s.bind((address, PORT))
    open(ready, "w").close()
    last, ended, n = {}, set(), 0
    while len(ended) < n_flows:
        data, peer = s.recvfrom(2048)
        seq = struct.unpack_from("!I", data)[0]
        flow = peer[1]
        if seq == END:
            ended.add(flow)
            continue
        if seq <= last.get(flow, -1):
            sys.exit(f"flow {flow}: packet {seq} came behind {last[flow]}")
        last[flow] = seq
        n += 1
    print(n)


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        receive(sys.argv[2], int(sys.argv[3]), sys.argv[4])
