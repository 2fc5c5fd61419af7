"""What the views work with, handed to them by the factory: settings, folder, sites, accounts, names, the reader of runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from flask import current_app
from sqlalchemy import Engine

from collector.folder import DataFolder
from collector.settings import Settings
from collector.sites import Registry
from dashboard.annotations import Annotations
from dashboard.mail import Mailer
from dashboard.marks import Marks
from dashboard.names import GivenNames
from dashboard.people.accounts import Accounts
from dashboard.people.door_log import DoorLog
from dashboard.people.sessions import Sessions
from dashboard.people.tokens import ApiTokens
from dashboard.people.totp import SecondFactor
from dashboard.queries import Readings
from dashboard.sharing.kept import SharedLinks
from dashboard.supply.kept import Supply

EXTENSION: Final = "telpunt"


@dataclass(frozen=True, slots=True)
class Services:
    """
    The parts of one dashboard.

    Attributes:
        clock: now, in whole seconds since 1970.
    """

    settings: Settings
    folder: DataFolder
    sites: Registry
    engine: Engine
    accounts: Accounts
    names: GivenNames
    readings: Readings
    clock: Callable[[], int]
    sessions: Sessions
    second_factor: SecondFactor
    tokens: ApiTokens
    mailer: Mailer
    door: DoorLog
    annotations: Annotations
    marks: Marks
    shared_links: SharedLinks
    supply: Supply


def services() -> Services:
    """The services of the application that handles this request."""
    return cast("Services", current_app.extensions[EXTENSION])
