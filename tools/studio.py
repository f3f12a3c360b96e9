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
    scheme = "https" if options.certificate else "http"
    sys.stdout.write(f"The studio is at {scheme}://{options.host}:{options.port}/\n")
    sys.stdout.flush()
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        log_level="warning",
        ssl_certfile=options.certificate,
        ssl_keyfile=options.key,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
