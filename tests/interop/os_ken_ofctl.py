# SPDX-License-Identifier: Apache-2.0
"""Everything of os-ken's ofctl libraries by REST: POST /KIND/COMMAND changes flows, groups, meters and ports, GET /stats/NAME reads.

COMMAND is one of OpenFlow's, in lower case. The names are those of os_ken.lib.ofctl_*'s get_* functions.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from os_ken_rest import OFCTL, VERSION, RestApp


class Ofctl(RestApp):
    ROUTES = [("POST", "/(flow|group|meter)/([a-z_]+)", "change"), ("POST", "/port", "port"), ("POST", "/role", "role"),
              ("GET", "/stats/([a-z_]+)", "read"), ("POST", "/stats/([a-z_]+)", "read"), ("POST", "/barrier", "barrier")]

    def change(self, kind, command, body):
        o = self.dp.ofproto
        prefix = {"flow": "OFPFC_", "group": "OFPGC_", "meter": "OFPMC_"}[kind]
        number = getattr(o, prefix + command.upper())
        getattr(OFCTL, "mod_%s_entry" % kind)(self.dp, body, number)

    def port(self, body):
        OFCTL.mod_port_behavior(self.dp, body)

    def role(self, body):
        OFCTL.set_role(self.dp, body)

    def barrier(self, _):
        OFCTL.get_desc_stats(self.dp, self.waiters)  # an answer comes after all errors

    def read(self, name, body):
        function = getattr(OFCTL, "get_" + name)
        return function(self.dp, self.waiters, body) if body is not None else function(self.dp, self.waiters)
