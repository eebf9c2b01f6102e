"""Drives one program in a terminal of 30x90: lines of JSON on stdin ({"expect": regex} | {"send": text} | {"resize": [rows, columns]}), then waits for its end. Exits with the program's code, 200 when an expectation fails."""
import json
import sys

import pexpect

child = pexpect.spawn(sys.argv[1], sys.argv[2:], encoding="utf-8", timeout=30, dimensions=(30, 90))
for line in sys.stdin:
    step = json.loads(line)
    try:
        if "expect" in step:
            child.expect(step["expect"])
        elif "send" in step:
            child.send(step["send"])
        else:
            child.setwinsize(*step["resize"])
    except (pexpect.TIMEOUT, pexpect.EOF):
        sys.stderr.write(f"{line}not seen; before: {child.before!r}\n")
        child.close(force=True)
        sys.exit(200)
child.expect(pexpect.EOF)
sys.stdout.write(child.before)
child.close()
sys.exit(child.exitstatus if child.exitstatus is not None else 128 + child.signalstatus)
