"""A small load generator: persistent connections on loopback, one thread each."""

import socket
import threading
import time
from dataclasses import dataclass, field

from bench.servers import Server


@dataclass
class Outcome:
    """What a stretch of load measured."""

    seconds: float
    latencies: list[float] = field(default_factory=list)  # seconds, of each answer
    cpu_seconds: float = 0.0  # of the server's workers

    @property
    def rate(self) -> float:
        """Return the answers per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, part: float) -> float:
        """Return the latency below which ``part`` of the answers lie, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Page:
    """A page to ask for, as one signed-in person."""

    def __init__(self, name: str, *, server: Server, path: str, cookie: str) -> None:
        self.name, self.server, self.port, self.path = name, server, server.port, path
        self.request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: sessionid={cookie}\r\n"
            "Accept-Language: zh-CN\r\nX-Forwarded-Proto: https\r\nConnection: keep-alive\r\n\r\n"
        ).encode()

    def fetch_once(self) -> bytes:
        """Return the page's body; raise ``RuntimeError`` unless it is a 200."""
        with _Connection(self) as connection:
            return connection.fetch()


class _Connection:
    """One keep-alive connection; plain sockets, so that the client costs little."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.socket: socket.socket | None = None

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *error) -> None:
        self._close()

    def _close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def fetch(self) -> bytes:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.page.port), timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(self.page.request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _blank, body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _colon, value in (line.partition(":") for line in lines[1:])
        }
        if " 200 " not in f"{lines[0]} ":
            raise RuntimeError(f"{self.page.path}: {lines[0]} {headers.get('location', '')}")
        length = int(headers["content-length"])
        parts, size = [body], len(body)
        while size < length:
            parts.append(self._more())
            size += len(parts[-1])
        if headers.get("connection", "").lower() == "close":
            self._close()
        return b"".join(parts)

    def _more(self) -> bytes:
        received = self.socket.recv(262_144)
        if not received:
            raise RuntimeError(f"{self.page.path}: the server closed the connection")
        return received


def measure(page: Page, *, seconds: float, connections: int) -> Outcome:
    """Ask for a page over some connections at once, each as fast as it is answered."""
    outcome = Outcome(seconds)
    failures: list[BaseException] = []
    end = time.perf_counter() + seconds

    def work() -> None:
        mine = []
        try:
            with _Connection(page) as connection:
                while (begun := time.perf_counter()) < end:
                    connection.fetch()
                    mine.append(time.perf_counter() - begun)
        except Exception as error:  # told to the main thread, which raises it
            failures.append(error)
        outcome.latencies += mine

    threads = [threading.Thread(target=work) for _connection in range(connections)]
    started, cpu_before = time.perf_counter(), page.server.cpu_seconds()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.seconds = time.perf_counter() - started
    outcome.cpu_seconds = page.server.cpu_seconds() - cpu_before
    if failures:
        raise failures[0]
    return outcome
