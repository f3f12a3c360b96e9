"""Look for what people stumble over, and say what to do about it.

    make doctor
    make doctor WHY=plot_confusion      (or a file, or all: why will it run again, or not?)
    python tools/doctor.py --json --configfile config/presets/cpu.yaml

No result is changed and nothing downloaded. The exit status is 1 when there is a fault.
"""

import argparse
import copy
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    files = "what runs are given as --configfile (default: results/config.yaml, if it is there)"
    parser.add_argument("--configfile", type=Path, nargs="+", default=[], help=files)
    parser.add_argument("--why", metavar="RULE|FILE|all", help="explain only why it will run")
    parser.add_argument("--verify", action="store_true", help="also digest files from outside")
    parser.add_argument("--json", action="store_true", help="findings as JSON, for programs")
    options = parser.parse_args()
    from convatlas.doctor.findings import has_fault, lay_out

    findings = explain(options) if options.why else look_around(options)
    if options.json:
        text = json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2)
    else:
        text = lay_out(findings, shutil.get_terminal_size((100, 24)).columns)
    sys.stdout.write(f"{text}\n")
    return int(has_fault(findings))


def look_around(options: argparse.Namespace) -> list:
    """Run every check but that of reasons."""
    from convatlas.doctor import environment
    from convatlas.doctor.findings import run_check

    folder, lock = Path.cwd(), ROOT / "requirements.lock"
    profile = ROOT / "profiles" / "default" / "profile.yaml"
    checks = {
        "Python": environment.check_python,
        "packages": partial(environment.check_packages, lock),
        ".venv": partial(environment.check_venv, ROOT / ".venv", lock),
        "GPU": lambda: _of("gpus").check_gpus(profile),
        "Slurm": lambda: _of("cluster").check_slurm(),
        "encoders": lambda: _of("codecs").check_encoders(),
        "lock": lambda: _of("state").check_locks(folder),
        "unfinished files": lambda: _of("state").check_incomplete(folder),
        "checkpoints": lambda: _of("state").check_checkpoints(folder),
        "config": lambda: _of("configuration").check_configuration(ROOT, config_files(options)),
        "data": lambda: check_data(options),
    }
    return [finding for what, check in checks.items() for finding in run_check(what, check)]


def check_data(options: argparse.Namespace) -> list:
    """Run the checks that need the merged config."""
    from convatlas.data.availability import choose_datasets
    from convatlas.data.fetch import choose_mirror, default_cache
    from convatlas.doctor import configuration, results, sources, space, weights
    from convatlas.doctor.findings import run_check

    config = configuration.read_config(config_files(options))
    place = Path(config["pathvars"]["results"])
    mirror, cache = choose_mirror(config["mirror"]), default_cache()

    needed = downloads(options, f"{place}/downloads", mirror)

    def check_weights() -> list:
        chosen = copy.deepcopy(config)
        choose_datasets(chosen, mirror, cache)
        return list(weights.check_trained(chosen, place))

    def check_space() -> list:
        copied, fetched = sources.bytes_to_fetch(config, mirror, cache, needed)
        return list(space.check_space(place, cache, copied=copied, fetched=fetched))

    checks = {
        "data": lambda: sources.check_sources(
            config, mirror, cache, needed=needed, verify=options.verify
        ),
        "own weights": check_weights,
        "disk": check_space,
        "results": lambda: results.check_results(place, ROOT, options.configfile),
    }
    return [finding for what, check in checks.items() for finding in run_check(what, check)]


def downloads(options: argparse.Namespace, folder: str, mirror: str | None) -> set[str] | None:
    """Name what a run takes from outside as if nothing were there yet; None if no plan is made.

    Snakemake plans in a folder of links to what is here, so that it leaves nothing behind.
    """
    from convatlas.data.remote import is_url
    from convatlas.doctor.sources import read_downloads

    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="convatlas_doctor_") as links:
        for entry in here.iterdir():
            if entry.name != ".snakemake":
                (Path(links) / entry.name).symlink_to(entry)
        flags = ["--forceall", "--until", "download_file", "--directory", links]
        if mirror and not is_url(mirror):  # one beside this folder is not beside the links
            mirror = str(Path(mirror).expanduser().absolute())
        status, plan = dry_run(options, [], *flags, mirror=mirror)
    return None if status else read_downloads(plan, folder)


def explain(options: argparse.Namespace) -> list:
    """Ask Snakemake what it would do, and explain it."""
    from convatlas.doctor.configuration import read_config
    from convatlas.doctor.findings import run_check
    from convatlas.doctor.why import explain_reruns

    def look() -> list:
        config = read_config(config_files(options))
        asked = {"root": ROOT, "folder": Path.cwd(), "config": config}
        return list(explain_reruns(options.why, **asked, dry_run=partial(dry_run, options)))

    return run_check("why", look)


def dry_run(
    options: argparse.Namespace, targets: list[str], *flags: str, mirror: str | None = None
) -> tuple[int, str]:
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--dry-run", "--quiet", "progress", "--cores", "1", *flags]
    if given := overlays(options):
        command += ["--configfile", *map(str, given)]
    done = subprocess.run(
        [*command, "--", *targets],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1", **({"CONVATLAS_MIRROR": mirror} if mirror else {})},
    )
    return done.returncode, done.stdout


def overlays(options: argparse.Namespace) -> list[Path]:
    """Return what is merged over the files of config/: as given, or what the last run saved."""
    saved = Path("results") / "config.yaml"
    return options.configfile or ([saved] if saved.is_file() else [])


def config_files(options: argparse.Namespace) -> list[Path]:
    from convatlas.doctor.configuration import files_of_config

    return [*files_of_config(ROOT), *overlays(options)]


def _of(module: str):
    """Import a room of the doctor late: its packages may be what is missing."""
    import importlib

    return importlib.import_module(f"convatlas.doctor.{module}")


if __name__ == "__main__":
    sys.exit(main())
