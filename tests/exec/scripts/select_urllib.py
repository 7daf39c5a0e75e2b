# SPDX-License-Identifier: MIT
"""Two sockets in one select(), then a page by urllib."""

import select
import socket
import urllib.request

a = socket.create_connection(("server", 7))
b = socket.create_connection(("server", 7))
a.sendall(b"one")
b.sendall(b"two")
got = {}
while len(got) < 2:
    for s in select.select([a, b], [], [], 5)[0]:
        got[s] = s.recv(100)
print(got[a], got[b])
print(urllib.request.urlopen("http://server/notes.txt", timeout=5).read())
