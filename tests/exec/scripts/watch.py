# SPDX-License-Identifier: MIT
"""Listens on every address, on TCP and UDP, and at every interface: watch.py FILE. A line in FILE for all that comes."""

import select
import socket
import sys

PORTS = (7, 8, 53, 80, 443, 4433, 6379, 9000)
log = open(sys.argv[1], "w", buffering=1, encoding="utf-8")
sockets = {}
for family, any_address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        for port in PORTS:
            s = socket.socket(family, kind)
            if family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            s.bind((any_address, port))
            if kind == socket.SOCK_STREAM:
                s.listen()
            sockets[s] = "%s, %s, port %d" % (family.name, kind.name, port)
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
sockets[packets] = "packet"
print("listening", file=log)
while True:
    for s in select.select(list(sockets), [], [])[0]:
        if s.type == socket.SOCK_STREAM:
            print(sockets[s], s.accept()[1], file=log)
        else:
            data, sender = s.recvfrom(65536)
            print(sockets[s], sender, data[:60].hex(), file=log)
