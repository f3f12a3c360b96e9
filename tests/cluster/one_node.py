"""A real Slurm of one node on loopback, with two fake GPUs: no systemd, no cgroups, no accounting.

    python tests/cluster/one_node.py up      # as root, with Debian's slurmctld slurmd munge
    python tests/cluster/one_node.py down

Memory is enforced as a cluster without cgroups does it: slurmd measures each step, and kills one
that holds more than its job asked for.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

HOME = Path("/tmp/convatlas-slurm")  # ports are fixed, too: one at a time on a machine
SYSTEM = Path("/etc/slurm")
NOTE_GPUS = """\
#!/bin/sh
echo "$SLURM_JOB_ID ${{CUDA_VISIBLE_DEVICES-none}}" >> {home}/gpus.txt
"""
GPUS, MEMORY_MB, WAIT_SECONDS = 2, 64_000, 30.0
PROGRAMS = ("munged", "slurmctld", "slurmd")
CLIENT = ("sbatch", "squeue", "scancel", "scontrol", "sinfo")
CONFIG = """\
ClusterName=convatlas
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=17817
SlurmdPort=17818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={home}/munge.socket
CredType=cred/munge
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd.pid
SlurmctldLogFile={home}/slurmctld.log
SlurmdLogFile={home}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
# a step's memory is measured every second, and one that holds too much is killed
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
# every finished job becomes a line: state, times, what it was given
JobCompType=jobcomp/filetxt
JobCompLoc={home}/finished.txt
AccountingStorageType=accounting_storage/none
# every task notes which GPUs it was given
TaskProlog={home}/note_gpus.sh
# squeue tells of finished jobs for so many seconds
MinJobAge=3600
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
KillWait=5
ReturnToService=2
GresTypes=gpu
# as many processors as the tests want side by side, whatever there are
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:{gpus}
PartitionName=cpu Nodes={host} Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes={host} MaxTime=INFINITE State=UP
"""


def why_not() -> str | None:
    """Return why there can be no Slurm here, or None."""
    if missing := [name for name in (*PROGRAMS, *CLIENT) if shutil.which(name) is None]:
        return f"{', '.join(missing)} not found (Debian: slurmctld slurmd slurm-client munge)"
    if os.getuid() != 0:
        return "slurmd has to be started by root"
    if any(_is_of_others(SYSTEM / name) for name in ("slurm.conf", "gres.conf")):
        return f"{SYSTEM} holds another Slurm's configuration"
    return None


def _is_of_others(path: Path) -> bool:
    return path.exists() and not (path.is_symlink() and path.readlink().parent == HOME)


def start() -> None:
    """Start the three daemons and wait until the node takes jobs."""
    stop()
    for folder in (HOME, HOME / "state", HOME / "spool"):
        folder.mkdir(mode=0o755, exist_ok=True)
    host = socket.gethostname().split(".")[0]
    text = CONFIG.format(
        host=host, home=HOME, cpus=max(4, os.cpu_count() or 1), memory=MEMORY_MB, gpus=GPUS
    )
    (HOME / "slurm.conf").write_text(text)
    note = HOME / "note_gpus.sh"
    note.write_text(NOTE_GPUS.format(home=HOME))
    note.chmod(0o755)
    lines = []
    for index in range(GPUS):
        device = HOME / f"gpu{index}"  # any character device will do; this is another /dev/null
        os.mknod(device, 0o20666, os.makedev(1, 3))
        lines.append(f"NodeName={host} Name=gpu File={device}\n")
    (HOME / "gres.conf").write_text("".join(lines))
    SYSTEM.mkdir(exist_ok=True)
    for name in ("slurm.conf", "gres.conf"):  # Snakemake's plugin lets no SLURM_CONF through
        (SYSTEM / name).symlink_to(HOME / name)
    key = HOME / "munge.key"
    key.touch(mode=0o400)
    key.write_bytes(os.urandom(128))
    files = {"key-file": key, "socket": HOME / "munge.socket", "pid-file": HOME / "munged.pid",
             "log-file": HOME / "munged.log", "seed-file": HOME / "munge.seed"}  # fmt: skip
    _run("munged", "--force", *(f"--{name}={path}" for name, path in files.items()))
    _run("slurmctld")
    _run("slurmd")
    give_up = time.monotonic() + WAIT_SECONDS
    while set(_run("sinfo", "--noheader", "--format=%T").split()) != {"idle"}:
        if time.monotonic() > give_up:
            logs = [(HOME / f"{name}.log").read_text()[-2000:] for name in PROGRAMS]
            raise RuntimeError("\n".join(["Slurm's node does not become idle", *logs]))
        time.sleep(0.2)


def stop() -> None:
    """End what ``start`` started, by process id and only if it is that program, and clean up."""
    if (HOME / "slurmctld.pid").exists() and os.access(SYSTEM / "slurm.conf", os.R_OK):
        subprocess.run(["scancel", "--user=root"], check=False, capture_output=True, timeout=60)
    for name in reversed(PROGRAMS):
        file = HOME / f"{name}.pid"
        try:
            process = psutil.Process(int(file.read_text()))
            if process.name() == name:
                process.send_signal(signal.SIGTERM)
                process.wait(WAIT_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
        except (OSError, ValueError, psutil.NoSuchProcess):
            continue
    for name in ("slurm.conf", "gres.conf"):
        if (SYSTEM / name).is_symlink() and not _is_of_others(SYSTEM / name):
            (SYSTEM / name).unlink()
    shutil.rmtree(HOME, ignore_errors=True)


def finished_jobs() -> list[dict[str, str]]:
    """Return what Slurm recorded of every finished job, in the order of their ends."""
    file = HOME / "finished.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return [dict(part.split("=", 1) for part in line.split() if "=" in part) for line in lines]


def given_gpus() -> dict[str, set[str]]:
    """Return what CUDA_VISIBLE_DEVICES was in the tasks of each job; ``none`` where it was not."""
    given = {}
    for line in (HOME / "gpus.txt").read_text().splitlines():
        job, gpus = line.split()
        given.setdefault(job, set()).add(gpus)
    return given


def _run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def main() -> None:
    """Bring it up or take it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("up", "down"))
    asked = parser.parse_args()
    if asked.what == "down":
        stop()
    elif reason := why_not():
        sys.exit(reason)
    else:
        start()


if __name__ == "__main__":
    main()
