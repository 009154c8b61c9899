"""For tests alone: reads one order in JSON from standard input, has it carried out by `judge`, and prints JSON."""

import asyncio
import json
import sys

import judge

order = json.load(sys.stdin)
print(json.dumps(asyncio.run(getattr(judge, order.pop("do"))(**order))))
