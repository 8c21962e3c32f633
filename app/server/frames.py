"""Messages of the graphql-transport-ws protocol, checked before anything acts on them.

The protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from typing import Any

_LONGEST_ID = 200  # characters
_REASON_BYTES = 123  # RFC 6455 leaves no more for a close frame's reason
_SIGNALS = ("connection_init", "ping", "pong")


def fault(message: Any) -> str | None:
    """What makes this no message of a client, or None."""
    if not isinstance(message, dict):
        return "A message is a JSON object"
    kind, id_, payload = message.get("type"), message.get("id"), message.get("payload")
    if kind in _SIGNALS:
        return None if isinstance(payload, dict | None) else f"The payload of {kind} is an object"
    if kind not in ("subscribe", "complete"):
        return "Unknown message type"
    if not isinstance(id_, str) or not 0 < len(id_) <= _LONGEST_ID:
        return f"The id of {kind} is a text of 1 to {_LONGEST_ID} characters"
    if kind == "subscribe" and not isinstance(payload, dict):
        return "The payload of subscribe is an object"
    return None


def reason(text: str) -> str:
    """A text that fits into a close frame."""
    return text.encode("utf-8", "backslashreplace")[:_REASON_BYTES].decode("utf-8", "ignore")
