"""Who may ask for what over HTTP: signatures for the administration, the same origin for the page."""

from __future__ import annotations

from servicebus_emulator.admin import namespaces
from servicebus_emulator.admin.host import Host, Hosted
from servicebus_emulator.admin.http import Request
from servicebus_emulator.sas import Right, SasError, host_of, path_of, verify

SUPPLEMENTARY = "servicebussupplementaryauthorization"
SUPPLEMENTARY_DEAD = "servicebusdlqsupplementaryauthorization"


ACTIONS = {"GET": "EntityRead", "PUT": "EntityWrite", "DELETE": "EntityDelete"}
"""Method -> what the service calls the action (live tests of azure-sdk-for-go, LackPermissions)."""


class Refused(Exception):
    """A request that may not be carried out; ``status`` is 401 or 403. Most 401 answers have no SubCode."""

    def __init__(self, status: int, text: str, sub_code: int | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.sub_code = sub_code


def require_manage(
    request: Request,
    host: Host,
    hosted: Hosted,
    path: str,
    *,
    action: str = "EntityRead",
    rights_matter: bool = True,
) -> None:
    """Check the Authorization header for Manage on the entity at ``path`` (empty: the namespace).

    Without ``rights_matter`` any good token will do. Raises Refused 401 with the reason.
    """
    if host.authorize:
        where = "the Authorization header"
        token = request.header("authorization")
        if not token:
            raise Refused(401, "MissingToken: The authorization header was not found.")
        if not _grants(token, request, hosted, path, host.now_s(), where) and rights_matter:
            said = (
                "{} claims required for this operation"
                if action == "EntityRead"
                else ("Authorization failed for specified action: {}")
            )
            raise Refused(401, f"{said.format(f'Manage,{action}')}. Resource: '{path or 'the namespace'}'.")
    elif not namespaces.is_local_name(request.host):
        # without signatures nothing else would stop a web page whose name was pointed at this machine
        raise Refused(403, f"The host name '{request.host}' is not one of this machine.", 40300)


def require_manage_of_target(request: Request, host: Host, hosted: Hosted, header: str, target: str) -> None:
    """Forwarding needs rights on the destination too: its own token, or one that covers both."""
    if not host.authorize:
        return
    own = request.header(header)
    where = f"the {header} header" if own else "the Authorization header"
    path = path_of(target)
    try:
        if _grants(own or request.header("authorization"), request, hosted, path, host.now_s(), where):
            return
    except Refused as error:
        raise Refused(401, f"Unauthorized. {error}", 40100) from None
    raise Refused(
        401,
        f"Unauthorized. Manage,EntityWrite claims required for the forwarding destination '{path}' (in {where}).",
        40100,
    )


def require_same_origin(request: Request, host: Host) -> None:
    """Guard the page and its JSON API against other web sites and against other machines.

    Raises Refused 403. Reading asks for a local host name (a stranger's name pointed at this machine would make
    his page same-origin). Changing also asks for a JSON body, which no form of another site can send without the
    browser asking first, and for an Origin that is our own.
    """
    if not namespaces.is_local_name(request.host):
        raise Refused(
            403, f"The host name '{request.host}' is not one of this machine; open the page by localhost."
        )
    if host.authorize and not request.loopback:
        raise Refused(
            403, "The page is for this machine only; start the emulator with --no-auth to open it to others."
        )
    origin = request.header("origin")
    if origin and origin != "null" and origin.partition("://")[2].lower() == request.host.lower():
        pass
    elif origin or request.header("sec-fetch-site") not in ("", "same-origin", "none"):
        raise Refused(403, "The request comes from another web site.")
    if request.method not in ("GET", "HEAD"):
        kind = request.header("content-type").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refused(403, "A change must be sent as application/json.")


def _grants(token: str, request: Request, hosted: Hosted, path: str, now_s: float, where: str) -> bool:
    """Whether a token that is good gives Manage. Raises Refused for one that is not."""
    audience = f"https://{namespaces.hostname(request.host) or host_of(token)}/{path}"
    try:
        grant = verify(token, audience, hosted.ring(), now_s)
    except SasError as error:
        raise Refused(401, f"{error} (in {where})") from None
    return grant.allows(Right.MANAGE, path, now_s)
