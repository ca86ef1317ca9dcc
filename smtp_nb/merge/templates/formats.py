"""Formats of dates, numbers, money and percentages by locale (Babel, CLDR).

    {{ due | date }}  {{ points | number }}  {{ price | money }}  {{ share | percent }}

Without arguments each does what is usual where the template's `locale=` is spoken.
"""

from __future__ import annotations

import copy
import datetime
import decimal
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_datetime
from babel.numbers import NumberPattern, format_currency, get_territory_currencies
from jinja2 import Undefined
from jinja2.utils import pass_environment

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.printed import is_nothing, number_text, plain_scalar, printed
from smtp_nb.merge.rows.problem import RowError

_WIDTHS = ("short", "medium", "long", "full")
_MOST_DIGITS = 30
_UNSPACED = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


class Formats:
    """What a locale and a time zone make of values.

    Args:
        locale: "de", "de_DE", "pt-BR"; English if empty.
        timezone: "Europe/Berlin": moments that know their zone are shown in this one.

    Raises:
        InputError: there is no such locale or zone.
    """

    def __init__(self, locale: str = "", timezone: str | datetime.tzinfo | None = None) -> None:
        self.locale = _locale(locale or "en")
        self.zone = _zone(timezone)

    def moment(self, value: datetime.datetime) -> datetime.datetime:
        """The moment in this zone, if it knows its own."""
        if self.zone is None or value.tzinfo is None:
            return value
        return value.astimezone(self.zone)


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise InputError(
            f"{name!r} is not a locale", remedy='Write it as "de", "de_DE" or "pt_BR"'
        ) from error


def _zone(given: str | datetime.tzinfo | None) -> datetime.tzinfo | None:
    if not given or isinstance(given, datetime.tzinfo):
        return given or None
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"{given!r} is not a time zone", remedy='Write it as "Europe/Berlin" or "UTC"'
        ) from error


@pass_environment
def date(environment: Any, value: Any, format: str = "medium", locale: str = "") -> str:
    """`{{ due | date }}`, `{{ due | date("d. MMMM yyyy") }}`: a day, or a moment by a pattern.

    Args:
        format: "short", "medium", "long", "full", or a pattern of CLDR's letters.
        locale: another than the template's.
    """
    formats: Formats = environment.formats
    found = _locale(locale) if locale else formats.locale
    moment = _moment(value)
    if isinstance(moment, datetime.datetime):
        moment = formats.moment(moment)
        if format not in _WIDTHS:
            return format_datetime(moment, format, locale=found)
    return format_date(moment, format, locale=found)


@pass_environment
def number(environment: Any, value: Any, digits: int | None = None, locale: str = "") -> str:
    """`{{ points | number }}`, `{{ points | number(2) }}`: a number with as many decimals."""
    found = _locale(locale) if locale else environment.formats.locale
    return _applied(found.decimal_formats[None], _number(value), digits, 3, found)


@pass_environment
def percent(environment: Any, value: Any, digits: int | None = None, locale: str = "") -> str:
    """`{{ 0.25 | percent }}`: a share of one, in hundredths."""
    found = _locale(locale) if locale else environment.formats.locale
    return _applied(found.percent_formats[None], _number(value), digits, 2, found)


@pass_environment
def money(environment: Any, value: Any, currency: str = "", locale: str = "") -> str:
    """`{{ price | money }}`, `{{ price | money("CHF") }}`: an amount in its currency.

    Args:
        currency: its code of three letters; that of the locale's country if empty.
    """
    found = _locale(locale) if locale else environment.formats.locale
    code = (currency or _currency(found)).upper()
    if code not in found.currencies and code not in get_global("all_currencies"):
        raise RowError(f"{code!r} is not a currency", remedy='Write its code: money("EUR")')
    with decimal.localcontext(rounding=decimal.ROUND_HALF_UP):
        amount = str(format_currency(_number(value), code, locale=found))
    # CLDR's currencySpacing, which Babel leaves out: CHF 7, but $7.
    return _UNSPACED.sub("\N{NO-BREAK SPACE}", amount)


def _currency(locale: Locale) -> str:
    """The money of the locale's country, or of the one where its language is spoken most."""
    territory = locale.territory
    if territory is None:
        likely = get_global("likely_subtags").get(str(locale), "")
        territory = likely.rpartition("_")[2]
    found = get_territory_currencies(territory) if territory else []
    if not found:
        raise RowError(f"the locale {locale} has no currency", remedy='Name it: money("EUR")')
    return str(found[0])


def _applied(
    pattern: NumberPattern, value: decimal.Decimal, digits: int | None, most: int, locale: Locale
) -> str:
    if digits is not None and not 0 <= digits <= _MOST_DIGITS:
        raise RowError(f"{digits} is not a number of decimals", remedy=f"Write 0 to {_MOST_DIGITS}")
    shaped = copy.copy(pattern)
    shaped.frac_prec = (0, most) if digits is None else (digits, digits)
    with decimal.localcontext(rounding=decimal.ROUND_HALF_UP):  # as people round
        return str(shaped.apply(value, locale))


def _number(value: Any) -> decimal.Decimal:
    """A number, or a text that spells one in Python's way, without the noise of floats."""
    value = _filled(value)
    if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal | str):
        raise _wrong(value, "number")
    if isinstance(value, float):
        value = number_text(value) if abs(value) != float("inf") else printed(value)
    try:
        found = decimal.Decimal(value)
    except decimal.InvalidOperation as error:
        raise _wrong(value, "number") from error
    if not found.is_finite():
        raise _wrong(value, "number")
    return found


def _moment(value: Any) -> datetime.date:
    """A day or a moment, or a text that spells one in ISO's way."""
    value = _filled(value)
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise _wrong(value, "date", "Read the column as dates: parse_dates=[…]") from error
    if not isinstance(value, datetime.date):
        raise _wrong(value, "date", "Read the column as dates: parse_dates=[…]")
    return value


def _filled(value: Any) -> Any:
    if isinstance(value, Undefined) or is_nothing(value):
        return printed(value)  # raises
    return plain_scalar(value) if hasattr(value, "dtype") and hasattr(value, "item") else value


def _wrong(value: object, what: str, remedy: str = "") -> RowError:
    return RowError(
        f"{str(value)[:60]!r} is not a {what}", remedy=remedy or "Read the column as numbers"
    )


FORMATS: dict[str, Callable[..., str]] = {
    "date": date, "number": number, "money": money, "percent": percent,
}  # fmt: skip
