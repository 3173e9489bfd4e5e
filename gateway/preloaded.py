"""What all workers share: importing this module is the work, since the process that workers are forked from imports
what it is told to, and calls nothing.
"""

import gc

gc.disable()  # until a worker is ready: what is imported and loaded at the start stays anyway

from lifecircle.assistant import retrieval, safety  # noqa: E402
from lifecircle.assistant.matcher.shipped import shipped_matcher  # noqa: E402
from lifecircle.assistant.policies import learned  # noqa: E402
from lifecircle.gateway import app as app  # noqa: E402
from lifecircle.graphql.schema import build_schema  # noqa: E402

safety.prepare()
build_schema()
for matcher in (shipped_matcher(), learned.shipped().guide_matcher):
    if matcher:
        matcher.match("养老金怎么认证")  # the first one makes its tables
for writer in learned.shipped().wordings:
    for texts in (*writer.guides.values(), writer.unknown):
        retrieval.remember(texts)
gc.freeze()
