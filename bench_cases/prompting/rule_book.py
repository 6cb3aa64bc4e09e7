"""All prompt rules by name: those that are listed, and those whose names carry a number and are made when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench_cases.contracts import PromptFamily, PromptRule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleBook(Mapping[str, PromptRule]):
    """A mapping that lists the fixed names and answers for every name that parses.

    Parameters
    ----------
    listed
        Rules with fixed names.
    families
        What makes rules from names.

    Examples
    --------
    >>> from bench_cases.prompting import centroid
    >>> book = RuleBook(listed={}, families=centroid.FAMILIES)
    >>> "centroid+7" in book, "centroid+none" in book, book.forms
    (True, False, ('centroid+N',))
    """

    listed: Mapping[str, PromptRule]
    families: Sequence[PromptFamily] = ()

    def __getitem__(self, name: str) -> PromptRule:
        """Return the rule of a name.

        Raises
        ------
        KeyError
            When no rule has that name.
        """
        if name in self.listed:
            return self.listed[name]
        for family in self.families:
            rule = family.parse(name, self)
            if rule is not None:
                return rule
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.listed)

    def __len__(self) -> int:
        return len(self.listed)

    @property
    def forms(self) -> tuple[str, ...]:
        """How the names look that are not listed, for instance ``centroid+N``."""
        return tuple(family.name for family in self.families)

    @property
    def examples(self) -> tuple[str, ...]:
        """Names of families that a wildcard stands for."""
        return tuple(name for family in self.families for name in family.examples)
