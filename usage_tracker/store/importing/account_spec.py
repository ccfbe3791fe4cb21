"""`AccountSpec`: what the caller and the file say about the account of an import."""

from dataclasses import dataclass
from typing import Self

from usage_tracker.config.accounts import DEFAULT_BASE_URL, DEFAULT_NAME
from usage_tracker.money import UNITS_PER_USD
from usage_tracker.store.accounts import OtherAccountError, StoredAccount


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """An account as far as it is specified; None is not specified."""

    name: str | None = None
    base_url: str | None = None
    quota_per_unit: float | None = None
    created_at: int | None = None

    def completed_by(self, file: Self) -> "AccountSpec":
        """Return this spec, completed by that of a file.

        Raises:
            OtherAccountError: The file was exported from another gateway.
        """
        if None not in (self.base_url, file.base_url) and self.base_url != file.base_url:
            raise OtherAccountError(f"the file is from {file.base_url}, not from {self.base_url}")
        return AccountSpec(
            self.name or file.name,
            self.base_url or file.base_url,
            self.quota_per_unit or file.quota_per_unit,
            file.created_at,
        )

    @property
    def resolved_name(self) -> str:
        """The name, or the default one."""
        return self.name or DEFAULT_NAME

    def resolve(self, known: StoredAccount | None) -> "ResolvedAccount":
        """Return this spec completed by the stored account of that name, else by defaults.

        A stored account keeps its `quota_per_unit`: an import must not revalue its history.
        """
        if known is not None:
            base_url = self.base_url or known.base_url
            return ResolvedAccount(known.name, base_url, known.quota_per_unit)
        unit = self.quota_per_unit or UNITS_PER_USD
        return ResolvedAccount(self.resolved_name, self.base_url or DEFAULT_BASE_URL, unit)


@dataclass(frozen=True, slots=True)
class ResolvedAccount:
    """A complete AccountSpec: an `AccountLike` of the store."""

    name: str
    base_url: str
    quota_per_unit: float
