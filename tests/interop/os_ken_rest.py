# SPDX-License-Identifier: Apache-2.0
"""What the os-ken applications of these tests share: an HTTP server on the loopback address, with JSON in and out, and switches by version.

OS_KEN_VERSION is the version of OpenFlow, OS_KEN_REST the server's port.
"""
import json
import os
import re
import traceback

import eventlet.wsgi

from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, DEAD_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib import hub, ofctl_v1_0, ofctl_v1_2, ofctl_v1_3, ofctl_v1_4, ofctl_v1_5
from os_ken.ofproto import ofproto_v1_0, ofproto_v1_2, ofproto_v1_3, ofproto_v1_4, ofproto_v1_5

VERSION = {"1.0": ofproto_v1_0, "1.2": ofproto_v1_2, "1.3": ofproto_v1_3, "1.4": ofproto_v1_4,
           "1.5": ofproto_v1_5}[os.environ["OS_KEN_VERSION"]].OFP_VERSION
OFCTL = {1: ofctl_v1_0, 3: ofctl_v1_2, 4: ofctl_v1_3, 5: ofctl_v1_4, 6: ofctl_v1_5}[VERSION]

STATISTICS = [getattr(ofp_event, "EventOFP%sReply" % name) for name in (
    "Stats", "DescStats", "FlowStats", "FlowDescStats", "AggregateStats", "TableStats", "TableFeaturesStats", "PortStats", "PortDescStats",
    "QueueStats", "QueueDescStats", "QueueGetConfig", "GroupStats", "GroupDescStats", "GroupFeaturesStats", "MeterStats", "MeterConfigStats",
    "MeterDescStats", "MeterFeaturesStats", "Role")] + [ofp_event.EventOFPSwitchFeatures]  # the ports of 1.0


class RestApp(app_manager.OSKenApp):
    """Subclasses give ROUTES: (method, pattern of the path, name of the method, which takes the groups and the body)."""
    OFP_VERSIONS = [VERSION]
    ROUTES = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dp = None
        self.errors = []
        self.waiters = {}
        self.data = {}
        port = int(os.environ.get("OS_KEN_REST", "0"))
        if port:
            server = hub.WSGIServer(("127.0.0.1", port), self.serve)
            hub.spawn(eventlet.wsgi.server, server.server, self.serve, log_output=False)

    def serve(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(length) or b"null") if length else None
        status, answer = "404 Not Found", None
        if path == "/errors":  # what the switch refused since the last time
            status, answer, self.errors = "200 OK", self.errors, []
        for verb, pattern, name in self.ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                try:
                    status, answer = "200 OK", getattr(self, name)(*found.groups(), body)
                except Exception:  # the test sees it
                    status, answer = "500 Internal Server Error", traceback.format_exc()
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer, default=str).encode()]

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def _features(self, ev):
        self.dp = ev.msg.datapath
        self.connected(ev.msg.datapath)

    def connected(self, dp):
        """A switch has come: install what it begins with."""

    @set_ev_cls(ofp_event.EventOFPStateChange, DEAD_DISPATCHER)
    def _gone(self, ev):
        if ev.datapath is self.dp:
            self.dp = None

    @set_ev_cls(ofp_event.EventOFPErrorMsg, [CONFIG_DISPATCHER, MAIN_DISPATCHER])
    def _error(self, ev):
        self.errors.append([ev.msg.type, ev.msg.code])

    @set_ev_cls(STATISTICS, MAIN_DISPATCHER)
    def _statistics(self, ev):
        """As os_ken.lib.ofctl_utils.send_stats_request() awaits it."""
        msg = ev.msg
        waiter = self.waiters.get(msg.datapath.id, {}).get(msg.xid)
        if not waiter:
            return
        lock, messages = waiter
        messages.append(msg)
        if getattr(msg, "flags", 0) & 1:  # more to come
            return
        del self.waiters[msg.datapath.id][msg.xid]
        lock.set()

    # --- In every version

    def flow(self, match, actions, **fields):
        """Adds a flow: match and actions in the words of os_ken.lib.ofctl_*."""
        if VERSION >= 5:
            fields["instructions"] = [{"type": "APPLY_ACTIONS", "actions": actions}]
        if VERSION == 6:  # os-ken 2.5's library passes the two to each other's place
            fields["importance"], fields["flags"] = fields.get("flags", 0), fields.get("importance", 0)
        OFCTL.mod_flow_entry(self.dp, {"match": match, "actions": actions, **fields}, self.dp.ofproto.OFPFC_ADD)

    def packet_in_port(self, msg):
        return msg.in_port if VERSION == 1 else msg.match["in_port"]

    def packet_out(self, data, actions, in_port=None, buffer_id=None):
        dp, p, o = self.dp, self.dp.ofproto_parser, self.dp.ofproto
        in_port = o.OFPP_NONE if in_port is None and VERSION == 1 else o.OFPP_CONTROLLER if in_port is None else in_port
        buffer_id = o.OFP_NO_BUFFER if buffer_id is None else buffer_id
        data = data if buffer_id == o.OFP_NO_BUFFER else None
        if VERSION == 6:
            dp.send_msg(p.OFPPacketOut(dp, buffer_id, p.OFPMatch(in_port=in_port), actions, data))
        else:
            dp.send_msg(p.OFPPacketOut(dp, buffer_id, in_port, actions, data))
