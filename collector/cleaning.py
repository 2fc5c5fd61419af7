"""
What may be kept of a path, of search words, of a campaign's name and of a link: words, and nothing that points at a person.

E-mail addresses, telephone numbers, IP addresses, UUIDs, tokens and long numbers are taken out, and so are characters that
nobody can see. All functions take any string, look at its first 2,048 characters, never raise, are linear, and are
idempotent: cleaning what is clean changes nothing.

What this cannot do: a name in plain letters looks like any other word. Against that stands the rule of *k*.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from collector.urls import URL_MAX_CHARS, decode, printable, split

PAGE_MAX_CHARS: Final = 120
WORDS_MAX_CHARS: Final = 60
TARGET_MAX_CHARS: Final = 120
ID: Final = ":id"

DOWNLOADS: Final = frozenset(
    ("pdf", "doc", "docx", "docm", "odt", "rtf", "ppt", "pptx", "odp", "xls", "xlsx", "ods", "csv", "zip", "7z", "rar",
     "gz", "dmg", "exe", "apk", "epub", "ics", "vcf", "mp3", "mp4", "mov", "avi", "wav")
)  # fmt: skip
CONTACTS: Final = {"mailto": "mail", "tel": "tel", "sms": "tel", "callto": "tel", "whatsapp": "whatsapp"}
_WHATSAPP_HOSTS: Final = frozenset(("wa.me", "api.whatsapp.com", "web.whatsapp.com", "chat.whatsapp.com"))

# Each alternative is of bounded length or of disjoint classes in a row, so that matching is linear.
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_IPV4 = re.compile(r"(?<!\d)\d{1,3}(?:[.\-_]\d{1,3}){3}(?!\d)")
_IPV6 = re.compile(r"(?<![0-9a-f:])[0-9a-f]*(?::[0-9a-f]*){2,}", re.IGNORECASE)
_MAIL = re.compile(r"[^\s/?&=<>]*(?:@|[(\[{]at[)\]}])[^\s/?&=<>]*", re.IGNORECASE)
_SPACED_AT = re.compile(r"\s{0,8}(@|[(\[{] ?at ?[)\]}])\s{0,8}", re.IGNORECASE)
# Seven digits in a row, whatever people write between them, are a telephone number or an id.
_DIGIT_RUN = re.compile(r"\+?\(?\d(?:[\s().\-_/+]{0,3}\d){6,}")
_NUMBER = re.compile(rf"(?<![^\W_]){_DIGIT_RUN.pattern}(?![^\W_])")  # ... not part of a longer id
# ... unless they are a date that nobody who looks for a job was born on: "herfst-2026-11-22" is a fine campaign name.
_DATE = re.compile(r"20[2-9]\d([-_./]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])")
_DUTCH_POSTCODE = re.compile(r"\b([1-9]\d{3}) ?[a-z]{2}\b")  # a street; its digits alone are a town
_TOKENS = re.compile(r"[^\W_]+")
_BLANKS = re.compile(r"\s+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NOWHERE: Final = ("", ".", "..")
_ROUNDS: Final = 6


def page(url: str) -> str:
    """
    The path of *url* as it may be kept: ``/vacatures/verpleegkundige-:id``, at most 120 characters, "/" at the least.

    Lower case, decoded, without query and fragment. Numbers of more than two digits that are not a year, and everything that
    looks like an id, become ``:id``; a part with an e-mail address, telephone number or IP address becomes ``:id`` whole.
    """
    path = decode(split(url).path).replace("\\", "/").replace("?", "-").replace("#", "-").replace("%", "-")
    segments = [_settle(segment, _clean_segment) for segment in path.split("/") if segment not in _NOWHERE]
    # "." and ".." can also be what is left.
    kept = "/" + "/".join(segment for segment in segments if segment not in _NOWHERE)
    if len(kept) > PAGE_MAX_CHARS:
        kept = kept[:PAGE_MAX_CHARS].rpartition("/")[0] or "/" + _settle(kept[1:PAGE_MAX_CHARS], _clean_segment)
    return kept


def words(query: str) -> str:
    """
    Search words as they may be kept: lower case, single blanks, at most 60 characters; "" where nothing may be kept.

    Of a Dutch postcode (a street) the digits stay (a town).
    """
    return _text(query)


def name(text: str) -> str:
    """The name of a campaign, medium, source or custom event, cleaned like :func:`words`."""
    return _text(text)


def target(url: str) -> str:
    """
    Where a link leads, coarsely: the extension of a download ("pdf"), "mail", "tel" or "whatsapp", else the host.

    "" where the host is an IP address or not a host at all.
    """
    parts = split(url)
    if parts.scheme in CONTACTS:
        return CONTACTS[parts.scheme]
    if not parts.scheme and not parts.host:
        bare = parts.path[1:].lower()
        if bare in DOWNLOADS or bare in CONTACTS.values():
            return bare
        # A host as this function gives it back, "jobs.lever.co", reads as a path.
        if not url.lstrip().startswith(("/", "\\")):
            parts = split("//" + bare)
    last = decode(parts.path).rpartition("/")[2]
    extension = last.rpartition(".")[2].lower() if "." in last else ""
    if extension in DOWNLOADS:
        return extension
    if parts.host in _WHATSAPP_HOSTS:
        return "whatsapp"
    return host(parts.host)


def host(text: str) -> str:
    """
    A host name as it may be kept: without "www.", labels that look like an id left out; "" for an address or what is no host.
    """
    bare = text.lower().strip(".").removeprefix("www.")
    if (
        not bare
        or len(bare) > TARGET_MAX_CHARS
        or not bare.replace(".", "").replace("-", "").replace("_", "").isalnum()
    ):
        return ""
    if _IPV4.search(bare) or _DIGIT_RUN.search(bare) or _UUID.search(bare):
        return ""
    labels = [label for label in bare.split(".") if label]
    if any(label.isdigit() for label in labels[-1:]):
        return ""
    kept = ".".join(label for label in labels if not any(_is_id(token, 5) for token in _TOKENS.findall(label)))
    return kept if "." in kept or "." not in bare else ""


def looks_like_person_or_id(segment: str) -> bool:
    """Does a path segment hold an e-mail address, a home page (``~name``), an address, a telephone number or an id?"""
    return (
        segment.startswith(("~", "@"))
        or bool(_MAIL.search(segment) or _IPV4.search(segment) or _IPV6.search(segment) or _DIGIT_RUN.search(segment))
        or ID in _settle(segment, _clean_segment)
    )


def _settle(text: str, clean: Callable[[str], str]) -> str:
    """Clean until nothing changes: what is taken out can bring together what was apart."""
    for _ in range(_ROUNDS):
        cleaned = clean(text)
        if cleaned == text:
            return text
        text = cleaned
    return ""


def _clean_segment(segment: str) -> str:
    if segment == ID:
        return segment
    if _MAIL.search(segment) or _IPV4.search(segment) or _IPV6.search(segment):
        return ID
    bare = _UUID.sub(ID, segment).replace(ID, "\0")
    bare = _NUMBER.sub("\0", bare)
    bare = _TOKENS.sub(lambda found: "\0" if _is_id(found[0], 3) else found[0], bare)
    bare = _DIGIT_RUN.sub("\0", bare)
    return _join_ids(unicodedata.normalize("NFKC", bare.lower()))


def _join_ids(bare: str) -> str:
    """Put ``:id`` where an id was taken out; a colon that is not ours becomes a hyphen, so that both stay tellable."""
    bare = _BLANKS.sub("-", bare.replace(":", "-"))
    bare = re.sub("[-_.\0]*\0[-_.\0]*", "-\0-", bare).strip("-")
    return bare.replace("\0", ID)


def _text(text: str) -> str:
    return _settle(text[:URL_MAX_CHARS], _clean_text)


def _clean_text(text: str) -> str:
    text = decode(text) if "%" in text else printable(unicodedata.normalize("NFKC", printable(text)))
    text = _SPACED_AT.sub(r"\1", unicodedata.normalize("NFKC", text.lower()))
    text = _MAIL.sub(" ", text)
    text = _UUID.sub(" ", text)
    text = _IPV6.sub(" ", text)
    text = _IPV4.sub(" ", text)
    text = _NUMBER.sub(_keep_date, text)
    text = _TOKENS.sub(lambda found: " " if _is_id(found[0], 6) and not _DATE.fullmatch(found[0]) else found[0], text)
    text = _DIGIT_RUN.sub(_keep_date, text)
    text = _DUTCH_POSTCODE.sub(r"\1", text)
    text = _BLANKS.sub(" ", text.replace("%", " ").replace("@", " ")).strip(" -_,;:/|&=?")
    if len(text) > WORDS_MAX_CHARS:
        text = text[: WORDS_MAX_CHARS + 1].rpartition(" ")[0] or text[:WORDS_MAX_CHARS]
    return text


def _keep_date(found: re.Match[str]) -> str:
    return found[0] if _DATE.fullmatch(found[0]) else " "


def _is_id(token: str, digits_min: int) -> bool:
    """
    Does one run of letters and digits look like an id rather than a word? A heuristic.

    Args:
        token: letters and digits only.
        digits_min: digits from which a number, or a mixture with letters, is an id; a year is none.
    """
    if token.isalpha():
        if len(token) <= 40 and (len(token) < 12 or token.islower()):
            return False
        rises = sum(one.islower() and two.isupper() for one, two in pairwise(token))
        return len(token) > 40 or (rises >= 3 and len(token) < 4.5 * rises)
    digits = sum(char.isdigit() for char in token)
    if token.isdigit():
        return digits >= digits_min and not _YEAR.fullmatch(token)
    return digits >= digits_min or (len(token) >= 10 and digits >= 2) or len(token) >= 24
