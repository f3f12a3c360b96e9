"""A small training for tests, which can be run in a process of its own and killed."""

import time

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from convatlas.data.splits import Part
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.supervised import FitSettings, fit_classifier


def make_parts():
    """Return 230 digits of scikit-learn to train on and 100 to watch, on 28x28 pages."""
    pictures, labels = load_digits(return_X_y=True)
    pages = np.zeros((330, 28, 28), np.uint8)
    pages[:, 2:26, 2:26] = (pictures[:330] * 15).reshape(-1, 8, 8).repeat(3, 1).repeat(3, 2)
    indices, labels = np.arange(330), labels[:330].astype(np.uint8)
    return tuple(Part(pages[i], labels[i], indices[i]) for i in (slice(230), slice(230, None)))


def make_network():
    """Return a small network that draws from torch's global random state."""
    torch.manual_seed(7)
    pooled = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(49, 24), nn.Tanh())
    return nn.Sequential(pooled, nn.Dropout(0.3), nn.Linear(24, 10))


AUGMENTATION = {"rotation_degrees": 5.0, "translation_pixels": 1.0, "elastic_pixels": 0.3}


def main(path, every_seconds, result, keep, step_seconds):
    """Fit, and write weights and history; sleep a while at each step."""
    torch.set_num_threads(1)
    train, monitor = make_parts()
    model = make_network()
    history = fit_classifier(
        model,
        train=train,
        monitor=monitor,
        settings=FitSettings(
            epochs=6,
            batch_size=32,
            learning_rate=0.01,
            schedule="cosine",
            weight_decay=0.01,
            keep=keep,
            augmentation=AUGMENTATION,
        ),
        seed=3,
        checkpoint=Checkpoint(path, "f", every_seconds),
        progress=lambda *_: time.sleep(step_seconds),
    )
    kept = history.drop(columns=["seconds", "images_per_second"])
    torch.save({"weights": model.state_dict(), "history": kept.to_dict("list")}, result)
