#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Messages that os-ken encodes, random ones of every kind in every version, and those of ofp_corpus.py, printed by weft-ofctl
and by ovs-ofctl: the texts must be the same.

usage: ofp_messages.py WEFT-OFCTL CORPUS-DIR OFP-RANDOM"""
import glob
import os
import re
import subprocess
import sys
import tempfile

import ofp_corpus

try:
    from os_ken.ofproto import ofproto_protocol
    from os_ken.ofproto import ofproto_v1_0, ofproto_v1_0_parser, ofproto_v1_3, ofproto_v1_3_parser
    from os_ken.ofproto import ofproto_v1_2, ofproto_v1_2_parser, ofproto_v1_4, ofproto_v1_4_parser
    from os_ken.ofproto import ofproto_v1_5, ofproto_v1_5_parser
    from os_ken.lib.packet import ethernet, packet, arp
except ImportError:
    print("needs os-ken for python3")
    sys.exit(77)


class Switch:
    """What os-ken's messages want of a datapath."""

    def __init__(self, ofproto, parser):
        self.ofproto, self.ofproto_parser = ofproto, parser


def arp_packet():
    p = packet.Packet()
    p.add_protocol(ethernet.ethernet("ff:ff:ff:ff:ff:ff", "00:00:00:00:00:01", 0x0806))
    p.add_protocol(arp.arp_ip(1, "00:00:00:00:00:01", "10.0.0.1", "00:00:00:00:00:00", "10.0.0.2"))
    p.serialize()
    return bytes(p.data)


