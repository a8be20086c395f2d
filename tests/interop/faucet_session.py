#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Drives a switch as Faucet does, in OpenFlow 1.3 with os-ken's encoding, and prints what it answers. Any error ends it.

usage: faucet_session.py SOCKET    to listen on; the switch has ports 1 to 3
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from of_client import Client, Refused

c = Client.listen(sys.argv[1], 4)
o, p, dp = c.o, c.p, c.dp
VLAN, ETH_SRC, ETH_DST, FLOOD = range(4)
PACKET = bytes.fromhex("0e0000000001" "0e0000000002" "0800" "4500001c000000004001" "66cf" "0a000001" "0a000002" "0800f7ff00000000")
HIDE = {"duration_sec", "duration_nsec", "datapath_id", "hw_addr", "buffer_id", "auxiliary_id", "sw_desc", "max_entries",
        "burst_size"}  # Open vSwitch makes one up for a meter without a burst; Weft says what was written


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in HIDE}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


def show(what, *messages):
    for message in messages:
        print(what, json.dumps(plain(message.to_jsondict()), sort_keys=True))


def show_sorted(what, items):
    show(what, *sorted(items, key=lambda i: json.dumps(plain(i.to_jsondict()), sort_keys=True)))


def flow(table, priority, match, instructions, command=None, cookie=0x5adc15c0, **more):
    return p.OFPFlowMod(dp, cookie=cookie, table_id=table, priority=priority, match=p.OFPMatch(**match), instructions=instructions,
                        command=o.OFPFC_ADD if command is None else command, out_port=o.OFPP_ANY, out_group=o.OFPG_ANY, **more)


def apply(*actions):
    return p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, list(actions))


def write(*actions):
    return p.OFPInstructionActions(o.OFPIT_WRITE_ACTIONS, list(actions))


def goto(table):
    return p.OFPInstructionGotoTable(table)


def output(port, max_len=0):
    return p.OFPActionOutput(port, max_len)


def packet_out(data, in_port, *actions):
    return p.OFPPacketOut(dp, buffer_id=o.OFP_NO_BUFFER, in_port=in_port, actions=list(actions), data=data)


def greet():
    show("features", c.ask(p.OFPFeaturesRequest(dp)))
    ports = c.ask_all(p.OFPPortDescStatsRequest(dp, 0))
    for port in sorted(ports, key=lambda port: port.port_no):
        print("port", port.port_no, port.config)
    show("desc", *c.ask_all(p.OFPDescStatsRequest(dp, 0)))
    c.do(p.OFPSetAsync(dp, [1 << o.OFPR_ACTION | 1 << o.OFPR_INVALID_TTL] * 2,
                       [1 << o.OFPPR_ADD | 1 << o.OFPPR_DELETE | 1 << o.OFPPR_MODIFY] * 2,
                       [1 << o.OFPRR_IDLE_TIMEOUT | 1 << o.OFPRR_HARD_TIMEOUT | 1 << o.OFPRR_DELETE] * 2))
    show("async", c.ask(p.OFPGetAsyncRequest(dp)))
    c.do(p.OFPSetConfig(dp, o.OFPC_FRAG_NORMAL, o.OFPCML_NO_BUFFER))
    show("config", c.ask(p.OFPGetConfigRequest(dp)))
    return {port.port_no: port.hw_addr for port in ports}


def table_features():
    """The pipeline as a controller wishes it: each table's name, matches, instructions, next tables and actions."""
    def oxm(kind, *fields):
        return p.OFPTableFeaturePropOxm(kind, oxm_ids=[p.OFPOxmId(type_=f, hasmask=False) for f in fields])

    body = []
    for number, name in enumerate(("vlan", "eth_src", "eth_dst", "flood")):
        following = list(range(number + 1, 4))
        instructions = [p.OFPInstructionId(type_=o.OFPIT_APPLY_ACTIONS), p.OFPInstructionId(type_=o.OFPIT_WRITE_METADATA)]
        instructions += [p.OFPInstructionId(type_=o.OFPIT_GOTO_TABLE)] if following else []
        body.append(p.OFPTableFeaturesStats(
            table_id=number, name=name.encode(), metadata_match=2**64 - 1, metadata_write=2**64 - 1, config=3, max_entries=1024,
            properties=[
                p.OFPTableFeaturePropInstructions(o.OFPTFPT_INSTRUCTIONS, instruction_ids=instructions),
                p.OFPTableFeaturePropNextTables(o.OFPTFPT_NEXT_TABLES, table_ids=following),
                p.OFPTableFeaturePropActions(o.OFPTFPT_APPLY_ACTIONS, action_ids=[
                    p.OFPActionId(type_=o.OFPAT_OUTPUT), p.OFPActionId(type_=o.OFPAT_SET_FIELD)]),
                oxm(o.OFPTFPT_MATCH, "in_port", "eth_src", "eth_dst", "vlan_vid", "eth_type"),
                oxm(o.OFPTFPT_WILDCARDS, "in_port", "eth_src", "eth_dst", "vlan_vid", "eth_type"),
                oxm(o.OFPTFPT_APPLY_SETFIELD, "vlan_vid"),
            ]))
    try:
        c.ask_raw(p.OFPTableFeaturesStatsRequest(dp, 0, body), multipart=True)
        c.barrier()
        print("table features taken")
    except Refused:  # Open vSwitch 3.1 wants the lengths of fields, which os-ken leaves out, and tables are what they are
        c.barrier()
        print("table features refused")
    for item in c.ask_all(p.OFPTableFeaturesStatsRequest(dp, 0, []))[:5]:
        print("table", item.table_id, item.name)


