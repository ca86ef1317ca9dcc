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
from functools import lru_cache, wraps
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import PATTERN_CHARS, format_date, format_datetime
from babel.numbers import NumberPattern, format_currency, get_territory_currencies
from jinja2 import Undefined
from jinja2.utils import pass_environment

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.printed import column_of, is_nothing, number_text, plain_scalar, printed
from smtp_nb.merge.rows.problem import RowError

_WIDTHS = ("short", "medium", "long", "full")
_MOST_DIGITS = 30
_AS_DATES = "Read the column as dates: pandas.to_datetime(…, dayfirst=True) for 24.12.2026"
_UNSPACED = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")

# Patterns of other tools, and slips of the pen, that CLDR's letters read as something else: every
# message would have a wrong date, and none would look wrong.
_QUOTED = re.compile(r"'[^']*'")
_LETTERS = (
    "Write d, M and y for the day, H, m and s for the time, as \"dd.MM.yyyy HH:mm\"; words in '…'"
)
_SLIPS = (
    (re.compile(r"%\w"), "% has no meaning in it", _LETTERS),
    (re.compile(r"\A(?!.*[wW]).*Y"), "Y is the year of a week", "Write yyyy for the year"),
    (re.compile(r"D(?=.*[ML])|[ML].*D"), "D counts the days of a year", "Write dd for the day"),
    (
        re.compile(r"\A(?!.*[hHkK]).*(?:[dy].*m|m.*[dy])"), "m is the minute",
        "Write MM for the month",
    ),
    (re.compile(r"[hHkK][^\w]?M"), "M is the month", "Write mm for the minute"),
    (re.compile(r"m[^\w]?S"), "S is a fraction of a second", "Write ss for the second"),
    (
        re.compile(r"\A(?!.*[abB]).*[hK]"), "h counts to 12, and no a says which half of the day",
        "Write H, or h with a: HH:mm, h:mm a",
    ),
)  # fmt: skip
_TIME_LETTERS = re.compile(r"[hHkKmsSA]")


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


class _Spoken(Locale):
    """A locale whose groups of digits may be parted by an apostrophe, as in Switzerland.

    Babel takes what stands between two of them for quoted, and would print 1234567 for 1'234'567.
    """

    @property
    def number_symbols(self) -> Any:
        """The symbols, with an apostrophe doubled, which is how a pattern spells one."""
        return {
            system: {name: str(symbol).replace("'", "''") for name, symbol in symbols.items()}
            for system, symbols in super().number_symbols.items()
        }


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    try:
        return _Spoken.parse(name.replace("-", "_"))
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


def _names_its_column(format_: Callable[..., str]) -> Callable[..., str]:
    """The filter, whose errors name the column that it was given.

    `lawful` adds `of=`, how the template spells the value.
    """

    @wraps(format_)
    def apply(*args: Any, of: str = "", **kwargs: Any) -> str:
        try:
            return format_(*args, **kwargs)
        except RowError as error:
            column = error.column or column_of(of)
            raise RowError(error.description, column=column, remedy=error.remedy) from error

    return apply


@_names_its_column
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
    has_time = isinstance(moment, datetime.datetime)
    if format not in _WIDTHS and _checked(format) and not has_time:
        raise RowError(
            f"{moment} is a day without a time, and the pattern {format!r} asks for one",
            remedy="Take the time out of the pattern, or read the column with its times",
        )
    if isinstance(moment, datetime.datetime):
        moment = formats.moment(moment)
        if format not in _WIDTHS:
            return format_datetime(moment, format, locale=found)
    return format_date(moment, format, locale=found)


@lru_cache(maxsize=64)
def _checked(pattern: str) -> bool:
    """True if the pattern asks for a time of the day.

    Raises:
        RowError: it is a pattern of another tool, or hardly what was meant.
    """
    bare = _QUOTED.sub("", pattern)
    for slip, text, remedy in _SLIPS:
        if slip.search(bare):
            raise RowError(f"the pattern {pattern!r} is not that of a date: {text}", remedy=remedy)
    unknown = next((c for c in bare if c.isascii() and c.isalpha() and c not in PATTERN_CHARS), "")
    if unknown:
        raise RowError(
            f"the pattern {pattern!r} is not that of a date: {unknown} has no meaning in it",
            remedy=f"{_LETTERS}; or one of {', '.join(_WIDTHS)}",
        )
    return _TIME_LETTERS.search(bare) is not None


@_names_its_column
@pass_environment
def number(environment: Any, value: Any, digits: int | None = None, locale: str = "") -> str:
    """`{{ points | number }}`, `{{ points | number(2) }}`: a number with as many decimals."""
    found = _locale(locale) if locale else environment.formats.locale
    return _applied(found.decimal_formats[None], _number(value), digits, 3, found)


@_names_its_column
@pass_environment
def percent(environment: Any, value: Any, digits: int | None = None, locale: str = "") -> str:
    """`{{ 0.25 | percent }}`: a share of one, in hundredths."""
    found = _locale(locale) if locale else environment.formats.locale
    return _applied(found.percent_formats[None], _number(value), digits, 2, found)


@_names_its_column
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
            raise _wrong(value, "date", _AS_DATES) from error
    if isinstance(value, datetime.time):
        raise _wrong(value, "date", 'Write {{ ….strftime("%H:%M") }} for a time of the day')
    if not isinstance(value, datetime.date):
        raise _wrong(value, "date", _AS_DATES)
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
