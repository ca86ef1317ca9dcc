"""Deferrals: the meaning of a receipt for the rest of a merge.

Whose trouble a refusal is stands in the tables that explain replies; here it becomes a verdict:
what the journal keeps of each recipient, how the run slows down, and whether it ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from smtp_nb.errors import SMTPError
from smtp_nb.flows.reply_errors import refusal
from smtp_nb.model.about import About, hint
from smtp_nb.model.explain import Explanation, explain
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt, RecipientResult, summary
from smtp_nb.model.reply import Reply

# So many refused with the same words, one behind the other: it is the template that they refuse.
SAME_WORDS = 3
# No quota is for longer than a week, whatever number stands in a reply.
_LONGEST_S = 7 * 86400.0
# What stands in a reply for one message only: ids, addresses, times.
_OF_ONE = re.compile(r"\S*[\d@]\S*")


@dataclass(frozen=True, slots=True)
class Deferral:
    """What a deferral says.

    Attributes:
        hint_s: the seconds after which the server wants to see us again; None if it does not say.
    """

    about: About
    hint_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a run begins no further message.

    Attributes:
        why: in words, for the rows that were not sent.
        error: what the run ends with; None where its results say it all.
        after_s: the seconds after which the server takes more; 0 if that is not a matter of time.
        what: the same as `why` in a few words, for who waits until then.
    """

    why: str
    error: SMTPError | None = None
    after_s: float = 0.0
    what: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptVerdict:
    """What a receipt means.

    Attributes:
        receipt: as the journal keeps it: a refusal that is not the recipient's decides nothing.
        ending: why the run ends; None if it goes on.
        refused_content: the words with which the content was refused, apart from what differs
            from message to message; empty if it was not.
    """

    receipt: Receipt
    ending: Ending | None = None
    refused_content: str = ""


def deferral_of(result: RecipientResult) -> Deferral:
    """Read the reply that deferred a recipient."""
    return Deferral(_about(result), hint(result.text))


def judge(receipt: Receipt, *, has_own_senders: bool = False) -> ReceiptVerdict:
    """What a receipt means for its own message and for the others.

    Args:
        has_own_senders: rows have senders of their own, so a refused one is its row's trouble.
    """
    if receipt.outcome is Outcome.ACCEPTED:
        return ReceiptVerdict(receipt)
    common = [r for r in receipt.recipients if not (has_own_senders and _is_of_sender(r))]
    kept = tuple(_kept(r) if r in common else r for r in receipt.recipients)
    changed = kept != receipt.recipients
    judged = replace(receipt, recipients=kept, outcome=summary([r.outcome for r in kept]))
    ending = next(filter(None, map(_ending, common)), None)
    words = next((_words(r) for r in receipt.recipients if _is_content(r)), "")
    return ReceiptVerdict(judged if changed else receipt, ending, words)


def of_the_template(result_words: str) -> Ending:
    """The end of a run whose messages are all refused for what they have in common."""
    return Ending(
        f"not sent: {SAME_WORDS} in a row were refused with the same words"
        f" ({result_words!r}), so it is the template that is refused. Change it, then"
        ' resolve("REFUSED", "resend") and run again'
    )


def _kept(result: RecipientResult) -> RecipientResult:
    if result.outcome is not Outcome.REFUSED:
        return result
    about = _about(result)
    if about is About.ACCOUNT:
        return replace(result, outcome=Outcome.DEFERRED)
    is_ours = about in (About.SENDER, About.SESSION)
    return replace(result, outcome=Outcome.NOT_SENT) if is_ours else result


def _ending(result: RecipientResult) -> Ending | None:
    if result.outcome not in (Outcome.REFUSED, Outcome.DEFERRED):
        return None
    about = _about(result)
    if about is About.ACCOUNT:
        explained = _explained(result)
        again_s = hint(result.text) or explained.again_s
        why, what = f"not sent: {_lower(explained.short)}", _lower(explained.meaning)
        return Ending(why, after_s=min(again_s, _LONGEST_S), what=what)
    if result.outcome is Outcome.REFUSED and about in (About.SENDER, About.SESSION):
        error = refusal(_reply(result), f"{_STAGES[result.stage]} of the message")
        return Ending(f"not sent: the run ended because {error.description}", error)
    return None


_STAGES = {"MAIL": "the sender", "RCPT": "a recipient", "END": "the content", "": "a part"}


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _is_of_sender(result: RecipientResult) -> bool:
    return result.outcome is Outcome.REFUSED and _about(result) is About.SENDER


def _is_content(result: RecipientResult) -> bool:
    return result.outcome is Outcome.REFUSED and _about(result) is About.CONTENT


def _words(result: RecipientResult) -> str:
    text = " ".join(_OF_ONE.sub("", result.text).split())
    return f"{result.code} {result.enhanced_code} {text}".strip()


def _about(result: RecipientResult) -> About:
    return _explained(result).about_at(result.stage or "RCPT")


def _explained(result: RecipientResult) -> Explanation:
    return _explanation(result.code, result.enhanced_code, result.text)


@lru_cache(maxsize=1024)
def _explanation(code: int, enhanced_code: str, text: str) -> Explanation:
    return explain(_as_reply(code, enhanced_code, text))


def _reply(result: RecipientResult) -> Reply:
    return _as_reply(result.code, result.enhanced_code, result.text)


def _as_reply(code: int, enhanced_code: str, text: str) -> Reply:
    first, *more = text.split("\n")
    return Reply(code, (f"{enhanced_code} {first}".lstrip(), *more))
