"""One self-contained HTML file from a template: nothing is fetched, and only its own script may run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

_FOLDER: Final = "templates"
_JOINT: Final = re.compile(r"([._/:+=])(?=.)")


def render(template: str, *, scripts: Sequence[str], **names: Any) -> str:
    """Return a page; every value is escaped unless it is marked as markup.

    The page forbids itself the network and every script but its own (content security policy with digests), so that
    even a name that slipped through the escaping would be text.

    Parameters
    ----------
    scripts
        Names of the scripts to put into the page.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("bench_cases.page", _FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["score"] = score
    environment.filters["breakable"] = breakable
    sources = [_text(name) for name in scripts]
    allowed = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in sources
    )
    # Styles and scripts hold nothing of a report; what is of one goes through the template, which escapes it.
    return environment.get_template(template).render(
        css=Markup(_text("page.css")),  # noqa: S704 - a file of this package
        scripts=[Markup(text) for text in sources],  # noqa: S704 - files of this package
        policy=f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'",
        **names,
    )


def score(value: float | None) -> str:
    """Return a score with three decimals.

    >>> score(0.98765), score(None)
    ('0.988', '-')
    """
    return "-" if value is None else f"{value:.3f}"


def breakable(text: str) -> str:
    """Return a name as markup that a narrow screen may break after each of its parts.

    >>> str(breakable("middle.composite <b>"))
    'middle.<wbr>composite &lt;b&gt;'
    """
    from markupsafe import Markup, escape

    # Escaped before, and no entity holds one of these.
    return Markup(_JOINT.sub(r"\1<wbr>", str(escape(text))))  # noqa: S704 - escaped here


def _text(name: str) -> str:
    return files("bench_cases.page").joinpath(_FOLDER, name).read_text(encoding="utf-8")
