"""Measuring the networks of several seeds on the parts of datasets that a config names."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from convatlas.data.splits import load_part
from convatlas.evaluation.classification import (
    classification_metrics,
    predictions_table,
    summarise_seeds,
)
from convatlas.training.supervised import Pictures, score_pictures


def measure_targets(
    models: Mapping[int, nn.Module],
    targets: Mapping[str, Mapping[str, Any]],
    *,
    splits: Sequence[str | Path],
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Predict and measure every target with every seed's network.

    Parameters
    ----------
    models : mapping of int to torch.nn.Module
        A trained network per seed.
    targets : mapping
        Per name: ``dataset``, ``form``, ``split`` and ``part``.
    splits : sequence of path
        ``splits.json`` of each dataset, in folders named as the datasets.

    Returns
    -------
    dict
        Per target: what it is, and :func:`~convatlas.evaluation.classification.summarise_seeds`.
    pandas.DataFrame
        Columns target, seed, and those of
        :func:`~convatlas.evaluation.classification.predictions_table`.
    """
    witnesses = {Path(path).parent.name: path for path in splits}
    metrics, tables = {}, []
    for name, target in targets.items():
        part = load_part(
            witnesses[target["dataset"]],
            scheme=target["split"],
            part=target["part"],
            form=target["form"],
        )
        measured = []
        for seed, model in models.items():
            device = next(model.parameters()).device
            scores = score_pictures(model, Pictures(part, device)).double()
            table = predictions_table(part.labels, torch.softmax(scores, 1).numpy(), part.indices)
            measured.append(classification_metrics(table))
            tables.append(table.assign(target=name, seed=seed))
        metrics[name] = {**target, **summarise_seeds(measured)}
    predictions = pd.concat(tables)
    first = ["target", "seed"]
    return metrics, predictions[first + [name for name in predictions if name not in first]]
