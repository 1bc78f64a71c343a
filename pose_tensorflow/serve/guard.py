"""Who may use a server on somebody's own machine: whoever is there, and no web page of others.

A browser lets any page send requests to 127.0.0.1. It says in the header Origin whose page it was; what is not this
server's own page is refused. A page may also have its own host name point to 127.0.0.1 (DNS rebinding), and be of the same
origin then: so the header Host has to be an address, localhost, or a name that the server was told. Programs that are no
browsers send no Origin, and are let in.
"""
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; frame-ancestors 'none'; "
                               "base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Guard(object):
    """ASGI middleware: answers 403 to what comes from elsewhere, and sends headers with which pages stay apart."""

    def __init__(self, app, names=()):
        """names: host names of this server, beside localhost"""
        self._app, self._names = app, {"localhost"}.union(name.lower() for name in names)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        app = self._app if refusal is None else JSONResponse({"error": refusal}, 403)
        await app(scope, receive, send_with_headers)

    def _refusal(self, headers):
        """Why a request is refused, or None."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(host):
            return "this server does not answer to the name %.80r: use its address, or start it with --host NAME" % host
        if origin is not None and origin.lower() not in ("http://" + host.lower(), "https://" + host.lower()):
            return "pages of %.80s may not use this server" % origin
        return None

    def _is_ours(self, host):
        try:
            name = urlsplit("//" + host).hostname or ""
            return name in self._names or bool(ipaddress.ip_address(name))
        except ValueError:
            return False
