"""How the chat API is put on a port: the one set of server options, for `serve` and for the benchmark."""

import uvicorn
from starlette.types import ASGIApp


def run_server(app: ASGIApp, *, host: str, port: int) -> None:
    """Serve an application until the process is told to end.

    Parameters
    ----------
    app
        The application.
    host
        Address to listen on.
    port
        Port to listen on.
    """
    uvicorn.run(
        app,
        host=host,
        port=port,
        # 5 % slower than httptools, which is taken where it is installed and reads headers of any size into memory.
        http="h11",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
