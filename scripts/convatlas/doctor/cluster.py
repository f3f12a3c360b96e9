"""Whether jobs can be handed to Slurm from here."""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator

from convatlas.doctor.findings import Finding, join_some

PLUGIN = "snakemake_executor_plugin_slurm"
SECONDS = 20
"""After which a controller that does not answer is taken for dead."""
ASKED = ("-h", "-o", "%P %a %D %c %m %G")


def check_slurm() -> Iterator[Finding]:
    """Say whether Slurm's commands are here, its controller answers, and what it offers."""
    missing = [name for name in ("sinfo", "squeue", "sbatch") if shutil.which(name) is None]
    if len(missing) == 3:
        yield Finding("ok", "Slurm", "not here: jobs run on this machine")
        return
    if missing:
        told = f"{', '.join(missing)} cannot be found, though other commands of Slurm can"
        yield Finding("fault", "Slurm", told, "PATH", "install all of Slurm's client commands")
        return
    answers = {"sinfo": _ask("sinfo", *ASKED), "squeue": _ask("squeue", "-h", "--me", "-o", "%T")}
    for command, (status, output) in answers.items():
        if status != 0:
            told = f"{command} says: {output.splitlines()[0] if output else 'nothing'}"
            # the plugin asks scontrol as it is imported, in Snakemake and again in each of its jobs
            told += "; until it answers each start of Snakemake, and of a job, may wait 10 s for it"
            remedy = (
                "start slurmctld, or ask who runs the cluster; without Slurm, runs are local, and "
                f"quicker with `pip uninstall {PLUGIN.replace('_', '-')}`"
            )
            yield Finding("warning", "Slurm", told, command, remedy)
            return
    partitions = [_describe(line) for line in answers["sinfo"][1].splitlines()]
    own = len(answers["squeue"][1].splitlines())
    told = f"answers: {join_some(partitions)}; {own} jobs of yours"
    yield Finding("ok", "Slurm", told)
    if importlib.util.find_spec(PLUGIN) is None:
        told = "Snakemake has no plugin to hand jobs to it"
        yield Finding("warning", "Slurm", told, "", f"pip install {PLUGIN.replace('_', '-')}")


def _ask(*words: str) -> tuple[int, str]:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            words, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return 1, f"no answer within {SECONDS} s"
    except OSError as error:
        return 1, str(error)
    return done.returncode, (done.stdout if done.returncode == 0 else done.stderr).strip()


def _describe(line: str) -> str:
    name, state, nodes, cores, memory, generic = line.split(maxsplit=5)
    gpus = "" if generic.startswith("(null") else f", {generic}"
    return f"partition {name} {state}, {nodes} nodes with {cores} cores, {memory} MB{gpus}"
