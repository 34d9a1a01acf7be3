"""The way between Outdial and a server, as a TCP proxy that can be cut, held up, and cut in the middle of a message."""

import os
import selectors
import socket
import struct
import threading
import time

CHUNK_BYTES = 16384
EVENTS_KEPT = 1000
NO_LINGER = struct.pack("ii", 1, 0)  # close sends RST: what was under way is lost, as when a router restarts


class Link:
    """Listens on a port of its own and forwards both ways. Use as a context manager; any thread may give orders."""

    def __init__(self, target_port):
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake_reader, self._wake_writer = os.pipe()
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._peers = {}  # each socket's other side
        self._lock = threading.RLock()
        self._held = self._closed = False
        self._bytes_left = None  # both ways together, until the cut
        self.cut_times = []  # seconds since 1970
        self._seen = {}  # of each connection to the server: what has come of a message, and whole events that have
        self._burst = 0  # events to be repeated
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closed = True
        self._wake()
        self._thread.join()
        self.cut()
        self._listener.close()
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def cut(self):
        """Loses both ends' connections and all that was under way; new ones are taken at once."""
        with self._lock:
            self._cut(linger=False)

    def cut_after(self, count):
        """Cuts when so many more bytes have passed, wherever in a message that is."""
        with self._lock:
            self._bytes_left = count

    def hold(self):
        """From now on nothing passes; nothing is lost either."""
        with self._lock:
            self._held = True

    def release(self):
        with self._lock:
            self._held = False
        self._wake()

    def burst(self, count):
        """Repeats events that have come by, so many in all, as fast as they are read, after the next whole message."""
        with self._lock:
            self._burst = count
        self._wake()

    @property
    def is_connected(self):
        with self._lock:
            return bool(self._peers)

    def _wake(self):
        os.write(self._wake_writer, b"x")

    def _run(self):
        while not self._closed:
            for key, _ in self._selector.select(0 if self._burst else 0.02 if self._held else None):
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj == self._wake_reader:
                        os.read(self._wake_reader, CHUNK_BYTES)
                    elif not self._held and key.fileobj in self._peers:
                        self._forward(key.fileobj)
            with self._lock:
                self._go_on_with_burst()
            if self._held:
                threading.Event().wait(0.01)  # what is readable stays so, and select would spin

    def _accept(self):
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self._target_port), timeout=5)
        except OSError:
            client.close()
            return
        for end, other in ((client, server), (server, client)):
            end.settimeout(30)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peers[end] = other
            self._selector.register(end, selectors.EVENT_READ)
        self._seen[server] = (b"", [])

    def _forward(self, end):
        try:
            data = end.recv(CHUNK_BYTES)
            if self._bytes_left is not None:
                data, last = data[:self._bytes_left], len(data) >= self._bytes_left
                self._bytes_left -= len(data)
                if last:
                    self._peers[end].sendall(data)
                    # In order, not by RST: the part of a message that came through is to be read by the other side.
                    return self._cut(linger=True)
            if data:
                self._peers[end].sendall(data)
                if end in self._seen:
                    self._note(end, data)
                return
        except OSError:
            pass
        self._close(end, linger=True)

    def _note(self, server, data):
        part, events = self._seen[server]
        *messages, part = (part + data).split(b"\r\n\r\n")
        # Not the answers to an action, nor what is told of Asterisk as a whole.
        events += [message for message in messages if message.startswith(b"Event: ") and b"ActionID: " not in message
                   and b"Uniqueid: " in message]
        del events[:-EVENTS_KEPT]
        self._seen[server] = (part, events)

    def _go_on_with_burst(self):
        """A block at a time and between two messages: all else passes meanwhile, pings among it."""
        for server, (part, events) in list(self._seen.items()):
            if self._burst and not part and len(events) >= EVENTS_KEPT // 2:
                block = events[:self._burst]
                self._burst -= len(block)
                try:
                    self._peers[server].sendall(b"".join(event + b"\r\n\r\n" for event in block))
                except OSError:
                    self._close(server)

    def _cut(self, linger):
        self._bytes_left = None
        self.cut_times.append(time.time())
        for end in list(self._peers):
            self._close(end, linger)

    def _close(self, end, linger=False):
        other = self._peers.pop(end, None)
        if other is None:
            return
        self._peers.pop(other, None)
        self._seen.pop(end, None)
        self._seen.pop(other, None)
        for each in (end, other):
            self._selector.unregister(each)
            if not linger:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            each.close()