def build():
    """The pipeline of a small site: VLAN 100 on ports 1 and 2, tagged on 3, groups to flood, a meter for what is loud."""
    vid = 100 | o.OFPVID_PRESENT
    delete = [flow(o.OFPTT_ALL, 0, {}, [], o.OFPFC_DELETE, cookie=0),
              p.OFPGroupMod(dp, o.OFPGC_DELETE, 0, o.OFPG_ALL), p.OFPMeterMod(dp, o.OFPMC_DELETE, 0, o.OFPM_ALL)]
    meters = [p.OFPMeterMod(dp, o.OFPMC_ADD, o.OFPMF_KBPS, 1, [p.OFPMeterBandDrop(rate=1000000)]),
              p.OFPMeterMod(dp, o.OFPMC_ADD, o.OFPMF_PKTPS | o.OFPMF_BURST, 2, [p.OFPMeterBandDrop(rate=10, burst_size=5)])]
    groups = [p.OFPGroupMod(dp, o.OFPGC_ADD, o.OFPGT_ALL, 100, [
                  p.OFPBucket(actions=[p.OFPActionPopVlan(), output(1)]), p.OFPBucket(actions=[p.OFPActionPopVlan(), output(2)]),
                  p.OFPBucket(actions=[output(3)])]),
              p.OFPGroupMod(dp, o.OFPGC_ADD, o.OFPGT_FF, 101, [
                  p.OFPBucket(watch_port=2, actions=[output(2)]), p.OFPBucket(watch_port=3, actions=[output(3)])])]
    push = [p.OFPActionPushVlan(0x8100), p.OFPActionSetField(vlan_vid=vid)]
    flows = [
        flow(VLAN, 9000, {"in_port": 1, "vlan_vid": 0}, [apply(*push), p.OFPInstructionWriteMetadata(0xcafe, 0xffff),
                                                         p.OFPInstructionMeter(1), goto(ETH_SRC)]),
        flow(VLAN, 9000, {"in_port": 2, "vlan_vid": 0}, [apply(*push), goto(ETH_SRC)]),
        flow(VLAN, 9000, {"in_port": 3, "vlan_vid": vid}, [goto(ETH_SRC)]),
        flow(VLAN, 0, {}, []),
        flow(ETH_SRC, 20480, {"eth_type": 0x0800, "ipv4_dst": ("10.9.0.0", "255.255.0.0"), "vlan_vid": vid},
             [apply(p.OFPActionDecNwTtl(), p.OFPActionSetField(eth_src="0e:00:00:00:00:fe"),
                    p.OFPActionSetField(eth_dst="0e:00:00:00:00:02"), p.OFPActionPopVlan(), p.OFPActionGroup(101))]),
        flow(ETH_SRC, 4096, {"vlan_vid": vid}, [apply(output(o.OFPP_CONTROLLER, 96)), goto(ETH_DST)]),
        flow(ETH_DST, 8192, {"eth_dst": "0e:00:00:00:00:02", "vlan_vid": vid, "metadata": (0xcafe, 0xffff)},
             [write(p.OFPActionPopVlan(), output(2))], flags=o.OFPFF_SEND_FLOW_REM, idle_timeout=300, cookie=0x77),
        flow(ETH_DST, 4096, {}, [goto(FLOOD)]),
        flow(FLOOD, 8240, {"eth_dst": ("01:00:00:00:00:00", "01:00:00:00:00:00"), "vlan_vid": vid}, [apply(p.OFPActionGroup(100))]),
        flow(FLOOD, 0, {}, [], flags=o.OFPFF_SEND_FLOW_REM, hard_timeout=200),
    ]
    c.do(*delete, p.OFPBarrierRequest(dp), *meters, *groups, p.OFPBarrierRequest(dp), *flows)