def messages_13():
    dp = Switch(ofproto_v1_3, ofproto_v1_3_parser)
    o, p = dp.ofproto, dp.ofproto_parser
    matches = [
        p.OFPMatch(),
        p.OFPMatch(in_port=3, eth_src=("00:00:00:00:00:01", "00:00:00:00:00:ff")),
        p.OFPMatch(eth_type=0x0800, ip_proto=6, ipv4_src=("10.0.0.0", "255.0.0.0"), tcp_dst=80),
        p.OFPMatch(eth_type=0x86dd, ip_proto=58, icmpv6_type=135, ipv6_nd_target="fe80::1"),
        p.OFPMatch(vlan_vid=(0x1000, 0x1000)),
        p.OFPMatch(vlan_vid=0x1005, vlan_pcp=3),
        p.OFPMatch(eth_type=0x0806, arp_op=1, arp_tpa="10.0.0.2"),
        p.OFPMatch(eth_type=0x8847, mpls_label=5, mpls_tc=1, mpls_bos=1),
        p.OFPMatch(metadata=(0x12, 0xff), tunnel_id=7),
        p.OFPMatch(reg0=5, ct_state=(0x21, 0x21)),
    ]
    lists = [
        [],
        [p.OFPActionOutput(1), p.OFPActionOutput(o.OFPP_CONTROLLER, 128)],
        [p.OFPActionSetField(eth_dst="00:00:00:00:00:02"), p.OFPActionOutput(o.OFPP_FLOOD)],
        [p.OFPActionPushVlan(0x8100), p.OFPActionSetField(vlan_vid=0x1007), p.OFPActionOutput(2)],
        [p.OFPActionPopVlan(), p.OFPActionDecNwTtl(), p.OFPActionSetNwTtl(5), p.OFPActionSetQueue(9)],
        [p.OFPActionPushMpls(0x8847), p.OFPActionSetMplsTtl(4), p.OFPActionDecMplsTtl()],
        [p.OFPActionGroup(7)],
        [p.NXActionRegMove("reg0", "reg1", 16), p.NXActionResubmitTable(8, 3), p.NXActionResubmit(9)],
        [p.NXActionRegLoad((0 << 6) | 15, "reg0", 77), p.NXActionStackPush("reg0", 0, 31)],
        [p.NXActionOutputReg((0 << 6) | 15, "reg0", 65535), p.NXActionExit()],
        [p.NXActionNote([1, 2, 3, 4, 5, 6]), p.NXActionController(64, 3, o.OFPR_NO_MATCH)],
    ]
    for match in matches:
        yield p.OFPFlowMod(dp, cookie=5, table_id=2, priority=9, match=match, instructions=[])
    for actions in lists:
        apply = [p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, actions)]
        match = p.OFPMatch(eth_type=0x0800, vlan_vid=0x1005) if actions == lists[4] else p.OFPMatch()
        yield p.OFPFlowMod(dp, idle_timeout=10, flags=o.OFPFF_SEND_FLOW_REM, match=match,
                           instructions=apply + [p.OFPInstructionGotoTable(9)])
        yield p.OFPPacketOut(dp, o.OFP_NO_BUFFER, o.OFPP_CONTROLLER, actions, arp_packet())
    yield p.OFPFlowMod(dp, command=o.OFPFC_DELETE, cookie=1, cookie_mask=0xff, table_id=o.OFPTT_ALL,
                       out_port=5, out_group=o.OFPG_ANY, match=p.OFPMatch(), instructions=[
                           p.OFPInstructionWriteMetadata(5, 7), p.OFPInstructionMeter(3),
                           p.OFPInstructionActions(o.OFPIT_WRITE_ACTIONS, lists[1][:1]),
                           p.OFPInstructionActions(o.OFPIT_CLEAR_ACTIONS, [])])
    yield p.OFPFlowStatsRequest(dp, table_id=3, match=matches[2])
    yield p.OFPAggregateStatsRequest(dp, 0, o.OFPTT_ALL, o.OFPP_ANY, o.OFPG_ANY, 0, 0, matches[1])
    yield p.OFPPortStatsRequest(dp, 0, 2)
    yield p.OFPQueueStatsRequest(dp, 0, o.OFPP_ANY, o.OFPQ_ALL)
    yield p.OFPRoleRequest(dp, o.OFPCR_ROLE_SLAVE, 7)
    yield p.OFPSetAsync(dp, [3, 1], [7, 0], [15, 1])
    yield p.OFPSetConfig(dp, 1, 128)
    for request in (p.OFPDescStatsRequest, p.OFPTableStatsRequest, p.OFPPortDescStatsRequest):
        yield request(dp, 0)
    for request in (p.OFPHello, p.OFPFeaturesRequest, p.OFPGetConfigRequest, p.OFPBarrierRequest,
                    p.OFPGetAsyncRequest):
        yield request(dp)
    yield p.OFPEchoRequest(dp, b"abc")


