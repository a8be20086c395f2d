# SPDX-License-Identifier: Apache-2.0
"""A firewall for os-ken by REST, in OpenFlow 1.0 and 1.2 to 1.5.

While it is disabled nothing passes; enabled, ARP passes, and of the rest what a rule allows. POST /rules takes match fields in the words of
os_ken.lib.ofctl_*, "priority" and "actions" (ALLOW or DENY) and answers with the rule's id; GET /rules lists them as the switch has them;
DELETE /rules/ID; PUT /enable and /disable. Packets that no rule allows come to the controller; GET /blocked tells their number.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from os_ken.controller import ofp_event
from os_ken.controller.handler import MAIN_DISPATCHER, set_ev_cls

from os_ken_rest import OFCTL, RestApp, VERSION

DISABLED, ARP, DEFAULT = 65534, 65533, 0  # priorities; those of rules are between them


class Firewall(RestApp):
    ROUTES = [("PUT", "/(enable|disable)", "switch_on"), ("POST", "/rules", "add"), ("GET", "/rules", "rules"),
              ("DELETE", "/rules/([0-9]+)", "delete"), ("GET", "/blocked", "count_blocked")]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.next_id = 1
        self.blocked = 0
        self.known = {}  # rules by id

    def connected(self, dp):
        self.flow({}, [], priority=DISABLED)
        self.flow({"dl_type": 0x806}, [{"type": "OUTPUT", "port": dp.ofproto.OFPP_NORMAL}], priority=ARP)
        self.flow({}, [{"type": "OUTPUT", "port": dp.ofproto.OFPP_CONTROLLER}], priority=DEFAULT)

    def switch_on(self, what, _):
        if what == "disable":
            self.flow({}, [], priority=DISABLED)
        else:
            OFCTL.mod_flow_entry(self.dp, {"priority": DISABLED}, self.dp.ofproto.OFPFC_DELETE_STRICT)

    def add(self, body):
        number, self.next_id = self.next_id, self.next_id + 1
        allow, priority = body.pop("actions") == "ALLOW", body.pop("priority", 1)
        self.known[number] = (dict(body), priority)
        self.flow({"dl_type": 0x800, **body}, [{"type": "OUTPUT", "port": self.dp.ofproto.OFPP_NORMAL}] if allow else [],
                  priority=priority, cookie=number)
        return number

    def delete(self, number, _):
        match, priority = self.known.pop(int(number))
        OFCTL.mod_flow_entry(self.dp, {"match": {"dl_type": 0x800, **match}, "priority": priority}, self.dp.ofproto.OFPFC_DELETE_STRICT)

    def rules(self, _):
        get = OFCTL.get_flow_desc_stats if VERSION == 6 else OFCTL.get_flow_stats
        return [{"rule": f["cookie"], "match": f["match"], "actions": "ALLOW" if self.does_something(f) else "DENY",
                 "packets": (f["stats"] if VERSION == 6 else f)["packet_count"]}
                for f in get(self.dp, self.waiters)[str(self.dp.id)] if f["cookie"]]

    @staticmethod
    def does_something(f):
        """Since 1.4 os-ken's library tells actions within instructions."""
        return any(i["actions"] for i in f["instructions"]) if VERSION >= 5 else bool(f["actions"])

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, ev):
        self.blocked += 1

    def count_blocked(self, _):
        return self.blocked