def statistics(what):
    show_sorted(what + " flow", c.ask_all(p.OFPFlowStatsRequest(dp, 0, o.OFPTT_ALL, o.OFPP_ANY, o.OFPG_ANY, 0, 0, p.OFPMatch())))
    # Only those with the cookie.
    show_sorted(what + " cookie", c.ask_all(p.OFPFlowStatsRequest(dp, 0, o.OFPTT_ALL, o.OFPP_ANY, o.OFPG_ANY, 0x77, 2**64 - 1, p.OFPMatch())))
    show_sorted(what + " to port 2", c.ask_all(p.OFPFlowStatsRequest(dp, 0, o.OFPTT_ALL, 2, o.OFPG_ANY, 0, 0, p.OFPMatch())))
    show(what + " aggregate", *c.ask_all(p.OFPAggregateStatsRequest(dp, 0, ETH_DST, o.OFPP_ANY, o.OFPG_ANY, 0, 0, p.OFPMatch())))
    show_sorted(what + " group", c.ask_all(p.OFPGroupDescStatsRequest(dp, 0)))
    show_sorted(what + " meter", c.ask_all(p.OFPMeterConfigStatsRequest(dp, 0, o.OFPM_ALL)))
    for item in sorted(c.ask_all(p.OFPPortStatsRequest(dp, 0, o.OFPP_ANY)), key=lambda item: item.port_no):
        print(what, "port", item.port_no)


def packets():
    """A packet from port 1 passes the tables: it comes here, tagged, and goes to its port."""
    c.do(packet_out(PACKET, 1, output(o.OFPP_TABLE)))
    message = c.await_unasked(o.OFPT_PACKET_IN)
    print("packet-in", message.reason, message.table_id, "%x" % message.cookie, message.total_len, message.match.to_jsondict(),
          bytes(message.data).hex())
    c.do(packet_out(PACKET, o.OFPP_CONTROLLER, output(3), p.OFPActionGroup(101)))


def changes():
    """Learned hosts move, time out and are forgotten; the switch tells."""
    vid = 100 | o.OFPVID_PRESENT
    match = {"eth_dst": "0e:00:00:00:00:02", "vlan_vid": vid, "metadata": (0xcafe, 0xffff)}
    c.do(flow(ETH_DST, 8192, match, [write(p.OFPActionPopVlan(), output(1))], o.OFPFC_MODIFY_STRICT, cookie=0x77))
    c.do(flow(ETH_DST, 4096, {}, [goto(FLOOD)], o.OFPFC_MODIFY_STRICT))
    c.do(flow(ETH_DST, 8192, match, [], o.OFPFC_DELETE_STRICT))
    show("flow-removed", c.await_unasked(o.OFPT_FLOW_REMOVED))
    c.do(flow(o.OFPTT_ALL, 0, {"vlan_vid": vid}, [], o.OFPFC_DELETE))
    c.do(p.OFPFlowMod(dp, cookie=0x5adc15c0, cookie_mask=2**64 - 1, table_id=o.OFPTT_ALL, command=o.OFPFC_DELETE, out_port=o.OFPP_ANY,
                      out_group=o.OFPG_ANY, match=p.OFPMatch(), instructions=[]))
    show("flow-removed", c.await_unasked(o.OFPT_FLOW_REMOVED))
    print("left", len(c.ask_all(p.OFPFlowStatsRequest(dp, 0, o.OFPTT_ALL, o.OFPP_ANY, o.OFPG_ANY, 0, 0, p.OFPMatch()))))
    c.do(p.OFPMeterMod(dp, o.OFPMC_MODIFY, o.OFPMF_KBPS, 1, [p.OFPMeterBandDrop(rate=2000)]))
    c.do(p.OFPGroupMod(dp, o.OFPGC_MODIFY, o.OFPGT_ALL, 100, [p.OFPBucket(actions=[output(3)])]))


def port_goes(addresses):
    for config in o.OFPPC_PORT_DOWN, 0:
        c.send(p.OFPPortMod(dp, 2, addresses[2], config, o.OFPPC_PORT_DOWN, 0))
        message = c.await_unasked(o.OFPT_PORT_STATUS, lambda m: m.desc.port_no == 2 and m.desc.config == config)
        print("port-status", message.reason, message.desc.port_no, message.desc.config)
    c.barrier()


hw_addrs = greet()
table_features()
build()
statistics("built")
packets()
changes()
statistics("changed")
port_goes(hw_addrs)
