"""How Ordeal talks to one node of yours: one program per connection, one JSON object per line on stdin and stdout.

Every operation ends in one of three ways, and the verdict rests on telling them apart:
  ok    it happened, and this is the answer
  fail  it did not happen and never will: only with a code that `errors` in ordeal.config.ts calls definite
  info  nobody knows: it may have happened, may still happen, or never
When in doubt it is "info". A time-out is always "info". Never retry in here: a hidden second attempt makes the history a lie.
"""
import json
import sys


class Node:
    """ONE connection to one node, with the driver's reconnects, retries and offline queue switched off."""

    def __init__(self, host, port, timeout):
        raise NotImplementedError(f"client.py: say how to connect to {host}:{port} within {timeout} s")

    def read(self, key, timeout):
        """The value, or None where the key was never written."""
        raise NotImplementedError(f"client.py: say how {key} is read")

    def write(self, key, value, timeout):
        raise NotImplementedError(f"client.py: say how {value} is written to {key}")


def perform(node, operation):
    key, value, timeout = str(operation["key"]), operation["value"], operation["timeoutMs"] / 1000
    try:
        if operation["f"] == "read":
            return {"type": "ok", "value": node.read(key, timeout)}
        node.write(key, value, timeout)
        return {"type": "ok", "value": value}
    except ConnectionRefusedError as error:
        return {"type": "fail", "error": {"code": "ECONNREFUSED", "message": str(error)}}  # nobody was there to take it
    except Exception as error:  # a time-out, a cut connection, whatever else: nobody knows
        return {"type": "info", "error": {"code": type(error).__name__, "message": str(error)}}


def main():
    node = None
    for line in sys.stdin:  # ends when Ordeal closes it
        command = json.loads(line)
        if command["type"] == "init":
            try:
                node = Node(command["host"], command["port"], command["timeoutMs"] / 1000)
                answer = {"type": "ready"}
            except Exception as error:
                answer = {"type": "refused", "error": {"code": type(error).__name__, "message": str(error)}}
        elif command["type"] == "invoke":
            answer = {"id": command["id"], **perform(node, command)}
        else:
            return
        print(json.dumps(answer), flush=True)


main()
