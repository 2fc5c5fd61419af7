"""
The country of an address, from a file that the installation has: GeoLite2 Country, DB-IP Country Lite or another in MaxMind's format.

Never from a service: an address goes nowhere. Without a file there are no countries. A newer file is taken at the next start; put it in
place by a rename, since the old one is read where it lies.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import maxminddb

from collector.errors import UsageError

_CODE: Final = re.compile(r"[A-Z]{2}")  # ISO 3166-1 alpha-2


class CountryFileUnusable(UsageError):
    """When the file of TELPUNT_COUNTRY_FILE is not there, or is none in MaxMind's format."""


class Countries:
    """
    Args:
        file: a database in MaxMind's format (https://maxmind.github.io/MaxMind-DB/).

    Raises:
        CountryFileUnusable: it cannot be read.
    """

    def __init__(self, file: Path) -> None:
        try:
            self._reader = maxminddb.open_database(file)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError):
            raise CountryFileUnusable(
                f"Country file {file} cannot be read; expected a file in MaxMind's format (.mmdb), such as GeoLite2-Country.mmdb"
            ) from None

    def of(self, address: str) -> str:
        """ISO 3166-1 alpha-2 of the country that *address* is in; "" when the file does not say."""
        try:
            record: Any = self._reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):  # no address, or a damaged file
            return ""
        return _code(record)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()


def _code(record: Any) -> str:
    if not isinstance(record, dict):
        return ""
    country = record.get("country") or record.get("registered_country") or record.get("country_code")
    code = country.get("iso_code") if isinstance(country, dict) else country
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""
