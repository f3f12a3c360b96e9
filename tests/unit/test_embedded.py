"""The digits that come with scikit-learn, as a stand-in for MNIST and for own digits."""

from functools import cache

import numpy as np
from scipy import ndimage
from sklearn.datasets import load_digits

from convatlas.data.embedded import embedded_mnist, embedded_own_digits
from convatlas.data.own_digits import import_pictures

mnist = cache(embedded_mnist)


def nearest(train, labels, pictures):
    """Label each picture as its nearest neighbour after a little blur."""

    def flat(forms):
        blurred = ndimage.gaussian_filter(forms.astype(float), (0, 1.5, 1.5))
        blurred = blurred.reshape(len(forms), -1)
        return blurred / np.linalg.norm(blurred, axis=1, keepdims=True)

    return labels[(flat(pictures) @ flat(train).T).argmax(axis=1)]


def test_the_training_digits_look_like_mnist():
    images, labels = mnist()
    assert images.shape == (1572, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert set(labels) == set(range(10))
    assert images[:, 0].max() == images[:, :, 0].max() == 0
    assert 0.1 < (images > 127).mean() < 0.2, "MNIST's digits cover an eighth of the picture"
    centres = np.array([ndimage.center_of_mass(image) for image in images[:200]])
    assert np.abs(centres - 14).max() <= 0.51


def test_the_two_parts_are_disjoint_and_complete():
    _, train = mnist()
    pictures, own = embedded_own_digits(seed=0)
    assert len(pictures) == len(own) == 225
    assert np.array_equal(np.concatenate([train, own]), load_digits().target)


def test_the_photographs_follow_the_seed_and_differ_as_photographs_do():
    pictures, labels = embedded_own_digits(seed=0)
    again, _ = embedded_own_digits(seed=0)
    other, other_labels = embedded_own_digits(seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(pictures, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(pictures, other, strict=True))
    assert np.array_equal(labels, other_labels)
    assert all(p.shape == (64, 64) and p.dtype == np.uint8 for p in pictures)
    medians = [np.median(picture) for picture in pictures]
    assert np.std(medians) > 20, "light and paper vary"


def test_the_preparation_is_worth_its_trouble():
    images, labels = mnist()
    pictures, own = embedded_own_digits(seed=0)
    digits = import_pictures(pictures[:80], own[:80], source="embedded")
    assert digits.rejected.empty
    prepared = (nearest(images, labels, digits.mnist_form) == digits.labels).mean()
    plain = (nearest(images, labels, digits.plain) == digits.labels).mean()
    assert prepared > 0.85
    assert prepared > plain + 0.2
