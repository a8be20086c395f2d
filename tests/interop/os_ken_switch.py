# SPDX-License-Identifier: Apache-2.0
"""A learning switch for os-ken's manager, in OpenFlow 1.0 and 1.2 to 1.5, which writes down what the switch tells it.

It floods what it does not know, installs a flow with an idle timeout for what it knows, and asks the switch for everything
that it can be asked. Events go to the file that OS_KEN_EVENTS names, a line each.
"""
import os

from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib import hub
from os_ken.lib.packet import ethernet, packet
from os_ken.ofproto import ofproto_v1_0, ofproto_v1_2, ofproto_v1_3, ofproto_v1_4, ofproto_v1_5

VERSIONS = {"1.0": ofproto_v1_0, "1.2": ofproto_v1_2, "1.3": ofproto_v1_3, "1.4": ofproto_v1_4, "1.5": ofproto_v1_5}
EVENTS = open(os.environ["OS_KEN_EVENTS"], "a", buffering=1)


def note(*words):
    print(*words, file=EVENTS)


class LearningSwitch(app_manager.OSKenApp):
    OFP_VERSIONS = [VERSIONS[os.environ["OS_KEN_VERSION"]].OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ports = {}  # by MAC address

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def features(self, ev):
        msg, dp = ev.msg, ev.msg.datapath
        note("features", "%016x" % msg.datapath_id)
        p, o = dp.ofproto_parser, dp.ofproto
        if o.OFP_VERSION >= 4:  # before, what no flow matches goes to the controller
            act = [p.OFPActionOutput(o.OFPP_CONTROLLER, o.OFPCML_NO_BUFFER)]
            dp.send_msg(p.OFPFlowMod(dp, priority=0, match=p.OFPMatch(),
                                     instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, act)]))
        hub.spawn(self.ask, dp)

    def ask(self, dp):
        p, o = dp.ofproto_parser, dp.ofproto
        hub.sleep(0.2)  # the handshake's own messages come first
        dp.send_msg(p.OFPEchoRequest(dp, data=b"weft"))
        dp.send_msg(p.OFPDescStatsRequest(dp, 0))
        dp.send_msg(p.OFPTableStatsRequest(dp, 0))
        dp.send_msg(p.OFPGetConfigRequest(dp))
        if o.OFP_VERSION >= 3:
            if o.OFP_VERSION >= 4:
                dp.send_msg(p.OFPPortDescStatsRequest(dp, 0))
            if o.OFP_VERSION >= 5:
                dp.send_msg(p.OFPGetAsyncRequest(dp))
                dp.send_msg(p.OFPQueueDescStatsRequest(dp, 0, o.OFPP_ANY, o.OFPQ_ALL))
            dp.send_msg(p.OFPPortStatsRequest(dp, flags=0, port_no=o.OFPP_ANY))
            dp.send_msg(p.OFPFlowDescStatsRequest(dp) if o.OFP_VERSION >= 6 else p.OFPFlowStatsRequest(dp, flags=0))
            dp.send_msg(p.OFPAggregateStatsRequest(dp, flags=0, table_id=o.OFPTT_ALL, out_port=o.OFPP_ANY, out_group=o.OFPG_ANY,
                                                   cookie=0, cookie_mask=0, match=p.OFPMatch()))
            dp.send_msg(p.OFPRoleRequest(dp, role=o.OFPCR_ROLE_MASTER, generation_id=1))
            dp.send_msg(p.OFPFlowMod(dp, table_id=200, instructions=[p.OFPInstructionGotoTable(3)]))  # backwards
        else:
            dp.send_msg(p.OFPPortStatsRequest(dp, 0, o.OFPP_NONE))
            dp.send_msg(p.OFPFlowStatsRequest(dp, 0, p.OFPMatch(), 0xff, o.OFPP_NONE))
            dp.send_msg(p.OFPAggregateStatsRequest(dp, 0, p.OFPMatch(), 0xff, o.OFPP_NONE))
        dp.send_msg(p.OFPBarrierRequest(dp))

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, ev):
        msg, dp = ev.msg, ev.msg.datapath
        p, o = dp.ofproto_parser, dp.ofproto
        in_port = msg.in_port if o.OFP_VERSION == 1 else msg.match["in_port"]
        eth = packet.Packet(msg.data).get_protocol(ethernet.ethernet)
        note("packet-in", in_port, eth.src, eth.dst, "reason", msg.reason)
        self.ports[eth.src] = in_port
        out = self.ports.get(eth.dst, o.OFPP_FLOOD)
        actions = [p.OFPActionOutput(out)]
        if out != o.OFPP_FLOOD:
            fields = {"in_port": in_port, "idle_timeout": 1, "priority": 10}
            if o.OFP_VERSION == 1:
                match = p.OFPMatch(in_port=in_port, dl_src=eth.src, dl_dst=eth.dst)
                dp.send_msg(p.OFPFlowMod(dp, match, 7, o.OFPFC_ADD, idle_timeout=1, priority=10, actions=actions,
                                         flags=o.OFPFF_SEND_FLOW_REM))
            else:
                match = p.OFPMatch(in_port=in_port, eth_src=eth.src, eth_dst=eth.dst)
                dp.send_msg(p.OFPFlowMod(dp, cookie=7, match=match, idle_timeout=1, priority=10, flags=o.OFPFF_SEND_FLOW_REM,
                                         instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, actions)]))
        came = {"match": p.OFPMatch(in_port=in_port)} if o.OFP_VERSION >= 6 else {"in_port": in_port}
        dp.send_msg(p.OFPPacketOut(datapath=dp, buffer_id=msg.buffer_id, actions=actions,
                                   data=msg.data if msg.buffer_id == o.OFP_NO_BUFFER else None, **came))

    @set_ev_cls(ofp_event.EventOFPFlowRemoved, MAIN_DISPATCHER)
    def flow_removed(self, ev):
        note("flow-removed cookie", ev.msg.cookie, "reason", ev.msg.reason, "packets",
             ev.msg.stats["packet_count"] if hasattr(ev.msg, "stats") else ev.msg.packet_count)

    @set_ev_cls(ofp_event.EventOFPPortStatus, MAIN_DISPATCHER)
    def port_status(self, ev):
        name = ev.msg.desc.name
        note("port-status", name.decode().rstrip("\0") if isinstance(name, bytes) else name, "reason", ev.msg.reason)

    @set_ev_cls(ofp_event.EventOFPErrorMsg, [CONFIG_DISPATCHER, MAIN_DISPATCHER])
    def error(self, ev):
        note("error", ev.msg.type, ev.msg.code, len(ev.msg.data))

    @set_ev_cls(ofp_event.EventOFPEchoReply, MAIN_DISPATCHER)
    def echo_reply(self, ev):
        note("echo-reply", ev.msg.data.decode())

    @set_ev_cls(ofp_event.EventOFPGetConfigReply, MAIN_DISPATCHER)
    def config(self, ev):
        note("config", ev.msg.flags, ev.msg.miss_send_len)

    @set_ev_cls(ofp_event.EventOFPDescStatsReply, MAIN_DISPATCHER)
    def desc(self, ev):
        body = ev.msg.body[0] if isinstance(ev.msg.body, list) else ev.msg.body
        note("desc", body.hw_desc)

    @set_ev_cls([ofp_event.EventOFPTableStatsReply, ofp_event.EventOFPPortStatsReply, ofp_event.EventOFPFlowStatsReply,
                 ofp_event.EventOFPFlowDescStatsReply, ofp_event.EventOFPPortDescStatsReply,
                 ofp_event.EventOFPQueueDescStatsReply], MAIN_DISPATCHER)
    def stats(self, ev):
        note("stats", type(ev.msg).__name__, len(ev.msg.body))

    @set_ev_cls(ofp_event.EventOFPAggregateStatsReply, MAIN_DISPATCHER)
    def aggregate(self, ev):
        body = ev.msg.body[0] if isinstance(ev.msg.body, list) else ev.msg.body
        note("aggregate", body.stats["flow_count"] if hasattr(body, "stats") else body.flow_count)

    @set_ev_cls(ofp_event.EventOFPStatsReply, MAIN_DISPATCHER)
    def stats_12(self, ev):
        """All kinds of statistics of 1.2, which the later versions have a class for each of."""
        names = ["Desc", "Flow", "Aggregate", "Table", "Port"]
        if names[ev.msg.type] == "Desc":
            note("desc", ev.msg.body.hw_desc.decode())
        elif names[ev.msg.type] == "Aggregate":
            note("aggregate", ev.msg.body.flow_count)
        else:
            note("stats", "OFP%sStatsReply" % names[ev.msg.type], len(ev.msg.body))

    @set_ev_cls(ofp_event.EventOFPRoleReply, MAIN_DISPATCHER)
    def role(self, ev):
        note("role", ev.msg.role, ev.msg.generation_id)

    @set_ev_cls(ofp_event.EventOFPGetAsyncReply, MAIN_DISPATCHER)
    def async_config(self, ev):
        note("async", len(ev.msg.properties))

    @set_ev_cls(ofp_event.EventOFPBarrierReply, MAIN_DISPATCHER)
    def barrier(self, ev):
        note("barrier")
