"""What an Exchange server answers, as the four errors; translated here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.ews.settings import SUCCESSOR, EwsSettings
from connectors.ews.soap import NoAnswer, Refusal
from connectors.network import quoted
from connectors.records import (
    AuthFailed,
    Bearer,
    ConnectorError,
    CursorExpired,
    Misconfigured,
    NotPermitted,
    Secret,
    Unavailable,
)

#: How a server says that it does not speak a version of the service.
OTHER_VERSION = frozenset(
    {
        "ErrorInvalidServerVersion",
        "ErrorIncorrectSchemaVersion",
        "ErrorInvalidSchemaVersionForMailboxVersion",
    }
)
#: And how it may say so, or that it does not know a word in the question.
NOT_UNDERSTOOD = OTHER_VERSION | {"ErrorSchemaValidation", "ErrorInvalidRequest"}
#: What was asked for went away since it was listed: it was deleted, or moved, which gives it another id; or the id was
#: never one.
GONE = frozenset(
    {"ErrorItemNotFound", "ErrorMessageNotFound", "ErrorObjectTypeChanged", "ErrorInvalidIdMalformed", "ErrorInvalidId"}
)
GONE_FOLDER = frozenset({"ErrorFolderNotFound", "ErrorSyncFolderNotFound", "ErrorParentFolderNotFound", *GONE})
_IMPERSONATION = frozenset(
    {"ErrorImpersonateUserDenied", "ErrorImpersonationDenied", "ErrorImpersonationFailed", "ErrorImpersonationRequired"}
)
_DENIED = frozenset(
    {
        "ErrorAccessDenied",
        "ErrorCreateItemAccessDenied",
        "ErrorNoRespondingCASInDestinationSite",
        "ErrorAccountDisabled",
    }
)
_NO_MAILBOX = frozenset(
    {"ErrorNonExistentMailbox", "ErrorNonPrimarySmtpAddress", "ErrorMissingEmailAddress", "ErrorInvalidSmtpAddress"}
)
_JUDGED = frozenset({"ErrorPasswordExpired", "ErrorPasswordChangeRequired"})
#: The server is at its end, whoever asks: a rest helps, and the refusal of one item means nothing about it.
BUSY = frozenset(
    {
        "ErrorServerBusy",
        "ErrorExceededConnectionCount",
        "ErrorInternalServerTransientError",
        "ErrorMailboxMoveInProgress",
        "ErrorMailboxStoreUnavailable",
        "ErrorTimeoutExpired",
        "ErrorTooManyObjectsOpened",
        "ErrorInsufficientResources",
        "ErrorConnectionFailed",
        "ErrorADUnavailable",
        "ErrorADOperation",
    }
)

#: The server has no streams of notifications, or none for whom we read.
NO_STREAMS = NOT_UNDERSTOOD | {
    "ErrorSubscriptionDelegateAccessNotSupported",
    "ErrorInvalidSubscriptionRequest",
    "ErrorInvalidOperation",
}


def refused(refusal: Refusal, settings: EwsSettings, step: str) -> ConnectorError:
    """What a refusal of a request or of a folder means. Step "select": it was asked for one folder."""
    said = f"{refusal.code}: {quoted(refusal.text)}" if refusal.text else refusal.code
    host, address = settings.host, settings.address
    if refusal.code == "ErrorInvalidSyncStateData":
        return CursorExpired(f"{host} no longer goes on from where we stood ({said})", step=step)
    is_denied = refusal.code in _IMPERSONATION or refusal.code in _DENIED
    # who may not look at somebody's folders is told that they are not there
    if is_denied or (step == "list" and refusal.code in GONE_FOLDER and settings.is_for_another):
        if settings.is_cloud and step != "select":
            return _ended(settings, said)
        problem = f"{host} does not let {settings.username} read {address} ({said})"
        return NotPermitted(problem, step=step, hint=_grant(settings, refusal))
    if refusal.code in _NO_MAILBOX:
        hint = "write the mailbox's primary address; a group or a contact has no mailbox"
        return Misconfigured(f"{host} has no mailbox {address} ({said})", step="login", hint=hint)
    if refusal.code in _JUDGED:
        hint = f"have the password of {settings.username} changed"
        return AuthFailed(f"{host} takes no login ({said})", step="login", hint=hint)
    if refusal.code in GONE_FOLDER and step == "select":
        hint = "it comes back with the next list if it was only renamed or moved"
        return Unavailable(f"the folder is no longer there ({said})", step=step, hint=hint)
    if refusal.code in BUSY:
        problem = f"{host} takes no request now ({said})"
        hint = "if that lasts, have the throttling policy of the user looked at (Get-ThrottlingPolicy)"
        # no matter of the folder that was asked for: the others are not tried now either
        return Unavailable(problem, step="fetch" if step == "select" else step, hint=hint, retry_after=refusal.back_off)
    if refusal.code in OTHER_VERSION:
        hint = "Exchange 2010 SP2 or later is needed"
        return Unavailable(f"{host} does not speak our version of EWS ({said})", step="capability", hint=hint)
    hint = "the server's event log and the log of EWS tell more"
    return Unavailable(f"{host} answers with an error ({said})", step=step, hint=hint, retry_after=refusal.back_off)


def status_refused(status: int, settings: EwsSettings) -> ConnectorError:
    """What an HTTP status means that is no answer of EWS; not for 401."""
    host = settings.host
    if settings.is_cloud and status in (400, 403, 404, 410):
        return _ended(settings, f"status {status}")
    if status == 403:
        hint = (
            "have EWS allowed for the mailbox: Set-CASMailbox USER -EwsEnabled $true; see -EwsApplicationAccessPolicy"
        )
        return NotPermitted(f"{host} does not let {settings.username} use EWS (status 403)", step="login", hint=hint)
    if status in (404, 405):
        return Unavailable(f"{host} has no EWS at this URL (status {status})", step="connect", hint=_URL)
    return Unavailable(
        f"{host} answers with status {status}", step="connect", hint="the log of its web server tells why"
    )


_URL = "check url: it is the service itself, such as https://mail.acme.example/EWS/Exchange.asmx"


def unreadable(problem: NoAnswer, settings: EwsSettings, step: str) -> ConnectorError:
    """An answer that is none of EWS: a page for people, or the half of one."""
    return Unavailable(f"{settings.host} gives no answer of EWS: {quoted(problem)}", step=step, hint=_URL)


def login_refused(headers: Mapping[str, str], settings: EwsSettings, secret: Secret | None) -> ConnectorError:
    """Status 401: the wrong password, or a way to log in that the server does not know (RFC 9110, section 11.6.1)?"""
    host = settings.host
    if isinstance(secret, Bearer):
        hint = "sign in again, as the person whose mailbox it is: keeptouch accounts login; see scopes in docs/oauth.md"
        return AuthFailed(f"{host} refused the token", step="login", hint=hint)
    offered = {name: name.casefold() in _schemes(headers) for name in ("Basic", "NTLM", "Negotiate", "Bearer")}
    ways = [name for name, is_there in offered.items() if is_there]
    wanted = {"basic": "Basic", "ntlm": "NTLM", "kerberos": "Negotiate"}[settings.auth]
    if ways and wanted not in ways:
        other = "auth = 'ntlm'" if "NTLM" in ways else "auth = 'basic'" if "Basic" in ways else "oauth"
        problem = f"{host} takes no login by {wanted}, only by {', '.join(ways)}"
        return Misconfigured(problem, step="capability", hint=f"use {other}")
    if settings.is_by_ticket(secret):
        # no directory counts these, and the next ticket may be there in a minute
        hint = "look for a ticket with klist as the user of the service, and name its keytab in KRB5_CLIENT_KTNAME"
        return Unavailable(f"{host} takes no ticket of Kerberos from us", step="login", hint=hint)
    hint = "check username (an address, or DOMAIN\\name) and password, and that the user is not locked out"
    return AuthFailed(f"{host} refused the login of {settings.username}", step="login", hint=hint)


def _schemes(headers: Mapping[str, str]) -> set[str]:
    """First words of the challenges, lower case."""
    challenges = headers.get("www-authenticate", "").split(",")
    return {each.strip().partition(" ")[0].casefold() for each in challenges}


def _grant(settings: EwsSettings, refusal: Refusal) -> str:
    """What an administrator enters in the Exchange Management Shell."""
    if refusal.code == "ErrorAccountDisabled":
        return "the mailbox's account is disabled: have it enabled, or set enabled = false"
    if settings.impersonate:
        return (
            "in the Exchange Management Shell: New-ManagementRoleAssignment -Name keeptouch "
            f"-Role ApplicationImpersonation -User {settings.username}"
        )
    if settings.is_for_another:
        return (
            f"in the Exchange Management Shell: Add-MailboxPermission -Identity {settings.mailbox} "
            f"-User {settings.username} -AccessRights FullAccess -AutoMapping $false"
        )
    return "have EWS allowed for the mailbox: Set-CASMailbox USER -EwsEnabled $true"


def _ended(settings: EwsSettings, said: str) -> ConnectorError:
    problem = f"{settings.host} does not let us use EWS ({said})"
    hint = f"have the administrator allow this application EWS, while that lasts. {SUCCESSOR}"
    return Misconfigured(problem, step="login", hint=hint)
