"""A copy of the project that runs on Slurm, or locally."""

import hashlib

from toy_project import Project

ON_SLURM = (
    # the profile as it is, but for what the one node lacks, accounting, and what a test waits for
    *("--workflow-profile", "slurm", "--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "5"),
    "--slurm-keep-successful-logs",
)


class SlurmProject(Project):
    """A copy of the project, with what Slurm and its jobs left there."""

    def jobs(self, rule: str) -> dict[str, list[str]]:
        """Return the ids of a rule's jobs on Slurm, in their order, by their wildcards."""
        logs = (self.folder / "results" / "logs" / "slurm" / f"rule_{rule}").rglob("*.log")
        found = {}
        for log in sorted(logs, key=lambda path: int(path.stem)):
            found.setdefault(log.parent.name, []).append(log.stem)
        return found

    def log(self, rule: str, name: str) -> str:
        return (self.folder / "results" / "logs" / rule / f"{name}.log").read_text()

    def digest(self, path: str) -> str:
        return hashlib.sha256((self.folder / path).read_bytes()).hexdigest()
