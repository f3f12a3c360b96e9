"""What is said of GANs in tables."""

import statistics
from collections.abc import Mapping
from typing import Any

import pandas as pd

from convatlas.evaluation.intervals import number

MODE_WORDS = {"train": "as in training", "eval": "as in use"}


def judgements_table(
    judgements: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    kinds: Mapping[str, str],
    every_epoch: bool = False,
) -> pd.DataFrame:
    """Lay out what discriminators take for real (`alvarez`, table I; `sepulveda`, table III).

    Parameters
    ----------
    judgements : pandas.DataFrame
        Columns gan, seed, epoch, step, mode, pictures, share_fake, share_real: of several steps of
        an epoch.
    titles, kinds : mapping of str to str
        What people call GANs and kinds of pictures; only these kinds are shown, in this order.
    every_epoch : bool
        Of every snapshot, or of the last alone.

    Returns
    -------
    pandas.DataFrame
        A row per GAN, epoch, mode and outcome (probability under 0.5, and over), a column per kind
        of picture: percent, mean over steps and seeds, with the lowest and the highest of them.
    """
    rows = []
    for gan, own in judgements.groupby("gan", sort=False):
        last = own["epoch"].max()
        shown = own if every_epoch else own[own["epoch"] == last]
        for (epoch, mode), table in shown.groupby(["epoch", "mode"], sort=False):
            for outcome, share in (("< 0.5", "share_fake"), ("> 0.5", "share_real")):
                cells = {
                    title: _percent(table[table["pictures"] == kind][share].tolist())
                    for kind, title in kinds.items()
                }
                about = {"GAN": titles.get(gan, gan), "epoch": epoch, "networks": MODE_WORDS[mode]}
                rows.append({**about, "probability": outcome, **cells})
    return pd.DataFrame(rows)


def _percent(shares: list[float]) -> str:
    mean, low, high = (100 * f(shares) for f in (statistics.fmean, min, max))
    return f"{mean:.2f} %" if len(shares) == 1 else f"{mean:.2f} % ({low:.2f} to {high:.2f})"


def distances_table(
    metrics: Mapping[str, Mapping[str, Any]],
    *,
    titles: Mapping[str, str],
    features: Mapping[str, str],
    reference: str,
) -> pd.DataFrame:
    """Lay out how near GANs come to real digits, each distance beside its floors.

    Parameters
    ----------
    metrics : mapping
        Per GAN, its ``metrics.json``.
    titles, features : mapping of str to str
        What people call GANs, and the networks whose features were taken.
    reference : str
        ``validation`` or ``test``.

    Returns
    -------
    pandas.DataFrame
        A row per GAN and network.
    """
    rows = []
    for gan, measured in metrics.items():
        for name, title in features.items():
            entry = measured[f"{name}_{reference}"]
            classes = measured["classes"]
            rows.append(
                {
                    "GAN": titles[gan],
                    "features": title,
                    "digits are": entry["sees"],
                    "generated": entry["generated"],
                    "real": entry["real"],
                    "Fréchet distance": number(entry["fid"]),
                    "of training digits": number(entry["floor_train"]),
                    "of halves": number(entry["floor_halves"]),
                    "KID x 1,000": number(_scaled(entry["kid"], 1000)),
                    "of its subsets, 95 %": _subsets(entry),
                    "precision": number(entry["precision"]),
                    "recall": number(entry["recall"]),
                    "rarest digit": _share(classes["rarest"]),
                    "commonest": _share(classes["commonest"]),
                    "legible": _share(classes["legible"]),
                    "of real digits": _share(classes["real_legible"]),
                    "seeds": entry["fid"]["seeds"],
                    "note": entry["note"],
                }
            )
    return pd.DataFrame(rows)


def _subsets(entry: Mapping[str, Any]) -> str:
    """Write between what the kernel distances of subsets lie, mean over seeds."""
    low, high = (1000 * entry[f"kid_{side}"]["mean"] for side in ("low", "high"))
    return f"{low:.3g} to {high:.3g}"


def _scaled(summary: Mapping[str, Any], factor: float) -> dict[str, Any]:
    sides = ("mean", "low", "high")
    return {side: None if summary[side] is None else factor * summary[side] for side in sides}


def _share(summary: Mapping[str, Any]) -> str:
    return f"{100 * summary['mean']:.1f} %"


def recipes_table(
    metrics: Mapping[str, Mapping[str, Any]],
    *,
    titles: Mapping[str, str],
    networks: Mapping[str, str],
    features: Mapping[str, str],
) -> pd.DataFrame:
    """Lay out recipes, the best of each pair of networks by validation digits with a star.

    Parameters
    ----------
    metrics : mapping
        Per GAN, its ``metrics.json``.
    titles, networks : mapping of str to str
        What people call GANs, and their pairs of networks.
    features : mapping of str to str
        ``name`` and ``title`` of the network whose features were taken.

    Returns
    -------
    pandas.DataFrame
        A row per GAN: distance to validation digits, which chooses, and to test digits, each beside
        its floor; precision, recall, and shares of the rarest and the commonest digit; what the
        distances are of.
    """
    name = features["name"]
    best: dict[str, str] = {}
    for gan in metrics:
        held = best.setdefault(networks[gan], gan)
        if _fid(metrics[gan], name) < _fid(metrics[held], name):
            best[networks[gan]] = gan
    rows = []
    for gan, measured in metrics.items():
        validation, test = (measured[f"{name}_{part}"] for part in ("validation", "test"))
        rows.append(
            {
                "recipe": titles[gan],
                "chosen": "★" if gan == best[networks[gan]] else "",
                "validation": number(validation["fid"]),
                "its floor": number(validation["floor_train"]),
                "test": number(test["fid"]),
                "floor": number(test["floor_train"]),
                "precision": number(test["precision"]),
                "recall": number(test["recall"]),
                "rarest digit": _share(measured["classes"]["rarest"]),
                "commonest": _share(measured["classes"]["commonest"]),
                "features": features["title"],
                "digits are": test["sees"],
                "generated": test["generated"],
                "real": test["real"],
                "seeds": test["fid"]["seeds"],
                "note": test["note"],
            }
        )
    return pd.DataFrame(rows)


def _fid(measured: Mapping[str, Any], features: str) -> float:
    return measured[f"{features}_validation"]["fid"]["mean"]
