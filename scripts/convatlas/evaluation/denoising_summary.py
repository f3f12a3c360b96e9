"""Denoisers in numbers: what claims are judged by, and the table for people."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from scipy import stats

from convatlas.evaluation.intervals import interval_over_seeds, number, summarise_values

EMPTY = "\N{EN DASH}"
NOT_HERE = "not here: its package cannot be imported"


def summarise_denoisers(
    scores: pd.DataFrame,
    histories: Mapping[str, Sequence[pd.DataFrame]],
    *,
    left_out: Sequence[str],
    dataset: str,
    learnt: pd.DataFrame | None = None,
    counts: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Summarise denoisers over held-out pictures for claims.

    Parameters
    ----------
    scores : pandas.DataFrame
        denoiser, sigma, picture, psnr, ssim, of networks and references, with ``noisy``. Of several
        trainings of a network, a picture counts with their mean.
    histories : mapping of str to sequence of pandas.DataFrame
        By trained denoiser, of each training, as
        :func:`convatlas.training.denoising.train_denoiser` gives it.
    left_out : sequence of str
        References that could not be computed here: their numbers are None.
    dataset : str
        Name of the pictures'.
    learnt : pandas.DataFrame, optional
        The same scores on pictures that networks learnt from, from the first on.
    counts : mapping of str to int, optional
        By network of `learnt`, how many pictures it learnt from.

    Returns
    -------
    dict
        A key per denoiser and reference, and ``noisy``: ``dataset``; per sigma ``psnr_sigma_25``,
        ``ssim_sigma_25``, and ``psnr_over_noisy_sigma_25`` and ``psnr_over_bm3d_sigma_25``, the
        difference picture by picture. Each is a mean over pictures with Student's interval. Of
        trained ones also what :func:`summarise_histories` gives; ``learnt_psnr_sigma_25``, that of
        pictures that they learnt from; and ``own_gain_sigma_25`` (see :func:`own_gain`).
    """
    sigmas = scores["sigma"].drop_duplicates().tolist()
    scores = _mean_of_trainings(scores)
    by_pair = dict(list(scores.groupby(["denoiser", "sigma"], sort=False)))
    names = [*scores["denoiser"].drop_duplicates(), *left_out]
    metrics: dict[str, Any] = {}
    for name in names:
        metrics[name] = {"dataset": dataset}
        for sigma in sigmas:
            own = by_pair.get((name, sigma))
            metrics[name] |= {
                f"{measure}_sigma_{sigma:g}": _over_pictures(None if own is None else own[measure])
                for measure in ("psnr", "ssim")
            }
            for other in ("noisy", "bm3d"):
                metrics[name][f"psnr_over_{other}_sigma_{sigma:g}"] = _over_pictures(
                    _difference(own, by_pair.get((other, sigma)))
                )
    for name, trainings in histories.items():
        metrics[name] |= summarise_histories(trainings)
    if learnt is not None:
        learnt = _mean_of_trainings(learnt)
        for (name, sigma), rows in learnt.groupby(["denoiser", "sigma"], sort=False):
            metrics[name][f"learnt_psnr_sigma_{sigma:g}"] = _over_pictures(rows["psnr"])
        if counts:
            most = max(reversed(counts), key=counts.__getitem__)
            for name, sigma in (
                learnt[["denoiser", "sigma"]].drop_duplicates().itertuples(index=False)
            ):
                at = (frame[frame["sigma"] == sigma] for frame in (learnt, scores))
                metrics[name][f"own_gain_sigma_{sigma:g}"] = own_gain(name, most, *at)
    return metrics


def _mean_of_trainings(scores: pd.DataFrame) -> pd.DataFrame:
    """Average each picture's scores over the trainings of a network."""
    told = ["denoiser", "sigma", "picture"]
    return scores.groupby(told, sort=False, as_index=False)[["psnr", "ssim"]].mean()


