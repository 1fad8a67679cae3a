"""What the service says to PostgreSQL, overheard: a proxy that notes every statement with its parameters.

The benchmark measures PostgreSQL with the statements that the service really sends. They are not copied into the
benchmark, where they would grow stale, but listened to here before each measurement.
"""

import socket
import struct
import threading
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass
class Call:
    """One execution of a statement."""

    connection: int
    text: str
    types: list = field(default_factory=list)
    values: list = field(default_factory=list)  # bytes in binary format, or None


class Proxy:
    """Listens on a port of its own, passes everything on, and keeps the calls in order."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.calls = []
        self.count = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.count += 1
            threading.Thread(target=self.forward, args=(client, server, self.count), daemon=True).start()
            threading.Thread(target=pump, args=(server, client), daemon=True).start()

    def forward(self, client, server, connection):
        """From the service to PostgreSQL, message by message."""
        reader, statements, portal = client.makefile("rb"), {}, None
        try:
            size = reader.read(4)
            body = reader.read(struct.unpack("!i", size)[0] - 4)
            server.sendall(size + body)  # the start-up packet has no type
            while kind := reader.read(1):
                size = reader.read(4)
                body = reader.read(struct.unpack("!i", size)[0] - 4)
                server.sendall(kind + size + body)
                if kind == b"P":
                    name, text, rest = split(body, 2)
                    statements[name] = (text, ints(rest, "i"))
                elif kind == b"B":
                    portal = bound(body, statements, connection)
                elif kind == b"E" and portal:
                    self.calls.append(portal)
                elif kind == b"Q":
                    self.calls.append(Call(connection, split(body, 1)[0].strip().rstrip(";")))
        except OSError:
            pass
        finally:
            client.close()
            server.close()


def pump(source, sink):
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    except OSError:
        pass


def split(body, count):
    *texts, rest = body.split(b"\0", count)
    return [t.decode() for t in texts] + [rest]


def ints(data, form):
    (count,) = struct.unpack_from("!h", data)
    return list(struct.unpack_from(f"!{count}{form}", data, 2))


def bound(body, statements, connection):
    _, name, rest = split(body, 2)
    formats = ints(rest, "h")
    at = 2 + 2 * len(formats)
    (count,) = struct.unpack_from("!h", rest, at)
    at += 2
    text, types = statements[name]
    values = []
    for _ in range(count):
        (length,) = struct.unpack_from("!i", rest, at)
        at += 4
        values.append(None if length < 0 else rest[at : at + length])
        at += max(length, 0)
    if any(f != 1 for f in formats):
        raise ValueError(f"a parameter that is not in binary format: {text}")
    return Call(connection, text, types, values)


def literal(oid, data):
    """A value of the wire as text that PostgreSQL reads back. Of enums and texts the bytes are the text."""
    simple = {
        16: lambda: "true" if data[0] else "false",
        17: lambda: "\\x" + data.hex(),
        20: lambda: str(struct.unpack("!q", data)[0]),
        21: lambda: str(struct.unpack("!h", data)[0]),
        23: lambda: str(struct.unpack("!i", data)[0]),
        700: lambda: repr(struct.unpack("!f", data)[0]),
        701: lambda: repr(struct.unpack("!d", data)[0]),
        1082: lambda: (date(2000, 1, 1) + timedelta(days=struct.unpack("!i", data)[0])).isoformat(),
        1184: lambda: (EPOCH + timedelta(microseconds=struct.unpack("!q", data)[0])).isoformat(),
        2950: lambda: str(uuid.UUID(bytes=data)),
        3802: lambda: data[1:].decode(),
    }
    return simple.get(oid, data.decode)()


def array(data):
    """A one-dimensional array of the wire as an array literal."""
    dimensions, _, element = struct.unpack_from("!iiI", data)
    if dimensions == 0:
        return "{}"
    (count,) = struct.unpack_from("!i", data, 12)
    at, items = 20, []
    for _ in range(count):
        (length,) = struct.unpack_from("!i", data, at)
        at += 4
        if length < 0:
            items.append("NULL")
            continue
        text = literal(element, data[at : at + length])
        items.append('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
        at += length
    return "{" + ",".join(items) + "}"
