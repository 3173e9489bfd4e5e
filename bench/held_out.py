"""Takes out of the training files what stands too near a held-out utterance, without showing either.

`python -m bench.held_out` prints how many lines went from which file. Only the training files are changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import yaml
from rapidfuzz import fuzz, process

from lifecircle.catalogue.text import bare

ROOT = Path(__file__).parent.parent
HELD_OUT = ROOT / "bench" / "judged" / "utterances.yaml"
POLICIES_HELD_OUT = ROOT / "bench" / "judged" / "policy_questions.yaml"
TRAINING = ROOT / "assistant" / "intents"
WORDINGS = ROOT / "assistant" / "policies" / "wordings"
TOO_NEAR = 85.0


def held_out_texts(path: Path = HELD_OUT) -> list[str]:
    known = yaml.safe_load(path.read_text("utf-8"))
    return [text for texts in known.values() for text in texts]


def held_out_policy_questions() -> list[str]:
    known = yaml.safe_load(POLICIES_HELD_OUT.read_text("utf-8"))
    return [row["text"] for rows in known.values() for row in rows]


def near(texts: Sequence[str], held: Sequence[str]) -> list[bool]:
    """For each text whether a held-out one is as near as `TOO_NEAR`, as typed or folded."""
    if not texts:
        return []
    as_typed = process.cdist(texts, held, scorer=fuzz.ratio, score_cutoff=TOO_NEAR, dtype=np.uint8)
    folded = process.cdist(
        [bare(text) for text in texts],
        [bare(text) for text in held],
        scorer=fuzz.ratio,
        score_cutoff=TOO_NEAR,
        dtype=np.uint8,
    )
    return [bool(found) for found in ((as_typed > 0) | (folded > 0)).any(axis=1)]


def without_near(lines: Iterable[str], held: Sequence[str]) -> list[str]:
    """The lines of a training file less the utterances that are too near; everything else stays as it is."""
    kept = list(lines)
    places = [place for place, line in enumerate(kept) if line.lstrip().startswith("- ") and "intent:" not in line]
    texts = [str(yaml.safe_load(kept[place].strip())[0]) for place in places]
    gone = {place for place, is_near in zip(places, near(texts, held), strict=True) if is_near}
    return [line for place, line in enumerate(kept) if place not in gone]


def main() -> None:
    _clear(TRAINING, held_out_texts())
    _clear(WORDINGS, held_out_policy_questions())


def _clear(folder: Path, held: Sequence[str]) -> None:
    for path in sorted(folder.glob("*.yaml")):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        kept = without_near(lines, held)
        if len(kept) < len(lines):
            path.write_text("".join(kept), "utf-8")
            print(f"{path.name}: {len(lines) - len(kept)} utterances taken out")


if __name__ == "__main__":
    main()
