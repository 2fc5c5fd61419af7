"""What must come out right whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from dashboard.people.accounts import Account, Accounts, Role
from dashboard.people.errors import LastAdmin


def one_admin_is_left(accounts: Accounts) -> None:
    """Two administrators take each other's role at the same moment, five times: one of them succeeds each time."""
    for turn in range(5):
        pair = [accounts.add(f"person{turn}-{number}@example.org", "admin", None) for number in range(2)]
        for other in accounts.all():
            if other.role is Role.ADMIN and other not in pair:
                accounts.set_access(other.id, "viewer")

        def demote(account: Account) -> bool:
            try:
                accounts.set_access(account.id, "viewer")
            except LastAdmin:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(demote, pair)) == [False, True]
        assert accounts.has_admin()
