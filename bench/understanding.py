"""How well sentences are understood, and how fast: the matcher beside three baselines, on public data and our own."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.baselines import CLASSIFIERS, Classify
from bench.typing_mistakes import with_homophone
from lifecircle.assistant.evaluation.arguments import USUAL
from lifecircle.assistant.evaluation.held_out import read_held_out
from lifecircle.assistant.evaluation.measures import Judged, judge, measured, per_intent
from lifecircle.assistant.intents import load_training
from lifecircle.assistant.intents.loader import REJECT
from lifecircle.assistant.matcher import IntentMatcher, Match, SentenceEncoder, installed_encoder
from lifecircle.catalogue.text import traditional

SMP = Path(__file__).resolve().parents[2] / "shared" / "data" / "smp2017"
SEEDS = range(5)
PER_CLASS = 10
ACCEPTED = 0.95

Pair = tuple[str, str]
Fit = Callable[[Sequence[str], Sequence[str]], Classify]


def fit_with(encoder: SentenceEncoder | None) -> Fit:
    def fit(texts: Sequence[str], labels: Sequence[str]) -> Classify:
        matcher = IntentMatcher.fit(zip(texts, labels, strict=True), encoder=encoder)
        return lambda asked: [str(matcher.match(text, 1)[0].intent) for text in asked]

    return fit


def ways() -> dict[str, Fit]:
    encoder = installed_encoder()
    found: dict[str, Fit] = {"lifecircle": fit_with(None)}
    return found | ({"lifecircle, encoder": fit_with(encoder)} if encoder else {}) | CLASSIFIERS


def read_pairs(name: str) -> list[Pair]:
    lines = (SMP / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [(row["text"], row["label"]) for row in map(json.loads, lines)]


def right(classify: Classify, texts: Sequence[str], labels: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(classify(texts), labels, strict=True)) / len(labels)


def few(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    by_label: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_label[pair[1]].append(pair)
    chosen = random.Random(seed)
    return [pair for _, group in sorted(by_label.items()) for pair in chosen.sample(group, min(PER_CLASS, len(group)))]


def public() -> None:
    train, develop = read_pairs("train"), read_pairs("develop")
    texts, labels = zip(*develop, strict=True)
    twins = [traditional(text) for text in texts]
    mistyped = [with_homophone(text, random.Random(0)) for text in texts]
    print(f"SMP2017, train → develop, 31 classes, n={len(develop)}")
    print(f"  {'':<22} accuracy  traditional  one homophone  {PER_CLASS} per class")
    for name, fit in ways().items():
        classify = fit(*zip(*train, strict=True))
        full = [right(classify, asked, labels) for asked in (texts, twins, mistyped)]
        sparse = statistics.mean(right(fit(*zip(*few(train, seed), strict=True)), texts, labels) for seed in SEEDS)
        print(f"  {name:<22} {full[0]:7.1%}  {full[1]:10.1%}  {full[2]:12.1%}  {sparse:11.1%}")
    for name, encoder in (("lifecircle", None), ("lifecircle, encoder", installed_encoder())):
        if name == "lifecircle" or encoder:
            print(
                f"  {name:<22} chat as reject: {false_accepts(train, develop, encoder):.1%} of it accepted where 95% is"
            )


def false_accepts(train: Sequence[Pair], develop: Sequence[Pair], encoder: SentenceEncoder | None) -> float:
    """Of the chat, what passes the confidence that `ACCEPTED` of the rest passes."""
    inside = [pair for pair in train if pair[1] != "chat"]
    matcher = IntentMatcher.fit(inside, reject=[text for text, label in train if label == "chat"], encoder=encoder)

    def best(text: str) -> float:
        return next((match.confidence for match in matcher.match(text, 32) if match.intent is not None), 0.0)

    passing = sorted(best(text) for text, label in develop if label != "chat")
    bar = passing[int(len(passing) * (1 - ACCEPTED))]
    chat = [best(text) for text, label in develop if label == "chat"]
    return sum(one >= bar for one in chat) / len(chat)


def own() -> None:
    training, held_out = load_training(), read_held_out(USUAL)
    pairs = [*training.examples, *((text, REJECT) for text in training.reject)]
    asked = [(text, intent) for intent, texts in held_out.items() for text in texts]
    print(f"own held-out, {len(pairs)} examples of {len(held_out)} intents, n={len(asked)}")
    for name, encoder in (("lifecircle", None), ("lifecircle, encoder", installed_encoder())):
        if name == "lifecircle" or encoder:
            matcher = IntentMatcher.fit(training.examples, reject=training.reject, encoder=encoder)
            got = measured(judge(held_out, matcher.match), matcher.threshold)
            print(
                f"  {name:<22} macro-F1 {got.macro_f1:.1%}  accuracy {got.accuracy:.1%}  top 3 {got.top3:.1%}"
                f"  ECE {got.calibration_error:.3f}"
            )
    texts, labels = zip(*pairs, strict=True)
    for name, fit in CLASSIFIERS.items():
        print(f"  {name:<22} macro-F1 {macro_f1(fit(texts, labels), asked):.1%}")


def macro_f1(classify: Classify, asked: Sequence[Pair]) -> float:
    found = classify([text for text, _ in asked])
    judged = [
        Judged(text, intent, (Match(None if said == REJECT else said, 1.0),))
        for (text, intent), said in zip(asked, found, strict=True)
    ]
    each = per_intent(judged)
    return sum(one.f1 for one in each) / len(each)


def speed() -> None:
    examples = load_training().examples
    few_thousand = random.Random(0).sample(examples, min(5000, len(examples)))
    IntentMatcher.fit(few_thousand[:50])
    started = time.perf_counter()
    matcher = IntentMatcher.fit(few_thousand)
    print(f"fit {len(few_thousand)} examples          {time.perf_counter() - started:.2f} s")
    asked = [text for text, _ in examples[:: max(1, len(examples) // 2000)]]
    print(f"match, median                {median_ms(matcher, asked):.2f} ms")
    encoder = installed_encoder()
    if encoder:
        wider = IntentMatcher.fit(few_thousand, encoder=encoder)
        print(f"match with encoder, median   {median_ms(wider, asked):.2f} ms")
    print(memory())


def median_ms(matcher: IntentMatcher, texts: Sequence[str]) -> float:
    times = []
    for text in texts:
        started = time.perf_counter()
        matcher.match(text + "呀")  # not word by word an example
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3


def memory() -> str:
    """Of a process that loads the fitted matcher and understands one sentence."""
    code = (
        "import sys, time; from pathlib import Path; started = time.perf_counter();"
        "from lifecircle.assistant.matcher.shipped import project_matcher;"
        "matcher = project_matcher(Path(sys.argv[1])); matcher.match('养老金怎么认证');"
        "took = time.perf_counter() - started;"
        "status = Path('/proc/self/status').read_text().splitlines();"
        "most = next(line.split()[1] for line in status if line.startswith('VmHWM'));"
        "print(f'start from the kept file     {took:.2f} s, {int(most) // 1024} MB in all')"
    )
    folder = str(Path("build"))
    subprocess.run([sys.executable, "-c", code, folder], check=True, capture_output=True)
    return subprocess.run(
        [sys.executable, "-c", code, folder], check=True, capture_output=True, text=True
    ).stdout.strip()


def main() -> None:
    if SMP.exists():
        public()
    else:
        print("SMP2017 is not here")
    own()
    speed()


if __name__ == "__main__":
    main()
