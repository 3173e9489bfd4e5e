"""What all workers share: importing this module is the work, since the process that workers are forked from imports
what it is told to, and calls nothing.
"""

import gc

gc.disable()  # until a worker is ready: what is imported and loaded at the start stays anyway

from lifecircle.assistant import safety  # noqa: E402
from lifecircle.gateway import app as app  # noqa: E402

safety.prepare()
gc.freeze()
