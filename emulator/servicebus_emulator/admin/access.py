"""Who may ask for what over HTTP: signatures for the administration, no request from another web site, a token for the page."""

from __future__ import annotations

import hmac

from servicebus_emulator.admin import namespaces
from servicebus_emulator.admin.host import Host, HostedNamespace
from servicebus_emulator.admin.http import Request
from servicebus_emulator.sas import Right, SasError, host_of, path_of, verify

SUPPLEMENTARY = "servicebussupplementaryauthorization"
SUPPLEMENTARY_DEAD = "servicebusdlqsupplementaryauthorization"
PAGE_TOKEN = "x-page-token"  # noqa: S105 - a header's name


ACTIONS = {"GET": "EntityRead", "PUT": "EntityWrite", "DELETE": "EntityDelete"}
"""Method -> what the service calls the action (live tests of azure-sdk-for-go, LackPermissions)."""


class AccessRefused(Exception):
    """A request that may not be carried out; ``status`` is 401 or 403. Most 401 answers have no SubCode."""

    def __init__(self, status: int, text: str, sub_code: int | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.sub_code = sub_code


def require_manage(
    request: Request,
    host: Host,
    hosted: HostedNamespace,
    path: str,
    *,
    action: str = "EntityRead",
    operation: str = "",
    rights_matter: bool = True,
) -> None:
    """Check the Authorization header for Manage on the entity at ``path`` (empty: the namespace).

    Without ``rights_matter`` any good token will do. Where the service names an operation, it has the place of
    the action. Raises AccessRefused 401 with the reason.
    """
    if host.authorize:
        where = "the Authorization header"
        token = request.header("authorization")
        if not token:
            raise AccessRefused(401, "MissingToken: The authorization header was not found.")
        if not _grants(token, request, hosted, path, host.now_s(), where) and rights_matter:
            if operation:
                raise AccessRefused(
                    401,
                    f"401 SubCode=40100: Unauthorized : Unauthorized access for '{operation}' operation on endpoint "
                    f"'sb://{request.host}/{path}'.",
                )
            said = (
                "{} claims required for this operation"
                if action == "EntityRead"
                else ("Authorization failed for specified action: {}")
            )
            raise AccessRefused(
                401, f"{said.format(f'Manage,{action}')}. Resource: '{path or 'the namespace'}'."
            )


def require_manage_of_target(
    request: Request, host: Host, hosted: HostedNamespace, header: str, target: str
) -> None:
    """Forwarding needs rights on the destination too: its own token, or one that covers both."""
    if not host.authorize:
        return
    own = request.header(header)
    where = f"the {header} header" if own else "the Authorization header"
    path = path_of(target)
    try:
        if _grants(own or request.header("authorization"), request, hosted, path, host.now_s(), where):
            return
    except AccessRefused as error:
        raise AccessRefused(401, f"Unauthorized. {error}", 40100) from None
    raise AccessRefused(
        401,
        f"Unauthorized. Manage,EntityWrite claims required for the forwarding destination '{path}' (in {where}).",
        40100,
    )


def require_no_stranger(request: Request, host: Host) -> None:
    """Guard everything that is asked over HTTP, a WebSocket too, against web pages of others. Raises AccessRefused 403.

    A stranger's name that was pointed at this machine would make his page one of ours, so the name is looked at first.
    """
    if not host.reach.names(request.host, request.own_address, host.namespaces):
        raise AccessRefused(
            403,
            f"The host name '{request.host[:200]}' is not one of this emulator: ask for localhost, or start it with "
            "--allow-host NAME.",
            40300,
        )
    origin = request.header("origin")
    if origin:
        if not host.reach.admits(origin, request.host, secure=request.secure):
            raise AccessRefused(
                403,
                "The request comes from another web site; to let that one in, start the emulator with "
                "--allow-origin ORIGIN.",
                40300,
            )
    elif request.header("sec-fetch-site") not in ("", "same-origin", "none") and not _is_visit(request):
        raise AccessRefused(403, "The request comes from another web site.", 40300)


def _is_visit(request: Request) -> bool:
    """Whether a person follows a link to the page itself, which shows them the page and gives the other site no data."""
    return request.method == "GET" and not request.segments and request.header("sec-fetch-mode") == "navigate"


def require_this_machine(request: Request, host: Host) -> None:
    """The page and the figures of an emulator that requires keys are not for other machines. Raises AccessRefused 403."""
    if host.authorize and not request.loopback:
        raise AccessRefused(
            403, "This is for this machine only; start the emulator with --no-auth to open it to others."
        )


def require_page(request: Request, host: Host) -> None:
    """Guard the page's JSON API: its token where there is one, and a body that no form can send. Raises AccessRefused."""
    token = host.reach.page_token
    if (
        token
        and host.authorize
        and not hmac.compare_digest(token.encode(), request.header(PAGE_TOKEN).encode())
    ):
        raise AccessRefused(
            401, "Open the page by the address with a token that the emulator has printed at its start."
        )
    if request.method not in ("GET", "HEAD"):
        kind = request.header("content-type").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise AccessRefused(403, "A change must be sent as application/json.")


def _grants(
    token: str, request: Request, hosted: HostedNamespace, path: str, now_s: float, where: str
) -> bool:
    """Whether a token that is good gives Manage. Raises AccessRefused for one that is not."""
    audience = f"https://{namespaces.hostname(request.host) or host_of(token)}/{path}"
    try:
        grant = verify(token, audience, hosted.key_ring(), now_s)
    except SasError as error:
        raise AccessRefused(401, f"{error} (in {where})") from None
    return grant.allows(Right.MANAGE, path, now_s)
