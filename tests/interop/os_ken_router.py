# SPDX-License-Identifier: Apache-2.0
"""A router for os-ken by REST, in OpenFlow 1.0, 1.2, 1.3 and later.

POST /addresses {"address": "10.0.1.254/24"} gives it an address in a subnet, POST /routes {"destination": "10.9.0.0/24", "gateway":
"10.0.3.1"} a route (without destination: the default route); GET /router shows both and the neighbours. It answers ARP and pings, asks for its
neighbours, and once it knows one, a flow forwards to it: new addresses, one less to live, out of the port.
"""
import ipaddress
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from os_ken.controller import ofp_event
from os_ken.controller.handler import MAIN_DISPATCHER, set_ev_cls
from os_ken.lib.packet import arp, ethernet, icmp, ipv4, packet

from os_ken_rest import VERSION, RestApp

MAC = "02:00:00:00:00:fe"
HOST, OWN, ARP, ROUTE = 300, 400, 500, 100  # priorities, the prefix's length added to ROUTE


class Router(RestApp):
    ROUTES = [("POST", "/addresses", "add_address"), ("POST", "/routes", "add_route"), ("GET", "/router", "show")]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.interfaces = []  # ipaddress.IPv4Interface
        self.routes = []      # (network, gateway), the longest prefix first
        self.neighbours = {}  # (mac, port) by address
        self.waiting = {}     # packets by the next hop that they wait for

    def controller(self):
        return [{"type": "OUTPUT", "port": self.dp.ofproto.OFPP_CONTROLLER, "max_len": 65535}]

    def connected(self, dp):
        self.flow({}, [], priority=0)
        self.flow({"dl_type": 0x806}, self.controller(), priority=ARP)

    # --- By REST

    def add_address(self, body):
        interface = ipaddress.IPv4Interface(body["address"])
        self.interfaces.append(interface)
        self.flow({"dl_type": 0x800, "nw_dst": str(interface.ip)}, self.controller(), priority=OWN)
        self.flow({"dl_type": 0x800, "nw_dst": str(interface.network)}, self.controller(),
                  priority=ROUTE + interface.network.prefixlen)

    def add_route(self, body):
        network = ipaddress.IPv4Network(body.get("destination", "0.0.0.0/0"))
        gateway = ipaddress.IPv4Address(body["gateway"])
        self.routes.append((network, gateway))
        self.routes.sort(key=lambda route: -route[0].prefixlen)
        match = {"dl_type": 0x800}
        if network.prefixlen:
            match["nw_dst"] = str(network)
        self.flow(match, self.controller(), priority=ROUTE + network.prefixlen)
        self.ask(gateway)

    def show(self, _):
        return {"addresses": [str(i) for i in self.interfaces], "routes": [(str(n), str(g)) for n, g in self.routes],
                "neighbours": {str(a): list(n) for a, n in self.neighbours.items()}}

    # --- Neighbours

    def on_link(self, address):
        return next((i for i in self.interfaces if address in i.network), None)

    def send(self, port, *protocols):
        out = packet.Packet()
        for protocol in protocols:
            out.add_protocol(protocol)
        out.serialize()
        self.packet_out(out.data, [self.dp.ofproto_parser.OFPActionOutput(port)])

    def ask(self, address):
        interface = self.on_link(address)
        if interface:
            self.send(self.dp.ofproto.OFPP_FLOOD, ethernet.ethernet("ff:ff:ff:ff:ff:ff", MAC, 0x806),
                      arp.arp(opcode=arp.ARP_REQUEST, src_mac=MAC, src_ip=str(interface.ip), dst_ip=str(address)))

    def rewrite(self, mac):
        if VERSION == 1:
            return [{"type": "SET_DL_SRC", "dl_src": MAC}, {"type": "SET_DL_DST", "dl_dst": mac}]
        return [{"type": "DEC_NW_TTL"}, {"type": "SET_FIELD", "field": "eth_src", "value": MAC},
                {"type": "SET_FIELD", "field": "eth_dst", "value": mac}]

    def learn(self, address, mac, port):
        """Flows to the neighbour, and to what is behind it; and what waited goes out through them."""
        if not self.on_link(address) or self.neighbours.get(address) == (mac, port):
            return
        self.neighbours[address] = (mac, port)
        actions = self.rewrite(mac) + [{"type": "OUTPUT", "port": port}]
        self.flow({"dl_type": 0x800, "nw_dst": str(address)}, actions, priority=HOST)
        for network, gateway in self.routes:
            if gateway == address:
                match = {"dl_type": 0x800}
                if network.prefixlen:
                    match["nw_dst"] = str(network)
                self.flow(match, actions, priority=ROUTE + network.prefixlen)
        for in_port, data in self.waiting.pop(address, []):
            self.packet_out(data, [self.dp.ofproto_parser.OFPActionOutput(self.dp.ofproto.OFPP_TABLE)], in_port)

    def next_hop(self, address):
        if self.on_link(address):
            return address
        return next((gateway for network, gateway in self.routes if address in network), None)

    # --- Packets

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, ev):
        msg, port = ev.msg, self.packet_in_port(ev.msg)
        data = packet.Packet(msg.data)
        eth, arp_, ip = (data.get_protocol(p) for p in (ethernet.ethernet, arp.arp, ipv4.ipv4))
        if arp_:
            self.handle_arp(port, arp_)
        elif ip and any(ip.dst == str(i.ip) for i in self.interfaces):
            self.handle_ping(port, eth, ip, data.get_protocol(icmp.icmp))
        elif ip:
            hop = self.next_hop(ipaddress.IPv4Address(ip.dst))
            if hop:
                self.waiting.setdefault(hop, []).append((port, msg.data))
                self.neighbours.pop(hop, None)
                self.ask(hop)

    def handle_arp(self, port, arp_):
        self.learn(ipaddress.IPv4Address(arp_.src_ip), arp_.src_mac, port)
        if arp_.opcode == arp.ARP_REQUEST and any(arp_.dst_ip == str(i.ip) for i in self.interfaces):
            self.send(port, ethernet.ethernet(arp_.src_mac, MAC, 0x806),
                      arp.arp(opcode=arp.ARP_REPLY, src_mac=MAC, src_ip=arp_.dst_ip, dst_mac=arp_.src_mac, dst_ip=arp_.src_ip))

    def handle_ping(self, port, eth, ip, echo):
        if echo and echo.type == icmp.ICMP_ECHO_REQUEST:
            self.send(port, ethernet.ethernet(eth.src, MAC, 0x800), ipv4.ipv4(src=ip.dst, dst=ip.src, proto=1),
                      icmp.icmp(icmp.ICMP_ECHO_REPLY, 0, 0, echo.data))
