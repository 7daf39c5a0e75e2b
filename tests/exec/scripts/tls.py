# SPDX-License-Identifier: MIT
"""A TLS server and its client in one thread: tls.py CERTIFICATE KEY."""

import asyncio
import ssl
import sys

CERT, KEY = sys.argv[1:]


async def serve(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, KEY)
    server = await asyncio.start_server(serve, "127.0.0.1", 4433, ssl=context)
    trust = ssl.create_default_context(cafile=CERT)
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", 4433, ssl=trust, server_hostname="localhost"
        )
        print(writer.get_extra_info("cipher")[0], writer.get_extra_info("peercert")["subject"])
        writer.write(b"secret\n")
        print(await reader.readline())
        writer.close()
    except OSError as e:
        print("failed:", repr(e))
    server.close()


asyncio.run(main())
