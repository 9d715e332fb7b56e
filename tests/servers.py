"""Servers on this computer, for what is read from others: a web server, and one that speaks enough of S3."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Site:
    """What a server has, and how it behaves.

    Args:
        files: by path, which begins with a slash; of S3 the first part is the bucket.
        has_ranges: whether parts of a file can be had.
        states_size: whether answers say how large they are.
        states_tag: whether they have an ETag.
        short_by: bytes that the body lacks of what was stated; negative for too many.
        status: of all answers, if not as things are.
        requests: those that came.
        changes: files that are others once one has been sent.
        address: where the server answers.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    has_ranges: bool = True
    states_size: bool = True
    states_tag: bool = True
    short_by: int = 0
    status: int | None = None
    requests: list[str] = field(default_factory=list)
    changes: dict[str, bytes] = field(default_factory=dict)
    address: str = ""


class _Handler(BaseHTTPRequestHandler):
    site: Site
    is_s3 = False

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name of the base class
        self.site.requests.append(format % args)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        url = urlsplit(self.path)
        path, query = unquote(url.path), parse_qs(url.query, keep_blank_values=True)
        if self.site.status is not None:
            self._send(self.site.status, b"", with_body=with_body)
        elif self.is_s3 and with_body and "list-type" in query:
            self._list(path, query)
        elif self.is_s3 and any(file.startswith(f"{path.rstrip('/')}/") for file in self.site.files):
            self._send(200 if path.count("/") == 1 else 404, b"", with_body=with_body)  # a bucket is one, a folder not
        elif path in self.site.files:
            self._send_file(self.site.files[path], with_body=with_body)
            if with_body:
                self.site.files |= self.site.changes
        else:
            body = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>" if self.is_s3 else b""
            self._send(404, body, with_body=with_body)

    def _send_file(self, content: bytes, *, with_body: bool) -> None:
        headers = {"Last-Modified": formatdate(1_700_000_000, usegmt=True), "Content-Type": "video/mp4"}
        if self.site.states_tag:
            headers["ETag"] = _tag(content)
        status, part = 200, content
        wanted = self.headers.get("Range", "")
        if self.site.has_ranges and wanted.startswith("bytes="):
            first, last = wanted.removeprefix("bytes=").split("-")
            end = min(int(last or len(content)), len(content) - 1)
            status, part = 206, content[int(first) : end + 1]
            headers["Content-Range"] = f"bytes {first}-{end}/{len(content)}"
        self._send(status, part, headers, with_body=with_body)

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        root, prefix = bucket.rstrip("/") + "/", query.get("prefix", [""])[0]
        delimiter = query.get("delimiter", [""])[0]
        keys: dict[str, bytes] = {}
        folders: set[str] = set()
        for path, content in sorted(self.site.files.items()):
            key = path.removeprefix(root)
            if not path.startswith(root) or not key.startswith(prefix):
                continue
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
            else:
                keys[key] = content
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>{escape(_tag(content))}</ETag><Size>{len(content)}</Size></Contents>"
            for key, content in keys.items()
        )
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in sorted(folders)
        )
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>false</IsTruncated><KeyCount>{len(keys) + len(folders)}</KeyCount>{contents}{common}"
            "</ListBucketResult>"
        )
        self._send(200, body.encode(), {"Content-Type": "application/xml"})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None, *, with_body: bool = True) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.site.states_size:
            self.send_header("Content-Length", str(len(body)))
        if not self.site.has_ranges:
            self.send_header("Accept-Ranges", "none")
        self.end_headers()
        if with_body and self.command == "GET":
            sent = body[: len(body) - max(0, self.site.short_by)]
            with contextlib.suppress(OSError):  # who asked has gone
                self.wfile.write(sent)
        self.close_connection = True


class _S3Handler(_Handler):
    is_s3 = True


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@contextlib.contextmanager
def served(site: Site, *, is_s3: bool = False) -> Iterator[Site]:
    """A server on the loopback; the site knows its address."""
    handler = type("Handler", (_S3Handler if is_s3 else _Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
