"""What every benchmark writes: machine, commit and command beside its numbers."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOAD_BEFORE = os.getloadavg()[0]
sys.path.insert(0, str(ROOT / "scripts"))
RESULTS = Path(__file__).parent / "results"


def write_record(name: str, command: str, numbers: dict[str, Any]) -> None:
    """Save numbers as ``results/<name>.json`` and show them."""
    record = {
        "benchmark": name,
        "command": command,
        **describe_run(),
        "load_before": LOAD_BEFORE,
        **numbers,
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(record, indent=2)
    (RESULTS / f"{name}.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")


def describe_run() -> dict[str, Any]:
    """Return today's date, the commit, the machine, and the version of torch."""
    import torch

    from convatlas.provenance import describe_commit, describe_machine

    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        **describe_commit(ROOT),
        "machine": describe_machine(),
        "torch": torch.__version__,
    }


def mirror() -> Path:
    """Return the folder of real data, or say how to have one."""
    folder = os.environ.get("CONVATLAS_MIRROR")
    if not folder:
        sys.exit("set CONVATLAS_MIRROR to a folder made by `make pack` (config/README.md)")
    return Path(folder)
