"""Accept-Language → the Faker locale of the names that a visitor sees.

A language is mapped before its region is looked for: matching the header against all locales
turns ``fr`` into ``fr_BE``, whichever comes first.
"""

from collections.abc import Callable
from functools import lru_cache

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from core.settings import BadSetting

LONGEST_HEADER = 500  # browsers send below 100 characters; what is longer is no wish but noise
MOST_WISHES = 20

# language → the locale for it when the region is absent or has no names of its own
LANGUAGES = {
    "ar": "ar_SA",
    "az": "az_AZ",
    "bg": "bg_BG",
    "bn": "bn_BD",
    "ca": "es_CA",
    "cs": "cs_CZ",
    "da": "da_DK",
    "de": "de_DE",
    "el": "el_GR",
    "en": "en_US",
    "es": "es_ES",
    "et": "et_EE",
    "fa": "fa_IR",
    "fi": "fi_FI",
    "fr": "fr_FR",
    "ga": "ga_IE",
    "gu": "gu_IN",
    "ha": "ha_NG",
    "he": "he_IL",
    "hi": "hi_IN",
    "hr": "hr_HR",
    "hu": "hu_HU",
    "hy": "hy_AM",
    "id": "id_ID",
    "ig": "ig_NG",
    "in": "id_ID",  # the code for Indonesian that old Java sends
    "is": "is_IS",
    "it": "it_IT",
    "iw": "he_IL",  # likewise Hebrew
    "ja": "ja_JP",
    "ka": "ka_GE",
    "ko": "ko_KR",
    "lt": "lt_LT",
    "lv": "lv_LV",
    "mk": "mk_MK",
    "mr": "mr_IN",
    "nb": "no_NO",
    "ne": "ne_NP",
    "nl": "nl_NL",
    "nn": "no_NO",
    "no": "no_NO",
    "or": "or_IN",
    "pl": "pl_PL",
    "pt": "pt_BR",
    "ro": "ro_RO",
    "ru": "ru_RU",
    "si": "si_LK",
    "sk": "sk_SK",
    "sl": "sl_SI",
    "sv": "sv_SE",
    "sw": "sw",
    "ta": "ta_IN",
    "th": "th_TH",
    "tr": "tr_TR",
    "tw": "tw_GH",
    "uk": "uk_UA",
    "uz": "uz_UZ",
    "vi": "vi_VN",
    "yo": "yo_NG",
    "zh": "zh_CN",
    "zu": "zu_ZA",
}
# regions with names of their own; left out: de_LI and de_LU (every second one is John), es_CL
# (fails without weighting), fr_QC (deprecated)
REGIONS = (
    "ar_DZ ar_PS de_AT de_CH en_GB en_IE en_IN en_KE en_NG en_NZ en_PK en_TH es_AR es_CO es_MX "
    "fr_BE fr_CA fr_CH fr_DZ nl_BE pt_PT zh_TW"
)
LOCALES = frozenset(LANGUAGES.values()) | frozenset(REGIONS.split())
# traditional characters, whatever the region is called
_TRADITIONAL = ("zh_hant", "zh_hk", "zh_mo")
_BY_LOWER = {locale.lower(): locale for locale in LOCALES}


def locale_of_tag(tag: str) -> str | None:
    """Return the locale for one language tag: ``fr`` → fr_FR, ``fr-CA`` → fr_CA, else None."""
    wished = tag.lower().replace("-", "_")
    if wished.startswith(_TRADITIONAL):
        return "zh_TW"
    return _BY_LOWER.get(wished) or LANGUAGES.get(wished.partition("_")[0])


def language_tag(locale: str) -> str:
    """Return the HTML ``lang`` of names of a locale: ``zh_TW`` → ``zh-TW``."""
    return "ca" if locale == "es_CA" else locale.replace("_", "-")


def locale_chooser(default: str) -> Callable[[str], str]:
    """Return a function from an Accept-Language header to a locale; it remembers 512 headers.

    Raises `BadSetting` when there are no names for the default.
    """
    if default not in LOCALES:
        raise BadSetting(
            f"NONESUCH_DEFAULT_LOCALE={default} has no names",
            f"choose from {', '.join(sorted(LOCALES))}",
        )

    @lru_cache(maxsize=512)
    def choose(header: str) -> str:
        for tag, quality in list(parse_accept_header(header, LanguageAccept))[:MOST_WISHES]:
            locale = locale_of_tag(tag) if quality > 0 else None
            if locale is not None:
                return locale
        return default

    return lambda header: choose(header) if 0 < len(header) <= LONGEST_HEADER else default