def own_gain(name: str, other: str, learnt: pd.DataFrame, held_out: pd.DataFrame) -> dict[str, Any]:
    """Tell how much better a network knows its own pictures than pictures, in dB.

    Its PSNR minus that of another network that learnt from many more, on pictures that both learnt
    from, minus the same on held-out pictures: pictures that are easier than others are so for both.

    Parameters
    ----------
    name, other : str
        The two networks.
    learnt, held_out : pandas.DataFrame
        denoiser, picture, psnr.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high`` (Welch's interval at 95 %), ``seeds``, ``unit``; None where the
        two are the same, or no picture is shared.
    """
    gains = []
    for scores in (learnt, held_out):
        one, two = (
            scores[scores["denoiser"] == each].set_index("picture")["psnr"]
            for each in (name, other)
        )
        gains.append((one - two).dropna())
    if name == other or min(len(gain) for gain in gains) < 2:
        return _over_pictures(None)
    spread = stats.ttest_ind(*gains, equal_var=False).confidence_interval(0.95)
    return {
        "mean": float(gains[0].mean() - gains[1].mean()),
        "low": float(spread.low),
        "high": float(spread.high),
        "seeds": len(gains[1]),
        "unit": "pictures",
    }


def _difference(own: pd.DataFrame | None, other: pd.DataFrame | None) -> pd.Series | None:
    """Subtract another denoiser's PSNR picture by picture, if both were measured."""
    if own is None or other is None:
        return None
    return own.set_index("picture")["psnr"] - other.set_index("picture")["psnr"]


def _over_pictures(values: pd.Series | None) -> dict[str, Any]:
    """Summarise over pictures; their own values are in the scores, and are not repeated."""
    if values is None:
        return {"mean": None, "low": None, "high": None, "seeds": 0, "unit": "pictures"}
    summary = interval_over_seeds(values.tolist())
    clean = {key: None if math.isnan(value) else value for key, value in summary.items()}
    return {**clean, "unit": "pictures"}


def summarise_histories(histories: Sequence[pd.DataFrame]) -> dict[str, Any]:
    """Summarise how one network was trained, over its trainings.

    Parameters
    ----------
    histories : sequence of pandas.DataFrame
        Of each training, as :func:`convatlas.training.denoising.train_denoiser` gives it.

    Returns
    -------
    dict
        Each as claims want it, with Student's interval over trainings: ``mse_first_half`` (mean
        training loss of the first half of the steps), ``mse_lowest`` (lowest mean of a stretch),
        ``epoch_of_fall`` (the first at which the loss has come half of its way down, on a
        logarithmic scale), ``train_psnr`` and ``held_out_psnr`` at the end,
        ``held_out_over_train_mse`` at the end, ``held_out_rise`` (held-out MSE at the end over its
        lowest: above 1 it rose again), ``training_minutes``.
    """
    measured = pd.DataFrame([_measure_history(history) for history in histories])
    return {name: _over_trainings(measured[name].dropna().tolist()) for name in measured}


def _measure_history(history: pd.DataFrame) -> dict[str, float]:
    steps = history.iloc[1:]  # the first row is of before the first step
    losses, last = steps["loss"], history.iloc[-1]
    half = math.sqrt(losses.iloc[0] * losses.min())
    return {
        "mse_first_half": losses[steps["step"] <= last["step"] / 2].mean(),
        "mse_lowest": losses.min(),
        "epoch_of_fall": steps["epoch"][losses <= half].iloc[0],
        "train_psnr": 10 * math.log10(255**2 / last["train_mse"]),
        "held_out_psnr": last["held_out_psnr"],
        "held_out_over_train_mse": last["held_out_mse"] / last["train_mse"],
        "held_out_rise": last["held_out_mse"] / history["held_out_mse"].min(),
        "training_minutes": last["seconds"] / 60,
    }


def _over_trainings(values: list[float]) -> dict[str, Any]:
    if not values:  # a training of one record has no first half
        return {"mean": None, "low": None, "high": None, "seeds": 0, "unit": "trainings"}
    return {**summarise_values(values), "unit": "trainings"}


