"""
A sentence that a command says in English and a page in the reader's language.

It *is* the English text, so that whoever prints it need not know; beside it stand the text before its values were put in, which is
what translations go by, and the values.
"""

from __future__ import annotations

from typing import Self

from dashboard.language import gettext


class Said(str):
    """
    A sentence with values in it.

    Args:
        text: with places such as ``%(host)s``; marked for translation where the class is imported by the name ``_``.
        values: what goes into the places.
    """

    __slots__ = ("text", "values")

    text: str
    values: dict[str, object]

    def __new__(cls, text: str, **values: object) -> Self:
        """Put the values in."""
        said = super().__new__(cls, text % values if values else text)
        said.text = text
        said.values = values
        return said

    def translated(self) -> str:
        """The sentence in the language of this request; a value that is a sentence itself is translated as well."""
        values = {name: translated(value) if isinstance(value, str) else value for name, value in self.values.items()}
        return gettext(self.text, **values)


def translated(text: str) -> str:
    """*text* in the language of this request, if it is :class:`Said`; else as it is."""
    return text.translated() if isinstance(text, Said) else text
