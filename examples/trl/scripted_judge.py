"""A judge model for trying a run without one: chat completions on loopback, decided by a rule, failing when told to.

It reads the open cells and the answers of a request and finds "It speaks of the X." satisfied where X occurs. Of all
requests, `failing` (a share in [0, 1], chosen by the request's own digest) get HTTP 500 and no decision.
"""

from __future__ import annotations

import json
import re
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = re.compile(r"⟪(o\d+) candidate (\w+) · (\w+)⟫\n(.*?)\n⟪end \1 · \3⟫", re.DOTALL)
ITEM = re.compile(r"^(\S+) \(binary\): It speaks of the (\w+)\.$", re.MULTILINE)


def decide(asked: str) -> list[tuple[str, dict]]:
    """The tool calls that record every open cell and submit."""
    answers = {letter: (seen, text) for seen, letter, _, text in ANSWER.findall(asked)}
    entries = []
    for criterion, noun in ITEM.findall(asked):
        open_cells = re.search(rf"^- {criterion}: (.+)$", asked, re.MULTILINE)
        for letter in open_cells[1].split(", ") if open_cells else ():
            seen, text = answers[letter]
            decision = {"candidate": letter, "decision": "satisfied" if noun in text.split() else "violated"}
            entries.append({"criterion": criterion, "reason": f"looked for {noun}", "observations": [seen]})
            entries[-1] |= {"applies": True, "decisions": [decision], "quotes": None}
    return [("record_evidence", {"entries": entries}), ("submit", {"reason": "done", "preference": None})]


def start(failing: float = 0.0) -> str:
    """The base URL of a new server in a daemon thread."""

    class Judge(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fails = zlib.crc32(body) % 1000 < failing * 1000
            calls = decide(json.loads(body)["messages"][1]["content"])
            functions = [{"name": name, "arguments": json.dumps(given)} for name, given in calls]
            tools = [{"id": f"call_{n}", "type": "function", "function": f} for n, f in enumerate(functions)]
            message = {"role": "assistant", "content": None, "tool_calls": tools}
            said = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
            written = json.dumps({"error": {"message": "out of order"}} if fails else said).encode()
            self.send_response(500 if fails else 200)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Judge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"
