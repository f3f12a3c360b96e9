"""The published files of arbitrary stylization: reading them, and agreeing with their runtime."""

import os
import struct
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
import tflite
import torch
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.models.stylization_files import (
    dequantise,
    read_constants,
    read_prediction,
    read_rounded_transformer,
    read_stylizer,
    read_transformer,
)

real = pytest.mark.skipif(
    "CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set"
)
NAME = "image-stylization-v1-256_int8_{}_1.tflite"


def published(name):
    return Path(os.environ["CONVATLAS_MIRROR"], "stylization", NAME.format(name))


def picture(name, side):
    opened = Image.open(Path(os.environ["CONVATLAS_MIRROR"], "pictures", name)).convert("RGB")
    return np.asarray(opened.resize((side, side), Image.Resampling.LANCZOS), np.float32)[None] / 255


def to_torch(array):
    return torch.from_numpy(array).permute(0, 3, 1, 2)


# reading files


def test_dequantises_by_tensor_and_by_channel():
    whole = dequantise(np.array([[-128, 3], [4, 127]], "i1"), np.array([0.5]), np.array([3]), 0)
    assert whole.tolist() == [[-65.5, 0], [0.5, 62]]
    integers = np.array([[1, -2], [3, 100]], "i1")
    scales, zeros = np.array([0.5, 2.0]), np.array([0, 1])
    assert dequantise(integers, scales, zeros, 0).tolist() == [[0.5, -1], [4, 198]]
    assert dequantise(integers, scales, zeros, 1).tolist() == [[0.5, -6], [1.5, 198]]
    bias = dequantise(np.array([2**31 - 1], "i4"), np.array([1e-5]), np.array([0]), 0)
    assert bias.dtype == np.float32
    assert bias[0] == pytest.approx(21474.83647)


def small_file(path, *, cut=0):
    """Write a TFLite file of two constants, one of 8-bit integers, and an activation."""
    builder = flatbuffers.Builder(1024)

    def vector(start, values, add):
        start(builder, len(values))
        for value in reversed(values):
            add(value)
        return builder.EndVector()

    data = [b"", np.array([1, -2, 3, 100], "i1").tobytes(), np.array([1.5], "<f4").tobytes()]
    contents = [builder.CreateByteVector(one) for one in data]
    buffers = []
    for content in contents:
        tflite.BufferStart(builder)
        tflite.BufferAddData(builder, content)
        buffers.append(tflite.BufferEnd(builder))
    tensors = []
    kinds = tflite.TensorType
    for name, kind, buffer, shape, scales in (
        ("kernel", kinds.INT8, 1, [2, 2], [0.5, 2.0]),
        ("bias", kinds.FLOAT32, 2, [1], []),
        ("activation", kinds.INT8, 0, [1], [0.25]),
    ):
        label = builder.CreateString(name)
        extent = vector(tflite.TensorStartShapeVector, shape, builder.PrependInt32)
        steps = vector(
            tflite.QuantizationParametersStartScaleVector, scales, builder.PrependFloat32
        )
        zeros = vector(
            tflite.QuantizationParametersStartZeroPointVector,
            [0] * len(scales),
            builder.PrependInt64,
        )
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, steps)
        tflite.QuantizationParametersAddZeroPoint(builder, zeros)
        how = tflite.QuantizationParametersEnd(builder)
        tflite.TensorStart(builder)
        tflite.TensorAddName(builder, label)
        tflite.TensorAddType(builder, kind)
        tflite.TensorAddBuffer(builder, buffer)
        tflite.TensorAddShape(builder, extent)
        tflite.TensorAddQuantization(builder, how)
        tensors.append(tflite.TensorEnd(builder))
    listed = vector(tflite.SubGraphStartTensorsVector, tensors, builder.PrependUOffsetTRelative)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, listed)
    graphs = [tflite.SubGraphEnd(builder)]
    graphs = vector(tflite.ModelStartSubgraphsVector, graphs, builder.PrependUOffsetTRelative)
    buffers = vector(tflite.ModelStartBuffersVector, buffers, builder.PrependUOffsetTRelative)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddBuffers(builder, buffers)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    content = bytes(builder.Output())
    path.write_bytes(content[: len(content) - cut])
    return path


def test_reads_constants_and_no_activations(tmp_path):
    found = read_constants(small_file(tmp_path / "small.tflite"))
    assert {name: array.tolist() for name, array in found.items()} == {
        "kernel": [[0.5, -1.0], [6.0, 200.0]],
        "bias": [1.5],
    }


@pytest.mark.parametrize("content", [b"", b"<html>no file here</html>", None])
def test_what_is_no_such_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "style.tflite"
    if content is None:
        small_file(path, cut=400)
    else:
        path.write_bytes(content)
    with pytest.raises(ConvatlasError, match=r"style\.tflite.*fetch it anew"):
        read_transformer(path)


def test_another_network_is_refused(tmp_path):
    with pytest.raises(ConvatlasError, match=r"contract/conv1/weights.*not the network"):
        read_transformer(small_file(tmp_path / "other.tflite"))


# against the published files


@real
def test_embedding_is_the_files():
    from ai_edge_litert.interpreter import Interpreter

    runtime = Interpreter(str(published("prediction")), num_threads=2)
    runtime.allocate_tensors()
    network = read_prediction(published("prediction"))
    for name in ("neuralstylept_starry_night.jpg", "kandinsky_style_scardenol.jpg"):
        style = picture(name, 256)
        runtime.set_tensor(runtime.get_input_details()[0]["index"], style)
        runtime.invoke()
        (output,) = runtime.get_output_details()
        expected = runtime.get_tensor(output["index"]).ravel()
        with torch.inference_mode():
            found = network(to_torch(style))[0].numpy()
        assert output["quantization"][0] == 0  # floats, of 8-bit steps of 0.01988
        assert np.abs(found - expected).mean() < 0.02
        assert np.corrcoef(found, expected)[0, 1] > 0.999