def denoisers_table(
    metrics: Mapping[str, Mapping[str, Any]],
    *,
    titles: Mapping[str, str],
    counts: Mapping[str, int],
    sigmas: Sequence[float],
) -> pd.DataFrame:
    """Lay out denoisers for people.

    Parameters
    ----------
    metrics : mapping
        As :func:`summarise_denoisers` gives it, with ``network`` of trained ones (see
        :func:`convatlas.evaluation.denoising.describe_network`).
    titles : mapping of str to str
        What people call each; their order is the table's.
    counts : mapping of str to int
        How many pictures each trained one learnt from.
    sigmas : sequence of float
        The first is that of the column of differences to BM3D.

    Returns
    -------
    pandas.DataFrame
        A row per denoiser: means with intervals over held-out pictures, written out.
    """
    rows = []
    for name, title in titles.items():
        if name not in metrics:
            continue
        own = metrics[name]
        row = {
            "denoiser": title,
            "weights": _weights(own),
            "training pictures": f"{counts[name]:,}" if name in counts else EMPTY,
            "training": _minutes(own),
        }
        for sigma in sigmas:
            row[f"PSNR, \N{GREEK SMALL LETTER SIGMA} = {sigma:g} (dB)"] = tell(
                own[f"psnr_sigma_{sigma:g}"], 4
            )
        for sigma in sigmas:
            row[f"SSIM, \N{GREEK SMALL LETTER SIGMA} = {sigma:g}"] = tell(
                own[f"ssim_sigma_{sigma:g}"], 3
            )
        over = own[f"psnr_over_bm3d_sigma_{sigmas[0]:g}"]
        row[f"over BM3D, \N{GREEK SMALL LETTER SIGMA} = {sigmas[0]:g} (dB)"] = (
            EMPTY if name == "bm3d" else tell(over, 3)
        )
        row["gates \N{GREEK SMALL LETTER DELTA}"] = _gates(own)
        rows.append(row)
    return pd.DataFrame(rows)


def tell(summary: Mapping[str, Any], digits: int) -> str:
    """Write a mean with its interval, or what keeps it from being there."""
    return NOT_HERE if summary["mean"] is None else number(summary, digits)


def _weights(own: Mapping[str, Any]) -> str:
    return f"{own['network']['weights']:,}" if "network" in own else EMPTY


def _minutes(own: Mapping[str, Any]) -> str:
    if "training_minutes" not in own:
        return EMPTY
    minutes = own["training_minutes"]
    times = f", {minutes['seeds']} times" if minutes["seeds"] > 1 else ""
    return f"{minutes['mean']:.3g} min{times}"


def _gates(own: Mapping[str, Any]) -> str:
    gates = own.get("network", {}).get("gates")
    if gates is None:
        return EMPTY
    how = "learnt" if own["network"]["learnt_gates"] else "stated"
    values = sorted({f"{gate:.2g}" for gate in gates})
    return f"{how}: {values[0] if len(values) == 1 else ', '.join(f'{g:.2g}' for g in gates)}"


def sizes_table(
    metrics: Mapping[str, Mapping[str, Any]], counts: Mapping[str, int], sigma: float
) -> pd.DataFrame:
    """Lay out what one network reaches with more and more pictures, for a figure.

    Parameters
    ----------
    metrics : mapping
        As :func:`summarise_denoisers` gives it.
    counts : mapping of str to int
        By denoiser, how many pictures it learnt from.
    sigma : float
        Of the noise.

    Returns
    -------
    pandas.DataFrame
        A row per denoiser: pictures; mean, low, high of held-out PSNR (NaN for no interval);
        learnt, the mean over pictures that it learnt from.
    """
    rows = []
    for name, count in counts.items():
        found = metrics[name][f"psnr_sigma_{sigma:g}"]
        interval = {key: found[key] for key in ("mean", "low", "high")}
        learnt = metrics[name][f"learnt_psnr_sigma_{sigma:g}"]["mean"]
        rows.append({"pictures": count, **interval, "learnt": learnt})
    return pd.DataFrame(rows).astype(float)


def quality_of(
    metrics: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str], sigma: float
) -> dict[str, float]:
    """Return the mean PSNR of some denoisers by what people call them; NaN where there is none."""
    found = {
        title: metrics[name][f"psnr_sigma_{sigma:g}"]["mean"] for name, title in titles.items()
    }
    return {title: math.nan if mean is None else mean for title, mean in found.items()}
