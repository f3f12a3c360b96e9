"""What the stabiliser does for every clip of the mirror, and what it costs.

For each clip the warping error of the original, of frames restyled one by one, and of the same
frames stabilised; the distance to the style before and after, so that a blur cannot win; and the
stabiliser's milliseconds beside the network's. The flow that errors are measured with is finer than
the stabiliser's own. Every clip had been seen when the settings were chosen, in the styles of
SEEN_STYLES; means are given for the other styles alone as well.
"""

import argparse
import statistics
import time

import numpy as np

from record import mirror, write_record

CLIPS = {
    # first frame: where something moves
    "adain_cutBunny": 10,
    "byongho96_sample-video": 300,
    "lewlewbell_ocean": 438,
    "moviepy_chaplin": 0,
    "moviepy_doc_example": 10,
    "moviepy_fire2": 0,
    "torchcodec_nasa_13013": 122,
}
SEEN_STYLES = (
    "neuralstylept_starry_night.jpg",
    "kandinsky_style_scardenol.jpg",
    "faststyle_wave.jpg",
)
NEW_STYLES = ("neuralstylept_the_scream.jpg", "neuralstylept_shipwreck.jpg")
STYLES = SEEN_STYLES + NEW_STYLES
BATCH = 4
STYLE_LAYERS = tuple(f"relu{block}_1" for block in range(1, 6))
RATIOS = ("error_ratio", "style_ratio", "sharpness_ratio")


def read_clip(name: str, first: int, count: int, long_side: int) -> np.ndarray:
    """Return frames, at most as large as asked."""
    from convatlas.video.decode import read_frames
    from convatlas.video.flow import shrink
    from convatlas.video.probe import probe_clip

    path = mirror() / "videos" / f"{name}.mp4"
    clip = probe_clip(path)
    stop = min(len(clip.timestamps), first + count)
    batches = read_frames(path, clip, first=first, stop=stop, batch=8)
    return np.stack([shrink(frame, long_side) for batch in batches for frame in batch])


def read_features():
    """Return the small VGG-19 as a feature network of frames."""
    import torch

    from convatlas.models.backbone_files import read_small_vgg

    network = read_small_vgg(mirror() / "backbones" / "small_vgg19" / "encoders" / "5SE.pth")

    @torch.inference_mode()
    def features(frames):
        pictures = torch.from_numpy(frames.transpose(0, 3, 1, 2) / np.float32(255))
        return [layer.numpy() for layer in network(pictures, STYLE_LAYERS).values()]

    return features


def in_batches(stylizer, clip):
    return np.concatenate([stylizer(clip[i : i + BATCH]) for i in range(0, len(clip), BATCH)])


def timed(stylizer, clip) -> tuple[np.ndarray, float]:
    """Return what became of a clip, and milliseconds per frame after the first batch."""
    first = stylizer(clip[:BATCH])
    started = time.perf_counter()
    rest = in_batches(stylizer, clip[BATCH:])
    spent = 1000 * (time.perf_counter() - started) / len(rest)
    return np.concatenate([first, rest]), spent


def measure(clip, stylizer, distance, options) -> dict[str, float]:
    from convatlas.evaluation.flicker import measure_flicker
    from convatlas.evaluation.style import edge_similarity, sharpness
    from convatlas.stylization.stabilise import Stabilised, StabiliserOptions

    restyled, network = timed(stylizer, clip)
    made = iter(np.split(restyled, range(BATCH, len(restyled), BATCH)))
    settings = StabiliserOptions(**options)
    stable, cost = timed(Stabilised(lambda _: next(made), settings), clip)
    errors = measure_flicker([clip], [clip], [restyled], [stable])
    original, before, after = (error.mean for error in errors)
    some = np.s_[settings.memory_frames :: 5]
    near, nearer = (float(distance(each[some]).mean()) for each in (restyled, stable))
    sharp = [float(sharpness(each[some]).mean()) for each in (restyled, stable)]
    return {
        "error_original": original,
        "error_per_frame": before,
        "error_stabilised": after,
        "error_ratio": after / before,
        "followed": float(np.mean(errors[0].followed)),
        "style_original": float(distance(clip[some]).mean()),
        "style_per_frame": near,
        "style_stabilised": nearer,
        "style_ratio": nearer / near,
        "sharpness_ratio": sharp[1] / sharp[0],
        "edges_per_frame": float(edge_similarity(clip[some], restyled[some]).mean()),
        "edges_stabilised": float(edge_similarity(clip[some], stable[some]).mean()),
        "network_ms": network,
        "stabiliser_ms": cost,
    }


def means(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.fmean(row[key] for row in rows) for key in RATIOS}


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def main() -> None:
    import torch

    from convatlas.evaluation.style import StyleDistance
    from convatlas.models.stylization_files import read_stylizer
    from convatlas.stylization.frames import make_stylizer
    from convatlas.stylization.pictures import read_picture
    from convatlas.video.flow import shrink

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--long-side", type=int, default=640)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clips", nargs="+", choices=CLIPS, default=list(CLIPS))
    parser.add_argument("--styles", nargs="+", choices=STYLES, default=[STYLES[0], *NEW_STYLES])
    parser.add_argument("--dry", action="store_true", help="show, write no record")
    parser.add_argument("--set", nargs=2, action="append", default=[], help="option and value")
    given = parser.parse_args()
    options = {key: float(v) if "." in v else int(v) for key, v in given.set}
    torch.set_num_threads(given.threads)
    published = sorted((mirror() / "stylization").glob("*.tflite"))
    network = read_stylizer(*published)  # prediction comes before transfer
    features, found = read_features(), {}
    for style in given.styles:
        picture = read_picture(mirror() / "pictures" / style)
        stylizer = make_stylizer(network, [picture])
        # about as large as the network sees it: strokes of another size are another style
        distance = StyleDistance(shrink(picture, 384), features)
        for name in given.clips:
            clip = read_clip(name, CLIPS[name], given.frames, given.long_side)
            found.setdefault(name, {})[style] = measure(clip, stylizer, distance, options)
            if given.dry:
                print(name, style, rounded(found[name][style]), flush=True)  # noqa: T201
    rows = [(style, row) for styles in found.values() for style, row in styles.items()]
    unseen = [row for style, row in rows if style in NEW_STYLES]
    numbers = {
        "frames": given.frames,
        "long_side": given.long_side,
        "threads": given.threads,
        "options": options,
        "styles_seen_when_chosen": SEEN_STYLES,
        "mean": means([row for _, row in rows]),
        **({"mean_of_styles_not_seen": means(unseen)} if unseen else {}),
        "clips": found,
    }
    if given.dry:
        print(rounded({key: numbers[key] for key in numbers if key != "clips"}))  # noqa: T201
        return
    write_record("stabiliser", "python tests/benchmarks/stabiliser.py", rounded(numbers))


if __name__ == "__main__":
    main()