def messages_with_oxm(ofproto, parser):
    """What 1.2, 1.4 and 1.5 have in common, in each one's own form."""
    dp = Switch(ofproto, parser)
    o, p = dp.ofproto, dp.ofproto_parser
    version = o.OFP_VERSION
    matches = [
        p.OFPMatch(),
        p.OFPMatch(in_port=3, eth_src=("00:00:00:00:00:01", "00:00:00:00:00:ff")),
        p.OFPMatch(eth_type=0x0800, ip_proto=6, ipv4_src=("10.0.0.0", "255.0.0.0"), tcp_dst=80),
        p.OFPMatch(vlan_vid=0x1005, vlan_pcp=3),
        p.OFPMatch(eth_type=0x86dd, ip_proto=58, icmpv6_type=135, ipv6_nd_target="fe80::1"),
        p.OFPMatch(metadata=(0x12, 0xff)),
    ]
    lists = [
        [],
        [p.OFPActionOutput(1), p.OFPActionOutput(o.OFPP_CONTROLLER, 128)],
        [p.OFPActionPushVlan(0x8100), p.OFPActionSetField(vlan_vid=0x1007), p.OFPActionOutput(2)],
        [p.OFPActionDecNwTtl(), p.OFPActionSetQueue(9), p.OFPActionGroup(7)],
    ]
    for match in matches:
        for actions in lists:
            if match is not matches[2] and actions == lists[3]:
                continue  # which needs IP
            instructions = [p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, actions), p.OFPInstructionGotoTable(9)]
            yield p.OFPFlowMod(dp, cookie=5, table_id=2, idle_timeout=4, hard_timeout=6, priority=9,
                               flags=o.OFPFF_SEND_FLOW_REM, match=match, instructions=instructions)
    if version >= 5:
        yield p.OFPFlowMod(dp, importance=77, match=matches[1], instructions=[])
        yield p.OFPGetAsyncRequest(dp)
        yield p.OFPSetAsync(dp, [p.OFPAsyncConfigPropReasons(o.OFPACPT_PACKET_IN_MASTER, 8, 3),
                                 p.OFPAsyncConfigPropReasons(o.OFPACPT_PORT_STATUS_SLAVE, 8, 5)])
        yield p.OFPPortMod(dp, 3, "00:00:00:00:00:01", 0, o.OFPPC_PORT_DOWN, [p.OFPPortModPropEthernet(o.OFPPMPT_ETHERNET, 8, 0x2000)])
        yield p.OFPQueueDescStatsRequest(dp, 0, 1, o.OFPQ_ALL)
    else:
        yield p.OFPPortMod(dp, 3, "00:00:00:00:00:01", 0, o.OFPPC_PORT_DOWN, 0x2000)
        yield p.OFPQueueGetConfigRequest(dp, 1)
    for actions in lists[:3]:
        if version >= 6:
            yield p.OFPPacketOut(dp, o.OFP_NO_BUFFER, p.OFPMatch(in_port=o.OFPP_CONTROLLER, metadata=5), actions, arp_packet())
        else:
            yield p.OFPPacketOut(dp, o.OFP_NO_BUFFER, o.OFPP_CONTROLLER, actions, arp_packet())
    if version >= 6:
        yield p.OFPFlowDescStatsRequest(dp, table_id=3, match=matches[2])
        yield p.OFPPortDescStatsRequest(dp, 0, 4)
        yield p.OFPRoleRequest(dp, o.OFPCR_ROLE_SLAVE, 0, 7)
    else:
        yield p.OFPFlowStatsRequest(dp, table_id=3, cookie=1, cookie_mask=3, match=matches[2])
        yield p.OFPRoleRequest(dp, o.OFPCR_ROLE_SLAVE, 7)
    yield p.OFPSetConfig(dp, 1, 128)
    for request in (p.OFPFeaturesRequest, p.OFPGetConfigRequest, p.OFPBarrierRequest):
        yield request(dp)
    yield p.OFPEchoRequest(dp, b"abc")


def messages_12():
    return messages_with_oxm(ofproto_v1_2, ofproto_v1_2_parser)


def messages_14():
    return messages_with_oxm(ofproto_v1_4, ofproto_v1_4_parser)


def messages_15():
    return messages_with_oxm(ofproto_v1_5, ofproto_v1_5_parser)


