"""A small AMI client for tests: independent of Outdial's own, so that the two cannot be wrong in the same way."""

import itertools
import queue
import socket
import threading
import time


class Refused(Exception):
    """Asterisk answered Error; the text is its Message."""


class Message(dict):
    """One AMI message. Keys as Asterisk writes them; of a repeated key the last value; `lines` keeps all of them."""

    def __init__(self, lines):
        self.lines = [tuple(part.strip() for part in line.partition(":")[::2]) for line in lines]
        super().__init__(self.lines)

    @property
    def kind(self):
        # An OriginateResponse event also carries a Response line: the first line tells.
        return self.lines[0][0]


class Client:
    """One logged-in session. Reads promptly on a thread of its own and keeps every event in `events`."""

    def __init__(self, port, username, secret, events=True, timeout_s=10.0):
        self.timeout_s = timeout_s
        self.events = []
        self._news = threading.Condition()
        self._numbers = itertools.count(1)
        self._answers = {}
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self._file = self._socket.makefile("rb")
        # With a limit: of a connection made in the moment of a restart Asterisk may never say anything (22.10).
        self.banner = self._file.readline().decode().strip()
        self._socket.settimeout(None)
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.action("Login", Username=username, Secret=secret, Events="on" if events else "off")
        except Exception:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def action(self, name, **headers):
        """Sends one action and returns its response."""
        return self._exchange(name, headers, None)[0]

    def list_action(self, name, end, **headers):
        """The items of a list, up to the event named `end`."""
        return self._exchange(name, headers, end)[1:-1]

    def originate(self, channel_id, channel, *, context="outdial", exten="s", timeout_ms=30000, caller_id="",
                  variables=()):
        headers = [("Channel", channel), ("Context", context), ("Exten", exten), ("Priority", "1"),
                   ("Timeout", str(timeout_ms)), ("ChannelId", channel_id), ("Async", "true")]
        if caller_id:
            headers.append(("CallerID", caller_id))
        headers += [("Variable", variable) for variable in variables]
        return self._exchange("Originate", headers, None, action_id=channel_id)[0]

    def events_of(self, channel_id):
        """Every event so far that belongs to this channel, in the order of arrival."""
        with self._news:
            return [event for event in self.events
                    if channel_id in (event.get("Uniqueid"), event.get("DestUniqueid"), event.get("ActionID"))]

    def wait_for(self, condition, what, timeout_s=None):
        """Waits until `condition(events)` is true, looking again at each message that arrives."""
        deadline = time.monotonic() + (timeout_s or self.timeout_s)
        with self._news:
            while not (found := condition(self.events)):
                if not self._news.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    raise TimeoutError(f"waited in vain for {what}; {len(self.events)} events came")
            return found

    def _exchange(self, name, headers, list_end, action_id=None):
        action_id = action_id or f"t-{next(self._numbers):08d}"
        pairs = list(headers.items() if isinstance(headers, dict) else headers)
        lines = [f"Action: {name}", f"ActionID: {action_id}", *(f"{key}: {value}" for key, value in pairs)]
        if any(byte in line for line in lines for byte in "\r\n\0"):
            raise ValueError(f"a control byte in {lines}")
        answers = self._answers[action_id] = queue.Queue()
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        messages = []
        try:
            while True:
                messages.append(answers.get(timeout=self.timeout_s))
                if messages[0].get("Response") == "Error":
                    raise Refused(messages[0].get("Message", ""))
                if list_end is None or messages[-1].get("Event") == list_end:
                    return messages
        except queue.Empty:
            raise TimeoutError(f"no answer to {name} within {self.timeout_s} s") from None
        finally:
            del self._answers[action_id]

    def _read(self):
        lines = []
        try:
            for raw in self._file:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                if line:
                    lines.append(line)
                elif lines:
                    self._deliver(Message(lines))
                    lines = []
        except (OSError, ValueError):
            pass  # closed, by us or by Asterisk: whoever still waits for an answer times out

    def _deliver(self, message):
        waiting = self._answers.get(message.get("ActionID"))
        if message.kind == "Response" or (waiting and message.get("Event") != "OriginateResponse"):
            if waiting:
                waiting.put(message)
            return
        with self._news:
            self.events.append(message)
            self._news.notify_all()
