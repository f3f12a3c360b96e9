"""What a clip's way costs: against the network alone, against frame files; and its memory.

Three ways over the same frames, each in a process of its own, in turn, several rounds; a ratio is
the median over rounds of the ratio within a round:

- bare: the network on frames that lie in memory, nothing else;
- chain: decode, stylize, encode, join with the sound (`convatlas.video`);
- files: as the documents did it: every frame to a PNG, each one read, stylized and written again,
  then joined.

Stylizers are parameters: ``arbitrary``, the published network for any style; ``stabilised``, the
same against flicker, as it is by default; ``johnson``, a random one of the size of a single-style
network (1.68 million weights), eager; or any ``module:function``, called with nothing for the
callable.

Frames are a pan over a photograph, which network and encoder find full of detail. With ``--real``
the beginnings of the mirror's clips are taken, to see what they take on the disk, and no more.

Memory is the greatest resident set of a process: with the stylizer on a short clip, and with
a stylizer that costs nothing on clips of 10 s and 10 min, for what the chain itself holds.
"""

import argparse
import importlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from record import mirror, write_record

WAYS = ("bare", "chain", "files")
SIZES = {"360p": (640, 360), "720p": (1280, 720)}
RATE = 25


def arbitrary():
    """Return the published network with one style."""
    from convatlas.models.stylization_files import read_stylizer
    from convatlas.stylization.frames import make_stylizer
    from convatlas.stylization.pictures import read_picture

    files = sorted((mirror() / "stylization").glob("*.tflite"))  # prediction before transfer
    style = read_picture(mirror() / "pictures" / "neuralstylept_starry_night.jpg")
    return make_stylizer(read_stylizer(*files), [style])


def stabilised():
    """Return the published network as `stylize_segment` has it by default."""
    from convatlas.stylization.stabilise import Stabilised

    per_frame = arbitrary()
    return Stabilised(per_frame.restyle, finish=per_frame.finish)


