"""Which network of a grid is best, median and worst on validation data (`banoy`, 2.1.2, 3.1)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from convatlas.errors import ConvatlasError
from convatlas.evaluation.intervals import number, summarise_values
from convatlas.models.perceptron_file import Fitted, load_perceptrons

KEYS = ["seed", "depth", "width", "rate"]
CHOICES = ("best", "median", "worst")


def read_grid(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Join ``grids/{grid}/{seed}/{part}/history.csv`` files, with a column seed."""
    tables = [pd.read_csv(path).assign(seed=int(Path(path).parts[-3])) for path in paths]
    return pd.concat([table for table in tables if len(table)], ignore_index=True)


def find_best(paths: Iterable[str | Path], results: pd.DataFrame) -> dict[str, Fitted]:
    """Find, in ``best.npz`` files of one seed's parts, the best member of all.

    Returns
    -------
    dict
        Its network and weights by its name; empty if every member diverged.
    """
    held: dict[str, Fitted] = {}
    for path in paths:
        if int(Path(path).parts[-3]) == results["seed"].iloc[0]:
            held |= load_perceptrons(path)
    ranked = _rank(results)
    for depth, width, rate in ranked[["depth", "width", "rate"]].itertuples(index=False):
        name = f"{int(depth)}x{int(width)}@{rate:g}"
        if name in held:  # of members of one energy, a part has kept either
            return {name: held[name]}
    if len(ranked):
        raise ConvatlasError("no part of the grid has kept its best member; fit the grid again")
    return {}


def list_results(histories: pd.DataFrame) -> pd.DataFrame:
    """Reduce histories to a row per seed and member: state, epochs, its last energies.

    Parameters
    ----------
    histories : pandas.DataFrame
        Columns seed, depth, width, rate, state, epoch, train_energy, train_gradient,
        monitor_energy, monitor_gradient; the monitored part is validation.
    """
    last = histories.sort_values([*KEYS, "epoch"]).drop_duplicates(KEYS, keep="last")
    return last.rename(columns={"epoch": "epochs"}).reset_index(drop=True)


def first_seed(results: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the first seed of a grid's results."""
    return results[results["seed"] == results["seed"].iloc[0]]


def grids_table(
    metrics: Mapping[str, Mapping[str, Any]], *, titles: Mapping[str, str]
) -> pd.DataFrame:
    """Lay out the best parameterization of each grid, among all rates and among the shown ones.

    Of several seeds the best ones are all named, by how often; energies are means with intervals.
    """
    rows = []
    for grid, measured in metrics.items():
        for scope, words in (("all", "all rates"), ("shown", "rates of the figures")):
            entry = measured[scope]
            rows.append(
                {
                    "grid": titles[grid],
                    "among": words,
                    "networks": int(entry["networks"]["mean"]),
                    "diverged": entry["diverged"],
                    "best": _name_best(entry),
                    **{
                        words: number(entry[key])
                        for key, words in (
                            ("validation_energy", "energy of the best"),
                            ("median_energy", "of the median"),
                            ("worst_energy", "of the worst"),
                        )
                    },
                    "seeds": entry["layers"]["seeds"],
                }
            )
    return pd.DataFrame(rows)


def _name_best(entry: Mapping[str, Any]) -> str:
    columns = (entry[key]["values"] for key in ("layers", "neurons", "learning_rate"))
    counts = Counter(label_member(*member) for member in zip(*columns, strict=True))
    if sum(counts.values()) == 1:
        return next(iter(counts))
    return "; ".join(f"{label} ({count} x)" for label, count in counts.most_common())


def choose(results: pd.DataFrame) -> pd.DataFrame:
    """Pick the best, the median and the worst of one seed's members by validation energy.

    Members that diverged are in none of the three. Of an even number the better middle one is the
    median.

    Returns
    -------
    pandas.DataFrame
        Up to three rows of `results`, with a column ``choice``.
    """
    ranked = _rank(results)
    if ranked.empty:
        return ranked.assign(choice=[])
    places = [0, (len(ranked) - 1) // 2, len(ranked) - 1]
    return ranked.iloc[places].assign(choice=list(CHOICES))


def _rank(results: pd.DataFrame) -> pd.DataFrame:
    """Sort what did not diverge by validation energy."""
    kept = results[results["state"] != "diverged"]
    return kept.sort_values("monitor_energy", kind="stable")


def chosen_histories(histories: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return the epochs of the chosen members, with columns choice and label."""
    merged = chosen[[*KEYS, "choice"]].merge(histories, on=KEYS)
    labels = [
        label_member(depth, width, rate)
        for depth, width, rate in merged[["depth", "width", "rate"]].itertuples(index=False)
    ]
    return merged.assign(label=labels)


def label_member(depth: float, width: float, rate: float) -> str:
    """Name a member for people, e.g. ``1 layer of 3, rate 0.01``."""
    layers = "layer" if depth == 1 else "layers"
    return f"{int(depth)} {layers} of {int(width)}, rate {rate:g}"


def measure_grid(
    results: pd.DataFrame, *, dataset: str, seeds: Sequence[int], shown_rates: Sequence[float]
) -> dict[str, Any]:
    """Summarise a grid over its seeds.

    Returns
    -------
    dict
        For all rates (``all``) and for the shown ones (``shown``): ``dataset``, ``networks`` (how
        many), ``diverged``, and summaries over seeds of the best member's ``layers``, ``neurons``,
        ``learning_rate`` and ``validation_energy``, and of the median's and the worst's energy.
    """
    measured = {}
    for name, rows in (
        ("all", results),
        ("shown", results[results["rate"].isin(list(shown_rates))]),
    ):
        chosen = [choose(rows[rows["seed"] == seed]).set_index("choice") for seed in seeds]
        if any(one.empty for one in chosen):
            rates = ", ".join(f"{rate:g}" for rate in sorted(rows["rate"].unique()))
            raise ConvatlasError(
                f"every network of the grid with rates {rates} has diverged; try lower "
                "`learning_rates`, or `shown_rates`, in config/perceptrons.yaml"
            )
        columns: Mapping[str, tuple[str, str]] = {
            "layers": ("best", "depth"),
            "neurons": ("best", "width"),
            "learning_rate": ("best", "rate"),
            "validation_energy": ("best", "monitor_energy"),
            "median_energy": ("median", "monitor_energy"),
            "worst_energy": ("worst", "monitor_energy"),
        }
        first = rows[rows["seed"] == seeds[0]]
        measured[name] = {
            "dataset": dataset,
            "networks": summarise_values([len(first)]),
            "diverged": int((first["state"] == "diverged").sum()),
            **{
                key: summarise_values([float(one.loc[choice, column]) for one in chosen])
                for key, (choice, column) in columns.items()
            },
        }
    return measured
