"""Frames per second, memory and agreement of arbitrary stylization, ours against the phone file.

Speed at 384x384, the only size the file gives: one float picture in memory, over and over, through
the published transfer file in its own runtime with all cores, and through torch: the network as it
is written (plain), rearranged (fused) and compiled on top. At the other sizes, batches of four
frames of bytes to such frames through `make_stylizer`, with the peak memory of the whole process;
and the fused network's frames one by one, where no two are under way at once.
Each is a process of its own, in turn, several rounds; a ratio is the median over rounds of the
ratio within a round.

Agreement: mean absolute difference of pictures, in steps of 1/255, over pairs of photograph and
painting. The file rounds every activation to 8 bits; how little that pins down is shown by its own
runtime with its other kernels, and by the file given the photograph with noise of one step.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import numpy as np
from PIL import Image

from record import mirror, write_record

SIZES = {
    "384x384": (384, 384, 16),
    "640x360": (640, 360, 8),
    "1280x720": (1280, 720, 4),
    "3840x2160": (3840, 2160, 1),
}
"""Width, height, how many times."""
BATCH = 4
"""Frames of bytes at once, as clips come by default."""
WAYS = {
    "384x384": ("file", "plain", "fused", "compiled"),
    "640x360": ("plain", "one_by_one", "fused", "compiled"),
    "1280x720": ("plain", "one_by_one", "fused", "compiled"),
    "3840x2160": ("fused", "tiles"),
}
TILES_MIB = 1500
"""What is left to frames that have to be cut into tiles."""
PAIRS = (
    ("neuralstylept_tubingen.jpg", "neuralstylept_starry_night.jpg"),
    ("neuralstylept_golden_gate.jpg", "neuralstylept_the_scream.jpg"),
    ("adain_content_sailboat.jpg", "kandinsky_style_scardenol.jpg"),
    ("neuralstylept_tubingen.jpg", "faststyle_wave.jpg"),
)
WARM = 3


def published(name: str) -> str:
    return str(mirror() / "stylization" / f"image-stylization-v1-256_int8_{name}_1.tflite")


def picture(name: str, width: int, height: int):
    opened = Image.open(mirror() / "pictures" / name).convert("RGB")
    return np.asarray(opened.resize((width, height), Image.Resampling.LANCZOS))


def phone(threads: int, name: str = "transfer", **how):
    """Return the file in its own runtime as a function of its inputs."""
    from ai_edge_litert.interpreter import Interpreter

    runtime = Interpreter(published(name), num_threads=threads, **how)
    runtime.allocate_tensors()
    (output,) = runtime.get_output_details()

    def run(*inputs):
        given = {value.shape: value for value in inputs}
        for detail in runtime.get_input_details():
            runtime.set_tensor(detail["index"], given[tuple(detail["shape"])])
        runtime.invoke()
        return runtime.get_tensor(output["index"]).copy()

    return run


def seconds_of(step, count: int) -> float:
    """Return the median of seconds for a step, after some to warm up."""
    for _ in range(min(WARM, count)):
        step()
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        step()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def measure(way: str, size: str, threads: int) -> dict[str, float]:
    """Return frames per second and peak MiB of one way, in this process."""
    width, height, count = SIZES[size]
    frame = picture(PAIRS[0][0], width, height)
    style = picture(PAIRS[0][1], 256, 256)
    if way == "file":
        embedding = phone(threads, "prediction")(style[None].astype(np.float32) / 255)
        run, content = phone(threads), frame[None].astype(np.float32) / 255
        seconds = seconds_of(lambda: run(content, embedding), count)
    else:
        import torch

        from convatlas.models.stylization_files import read_stylizer
        from convatlas.stylization.frames import make_stylizer
        from convatlas.stylization.options import StylizationOptions

        torch.set_num_threads(threads)
        network = read_stylizer(published("prediction"), published("transfer"))
        options = StylizationOptions(
            compile=way == "compiled", memory_mib=TILES_MIB if way == "tiles" else None
        )
        stylizer = make_stylizer(network, [style], options)
        if way == "plain":
            stylizer.restyler.fast = stylizer.restyler.plain
        if size == "384x384":
            content = torch.tensor(frame[None]).permute(0, 3, 1, 2).float() / 255
            with torch.inference_mode():
                seconds = seconds_of(lambda: stylizer.restyler.fast(content), count)
        else:
            # one by one, a frame has the cores for itself
            at_once = 1 if way == "one_by_one" else BATCH
            frames = np.stack([frame] * at_once)
            seconds = seconds_of(lambda: stylizer(frames), count) / at_once
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"frames_per_second": 1 / seconds, "peak_mib": peak}


def difference(a, b) -> float:
    return float(255 * np.abs(a - b).mean())


def smoothed(pictures):
    """Average blocks of 16x16 pixels: what is left of a difference that is no grain."""
    n, height, width, channels = pictures.shape
    return pictures.reshape(n, height // 16, 16, width // 16, 16, channels).mean((2, 4))


def agreement(threads: int) -> dict[str, object]:
    import torch
    from ai_edge_litert.interpreter import OpResolverType

    from convatlas.models.stylization_files import read_rounded_transformer, read_stylizer
    from convatlas.models.stylizer_fused import FusedTransformer

    torch.set_num_threads(threads)
    network = read_stylizer(published("prediction"), published("transfer"))
    rounded = read_rounded_transformer(published("transfer"))
    fused = FusedTransformer(network.transformer)
    short = FusedTransformer(network.transformer, torch.bfloat16)
    runs = phone(threads), phone(threads, "prediction")
    other = phone(
        threads, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    rows = []
    for content_name, style_name in PAIRS:
        content = picture(content_name, 384, 384)[None].astype(np.float32) / 255
        style = picture(style_name, 256, 256)[None].astype(np.float32) / 255
        noise = np.random.default_rng(0).integers(-1, 2, content.shape) / np.float32(255)
        noisy = np.clip(content + noise.astype(np.float32), 0, 1)
        code = runs[1](style)
        file, file_noisy, file_other = (
            runs[0](content, code),
            runs[0](noisy, code),
            other(content, code),
        )
        with torch.inference_mode():
            x, y, s = (torch.from_numpy(a).permute(0, 3, 1, 2) for a in (content, noisy, style))
            given, own = torch.from_numpy(code).reshape(1, 100), network.prediction(s)
            coefficients = fused.coefficients(given)
            tensors = {
                "float": network.transformer(x, given),
                "float_noisy": network.transformer(y, given),
                "rounded": rounded(x, given),
                "fused": fused(x, coefficients),
                "bfloat16": short(x, coefficients),
            }
            ours = {name: t.permute(0, 2, 3, 1).numpy() for name, t in tensors.items()}
        rows.append(
            {
                "content": content_name,
                "style": style_name,
                "float_to_file": difference(ours["float"], file),
                "rounded_to_file": difference(ours["rounded"], file),
                "file_to_file_with_other_kernels": difference(file_other, file),
                "file_to_file_with_one_step_of_noise": difference(file_noisy, file),
                "float_to_float_with_one_step_of_noise": difference(
                    ours["float_noisy"], ours["float"]
                ),
                "float_to_file_blocks_of_16": difference(smoothed(ours["float"]), smoothed(file)),
                "fused_to_float": difference(ours["fused"], ours["float"]),
                "bfloat16_to_float": difference(ours["bfloat16"], ours["float"]),
                "embedding_mean_absolute": float((own - given).abs().mean()),
                "embedding_correlation": float(torch.corrcoef(torch.cat((own, given)))[0, 1]),
            }
        )
    means = {
        name: float(np.mean([row[name] for row in rows]))
        for name, value in rows[0].items()
        if isinstance(value, float)
    }
    return {"mean": means, "pairs": rows}


def rounded_numbers(value):
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded_numbers(one) for key, one in value.items()}
    return [rounded_numbers(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way")
    parser.add_argument("--size", choices=SIZES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.way == "agreement":
        sys.stdout.write(json.dumps(agreement(options.threads)))
        return
    if options.way:
        sys.stdout.write(json.dumps(measure(options.way, options.size, options.threads)))
        return

    def run(*arguments: str):
        command = [sys.executable, __file__, "--threads", str(options.threads), *arguments]
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    numbers: dict[str, object] = {}
    for size, ways in WAYS.items():
        count = options.rounds if SIZES[size][2] > 1 else 1
        rounds = [{way: run("--way", way, "--size", size) for way in ways} for _ in range(count)]
        numbers[size] = {
            name: {way: statistics.median(one[way][name] for one in rounds) for way in ways}
            for name in ("frames_per_second", "peak_mib")
        }
        base = ways[0]
        numbers[size][f"over_{base}"] = {
            way: statistics.median(
                one[way]["frames_per_second"] / one[base]["frames_per_second"] for one in rounds
            )
            for way in ways[1:]
        }
    numbers["tiles_mib"] = TILES_MIB
    numbers["agreement_in_steps_of_255"] = run("--way", "agreement")
    command = "python tests/benchmarks/stylizer.py"
    write_record("stylizer", command, rounded_numbers({"threads": options.threads, **numbers}))


if __name__ == "__main__":
    main()
