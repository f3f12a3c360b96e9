"""Whether digits are of enough classes for what is to be done with them."""

import numpy as np

from convatlas.data.splits import Part
from convatlas.errors import ConvatlasError


def refuse_one_class(part: Part, purpose: str) -> None:
    """Stop if digits are all of one class.

    Parameters
    ----------
    part : Part
        The digits.
    purpose : str
        What they are wanted for, for the message.

    Raises
    ------
    ConvatlasError
        If there are fewer than two classes: a GAN would learn to draw one digit, and distances to
        such pictures say nothing about ten.
    """
    classes = np.unique(part.labels)
    if len(classes) < 2:
        which = f" ({classes[0]})" if len(classes) else ""
        raise ConvatlasError(
            f"all {len(part)} digits {purpose} are of one class{which}; at least two are needed: "
            "look at the labels of the dataset in config/datasets.yaml that this GAN's data are of"
        )
