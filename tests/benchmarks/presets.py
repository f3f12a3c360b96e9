"""What benchmarks ask of results that presets made: that they are of the code as it stands."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from record import ROOT, mirror


def read_json(path: Path) -> dict:
    return json.loads(path.read_text())


def make_sure_of_code(results: Path, targets: Sequence[str], presets: Sequence[str]) -> None:
    """Stop if Snakemake would make any of the results anew: they are of other code or settings."""
    files = [str(ROOT / "config" / "presets" / f"{preset}.yaml") for preset in presets]
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", "--cores", "1"]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(results.parent)]
    command += ["--configfile", *files, "--", *targets]
    environment = {**os.environ, "CONVATLAS_MIRROR": str(mirror())}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if "Nothing to be done" not in told.stdout + told.stderr:
        again = f"snakemake --cores 2 --configfile {' '.join(files)} -- {' '.join(targets)}"
        sys.exit(f"{results} is not of this code; run this first:\n{again}\n{told.stdout[-2000:]}")
