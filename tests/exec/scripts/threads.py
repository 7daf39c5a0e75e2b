# SPDX-License-Identifier: MIT
"""A server thread that starts a thread a connection, and three clients."""

import socket
import threading

listener = socket.create_server(("127.0.0.1", 0))


def answer(conn):
    conn.sendall(conn.recv(100)[::-1])
    conn.close()


def server():
    for _ in range(3):
        threading.Thread(target=answer, args=(listener.accept()[0],)).start()


thread = threading.Thread(target=server)
thread.start()
for word in (b"abc", b"def", b"ghi"):
    client = socket.create_connection(listener.getsockname())
    client.sendall(word)
    print(client.recv(100))
thread.join()
