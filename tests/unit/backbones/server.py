"""A web server on this machine that serves one file, and can be told to misbehave."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What is served, and how.

    Args:
        content: the file.
        cut_after: bytes after which a connection is cut off; each is used once, then no connection is cut.
        status: what is answered in place of the file, if not 200.
        takes_ranges: whether a request for the rest of the file is honoured.
        asked: the first byte of each request that was answered, in order.
    """

    content: bytes
    cut_after: list[int] = field(default_factory=list)
    status: int = 200
    takes_ranges: bool = True
    asked: list[int] = field(default_factory=list)
    address: str = ""


@contextmanager
def serving(content: bytes) -> Iterator[Served]:
    """Serves for as long as the context lasts; `Served.address` is that of the file."""
    served = Served(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if served.status != 200:
                self.send_error(served.status)
                return
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            first = int(asked[1]) if asked and served.takes_ranges else 0
            if first >= len(served.content):
                self.send_error(416)
                return
            served.asked.append(first)
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(served.content) - 1}/{len(served.content)}")
            self.send_header("Content-Length", str(len(served.content) - first))
            self.end_headers()
            end = served.cut_after.pop(0) if served.cut_after else len(served.content)
            self.wfile.write(served.content[first:end])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.address = f"http://127.0.0.1:{server.server_port}/net.pth"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