def johnson():
    """Return a stylizer of the cost of a single-style network (Johnson et al. 2016), eager."""
    import torch
    from torch import nn

    torch.manual_seed(0)

    def block(inputs, outputs, size, stride=1):
        layer = nn.Conv2d(inputs, outputs, size, stride, size // 2)
        return [layer, nn.InstanceNorm2d(outputs, affine=True), nn.ReLU()]

    residuals = [layer for _ in range(10) for layer in block(128, 128, 3)]
    network = nn.Sequential(
        *block(3, 32, 9),
        *block(32, 64, 3, 2),
        *block(64, 128, 3, 2),
        *residuals,
        nn.Upsample(scale_factor=2),
        *block(128, 64, 3),
        nn.Upsample(scale_factor=2),
        *block(64, 32, 3),
        nn.Conv2d(32, 3, 9, 1, 4),
    ).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def stylize(frames):
        pictures = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255
        out = torch.sigmoid(network(pictures.contiguous(memory_format=torch.channels_last)))
        return (out * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()

    return stylize


def nothing():
    return lambda frames: frames


def stylizer_of(name: str):
    module, _, function = name.rpartition(":")
    return getattr(importlib.import_module(module), function)() if module else globals()[name]()


def make_source(path: Path, size: str, frames: int) -> None:
    """Write a slow pan over a photograph, with a tone."""
    from PIL import Image
    from sklearn.datasets import load_sample_image

    from convatlas.video.make import make_clip

    width, height = SIZES[size]
    photo = Image.fromarray(load_sample_image("china.jpg"))
    wide = np.asarray(photo.resize((width + width // 4, height + height // 4), Image.LANCZOS))

    def pan():
        for number in range(frames):
            x, y = (number * 2) % (width // 4), number % (height // 4)
            yield wide[y : y + height, x : x + width]

    time_axis = np.arange(44_100 * frames // RATE) / 44_100
    sound = (8000 * np.sin(2 * np.pi * 220 * time_axis)).astype(np.int16)
    make_clip(pan(), RATE, sound, path, preset="ultrafast")


def make_cut(path: Path, source: Path, frames: int) -> None:
    """Write the first frames of a real clip, silent."""
    from convatlas.video.decode import read_frames
    from convatlas.video.make import make_clip
    from convatlas.video.probe import probe_clip

    clip = probe_clip(source)
    read = read_frames(source, clip, stop=min(frames, clip.frames))
    make_clip((batch[0] for batch in read), clip.frame_rate, None, path, preset="ultrafast")


def chain(clip, folder: Path, stylizer, batch: int, preset: str) -> None:
    from convatlas.video.assemble import assemble_video
    from convatlas.video.segments import plan_segments
    from convatlas.video.transform import transform_segment

    (segment,) = plan_segments(clip, count=1)
    part, lead = folder / "part.nut", getattr(stylizer, "lead", 0)
    options = {"batch": batch, "preset": preset, "lead": lead}
    transform_segment(clip.path, clip, segment, stylizer, part, **options)
    assemble_video(clip, [part], folder / "chain.mp4")


def files(clip, folder: Path, stylizer, preset: str) -> int:
    """Do it by frame files; return the bytes that they took."""
    from PIL import Image

    from convatlas.video.assemble import assemble_video
    from convatlas.video.encode import FrameWriter
    from convatlas.video.stills import save_frames

    (folder / "styled").mkdir()
    sources = list(save_frames(clip.path, clip, folder / "frames", compress_level=6))
    for source in sources:
        with Image.open(source) as picture:
            styled = stylizer(np.asarray(picture)[None].copy())[0]
        Image.fromarray(styled).save(folder / "styled" / source.name)
    with FrameWriter(folder / "part.nut", clip, preset=preset) as writer:
        for source in sources:
            with Image.open(folder / "styled" / source.name) as picture:
                writer.write(np.asarray(picture)[None])
    assemble_video(clip, [folder / "part.nut"], folder / "files.mp4")
    return sum(
        f.stat().st_size for place in ("frames", "styled") for f in (folder / place).iterdir()
    )


def peak_mib() -> float:
    """Return this process's own peak: `ru_maxrss` begins with what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if "VmHWM" in line)
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Go one way, in this process."""
    import torch

    from convatlas.video.decode import read_frames
    from convatlas.video.probe import probe_clip

    torch.set_num_threads(options.threads)
    stylizer, clip = stylizer_of(options.stylizer), probe_clip(options.clip)
    batches = read_frames(clip.path, clip, batch=options.batch)
    if options.way == "bare":
        batches = list(batches)
        stylizer(batches[0])
    else:
        stylizer(next(batches))  # what the first call costs (compiling) is nobody's pace
        batches.close()
    with tempfile.TemporaryDirectory(dir=Path(options.clip).parent) as name:
        folder, used = Path(name), 0
        started, worked = time.perf_counter(), time.process_time()
        if options.way == "bare":
            for frames in batches:
                stylizer(frames)
        elif options.way == "chain":
            chain(clip, folder, stylizer, options.batch, options.preset)
        else:
            used = files(clip, folder, stylizer, options.preset)
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        part = folder / "part.nut"
        beside = used or (part.stat().st_size if part.exists() else 0)
    return {
        "frames_per_second": clip.frames / seconds,
        "processor_seconds_per_frame": worked / clip.frames,
        "bytes_beside_output": beside,
        "peak_mib": peak_mib(),
    }


def run(options: argparse.Namespace, clip: Path, way: str, stylizer: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", way, "--clip", str(clip), "--stylizer", stylizer]
    for key in ("threads", "batch", "preset"):
        command += [f"--{key}", str(getattr(options, key))]
    done = subprocess.run(command, capture_output=True, check=True)
    return json.loads(done.stdout)


def speeds(options: argparse.Namespace, clip: Path, stylizer: str) -> dict:
    rounds = [
        {way: run(options, clip, way, stylizer) for way in WAYS} for _ in range(options.rounds)
    ]

    def middle(values):
        return round(statistics.median(values), 3)

    pace = [{way: one[way]["frames_per_second"] for way in WAYS} for one in rounds]
    return {
        "frames_per_second": {way: middle(one[way] for one in pace) for way in WAYS},
        "chain_over_bare": middle(one["chain"] / one["bare"] for one in pace),
        "chain_over_files": middle(one["chain"] / one["files"] for one in pace),
        "processor_seconds_per_frame": {
            way: middle(one[way]["processor_seconds_per_frame"] for one in rounds) for way in WAYS
        },
        "bytes_beside_output": {way: rounds[0][way]["bytes_beside_output"] for way in WAYS},
        "disk_over_png": round(
            rounds[0]["chain"]["bytes_beside_output"] / rounds[0]["files"]["bytes_beside_output"], 4
        ),
        "peak_mib_chain": round(max(one["chain"]["peak_mib"] for one in rounds)),
    }


def pans(options: argparse.Namespace, folder: Path) -> dict:
    """Measure pans over a photograph, at each size, and what the chain holds without a network."""
    numbers = {}
    for size in options.sizes:
        clip = folder / f"{size}.mp4"
        make_source(clip, size, options.frames)
        numbers[size] = {name: speeds(options, clip, name) for name in options.stylizers}
        for label, seconds in (("10_s", 10), ("long", options.minutes * 60)):
            if seconds:
                make_source(clip, size, round(seconds * RATE))
                peak = run(options, clip, "chain", "nothing")
                numbers[size][f"peak_mib_without_network_{label}"] = round(peak["peak_mib"])
    return numbers


def real_clips(options: argparse.Namespace, folder: Path) -> dict:
    """Measure what the beginnings of the mirror's clips take on the disk."""
    numbers = {}
    for source in sorted((mirror() / "videos").glob("*.mp4")):
        clip = folder / source.name
        make_cut(clip, source, options.frames)
        numbers[source.stem] = {name: disk(options, clip, name) for name in options.stylizers}
    return numbers


def disk(options: argparse.Namespace, clip: Path, stylizer: str) -> dict:
    used = {
        way: run(options, clip, way, stylizer)["bytes_beside_output"] for way in ("chain", "files")
    }
    return {
        "bytes_beside_output": used,
        "disk_over_png": round(used["chain"] / used["files"], 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--clip")
    parser.add_argument("--stylizers", nargs="+", default=["arbitrary", "stabilised"])
    parser.add_argument("--stylizer", help="of --way")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--real", action="store_true", help="disk of the mirror's clips, no pans")
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--preset", default="superfast")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=10, help="of the long clip; 0 for none")
    parser.add_argument("--dry", action="store_true", help="show the numbers, write no record")
    options = parser.parse_args()
    if options.way:
        sys.stdout.write(json.dumps(measure(options)))
        return
    with tempfile.TemporaryDirectory() as name:
        numbers = (real_clips if options.real else pans)(options, Path(name))
    from convatlas.video.encode import CRF

    told = {key: getattr(options, key) for key in ("frames", "batch", "preset")} | {"crf": CRF}
    record = {"threads": options.threads, "minutes": options.minutes, **told, **numbers}
    if options.dry:
        sys.stdout.write(json.dumps(record, indent=2) + "\n")
    else:
        write_record(
            "video_real" if options.real else "video", " ".join(["python", *sys.argv]), record
        )


if __name__ == "__main__":
    main()
