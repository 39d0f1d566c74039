"""How Ordeal talks to one node of yours: one JSON object per line on stdin, one answer per line on stdout.

Every operation ends in one of three ways, and the verdict rests on telling them apart:
  ok    it happened, and this is the answer
  fail  it did not happen and never will
  info  nobody knows: it may have happened, may still happen, or never
When in doubt it is "info". A time-out is always "info". Never retry in here: a hidden second attempt makes the history a lie.
"""
import json
import sys


def connect(host, port):
    """Open ONE connection here, with reconnects and retries switched off."""
    return (host, port)


def read(connection, key):
    """The value, or None where the key was never written."""
    raise NotImplementedError(f"client.py: say how {key} is read from {connection}")


def write(connection, key, value):
    raise NotImplementedError(f"client.py: say how {value} is written to {key} on {connection}")


def invoke(connection, operation):
    key, value = operation["key"], operation["value"]
    if operation["f"] == "read":
        return {"type": "ok", "value": read(connection, key)}
    write(connection, key, value)
    return {"type": "ok", "value": value}
