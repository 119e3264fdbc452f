"""The security checks before every view, and the security headers of every response (W1, W2, W10).

A changing request needs three things: a token that only our own pages know, a cookie that the browser sends for no
other site, and an Origin header that names this site. Exempt are the addresses that read no cookie at all: the REST
interface, where a token in a header says who asks.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request, session

from market_sim.api.compat.binance import is_compat
from market_sim.api.rest.interface import reads_no_cookie
from market_sim.core.errors import InputError

TOKEN = "csrf_token"
TOKEN_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "connect-src 'self' ws://localhost:8765 ws://127.0.0.1:8765",
        "form-action 'self'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def protect(app: Flask) -> None:
    """Register the checks and the headers."""
    app.before_request(_check_change)
    app.after_request(_add_headers)


def token() -> str:
    """The token of the session, created at its first use."""
    if TOKEN not in session:
        session[TOKEN] = secrets.token_urlsafe(32)
    return session[TOKEN]


def secret_key(folder: Path) -> bytes:
    """The key that signs the session cookie: random, created at the first start, readable by its owner only."""
    path = folder / "secret_key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_bytes()
        else:
            key = secrets.token_bytes(32)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key)
    except OSError as error:
        raise InputError(f"the site keeps its key in {path}, which cannot be used: {error.strerror}") from None
    if len(key) < 32:
        raise InputError(f"{path} holds {len(key)} bytes, expected 32; delete it, and a new one is made")
    return key


def _check_change() -> None:
    if request.method in SAFE_METHODS or reads_no_cookie() or is_compat():
        return
    if request.mimetype not in FORM_TYPES:
        abort(415, "this address takes a form")
    if not _from_here():
        abort(403, "the request comes from another site")
    expected = session.get(TOKEN, "")
    given = request.headers.get(TOKEN_HEADER) or request.form.get(TOKEN, "")
    if not expected or not secrets.compare_digest(expected.encode(), given.encode()):
        abort(403, "the page was opened too long ago, or in another browser: load it again")


def _from_here() -> bool:
    """Whether the headers say that a page of ours sent the request; a program without them needs only the token."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlsplit(origin)[:2] == urlsplit(request.host_url)[:2]
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


def _add_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
