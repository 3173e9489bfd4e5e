"""What a turn leaves for the next: the open task, one that was put aside for it, and a word that it still waits."""

from __future__ import annotations

from dataclasses import replace

from lifecircle.assistant.dialogue.model import BookingForm, Form, RequestForm, Task
from lifecircle.assistant.dialogue.turn import Moved, Outcome
from lifecircle.assistant.replies import PARAGRAPH, Reply, ReplyKind, in_short


def as_left(form: Form, moved: Moved, *, begun: bool = False) -> Outcome:
    """A task that begins in the middle of another puts that one aside; one that ends brings it back."""
    if begun and form.task and moved.task:
        return Outcome(moved.reply, Form(moved.task, aside=form.task), moved.booking)
    if begun and form.task:
        return Outcome(reminded(moved.reply, form.task), calm(form), moved.booking)
    task, aside = moved.task, form.aside
    if task is None and aside is not None:
        return Outcome(reminded(moved.reply, aside), Form(aside), moved.booking)
    return Outcome(moved.reply, Form(task, aside=aside) if task or aside else None, moved.booking)


def calm(form: Form) -> Form | None:
    return replace(form, doubt=None, misses=0) if form.task or form.aside else None


def reminded(reply: Reply, task: Task | None) -> Reply:
    if task is None or reply.kind in (ReplyKind.EMERGENCY, ReplyKind.HANDOFF):
        return reply
    what = "上报" if isinstance(task, RequestForm) else "预约" if isinstance(task, BookingForm) else "改动"
    return replace(reply, text=in_short(f"{reply.text}{PARAGRAPH}刚才的{what}还没完成，可以接着说。"))
