"""`make bench`: every benchmark, each beside a named baseline measured in the same run."""

from __future__ import annotations

from bench import (
    bookings,
    catalogue_scale,
    chat,
    circle,
    importing,
    policies,
    retrieval,
    safety,
    search,
    serving,
    understanding,
    when,
)


def main() -> None:
    for title, run in (
        ("The catalogue", catalogue_scale.main),
        ("Life circle", circle.main),
        ("Search", search.main),
        ("Understanding", understanding.main),
        ("Retrieval", retrieval.main),
        ("Policy answers", policies.main),
        ("Times in Chinese", when.main),
        ("Cries for help", safety.main),
        ("Serving", serving.main),
        ("Chat", chat.main),
        ("Bookings", bookings.main),
        ("Importing", importing.main),
    ):
        print(f"\n== {title}")
        run()


if __name__ == "__main__":
    main()
