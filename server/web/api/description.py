"""The description of API v1, made from the routes themselves."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


async def describe_api(request: Request) -> Response:
    """Return the OpenAPI document; made once, when it is first asked for."""
    state = request.app.state
    if not hasattr(state, "openapi"):
        # Its library is loaded here: a server's start need not wait for it.
        from server.web.description import describe

        state.openapi = await run_in_threadpool(describe, request.app.routes)
    return JSONResponse(state.openapi)
