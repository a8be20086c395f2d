# SPDX-License-Identifier: Apache-2.0
"""A learning switch with a monitor for os-ken, in OpenFlow 1.0, 1.2, 1.3, 1.4 and 1.5.

It floods what it does not know, and installs a flow by port and addresses for what it knows. GET /monitor answers with the statistics of
ports and flows, as a monitor that asks from time to time collects them; GET /removed with the flows that timed out.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from os_ken.controller import ofp_event
from os_ken.controller.handler import MAIN_DISPATCHER, set_ev_cls
from os_ken.lib.packet import ethernet, packet

from os_ken_rest import OFCTL, VERSION, RestApp


class LearningSwitch(RestApp):
    ROUTES = [("GET", "/monitor", "monitor"), ("GET", "/removed", "removed_flows")]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ports = {}
        self.removed = []

    def connected(self, dp):
        self.ports = {}
        self.flow({}, [{"type": "OUTPUT", "port": dp.ofproto.OFPP_CONTROLLER}], priority=0)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, ev):
        msg, dp = ev.msg, ev.msg.datapath
        p, o = dp.ofproto_parser, dp.ofproto
        in_port, eth = self.packet_in_port(msg), packet.Packet(msg.data).get_protocol(ethernet.ethernet)
        self.ports[eth.src] = in_port
        out = self.ports.get(eth.dst, o.OFPP_FLOOD)
        if out != o.OFPP_FLOOD:
            self.flow({"in_port": in_port, "dl_src": eth.src, "dl_dst": eth.dst}, [{"type": "OUTPUT", "port": out}], priority=1,
                      cookie=0xabc, idle_timeout=2, flags=o.OFPFF_SEND_FLOW_REM)
        self.packet_out(msg.data, [p.OFPActionOutput(out)], in_port, msg.buffer_id)

    @set_ev_cls(ofp_event.EventOFPFlowRemoved, MAIN_DISPATCHER)
    def flow_removed(self, ev):
        msg = ev.msg
        packets = dict(msg.stats.items())["packet_count"] if VERSION == 6 else msg.packet_count
        self.removed.append({"cookie": msg.cookie, "reason": msg.reason, "packets": packets})

    def monitor(self, _):
        if not self.dp:
            return None
        answer = {"ports": OFCTL.get_port_stats(self.dp, self.waiters), "flows": OFCTL.get_flow_stats(self.dp, self.waiters)}
        if VERSION == 6:  # statistics alone have no cookies
            answer["descriptions"] = OFCTL.get_flow_desc_stats(self.dp, self.waiters)
        return answer

    def removed_flows(self, _):
        return self.removed
