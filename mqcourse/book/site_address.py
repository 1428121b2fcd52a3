"""The address of a published site, as its owner types it: `https://host/sub/path/`."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from mqcourse.errors import CourseError
from mqcourse.exits import Exit

HOST = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")
"""As browsers send it: a host of other letters is typed in its ASCII form, `xn--…`."""
KEPT_IN_A_PATH = "/%~+@!$&'()*,;=:-._"
EXAMPLE = "https://host/sub/path/"


@dataclass(frozen=True)
class SiteAddress:
    """Where a site's folder is served."""

    origin: str
    """Such as `https://host`, without a slash at its end."""
    path: str
    """Of the folder: `/` for a whole host, else with a slash at both ends."""

    @property
    def url(self) -> str:
        """Of the folder, with a slash at its end."""
        return self.origin + self.path

    def of(self, file: str) -> str:
        """The whole address of a file of the site."""
        return self.url + quote(file)


def read_address(text: str) -> SiteAddress:
    """The address that was typed; a slash at its end may be missing. Raises CourseError for what is no folder's address."""
    try:
        parts = urlsplit(text)
        wrong = (
            any(sign.isspace() or not sign.isprintable() for sign in text)
            or parts.scheme not in ("http", "https")
            or not HOST.fullmatch(parts.netloc)
            or (parts.port or 1) > 65535
        )
    except ValueError:  # brackets or a port that are none
        wrong = True
    if wrong:
        raise CourseError(
            f"{text!r} is not the address of a web site",
            do=f"Name one such as {EXAMPLE}",
            code=Exit.USAGE,
        )
    steps = parts.path.split("/")
    if parts.query or parts.fragment or "?" in text or "#" in text or "." in steps or ".." in steps:
        raise CourseError(
            f"{text!r} is not the address of a folder",
            do=f"Leave out what follows ? or #, and . and .. from the path, as in {EXAMPLE}",
            code=Exit.USAGE,
        )
    path = quote("/".join(["", *filter(None, steps), ""]), safe=KEPT_IN_A_PATH)
    return SiteAddress(f"{parts.scheme}://{parts.netloc.lower()}", path)
