"""
Why a report did not go out, in words that say whose matter it is. What is kept is a word of ours and, of a server's answer, its digits.
"""

from __future__ import annotations

from typing import Final

from dashboard import mail_errors as mail
from dashboard.mail_errors import Reason
from dashboard.said import Said as _
from dashboard.said import translated

# Of webhooks.
GONE, DECLINED, MOVED, NOT_PUBLIC, FAILED = "hook_gone", "hook_declined", "hook_moved", "hook_not_public", "hook_failed"
# Of our own.
INTERRUPTED, NO_RUN, NO_AUDIENCE, BROKE = "interrupted", "no_run", "no_audience", "broke"
BOUNCED, ENDED, OVER, AWAY = "bounced", "ended", "over", "away"

# Trying again would get the same answer. The rest is tried again: that of the administrator's too, who may have repaired it meanwhile.
FINAL: Final = frozenset(
    {mail.NO_MAILBOX, mail.MAILBOX_FULL, mail.TOO_LARGE, mail.REFUSED, mail.NOT_MADE, GONE, DECLINED, MOVED, NOT_PUBLIC}
)  # fmt: skip

_ASK: Final = _("Ask the administrator of this installation.")
_WORDS: Final = {
    mail.NO_MAILBOX: _("There is no such mailbox. Is the address right?"),
    mail.MAILBOX_FULL: _("The mailbox is full."),
    mail.TOO_LARGE: _("The letter is too large for the recipient's mail server. Leave out the attachment, or chapters."),
    mail.REFUSED: _("The mail server refuses this letter, perhaps as spam. The administrator can see why in its log."),
    mail.NOT_MADE: _("The letter could not be written to this address."),
    mail.NOT_SET_UP: _("E-mail is not set up on this installation."),
    mail.LOGIN: _("The mail server does not take Telpunt's name and password (TELPUNT_SMTP_USER, TELPUNT_SMTP_PASSWORD)."),
    mail.NO_TLS: _("The mail server does not encrypt the way TELPUNT_SMTP_SECURITY asks for, so nothing was sent."),
    mail.CERTIFICATE: _("The certificate of the mail server or webhook is not valid, so nothing was sent."),
    mail.NOT_LET: _("The mail server does not let Telpunt send this (its sender, or mail to this address)."),
    mail.BUSY: _("The other side takes nothing at the moment."),
    mail.SILENT: _("The other side did not answer in time."),
    mail.BROKEN: _("The connection broke."),
    mail.UNREACHABLE: _("The other side can't be reached."),
    GONE: _("The webhook is no longer there. Make a new one and give its address."),
    DECLINED: _("The webhook refuses the message. Is the address right, and the way?"),
    MOVED: _("The webhook sends us elsewhere, which is not followed. Give the address it has now."),
    NOT_PUBLIC: _("The address of the webhook is not public; its network must stand in TELPUNT_FETCH_NETWORKS."),
    FAILED: _("The webhook answered with an error."),
    INTERRUPTED: _("Each try was interrupted."),
    NO_RUN: _("There is no analysis yet."),
    NO_AUDIENCE: _("The audience is no longer there. Choose another one."),
    BROKE: _("The report could not be made; this is an error in Telpunt."),
    BOUNCED: _("The letter came back: the recipient's mail server could not deliver it."),
    AWAY: _("Nothing was sent: the audience was not found in this analysis. The report waits until it is back."),
    OVER: _("What was to be told was no longer so, so nothing was sent."),
    ENDED: _("It was dropped: the subscription was changed meanwhile."),
}  # fmt: skip
_ADMINISTRATOR: Final = frozenset(
    {mail.NOT_SET_UP, mail.LOGIN, mail.NO_TLS, mail.CERTIFICATE, mail.NOT_LET, NOT_PUBLIC, BROKE}
)


def kept(reason: Reason) -> str:
    """As it is kept: the word, and the codes."""
    return f"{reason.problem} {reason.codes}".strip()


def is_final(problem: str) -> bool:
    """Would another try get the same answer?"""
    return problem.partition(" ")[0] in FINAL


def english(problem: str) -> str:
    """As the history of jobs says it."""
    return " ".join(_sentences(problem))


def words(problem: str) -> str:
    """As a page says it, in the reader's language."""
    return " ".join(translated(one) for one in _sentences(problem))


def _sentences(problem: str) -> list[str]:
    """Of a problem as it is kept; the text of an older row comes back as it is."""
    word, _blank, codes = problem.partition(" ")
    known = _WORDS.get(word)
    if known is None:
        return [problem]
    asks = [_ASK] if word in _ADMINISTRATOR else []
    answered = [_("(Answer: %(codes)s.)", codes=codes)] if codes else []
    return [known, *asks, *answered]
