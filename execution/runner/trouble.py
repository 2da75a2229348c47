"""Job-level trouble: what ends an attempt before or between its step instances."""


class Trouble(Exception):
    """`cause` is the note's word (setup, software, node, cancelled); `message` is one line for people."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
