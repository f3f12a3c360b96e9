"""A transformer network for one style: a picture goes in, the picture in that style comes out.

Johnson, Alahi and Fei-Fei, *Perceptual losses for real-time style transfer and super-resolution*,
2016 (its supplement has the layers), with instance normalisation (Ulyanov, Vedaldi and Lempitsky,
*Instance normalization: the missing ingredient for fast stylization*, 2016). Two forms:

``engstrom``
    What L. Engstrom's *fast-style-transfer* (2016) published weights of: zero padding where
    TensorFlow's ``SAME`` puts it, transposed convolutions, a normalised last layer, 150 tanh.
``resize``
    What we train: reflection padding, enlarging by nearest neighbours before a convolution (Odena,
    Dumoulin and Olah, *Deconvolution and checkerboard artifacts*, 2016), and a sigmoid over the
    last layer and as much of the picture itself as is learnt to serve. So a dark frame stays darker
    than a bright one, which a normalised last layer alone forgets, and a short training does not
    have to learn first what the picture shows.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas.errors import ConvatlasError

EPSILON = 1e-3
"""Added to variances, in Engstrom's network and in ours."""
FORMS = ("engstrom", "resize")
KEPT = 2.0
"""How much of the picture shows through at first; 4 is all of it, as a sigmoid's slope is 1/4."""
STEP, LEAST = 4, 8
"""Two halvings: sides are padded to a multiple of STEP, and to LEAST, below which a normalised map
would be one pixel."""


