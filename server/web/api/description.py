"""The description of API v1, made from the routes themselves."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.web.openapi import describe


async def describe_api(request: Request) -> Response:
    """Return the OpenAPI document; made once."""
    state = request.app.state
    if not hasattr(state, "openapi"):
        state.openapi = describe(request.app.routes)
    return JSONResponse(state.openapi)
