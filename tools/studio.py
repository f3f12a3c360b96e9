"""Open the studio: the trained networks in a browser, on this machine.

    make studio
    python tools/studio.py --port 7861
    CONVATLAS_STUDIO_PASSWORD=... python tools/studio.py --host 0.0.0.0

It uses what a run has left in results/, and published weights from the cache or the mirror; what is
missing, its pages say. Other machines reach it with --host alone, and only by a password. Such a
connection is not encrypted, unless --certificate and --key name files for that.
"""

import argparse
import os
import signal
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from convatlas.errors import ConvatlasError  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=Path("results"), help="of a run")
    parser.add_argument("--host", default="127.0.0.1", help="address (default: this machine alone)")
    parser.add_argument("--port", type=int, default=7860, help="default: 7860")
    parser.add_argument("--certificate", type=Path, help="PEM file, to encrypt connections")
    parser.add_argument("--key", type=Path, help="PEM file of the certificate's key")
    options = parser.parse_args()
    try:
        import uvicorn

        from convatlas.studio.app import make_app
    except ImportError as error:
        parser.exit(1, f"{error.name} is not installed: run make setup\n")
    password = os.environ.get("CONVATLAS_STUDIO_PASSWORD")
    try:
        app = make_app(ROOT, options.results.absolute(), host=options.host, password=password)
    except ConvatlasError as error:
        parser.error(str(error))
    if (options.certificate is None) != (options.key is None):
        parser.error("--certificate and --key belong together: give both, or none")
    try:
        encrypting = {"ssl_certfile": options.certificate, "ssl_keyfile": options.key}
        config = uvicorn.Config(
            app,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=2,
            **encrypting,
        )
        config.load()
    except OSError as error:  # ssl's errors are some, too
        parser.error(f"{options.certificate} and {options.key} cannot be used: {error}")
    try:
        door = open_door(options.host, options.port)
    except OSError as error:
        parser.error(
            f"{options.host}:{options.port} cannot be had ({error.strerror or error}): another "
            "program may have it; try --port with another number, or make studio PORT=..."
        )
    # a closed terminal is no reason to leave visitors' files behind
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    scheme = "https" if options.certificate else "http"
    host = f"[{options.host}]" if ":" in options.host else options.host
    sys.stdout.write(f"The studio is at {scheme}://{host}:{door.getsockname()[1]}/\n")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[door])
    return 0


def open_door(host: str, port: int) -> socket.socket:
    """Take the address before it is announced, so that it is never somebody else's."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    door = socket.socket(family, kind)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        door.listen(128)
    except OSError:
        door.close()
        raise
    return door


if __name__ == "__main__":
    sys.exit(main())
