"""HTTP to servers on loopback, without TLS.

A client of httpx2 loads all certificates of the machine when it is made, which takes longer than thirty requests.
"""

from __future__ import annotations

import ssl
from functools import partial

import httpx2

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

AsyncClient = partial(httpx2.AsyncClient, verify=_NO_CERTIFICATES)
Client = partial(httpx2.Client, verify=_NO_CERTIFICATES)
get = partial(httpx2.get, verify=_NO_CERTIFICATES)
post = partial(httpx2.post, verify=_NO_CERTIFICATES)
