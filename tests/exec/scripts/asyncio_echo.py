# SPDX-License-Identifier: MIT
"""An asyncio server and five clients of it, one a second, in one thread."""

import asyncio
import time


async def serve(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()


async def ask(i):
    await asyncio.sleep(i)
    reader, writer = await asyncio.open_connection("localhost", 9000)
    writer.write(b"number %d\n" % i)
    print(await reader.readline())
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 9000)
    for result in await asyncio.gather(*(ask(i) for i in range(5)), return_exceptions=True):
        if result:
            print("failed:", result)
    server.close()


start = time.monotonic()
asyncio.run(main())
print(round(time.monotonic() - start, 1), "s,", time.ctime())
