"""What a turn of the chat costs: CPU of the server beside the database, and the wait with 50 conversations at once.

Over HTTP, signed in, whole conversations. What idle workers use meanwhile is taken off. The baseline of the CPU is the
smallest request that the same server answers to the same resident; that of the wait is one conversation alone. Between
two turns everybody reads and types for one to five seconds.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx2

from bench.serving import PORT, serving, workers

TURNS = (
    "你好",
    "养老金多久认证一次",
    "{day}下午约保洁",
    "附近有什么药店",
    "换一家",
    "第一个",
    "地址是青石路12号3幢502",
    "失业金能领几个月",
    "不是这家",
    "腿脚不便，能上门认证吗",
    "算了",
    "楼下路灯不亮了",
    "青石路12号门口",
    "算了",
    "我的预约",
    "想问问补贴",
)
CONVERSATIONS = 50
ROUNDS = 12
"""Conversations in a row for the CPU, of which the cheapest third counts: others use the machine too."""

_URL = f"http://127.0.0.1:{PORT}/graphql"
_NEAR = {"longitude": 120.2019, "latitude": 30.2926}
_SIGN_IN = """mutation($code: String!) { signInWithWeChat(input: {code: $code}) { session { accessToken } } }"""
_CHAT = """
mutation($input: ChatInput!) {
  chat(input: $input) {
    conversation
    errors { code }
    reply { kind text suggestions citations { title } cards { __typename } booking { code } }
  }
}
"""
_SMALLEST = "{ viewer { id } }"
_NO_HURRY = {"CHAT_MINUTE": "1000000", "SIGN_IN_HOUR": "1000000"}
_READS_AT_LEAST = 1.0
_IDLE_SECONDS = 10.0
_SHORT_KEPT = httpx2.Limits(keepalive_expiry=2)
"""Shorter than the server keeps an idle connection, so that none closes while it is being used."""
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    for name, value in _NO_HURRY.items():
        os.environ[f"LIFECIRCLE_RATE_{name}"] = value
    os.environ["LIFECIRCLE_ACCOUNT_RATE"] = os.environ["LIFECIRCLE_ADDRESS_RATE"] = "100000"
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        pids = workers(server.pid)
        asyncio.run(_conversation())
        idle = _idle_rate(pids)
        turn, smallest = _cpu_of_turns(pids, idle), _cpu_of_smallest(pids, idle)
        alone = asyncio.run(_at_once(1))
        together = asyncio.run(_at_once(CONVERSATIONS))
    print(f"CPU of a turn beside the database: {turn:.1f} ms; of the smallest request ({_SMALLEST}): {smallest:.1f} ms")
    print(f"  ratio {turn / smallest:.1f}")
    print(
        f"{CONVERSATIONS} conversations at once: p50 {_part(together, 0.5):.0f} ms, p99 {_part(together, 0.99):.0f} ms"
    )
    print(f"  alone: p50 {_part(alone, 0.5):.0f} ms, p99 {_part(alone, 0.99):.0f} ms; the clients share the cores")


def _idle_rate(pids: Sequence[int]) -> float:
    """CPU seconds a second of workers that nobody asks anything: change streams and jobs."""
    before = _cpu(pids)
    time.sleep(_IDLE_SECONDS)
    return (_cpu(pids) - before) / _IDLE_SECONDS


def _cpu_of_turns(pids: Sequence[int], idle: float) -> float:
    return _cheapest(pids, idle, lambda: asyncio.run(_conversation()), len(TURNS))


def _cpu_of_smallest(pids: Sequence[int], idle: float) -> float:
    return _cheapest(pids, idle, lambda: asyncio.run(_smallest_requests(len(TURNS))), len(TURNS))


def _cheapest(pids: Sequence[int], idle: float, work: Callable[[], object], count: int) -> float:
    """Milliseconds each, by the mean of the cheapest third of the rounds."""
    costs = []
    for _ in range(ROUNDS):
        before, began = _cpu(pids), time.perf_counter()
        work()
        used = _cpu(pids) - before - idle * (time.perf_counter() - began)
        costs.append(used / count * 1000)
    best = sorted(costs)[: ROUNDS // 3]
    return sum(best) / len(best)


def _cpu(pids: Sequence[int]) -> float:
    """Seconds of the workers, user and system."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / _TICKS


async def _at_once(conversations: int) -> list[float]:
    """Milliseconds of every turn; everybody thinks for a moment before the next."""
    waits = await asyncio.gather(*(_conversation(thinking=True, number=k) for k in range(conversations)))
    return [wait for each in waits for wait in each]


async def _conversation(*, thinking: bool = False, number: int = 0) -> list[float]:
    waits: list[float] = []
    async with httpx2.AsyncClient(timeout=30, headers=await _signed_in(), limits=_SHORT_KEPT) as http:
        conversation = None
        for turn in TURNS:
            if thinking:
                await asyncio.sleep(_READS_AT_LEAST + secrets.randbelow(4000) / 1000)
            text = turn.format(day=("明天", "后天", "大后天")[number % 3])
            given = {"text": text, "conversation": conversation, "near": _NEAR}
            began = time.perf_counter()
            answer = (await http.post(_URL, json={"query": _CHAT, "variables": {"input": given}})).json()
            waits.append((time.perf_counter() - began) * 1000)
            payload = answer["data"]["chat"]
            if payload["errors"]:
                raise RuntimeError(f"{text}: {payload['errors']}")
            conversation = payload["conversation"]
    return waits


async def _smallest_requests(count: int) -> None:
    async with httpx2.AsyncClient(timeout=30, headers=await _signed_in()) as http:
        for _ in range(count):
            (await http.post(_URL, json={"query": _SMALLEST})).raise_for_status()


async def _signed_in() -> dict[str, str]:
    code = f"demo:聊天{secrets.token_hex(6)}"
    async with httpx2.AsyncClient(timeout=30) as http:
        answer = (await http.post(_URL, json={"query": _SIGN_IN, "variables": {"code": code}})).json()
    return {"authorization": f"Bearer {answer['data']['signInWithWeChat']['session']['accessToken']}"}


def _waits(waits: Sequence[float]) -> str:
    return f"p50 {_part(waits, 0.5):.0f} ms, p99 {_part(waits, 0.99):.0f} ms"


def _part(waits: Sequence[float], share: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * share))]


if __name__ == "__main__":
    main()