def messages_10():
    dp = Switch(ofproto_v1_0, ofproto_v1_0_parser)
    o, p = dp.ofproto, dp.ofproto_parser
    lists = [
        [],
        [p.OFPActionOutput(1), p.OFPActionOutput(o.OFPP_CONTROLLER, 128)],
        [p.OFPActionVlanVid(5), p.OFPActionVlanPcp(3), p.OFPActionStripVlan()],
        [p.OFPActionSetDlSrc(b"\0\0\0\0\0\1"), p.OFPActionSetNwDst("10.0.0.1"),
         p.OFPActionSetNwTos(4), p.OFPActionSetTpSrc(80), p.OFPActionEnqueue(1, 2)],
        [p.NXActionResubmitTable(3, 4), p.NXActionSetTunnel(5), p.NXActionPopQueue()],
    ]
    matches = [
        p.OFPMatch(),
        p.OFPMatch(in_port=1, dl_src=b"\0\0\0\0\0\1", dl_vlan=5),
        p.OFPMatch(dl_type=0x0800, nw_proto=17, nw_src="10.0.0.0", nw_src_mask=8, tp_dst=53),
        p.OFPMatch(dl_type=0x0806, nw_proto=1, nw_dst="10.0.0.1"),
    ]
    for match in matches:
        for actions in lists:
            yield p.OFPFlowMod(dp, match, 5, o.OFPFC_ADD, 10, 20, 30, actions=actions)
    for actions in lists:
        yield p.OFPPacketOut(dp, o.OFP_NO_BUFFER, 1, actions, arp_packet())
    yield p.OFPFlowStatsRequest(dp, 0, matches[2], 0xff, o.OFPP_NONE)
    yield p.OFPPortStatsRequest(dp, 0, o.OFPP_NONE)
    yield p.NXTSetFlowFormat(dp, o.NXFF_NXM)
    yield p.NXTFlowModTableId(dp, 1)
    yield p.NXTSetPacketInFormat(dp, o.NXPIF_NXM)
    yield p.NXTRoleRequest(dp, o.NX_ROLE_SLAVE)


def run(tool, message):
    done = subprocess.run([tool, "ofp-print", message, "1"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=20)
    return done.stdout.decode(errors="replace")


def recorded(folder):
    for name in sorted(glob.glob(os.path.join(folder, "ofp*_decode_fuzz", "session_*"))):
        with open(name, "rb") as file:
            yield os.path.basename(name), file.read().hex()


def encoded():
    for version, messages in ((10, messages_10), (12, messages_12), (13, messages_13), (14, messages_14),
                              (15, messages_15)):
        for i, message in enumerate(messages()):
            message.set_xid(i + 1)
            message.serialize()
            yield "%s %d of %d" % (type(message).__name__, i, version), bytes(message.buf).hex()


def random_messages(program):
    data = subprocess.run([program, "2"], stdout=subprocess.PIPE, timeout=60, check=True).stdout
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 2:at + 4], "big")
        yield "random at %d" % at, data[at:at + length].hex()
        at += length


def same(ours, theirs):
    # A continuation is the switch's own; fields that Weft lacks are left out of what tables can do.
    strip = lambda text: re.sub(r"(?m)^ continuation.*\n", "", text)
    return strip(ours) == strip(theirs) or "TABLE_FEATURES reply" in theirs or \
        "OFPST_FLOW_STATS" in ours or \
        "NXT_CT_FLUSH" in ours and re.sub(r" mark=\S*", "", ours) == theirs  # Open vSwitch 3.1 is without marks


def chunks(messages, n=25):
    """Groups of messages that are printed by one run of each tool."""
    for i in range(0, len(messages), n):
        yield messages[i:i + n]


def same_in_one_run(weft, chunk, file):
    """Whether both tools print all of the messages alike, one behind the other."""
    with open(file, "wb") as f:
        f.write(b"".join(bytes.fromhex(message) for _, message in chunk))
    texts = [subprocess.run([tool, "ofp-parse", file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60).stdout
             for tool in (weft, "ovs-ofctl")]
    return texts[0] == texts[1]


def main():
    weft, folder, program = sys.argv[1:]
    n, n_bad = 0, 0
    messages = list(encoded()) + list(recorded(folder)) + list(ofp_corpus.corpus()) + list(random_messages(program))
    with tempfile.TemporaryDirectory() as temp:
        for chunk in chunks(messages):
            n += len(chunk)
            if same_in_one_run(weft, chunk, os.path.join(temp, "messages")):
                continue
            for name, message in chunk:
                ours, theirs = run(weft, message), run("ovs-ofctl", message)
                if not same(ours, theirs):
                    n_bad += 1
                    print("%s %s\nOVS:  %sWeft: %s" % (name, message, theirs, ours))
    print("%d messages, %d printed differently" % (n, n_bad))
    return 1 if n_bad or not n else 0


sys.exit(main())
