"""A `Player` behind a real socket: the server's side of a dialogue for drivers with sockets."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

from smtp_nb.drivers.scripted import DialogueError, Player, Step

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Cut(Exception):
    """The line is to break here."""


class PlayerServer:
    """Plays a dialogue, over as many connections as it holds, to clients of this machine.

    Args:
        dialogue: as `Player` takes it. Pauses take no time here.
        cut_after_heard: reset the connection as soon as so many octets of the client have come.
        cut_after_said: close the line as soon as so many octets of ours have gone.

    Attributes:
        heard: all that the clients said.
        error: the client left the dialogue; the test is to fail.
    """

    def __init__(
        self, dialogue: str, cut_after_heard: int | None = None, cut_after_said: int | None = None
    ) -> None:
        self._player = Player(dialogue)
        self._cut_heard = cut_after_heard
        self._cut_said = cut_after_said
        self._said = 0
        self.heard = bytearray()
        self.error: DialogueError | None = None
        self.connections = 0
        self._is_over = False
        self._at_rest = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def is_finished(self) -> bool:
        """True if every step was played and nothing more was said."""
        return self._player.is_finished

    def wait_until_idle(self) -> None:
        """Wait until there is nothing left to do for the server without the client."""
        self._at_rest.wait()

    def __enter__(self) -> PlayerServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while not self._is_over:
                line, _ = self._listener.accept()
                self.connections += 1
                with line:
                    self._converse(line)
                self._at_rest.set()
        self._at_rest.set()

    def _converse(self, line: socket.socket) -> None:
        """One connection, to its end."""
        try:
            while self._take_turn(line):
                pass
        except Cut:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        except DialogueError as error:
            self.error = error
        except OSError:
            pass  # the client broke the connection; what it wanted with that is the test's business

    def _take_turn(self, line: socket.socket) -> bool:
        self._at_rest.clear()
        step = self._player.next_step()
        if step is None or step.kind == "silence":
            self._at_rest.set()
            return self._listen(line)
        return self._act(line, step)

    def _act(self, line: socket.socket, step: Step) -> bool:
        match step.kind:
            case "S":
                return self._say(line, step.data)
            case "reset":
                raise Cut
            case "close":
                return False
        return True  # a pause

    def _say(self, line: socket.socket, data: bytes) -> bool:
        room = len(data) if self._cut_said is None else self._cut_said - self._said
        self._said += len(data)
        line.sendall(data[: max(room, 0)])
        return room > len(data) or self._cut_said is None

    def _listen(self, line: socket.socket) -> bool:
        room = 65536 if self._cut_heard is None else self._cut_heard - len(self.heard)
        if room <= 0:
            raise Cut
        data = line.recv(min(room, 65536))
        self.heard += data
        self._player.hear(data)
        if self._cut_heard is not None and len(self.heard) >= self._cut_heard:
            raise Cut
        return bool(data)
