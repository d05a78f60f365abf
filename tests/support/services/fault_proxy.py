"""A proxy before the Cloud Storage emulator that breaks chosen requests, and remembers all of them.

A fault names the kind of request, a part of the object's name, which of those requests it strikes, and what
happens to it:

* ``503``, ``403``, ``412`` …: the answer, without asking the server
* ``lost``: the server does what is asked, and the answer is replaced by a 503
* ``reset``: the connection is reset instead of an answer; ``done-reset``: after the server did what is asked
* ``truncated``: the answer breaks off halfway through its body
* a function: it is called, and then the request goes its way
"""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}


@dataclass
class Fault:
    kind: str
    action: str | Callable[[], object]
    name: str = ""
    skip: int = 0
    times: int = 1
    struck: int = 0

    def strikes(self, kind, name):
        if kind != self.kind or self.name not in name:
            return False
        self.skip -= 1
        if self.skip >= 0 or self.struck == self.times:
            return False
        self.struck += 1
        return True


@dataclass
class Proxy:
    """What a test sees: its URL, the faults to come, and the requests so far as (kind, name, status)."""

    url: str
    upstream: tuple[str, int]
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, kind, action, **more):
        self.faults.append(Fault(kind, action, **more))
        return self.faults[-1]

    def clear(self):
        self.faults.clear()
        self.requests.clear()

    def statuses(self, kind, name=""):
        return [status for k, n, status in self.requests if k == kind and name in n]

    def action(self, kind, name):
        with self.lock:
            return next((f.action for f in self.faults if f.strikes(kind, name)), None)


def kind_of(method, target, body):
    """Return the kind of a JSON API request, and the object it is about (a prefix for lists)."""
    url = urlsplit(target)
    query = parse_qs(url.query)
    of_object = re.search(r"/o/(.+)$", url.path)
    name = unquote(of_object.group(1)) if of_object else query.get("name", query.get("prefix", [""]))[0]
    if url.path.startswith("/upload/"):
        if method == "PUT":
            return "chunk", name
        in_body = re.search(rb'"name":\s*"([^"]+)"', body[:2000])
        kind = "create" if query.get("uploadType") == ["multipart"] else "begin"
        return kind, name or (in_body.group(1).decode() if in_body else "")
    if method == "DELETE":
        return "delete", name
    if of_object:
        media = query.get("alt") == ["media"] or url.path.startswith("/download/")
        return ("download" if media else "stat"), name
    return ("list" if url.path.endswith("/o") else "other"), name


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms until the client acknowledges the headers
    proxy: Proxy

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        kind, name = kind_of(self.command, self.path, body)
        action = self.proxy.action(kind, name)
        if callable(action):
            action()
            action = None
        if action == "reset":
            self._note(kind, name, 0)
            return self._reset()
        if action and action.isdigit():
            return self._answer(kind, name, int(action), [], b'{"error": {"message": "HIMITSU"}}')
        status, headers, content = self._forward(body)
        if action == "lost":
            return self._answer(kind, name, 503, [], b"")
        if action == "done-reset":
            self._note(kind, name, 0)
            return self._reset()
        return self._answer(kind, name, status, headers, content, cut=action == "truncated")

    def _forward(self, body):
        upstream = http.client.HTTPConnection(*self.proxy.upstream, timeout=60)
        # The Host stays the proxy's, so that the links in answers lead through it as well.
        with suppress(BrokenPipeError, ConnectionResetError):  # it may answer before it has read everything
            upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        here = "http://{}:{}".format(*self.proxy.upstream)
        headers = [
            (k, v.replace(here, self.proxy.url)) for k, v in answer.getheaders() if k.lower() not in _HOP
        ]
        return answer.status, headers, content.replace(here.encode(), self.proxy.url.encode())

    def _answer(self, kind, name, status, headers, content, cut=False):
        self._note(kind, name, 0 if cut else status)
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True

    def _note(self, kind, name, status):
        with self.proxy.lock:
            self.proxy.requests.append((kind, name, status))

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *_):
        pass

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve


@contextmanager
def running(upstream_url):
    """Serve before an emulator until the block ends."""
    address = urlsplit(upstream_url)
    proxy = Proxy("", (address.hostname, address.port))
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # clients may hang up; what a test sees is the client's side
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
