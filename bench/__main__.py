"""`make bench`: every benchmark, each beside a named baseline measured in the same run."""

from __future__ import annotations

from bench import nearby, serving, when


def main() -> None:
    for title, run in (("Nearby", nearby.main), ("Times in Chinese", when.main), ("Serving", serving.main)):
        print(f"\n== {title}")
        run()


if __name__ == "__main__":
    main()
