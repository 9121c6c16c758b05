"""POST forms at given instants: run as a process of its own, told what to do on stdin.

Reads one JSON object a line (port, path, cookie, body, at: seconds since the epoch) and
prints, for each, the status, the Location and whether the answer's text says "refused".
"""

import http.client
import json
import sys
import time


def post(job: dict) -> dict:
    """Make one request when its time has come."""
    link = http.client.HTTPConnection("127.0.0.1", job["port"], timeout=60)
    link.connect()
    time.sleep(max(0.0, job["at"] - time.time()))
    headers = {"Cookie": job["cookie"], "Content-Type": "application/x-www-form-urlencoded"}
    link.request("POST", job["path"], body=job["body"], headers=headers)
    answer = link.getresponse()
    text = answer.read().decode(errors="replace")
    link.close()
    return {"status": answer.status, "location": answer.headers.get("Location"), "text": text}


if __name__ == "__main__":
    print("ready", flush=True)  # noqa: T201 - this is how the process answers
    for line in sys.stdin:
        print(json.dumps(post(json.loads(line))), flush=True)  # noqa: T201