class _Unit(nn.Module):
    """Padding, convolution, instance normalisation and ReLU; `stride` 0.5 doubles the sides."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel_size: int,
        *,
        stride: float = 1,
        relu: bool = True,
        form: str = "resize",
    ) -> None:
        super().__init__()
        self.doubles, self.relu = stride < 1, relu
        self.transposed = self.doubles and form == "engstrom"
        if self.transposed:
            self.conv = nn.ConvTranspose2d(inputs, outputs, kernel_size, stride=2, bias=False)
        else:
            stride = max(1, int(stride))
            self.conv = nn.Conv2d(inputs, outputs, kernel_size, stride=stride, bias=False)
        self.norm = nn.InstanceNorm2d(outputs, eps=EPSILON, affine=True)
        half = kernel_size // 2
        self.padding, self.mode = (half,) * 4, "reflect"
        if form == "engstrom":
            # SAME, on even sides: a stride of 2 needs one pixel, which comes after the last
            self.padding, self.mode = ((0, 1, 0, 1) if stride == 2 else (half,) * 4), "constant"

    def forward(self, x: Tensor) -> Tensor:
        if self.transposed:
            x = self.conv(x)[:, :, :-1, :-1]  # the transpose of the padding above
        else:
            if self.doubles:
                x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.conv(functional.pad(x, self.padding, self.mode))
        x = self.norm(x)
        return functional.relu(x) if self.relu else x


class _Residual(nn.Module):
    """x + f(x), without a ReLU after the sum."""

    def __init__(self, channels: int, form: str) -> None:
        super().__init__()
        self.first = _Unit(channels, channels, 3, form=form)
        self.second = _Unit(channels, channels, 3, relu=False, form=form)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x))


class SingleStyle(nn.Module):
    """The transformer network of one style.

    Parameters
    ----------
    channels : int
        Of the first layer; there are 2 and 4 times as many at a half and a quarter of the size.
    residual_blocks : int
        At a quarter of the size.
    form : {"resize", "engstrom"}
        See the module.
    """

    def __init__(self, channels: int = 32, residual_blocks: int = 5, form: str = "resize") -> None:
        super().__init__()
        if form not in FORMS:
            raise ConvatlasError(f"form '{form}' of a single-style network is none of {FORMS}")
        self.form, wide = form, 4 * channels
        self.units = nn.Sequential(
            _Unit(3, channels, 9, form=form),
            _Unit(channels, 2 * channels, 3, stride=2, form=form),
            _Unit(2 * channels, wide, 3, stride=2, form=form),
            *(_Residual(wide, form) for _ in range(residual_blocks)),
            _Unit(wide, 2 * channels, 3, stride=0.5, form=form),
            _Unit(2 * channels, channels, 3, stride=0.5, form=form),
        )
        self.last = _Unit(channels, 3, 9, relu=False, form=form)
        if form == "resize":
            self.kept = nn.Parameter(torch.full((3, 1, 1), KEPT))

    def forward(self, pictures: Tensor) -> Tensor:
        """Restyle pictures of any size.

        Parameters
        ----------
        pictures : torch.Tensor
            (n, 3, height, width), RGB in [0, 1].

        Returns
        -------
        torch.Tensor
            The same shape, in [0, 1]; in training mode, what ``engstrom`` gives is not cut off
            there, so that a gradient leads back.

        Notes
        -----
        Sides that are no multiple of 4 are continued by their last row and column, which are cut
        off again: TensorFlow would give a picture of another size, shifted by a pixel.
        """
        height, width = pictures.shape[-2:]
        below, right = (max(LEAST, -(-side // STEP) * STEP) - side for side in (height, width))
        x = functional.pad(pictures, (0, right, 0, below), "replicate")
        if self.form == "engstrom":
            x = self.last(self.units(255.0 * x)).tanh() * (150.0 / 255.0) + 0.5
            x = x if self.training else x.clamp(0.0, 1.0)
        else:
            x = (self.kept * (x - 0.5) + self.last(self.units(x))).sigmoid()
        return x[..., :height, :width]


def read_single_style(folder: str | Path) -> SingleStyle:
    """Read a published network from a folder of bare arrays, as TensorFlow.js had them.

    Parameters
    ----------
    folder : str or Path
        Holds ``manifest.json`` (``{"Variable_7": {"filename": ..., "shape": [...]}, ...}``) and a
        file of little-endian float32 for each of 48 arrays. They come in threes, in the order of
        the layers: kernel (height, width, in, out; of a transposed convolution height, width,
        out, in), shift, scale.

    Returns
    -------
    SingleStyle
        In form ``engstrom``, in evaluation mode, on the CPU.

    Raises
    ------
    ConvatlasError
        If a file is missing, is no such array, or has another shape than its layer; it is named.
    """
    folder = Path(folder)
    entries = _read_manifest(folder / "manifest.json")
    network = SingleStyle(form="engstrom").eval()
    layers = [unit for unit in network.modules() if isinstance(unit, _Unit)]
    names = ["Variable", *(f"Variable_{number}" for number in range(1, 3 * len(layers)))]
    for layer, kernel, shift, scale in zip(
        layers, names[::3], names[1::3], names[2::3], strict=True
    ):
        parameters = {kernel: layer.conv.weight, shift: layer.norm.bias, scale: layer.norm.weight}
        for name, parameter in parameters.items():
            array = _read_array(folder, name, entries)
            if array.ndim == 4:
                # (in, out) of a transposed convolution are its gradient's (out, in), in torch too
                array = array.transpose(3, 2, 0, 1)
            if array.shape != parameter.shape:
                raise ConvatlasError(
                    f"{folder / name}: its array does not fit its layer (in torch's order "
                    f"{array.shape}, {tuple(parameter.shape)} wanted): not a network of this kind"
                )
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(array.copy()))
    return network


def _read_manifest(path: Path) -> dict[str, dict]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: {"filename": e["filename"], "shape": e["shape"]} for name, e in entries.items()
        }
    except FileNotFoundError:
        raise ConvatlasError(
            f"{path} is missing: a single-style network is a folder of arrays with their manifest"
        ) from None
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise ConvatlasError(f"{path}: not a manifest of arrays ({error!r})") from None


def _read_array(folder: Path, name: str, entries: dict[str, dict]) -> np.ndarray:
    if name not in entries:
        raise ConvatlasError(f"{folder / 'manifest.json'}: lists no array '{name}'")
    shape, file = entries[name]["shape"], folder / Path(entries[name]["filename"]).name
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConvatlasError(f"{file}: cannot be read ({error.strerror})") from None
    if len(content) != 4 * int(np.prod(shape)):
        raise ConvatlasError(
            f"{file}: has {len(content)} bytes, but float32 of shape {shape} has "
            f"{4 * int(np.prod(shape))}: fetch it again"
        )
    array = np.frombuffer(content, "<f4").reshape(shape)
    if not np.isfinite(array).all():
        raise ConvatlasError(f"{file}: holds values that are no numbers: fetch it again")
    return array
