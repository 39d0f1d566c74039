"""
A client of the reference Raft in Python: one program per connection, standard library only.

Ordeal starts it, tells it where the node is, and asks one operation at a time over stdin; answers go to stdout, one JSON object per line.
Anything printed to stderr ends up in the run folder (clients/<node>.log). The protocol is described in docs/client-protocol.md.
"""

import json
import socket
import sys


def say(message):
    print(json.dumps(message), flush=True)  # without flush the answer would wait in a buffer


class Node:
    """One TCP connection to one node. It never retries: a retry would hide from the checker that something may have happened twice."""

    def __init__(self, host, port, timeout):
        self.socket = socket.create_connection((host, port), timeout)
        self.lines = self.socket.makefile("r")
        if "hello" not in json.loads(self.lines.readline()):  # the node greets every connection
            raise OSError("the node did not greet")

    def ask(self, request, timeout):
        self.socket.settimeout(timeout)
        self.socket.sendall((json.dumps(request) + "\n").encode())
        line = self.lines.readline()
        if not line:
            raise ConnectionError("the node closed the connection")
        return json.loads(line)


def perform(node, operation):
    """What became of the operation, as honestly as it is known."""
    request = {"id": operation["id"], "op": operation["f"], "key": str(operation.get("key", ""))}
    if operation["f"] != "read":
        request["value"] = operation["value"]
    try:
        answer = node.ask(request, operation["timeoutMs"] / 1000)
    except socket.timeout:
        # It was sent, and nobody answered: it may take effect now, later or never. That is never a "fail".
        return {"type": "info", "error": {"code": "timeout", "message": "no answer in time"}}
    except (OSError, ValueError) as error:
        return {"type": "info", "error": {"code": "connection-lost", "message": str(error)}}
    if answer["ok"]:
        # A read answers with what it read; a write or cas with what it was asked to do.
        return {"type": "ok", "value": answer.get("value") if operation["f"] == "read" else operation["value"]}
    # The node's code decides: Ordeal looks it up in the system's errors. Only a definite one becomes a "fail" in the history.
    return {"type": "fail", "error": {"code": answer["error"]["code"], "message": answer["error"]["message"]}}


def main():
    node = None
    for line in sys.stdin:  # ends when Ordeal closes stdin
        command = json.loads(line)
        if command["type"] == "init":
            try:
                node = Node(command["host"], command["port"], command["timeoutMs"] / 1000)
                say({"type": "ready"})
            except (OSError, ValueError) as error:
                say({"type": "refused", "error": {"code": "unreachable", "message": str(error)}})
        elif command["type"] == "invoke":
            say({"id": command["id"], **perform(node, command)})
        elif command["type"] == "close":
            return


main()
