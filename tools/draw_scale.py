"""Draw what scale costs, docs/scale.svg, from what tests/benchmarks/scale.py measured.

python tools/draw_scale.py
"""

import sys
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from convatlas.figures.style import MARKERS, PALETTE, SOFT, house_style, save_figure  # noqa: E402
from convatlas.files import read_json  # noqa: E402

KINDS = {"clips_x_styles": "clips times styles", "grid_points": "grid points, a job each"}


def main() -> None:
    record = read_json(ROOT / "tests" / "benchmarks" / "results" / "scale.json")
    with house_style():
        figure = Figure(figsize=(6.5, 3.4), layout="constrained")
        axes = figure.add_subplot()
        for (kind, title), color, marker in zip(KINDS.items(), PALETTE, MARKERS, strict=False):
            plans = [plan for plan in record[kind].values() if "jobs" in plan]
            jobs, seconds = zip(*((p["jobs"], p["wall_seconds"]) for p in plans), strict=True)
            axes.plot(jobs, seconds, color=color, marker=marker, label=title)
        done = record["full_config"]["all_made"]["wall_seconds"]
        axes.axhline(done, color=SOFT, linestyle="--", linewidth=1)
        axes.annotate(
            "the full config, all made", (0.99, done), xycoords=("axes fraction", "data"),
            xytext=(0, 3), textcoords="offset points", ha="right", color=SOFT, fontsize=9,
        )  # fmt: skip
        axes.set(
            xscale="log", yscale="log", xlabel="jobs in the plan", ylabel="seconds to the plan"
        )
        for axis, steps in ((axes.xaxis, (1,)), (axes.yaxis, (1, 2, 5))):
            axis.set_major_locator(LogLocator(subs=steps))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.legend(frameon=False, loc="upper left")
        save_figure(figure, ROOT / "docs" / "scale.svg")


if __name__ == "__main__":
    main()
