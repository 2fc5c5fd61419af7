"""The letters to people with an account: an invitation, a link for a new password, and what was changed about how they log in."""

from __future__ import annotations

import logging
from typing import Final

from flask import current_app
from flask_babel import force_locale

from dashboard.language import DEFAULT, LOCALES
from dashboard.language import gettext as _
from dashboard.mail import Letter
from dashboard.people.accounts import Account
from dashboard.people.errors import UnknownAccount
from dashboard.services import Services, services

log = logging.getLogger("telpunt.mail")

PASSWORD: Final = "password"  # noqa: S105  # what was changed, not one
SECOND_STEP_ON: Final = "on"
SECOND_STEP_OFF: Final = "off"
NEW_CODES: Final = "codes"


def send_link(account: Account, path: str, language: str) -> None:
    """Send an invitation or a link for a new password now; MailNotSent when it can't be sent. *language* where the account has none."""
    services().mailer.send(_link_letter(services(), account, path, language))


def send_reset_later(email: str, language: str) -> None:
    """Send a link for a new password to *email* when it has an account, after the answer: it is the same whether there is one."""
    app, known = current_app._get_current_object(), services()  # type: ignore[attr-defined]  # noqa: SLF001

    def work() -> None:
        account = known.accounts.find(email)
        if account is None or not account.active:
            return
        with app.app_context():
            try:
                path = known.accounts.password_link(account.email)
            except UnknownAccount:
                return  # deleted this very moment
            known.mailer.send(_link_letter(known, account, path, language))

    known.mailer.later(work)


def tell_change(account: Account, what: str, language: str) -> None:
    """Tell somebody, after the answer, that how they log in was changed; where no e-mail can be sent, nothing happens."""
    known = services()
    if not known.mailer.configured:
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001

    def work() -> None:
        with app.app_context(), force_locale(LOCALES.get(account.language or language, LOCALES[DEFAULT])):  # type: ignore[call-overload]
            words = {
                PASSWORD: _("Your password was changed."),
                SECOND_STEP_ON: _("The second step of logging in was turned on."),
                SECOND_STEP_OFF: _("The second step of logging in was turned off."),
                NEW_CODES: _("New recovery codes were made; the old ones are void."),
            }
            text = "\n\n".join(
                (
                    words[what],
                    _(
                        "Was that you? Then there is nothing to do. If not, set a new password and tell an administrator:"
                    ),
                    known.mailer.address("/forgot"),
                )
            )
            letter = Letter(account.email, _("Telpunt: how you log in was changed"), text + "\n")
        known.mailer.send(letter)

    known.mailer.later(work)


def _link_letter(known: Services, account: Account, path: str, language: str) -> Letter:
    with force_locale(LOCALES.get(account.language or language, LOCALES[DEFAULT])):  # type: ignore[call-overload]
        if account.has_password:
            subject = _("Telpunt: a new password")
            lines = (
                _("With this link you set a new password. It works once, for an hour:"),
                known.mailer.address(path),
                _("If you did not ask for it, you need do nothing: your password stays what it is."),
            )
        else:
            subject = _("Telpunt: an invitation")
            lines = (
                _("You are invited to Telpunt, which counts visits to careers sites and follows nobody."),
                _("With this link you set your password. It works once, for three days:"),
                known.mailer.address(path),
            )
    return Letter(account.email, subject, "\n\n".join(lines) + "\n")
