"""A replicated key-value store in a page of Python: the stand-in for your own servers.

One node, the primary, orders all writes and logs them to disk; the others forward writes to it and get copies in the background.
GET /key reads, PUT /key writes the body. With READS=local a node answers reads from its own copy; with READS=primary it asks the primary.
"""
import http.client
import json
import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NODE = os.environ["NODE"]
NODES = os.environ["NODES"].split(",")
PRIMARY = NODES[0]
READS = os.environ.get("READS", "local")
PORT = 8000
LOG = "/data/writes.jsonl"

values = {}
lock = threading.Lock()
copies = {node: queue.Queue() for node in NODES if node != NODE}


def write(key, value):
    with lock:
        with open(LOG, "a") as log:
            log.write(json.dumps([key, value]) + "\n")
            log.flush()
            os.fsync(log.fileno())
        values[key] = value
        for waiting in copies.values():
            waiting.put((key, value))


def ask(node, method, path, body=None, timeout=2):
    connection = http.client.HTTPConnection(node, PORT, timeout=timeout)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def replicate(node):
    """Sends the primary's writes in order, each again and again until the other node has it."""
    while True:
        key, value = copies[node].get()
        while True:
            try:
                ask(node, "PUT", f"/copy/{key}", value)
                break
            except OSError:
                threading.Event().wait(0.05)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        key = self.path[1:]
        if key == "health":
            return self.answer(200, b"ok")
        if READS == "primary" and NODE != PRIMARY:
            return self.forward("GET", key)
        value = values.get(key)
        return self.answer(404, b"") if value is None else self.answer(200, value.encode())

    def do_PUT(self):
        value = self.rfile.read(int(self.headers["content-length"])).decode()
        key = self.path[1:]
        if key.startswith("copy/"):
            values[key[5:]] = value
            return self.answer(200, b"")
        if NODE != PRIMARY:
            return self.forward("PUT", key, value)
        write(key, value)
        return self.answer(200, b"")

    def forward(self, method, key, body=None):
        try:
            self.answer(*ask(PRIMARY, method, f"/{key}", body))
        except ConnectionRefusedError:
            self.answer(503, b"the primary is down")  # it never got the request
        except OSError:
            self.answer(504, b"the primary did not answer")  # it may have got it

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    if os.path.exists(LOG):
        with open(LOG) as log:
            whole = log.read().rpartition("\n")[0].splitlines()  # a torn last line was never acknowledged
        values.update(json.loads(line) for line in whole)
        os.truncate(LOG, sum(len(line.encode()) + 1 for line in whole))
    if NODE == PRIMARY:
        for each in copies:
            threading.Thread(target=replicate, args=(each,), daemon=True).start()
    print(f"{NODE} serves on port {PORT}, reads are {READS}", flush=True)
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()
