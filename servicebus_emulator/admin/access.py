"""Who may ask for what over HTTP: signatures for the administration, the same origin for the page."""

from __future__ import annotations

from servicebus_emulator.admin import namespaces
from servicebus_emulator.admin.host import Host, Hosted
from servicebus_emulator.admin.http import Request
from servicebus_emulator.sas import Right, SasError, host_of, verify

SUPPLEMENTARY = "servicebussupplementaryauthorization"
SUPPLEMENTARY_DEAD = "servicebusdlqsupplementaryauthorization"


class Refused(Exception):
    """A request that may not be carried out; ``status`` is 401 or 403."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def require_manage(request: Request, host: Host, hosted: Hosted, path: str) -> None:
    """Check the Authorization header for Manage on the entity at ``path`` (empty: the namespace).

    Raises Refused 401 with the reason.
    """
    if host.authorize:
        _check(
            request.header("authorization"), request, hosted, path, host.now_s(), "the Authorization header"
        )
    elif not namespaces.is_local_name(request.host):
        # without signatures nothing else would stop a web page whose name was pointed at this machine
        raise Refused(403, f"The host name '{request.host}' is not one of this machine.")


def require_manage_of_target(request: Request, host: Host, hosted: Hosted, header: str, target: str) -> None:
    """Forwarding needs rights on the destination too: its own token, or one that covers both."""
    if not host.authorize:
        return
    own = request.header(header)
    where = f"the {header} header" if own else "the Authorization header"
    _check(own or request.header("authorization"), request, hosted, target, host.now_s(), where)


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


def _check(token: str, request: Request, hosted: Hosted, path: str, now_s: float, where: str) -> None:
    if not token:
        raise Refused(401, f"MissingToken: {where} is missing; a shared access signature is needed.")
    audience = f"https://{namespaces.hostname(request.host) or host_of(token)}/{path}"
    try:
        grant = verify(token, audience, hosted.ring(), now_s)
    except SasError as error:
        raise Refused(401, f"{error} (in {where})") from None
    if not grant.allows(Right.MANAGE, path, now_s):
        rights = ", ".join(sorted(right.value for right in grant.rights))
        raise Refused(
            401,
            f"Unauthorized access for '{path or 'the namespace'}': Manage is required, "
            f"the rule '{grant.rule_name}' has {rights}.",
        )
