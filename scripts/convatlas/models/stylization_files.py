"""The two networks of arbitrary stylization, read from the files that Magenta published for phones.

The files are TFLite flatbuffers: a graph of operations over tensors, whose weights are 8-bit
integers. An integer q stands for scale x (q - zero point); kernels have a scale for each output
channel. Biases are 32-bit integers of the scale "input x kernel". Only the weights are read here:
what the graph computes is written out in :mod:`convatlas.models.stylizer`, and a file whose
tensors do not fit it is refused.

In its own runtime the published transformer rounds every activation to 8 bits as well, to ranges
found at its publication. We compute with the same weights and without that rounding.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.models.stylizer import StylePrediction, Stylizer, Transformer
from convatlas.models.stylizer_rounded import RoundedTransformer

_TYPES = {"FLOAT32": "<f4", "INT8": "i1", "UINT8": "u1", "INT32": "<i4"}


def read_stylizer(prediction: str | Path, transfer: str | Path) -> Stylizer:
    """Read both published files.

    Parameters
    ----------
    prediction, transfer : str or Path
        ``…prediction_1.tflite`` and ``…transfer_1.tflite``.

    Returns
    -------
    Stylizer
        In evaluation mode, on the CPU.

    Raises
    ------
    ConvatlasError
        If a file is not what it should be; see :func:`read_constants`.
    """
    network = Stylizer().eval()
    network.prediction.load_state_dict(read_prediction(prediction).state_dict())
    network.transformer.load_state_dict(read_transformer(transfer).state_dict())
    return network


def read_prediction(path: str | Path) -> StylePrediction:
    """Read the network that predicts a style's embedding; raises as :func:`read_stylizer`."""
    network = StylePrediction().eval()
    _fill(network, _prediction_layers(network), path)
    return network


def read_transformer(path: str | Path) -> Transformer:
    """Read the network that transforms pictures; raises as :func:`read_stylizer`."""
    network = Transformer().eval()
    _fill(network, _transformer_layers(network), path)
    return network


def read_rounded_transformer(path: str | Path) -> RoundedTransformer:
    """Read the transformer with the file's own rounding of activations; raises the same."""
    return RoundedTransformer(read_transformer(path), read_steps(path)).eval()


def dequantise(
    integers: np.ndarray, scales: np.ndarray, zero_points: np.ndarray, axis: int
) -> np.ndarray:
    """Return the numbers that integers stand for: scale x (integer - zero point).

    Parameters
    ----------
    integers : numpy.ndarray
        Of any integer type and shape.
    scales, zero_points : numpy.ndarray
        (1,) for the whole array, or (n,) for the n slices along `axis`.
    axis : int
        Ignored for a single scale.

    Returns
    -------
    numpy.ndarray
        float32, the shape of `integers`.
    """
    shape = [1] * integers.ndim
    if len(scales) > 1:
        shape[axis] = len(scales)
    steps = integers.astype(np.int64) - np.reshape(zero_points, shape).astype(np.int64)
    return (steps * np.reshape(scales, shape).astype(np.float64)).astype(np.float32)


def read_constants(path: str | Path) -> dict[str, np.ndarray]:
    """Read the constant tensors of a TFLite file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    dict
        From the tensors' names to float32 arrays (dequantised by their own scales and zero
        points) in TFLite's order: kernels (out, height, width, in). A bias that layers share
        belongs to each of them; its name is that of one.

    Raises
    ------
    ConvatlasError
        If it is no TFLite file, or cut short.
    """
    found = {}
    for tensor, data in _tensors(path):
        kind = _TYPES.get(_kinds().get(tensor.Type()))
        if kind is None or not data:
            continue
        array = np.frombuffer(data, kind)
        array = array.reshape(tensor.ShapeAsNumpy() if tensor.ShapeLength() else ())
        how = tensor.Quantization()
        if how is not None and how.ScaleLength():
            array = dequantise(
                array, how.ScaleAsNumpy(), how.ZeroPointAsNumpy(), how.QuantizedDimension()
            )
        found[tensor.Name().decode()] = array
    return found


def read_steps(path: str | Path) -> dict[str, tuple[float, int]]:
    """Read scale and zero point of a TFLite file's 8-bit activations, by their names."""
    steps = {}
    for tensor, data in _tensors(path):
        how = tensor.Quantization()
        if not data and _kinds().get(tensor.Type()) == "INT8" and how is not None:
            name = tensor.Name().decode()
            steps[name] = (float(how.ScaleAsNumpy()[0]), int(how.ZeroPointAsNumpy()[0]))
    return steps