def run_with_all_tensors(path, names, inputs):
    """Run a file in its own runtime, as it runs by default, and return named tensors within.

    The runtime gives only what the graph calls its outputs, so the list of outputs is replaced.
    """
    from ai_edge_litert.interpreter import Interpreter

    content = bytearray(path.read_bytes())
    graph = tflite.Model.GetRootAsModel(content, 0).Subgraphs(0)
    numbers = {graph.Tensors(n).Name().decode(): n for n in range(graph.TensorsLength())}
    field = graph._tab.Pos + graph._tab.Offset(8)
    content += bytes(-len(content) % 4)
    struct.pack_into("<I", content, field, len(content) - field)
    chosen = [numbers[name] for name in names]
    content += struct.pack(f"<I{len(chosen)}i", len(chosen), *chosen)
    runtime = Interpreter(model_content=bytes(content), num_threads=2)
    runtime.allocate_tensors()
    for detail in runtime.get_input_details():
        runtime.set_tensor(detail["index"], inputs[detail["shape"][1]])
    runtime.invoke()
    return {name: runtime.get_tensor(number) for name, number in zip(names, chosen, strict=True)}


@real
def test_transformer_is_the_files_layer_by_layer_when_rounded_alike():
    network = read_rounded_transformer(published("transfer"))
    content = picture("neuralstylept_tubingen.jpg", 384)
    style = read_prediction(published("prediction"))
    with torch.inference_mode():
        embedding = style(to_torch(picture("neuralstylept_starry_night.jpg", 256)))
    names, off, values = [], {}, {}

    def list_names(name, value):
        names.append(name)
        return value

    def compare(name, value):
        """Compare in 8-bit steps, and go on with the file's own value: no error is handed on."""
        scale, zero = network.steps[name]
        expected = values[name].reshape(value.permute(0, 2, 3, 1).shape)
        expected = to_torch((expected.astype(np.float32) - zero) * np.float32(scale))
        off[name] = ((value - expected) / scale).abs()
        return expected

    with torch.inference_mode():
        network.observe = list_names
        network(torch.zeros(1, 3, 8, 8), embedding)
        names = [name for name in names if "Mirror" not in name and "mobilenet" not in name]
        inputs = {384: content, 1: embedding.numpy().reshape(1, 1, 1, 100)}
        values = run_with_all_tensors(published("transfer"), names, inputs)
        network.observe = lambda name, value: compare(name, value) if name in values else value
        network(to_torch(content), embedding)
    assert len(off) == 3 + 13 * 13 + 5 + 1
    assert max(float(steps.mean()) for steps in off.values()) < 1e-4
    assert max(float(steps.max()) for steps in off.values()) < 1.01


@real
def test_rounding_is_all_that_parts_the_float_transformer_from_the_file():
    network = read_stylizer(published("prediction"), published("transfer"))
    rounded = read_rounded_transformer(published("transfer"))
    content, style = torch.rand(1, 3, 36, 40), torch.rand(1, 3, 64, 64)
    rounded.rounds = False
    with torch.inference_mode():
        embedding = network.prediction(style)
        expected = network(content, style)
        assert (rounded(content, embedding) - expected).abs().max() < 0.05 / 255
        rounded.rounds = True
        assert (rounded(content, embedding) - expected).abs().mean() > 1 / 255


def run_transfer(content, embedding, **how):
    """Return a picture as the transfer file makes it in its own runtime."""
    from ai_edge_litert.interpreter import Interpreter

    runtime = Interpreter(str(published("transfer")), num_threads=2, **how)
    runtime.allocate_tensors()
    given = {384: content, 1: embedding.reshape(1, 1, 1, 100)}
    for detail in runtime.get_input_details():
        runtime.set_tensor(detail["index"], given[detail["shape"][1]])
    runtime.invoke()
    return runtime.get_tensor(runtime.get_output_details()[0]["index"])


@real
def test_our_picture_is_as_near_the_files_as_the_file_is_to_itself():
    """Every activation of the file is rounded to 8 bits, and strokes follow the last of them.

    So what its own runtime makes of it differs from kernel to kernel; ours has to be no farther
    away, and the same where strokes are averaged out.
    """
    from ai_edge_litert.interpreter import OpResolverType

    network = read_stylizer(published("prediction"), published("transfer"))
    content = picture("neuralstylept_golden_gate.jpg", 384)
    style = to_torch(picture("neuralstylept_the_scream.jpg", 256))
    with torch.inference_mode():
        embedding = network.prediction(style)
        ours = network(to_torch(content), style).permute(0, 2, 3, 1).numpy()
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    file = run_transfer(content, embedding.numpy())
    other = run_transfer(content, embedding.numpy(), experimental_op_resolver_type=plain)

    def levels(one, another):
        return 255 * float(np.abs(one - another).mean())

    def smooth(image):
        return image.reshape(24, 16, 24, 16, 3).mean((1, 3))

    assert levels(ours, file) < 1.1 * levels(other, file) < 10
    assert levels(smooth(ours), smooth(file)) < 5
    assert levels(ours, file[:, :, ::-1]) > 30  # for scale: the file's own picture, mirrored


@real
def test_files_are_not_taken_for_one_another():
    with pytest.raises(ConvatlasError, match="not the network"):
        read_prediction(published("transfer"))
    with pytest.raises(ConvatlasError, match="not the network"):
        read_transformer(published("prediction"))
