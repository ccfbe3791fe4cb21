"""Whose history an import says it is."""

from collections.abc import Callable
from dataclasses import dataclass

from usage_tracker.config.accounts import DEFAULT_BASE_URL, DEFAULT_NAME
from usage_tracker.money import UNITS_PER_USD
from usage_tracker.store.accounts import OtherAccountError, StoredAccount


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """An account as far as it is told: by the caller, or by the file. None is not told."""

    name: str | None = None
    base_url: str | None = None
    quota_per_unit: int | None = None
    created_at: int | None = None

    def joined(self, told: "AccountSpec") -> "AccountSpec":
        """This claim, completed by what a file has `told`.

        Raises:
            OtherAccountError: The file was exported from another gateway.
        """
        if None not in (self.base_url, told.base_url) and self.base_url != told.base_url:
            raise OtherAccountError(f"the file is from {told.base_url}, not from {self.base_url}")
        return AccountSpec(
            self.name or told.name,
            self.base_url or told.base_url,
            self.quota_per_unit or told.quota_per_unit,
            told.created_at,
        )

    def settled(self, find: Callable[[str], StoredAccount | None]) -> "ResolvedAccount":
        """This claim with nothing left open: as the store knows the account, else by default.

        What a unit is worth is the store's to say: an import would revalue all that is there.
        """
        name = self.name or DEFAULT_NAME
        known = find(name)
        if known is not None:
            return ResolvedAccount(name, self.base_url or known.base_url, known.quota_per_unit)
        unit = self.quota_per_unit or UNITS_PER_USD
        return ResolvedAccount(name, self.base_url or DEFAULT_BASE_URL, unit)


@dataclass(frozen=True, slots=True)
class ResolvedAccount:
    """A claim that the store can take for an account."""

    name: str
    base_url: str
    quota_per_unit: int