def _kinds() -> dict[int, str]:
    import tflite

    return {number: name for name, number in vars(tflite.TensorType).items() if name.isupper()}


def _tensors(path: str | Path) -> list[tuple[Any, bytes]]:
    """List the tensors of a file's graph with their bytes, which activations have none of."""
    import tflite

    content = Path(path).read_bytes()
    if content[4:8] != b"TFL3":
        raise ConvatlasError(
            f"{path}: not a TFLite file (it begins with {content[:8]!r}); fetch it anew"
        )
    try:
        model = tflite.Model.GetRootAsModel(content, 0)
        graph = model.Subgraphs(0)
        tensors = [graph.Tensors(number) for number in range(graph.TensorsLength())]
        buffers = [model.Buffers(tensor.Buffer()) for tensor in tensors]
        return [
            (tensor, buffer.DataAsNumpy().tobytes() if buffer.DataLength() else b"")
            for tensor, buffer in zip(tensors, buffers, strict=True)
        ]
    except Exception as error:  # the generated reader raises whatever a wrong offset leads to
        raise ConvatlasError(
            f"{path}: this TFLite file cannot be read ({type(error).__name__}: {error}); "
            "fetch it anew"
        ) from None


def _prediction_layers(network: StylePrediction) -> Iterator[tuple[nn.Module, str, str]]:
    """Name the tensors of each layer: (layer, kernel, bias)."""
    yield network.first, "MobilenetV2/Conv/weights", "MobilenetV2/Conv/Conv2D_bias"
    for number, block in enumerate(network.blocks):
        prefix = f"MobilenetV2/expanded_conv{f'_{number}' if number else ''}"
        for name, layer in block.layers.named_children():
            if name == "depthwise":
                yield layer, f"{prefix}/{name}/depthwise_weights", f"{prefix}/{name}/depthwise_bias"
            elif isinstance(layer, nn.Conv2d):
                yield layer, f"{prefix}/{name}/weights", f"{prefix}/{name}/Conv2D_bias"
    yield network.widen, "MobilenetV2/Conv_1/weights", "MobilenetV2/Conv_1/Conv2D_bias"
    yield network.embed, "mobilenet_conv/Conv/weights", "mobilenet_conv/Conv/Conv2D_bias"


def _transformer_layers(network: Transformer) -> Iterator[tuple[nn.Module, str, str]]:
    for number, layer in enumerate(network.contract, 1):
        prefix = f"transformer/contract/conv{number}"
        yield layer.conv, f"{prefix}/weights", f"{prefix}/Conv2D_bias"
    styled = {
        f"transformer/residual/residual{number}/conv{half}": layer
        for number, block in enumerate(network.residual, 1)
        for half, layer in enumerate((block.first, block.second), 1)
    }
    styled |= {
        f"transformer/expand/conv{number}/conv": layer
        for number, layer in enumerate(network.expand, 1)
    }
    for prefix, layer in styled.items():
        yield layer.conv.conv, f"{prefix}/weights", ""
        # TensorFlow numbered the two linear layers of a normalisation: shift, then scale
        for part, name in ((layer.norm.shift, "Conv"), (layer.norm.scale, "Conv_1")):
            path = f"style_params/{prefix}/StyleNorm/{name}"
            yield part, f"{path}/weights", f"{path}/Conv2D_bias"


def _fill(
    network: nn.Module, layers: Iterator[tuple[nn.Module, str, str]], path: str | Path
) -> None:
    constants = read_constants(path)
    for layer, kernel, bias in layers:
        for parameter, name in ((layer.weight, kernel), (layer.bias, bias)):
            if parameter is None:
                continue
            matches = [found for found in constants if found.endswith(name)]
            if len(matches) != 1:
                raise ConvatlasError(
                    f"{path}: {len(matches)} tensors are named …{name}, one is expected: "
                    "not the network that this file should hold; fetch it anew"
                )
            array = constants[matches[0]]
            if array.ndim == 4:
                # (out, h, w, in), or for a depthwise convolution (1, h, w, out)
                order = (3, 0, 1, 2) if name.endswith("depthwise_weights") else (0, 3, 1, 2)
                array = array.transpose(order)
            if array.size != parameter.numel() or array.shape[0] != parameter.shape[0]:
                raise ConvatlasError(
                    f"{path}: tensor …{name} has shape {array.shape}, "
                    f"{tuple(parameter.shape)} is wanted: not the network it should be"
                )
            with torch.no_grad():
                values = torch.from_numpy(np.ascontiguousarray(array))
                parameter.copy_(values.reshape(parameter.shape))
