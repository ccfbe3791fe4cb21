"""The units per dollar of a new account: what its gateway declares, or else the usual ones."""

from usage_tracker.capture.gateway_status import PATH, declared_quota_per_unit, fetch_status
from usage_tracker.money import UNITS_PER_USD


def find_quota_per_unit(base_url: str, seconds: float) -> tuple[float, str]:
    """Return the gateway's units per dollar and what the user must know about them.

    `seconds` is the time that the gateway has to answer. The note is empty where the gateway
    declares the usual units.
    """
    unit = declared_quota_per_unit(fetch_status(base_url, seconds))
    if unit is None:
        return UNITS_PER_USD, (
            f"{base_url}{PATH} does not say how many units make a dollar: {UNITS_PER_USD} is "
            "assumed; if the dollar amounts are wrong, set quota_per_unit of this account in the "
            "configuration"
        )
    if unit == UNITS_PER_USD:
        return unit, ""
    return unit, (
        f"this gateway counts {unit} units to the dollar; the configuration has "
        f"quota_per_unit = {unit} now"
    )
