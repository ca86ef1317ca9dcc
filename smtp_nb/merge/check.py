"""Checks of a merge before it sends; no connection is made.

Every row is rendered and composed, but for those that can only turn out like one that was: where
the template prints cells and does nothing else with them, and the row's cells are short, filled
and free of control characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator

from smtp_nb.compose.kinds import encoded_already
from smtp_nb.errors import InputError, ProblemsFound
from smtp_nb.merge.planning.plan import Plan, PlannedRow
from smtp_nb.merge.planning.renderer import ComposedRow, RowRenderer, RowValues
from smtp_nb.merge.rows.printed import IS_EMPTY
from smtp_nb.merge.rows.problem import Problem, Severity, problem_frame
from smtp_nb.merge.templates.suspicions import NAMES_NOTHING
from smtp_nb.model.display import counted

# From here on the large providers ask for a way to unsubscribe that works with one click.
_BULK = 5000


def find_problems(plan: Plan, renderer: RowRenderer) -> list[Problem]:
    """All problems: those of the whole campaign first, then by row.

    What is wrong with every row in the same way is said once, with no row.
    """
    lost = {problem.row: problem for problem in _of_repetitions(plan, renderer)}
    planned = [problem for problem in plan.problems if problem.row not in lost]
    found = [*planned, *lost.values(), *_of_addresses(plan), *_of_messages(plan, renderer)]
    found += _of_template(plan, renderer, bool(errors(found)))
    return _in_order(_once(found, sum(1 for _ in plan.sendable)))


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """The ones that stop a row."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def _of_template(plan: Plan, renderer: RowRenderer, has_errors: bool) -> Iterator[Problem]:
    for note in renderer.suspicions(plan.columns):
        if has_errors and note.message == NAMES_NOTHING:
            continue  # it may be meant so, and the errors come first
        yield Problem(None, note.column, Severity.WARNING, note.message, note.remedy)


def _of_repetitions(plan: Plan, renderer: RowRenderer) -> Iterator[Problem]:
    """Rows that would be left out, as one of their recipient's is sent, and say something else."""
    for planned in plan.rows:
        if planned.first is None:
            continue
        differing = renderer.differences(planned.first, planned.row, plan.columns)
        if differing:
            yield Problem(
                planned.row, differing[0], Severity.ERROR,
                f"rows {planned.first} and {planned.row} are for the same recipient, but differ"
                    f" in {', '.join(differing)}",
                "Use group_by= for one message of both, or key= with a column that"
                    " distinguishes them",
            )  # fmt: skip


def _of_messages(plan: Plan, renderer: RowRenderer) -> Iterator[Problem]:
    sendable = list(plan.sendable)
    message, begun = None, 0
    tried = enumerate(renderer.read(sendable), 1)
    while message is None and (found := next(tried, None)) is not None:
        begun, filled = found
        message = yield from _of_message(filled, renderer)
    # A plain row can only be as good as the one that went well.
    for filled in renderer.odd(sendable[begun:]):
        message = (yield from _of_message(filled, renderer)) or message
    count = len(plan.rows)
    if message is not None and count >= _BULK and not _can_be_left(message):
        text = f"{counted(count, 'message')} without List-Unsubscribe"
        remedy = "Gmail and Yahoo refuse bulk mail without it: give list_unsubscribe="
        yield Problem(None, "list_unsubscribe", Severity.WARNING, text, remedy)


def _of_message(
    filled: RowValues, renderer: RowRenderer
) -> Generator[Problem, None, ComposedRow | None]:
    """What is wrong with the message of one row; returns it, or None if it cannot be made."""
    row = filled.planned.row
    try:
        message = renderer.compose(filled)
    except InputError as error:
        yield Problem.from_error(row, error)
        return None
    yield from _look(row, message)
    return message


def _look(row: int, message: ComposedRow) -> Iterator[Problem]:
    """What can be sent and still looks like a mistake."""
    draft, is_blank = message.letter.draft, False
    if not draft.subject.strip():
        is_blank = True
        yield Problem(row, "subject", Severity.WARNING, "the subject is empty")
    if not (draft.text or "").strip() and not (draft.html or "").strip():
        is_blank = True
        yield Problem(row, "text", Severity.WARNING, "the message has no text")
    for what, text in (("subject", draft.subject), *draft.headers):
        if meant := encoded_already(text):
            yield Problem(
                row, what, Severity.WARNING,
                f"{what} is encoded already, so readers see the encoded words themselves",
                f"Write it as plain text: {meant}",
            )  # fmt: skip
    for note in message.letter.notes:
        if not is_blank or note.message != IS_EMPTY:  # which would say it a second time
            yield Problem(row, note.column, Severity.WARNING, note.message, note.remedy)


def _can_be_left(message: ComposedRow) -> bool:
    return any(name.lower() == "list-unsubscribe" for name, _ in message.letter.draft.headers)


def _of_addresses(plan: Plan) -> Iterator[Problem]:
    """Rows with keys of their own may share an address; each sends a message to it."""
    if plan.by_address:
        return
    first: dict[str, PlannedRow] = {}
    for planned in plan.sendable:
        for box in planned.mailboxes:
            other = first.setdefault(box.key, planned)
            if other is not planned:
                text = f"{box.address} is the recipient of row {other.row} too"
                yield Problem(
                    planned.row,
                    "",
                    Severity.WARNING,
                    text,
                    "Remove one of them, unless it is to get a message for each",
                )


def _once(problems: list[Problem], rows: int) -> list[Problem]:
    counts = Counter((p.column, p.severity, p.message) for p in problems)
    found: dict[object, Problem] = {}
    for p in problems:
        same = (p.column, p.severity, p.message)
        if rows > 1 and counts[same] == rows:
            found[same] = Problem(None, p.column, p.severity, p.message, p.remedy)
        else:
            found[(same, p.row)] = p
    return list(found.values())


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: -1 if p.row is None else p.row)


def problems_found(wrong: list[Problem]) -> ProblemsFound:
    """What a run with these errors is refused with."""
    first = wrong[0]
    where = "" if first.row is None else f"row {first.row}: "
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    error = ProblemsFound(
        f"nothing was sent: {where}{first.message}{more}",
        remedy="Look at check(), or leave such rows out with run(skip_invalid=True)",
    )
    error.problems = problem_frame(wrong)
    return error
