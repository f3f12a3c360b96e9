"""Bring a picture of one handwritten digit to the form of MNIST.

A network trained on MNIST has seen digits that were all prepared in one way: cropped, fitted in
20x20 pixels with anti-aliased grey levels, and put with their centre of mass in the middle of
28x28 pixels, white on black (LeCun, Bottou, Bengio & Haffner 1998, section III-A; the MNIST page
says the same). A photograph of a digit on paper has had none of that, and the network fails on it
for reasons that have little to do with the digit. :func:`to_mnist_form` does the preparation;
:func:`to_plain_form` is the resize without it, for comparison.

All lengths inside the module are in pixels of a working picture, about 100 to 200 pixels wide.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold, threshold_otsu
from skimage.measure import label, regionprops
from skimage.transform import resize

from convatlas.data.digit_box import SIDE, STROKE_RANGE, draw_in_box, to_bytes


class NoDigitError(ValueError):
    """The picture shows no digit: it is blank, evenly coloured, or only noise."""


def to_mnist_form(
    picture: np.ndarray,
    *,
    stroke_range: tuple[float, float] | None = STROKE_RANGE,
    minimum_contrast: float = 0.06,
) -> np.ndarray:
    """Prepare the picture of one digit as MNIST's were prepared.

    Parameters
    ----------
    picture : numpy.ndarray
        uint8, (height, width) grey or (height, width, 3 or 4) colour, of any size. Dark on light
        or light on dark is decided for each picture. Uneven light, lines of a grid along the
        edges and bits of a neighbouring digit at the border are removed.
    stroke_range : tuple of float or None
        Mean stroke width in pixels of the result, lowest and highest. A digit outside is redrawn
        thinner or thicker, just as much as it takes: a hairline in a large cell would otherwise
        come out far fainter than anything in MNIST. None leaves every width as it is.
    minimum_contrast : float
        Least difference between ink and paper, as a fraction of the whole grey range, that
        counts as a digit.

    Returns
    -------
    numpy.ndarray
        (28, 28) uint8, digit white (255) on black (0), inside a box of 20x20 pixels whose
        content has its centre of mass at the middle, to half a pixel.

    Raises
    ------
    NoDigitError
        When there is nothing to crop.
    ValueError
        When `picture` is no picture: wrong shape or not uint8.
    """
    grey = _to_grey(picture)
    if np.ptp(grey) < minimum_contrast:
        raise NoDigitError("no digit: the picture has the same brightness everywhere")
    ink, mask = _find_digit(grey, minimum_contrast)
    return draw_in_box(ink, mask, stroke_range)


def to_plain_form(picture: np.ndarray) -> np.ndarray:
    """Resize a picture to 28x28 and do nothing else but invert it if it is mostly light.

    This is how the documents' authors fed their own digits to the network: grey levels, an
    anti-aliased resize of the whole picture (the aspect ratio is not kept), no crop, no centring,
    no cleaning. A picture whose mean is above mid-grey is taken for dark on light and inverted,
    since MNIST is light on dark.

    Parameters
    ----------
    picture : numpy.ndarray
        uint8, (height, width) or (height, width, 3 or 4).

    Returns
    -------
    numpy.ndarray
        (28, 28) uint8.

    Raises
    ------
    ValueError
        When `picture` is no picture: wrong shape or not uint8.
    """
    grey = _to_grey(picture)
    if grey.mean() > 0.5:
        grey = 1.0 - grey
    return to_bytes(resize(grey, (SIDE, SIDE), order=1, anti_aliasing=True))


def _to_grey(picture: np.ndarray) -> np.ndarray:
    """Return the picture as float grey levels in [0, 1]; transparency shows white paper."""
    picture = np.asarray(picture)
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or 0 in picture.shape:
        raise ValueError(
            f"expected a uint8 picture of shape (height, width[, 3 or 4]), got {picture.dtype} "
            f"of shape {picture.shape}"
        )
    if picture.ndim == 2:
        return picture / 255.0
    if picture.shape[2] not in (3, 4):
        raise ValueError(f"expected 3 or 4 colour channels, got {picture.shape[2]}")
    # ITU-R BT.601, what Pillow's convert("L") uses
    grey = picture[..., :3] @ np.array([0.299, 0.587, 0.114]) / 255.0
    if picture.shape[2] == 4:
        alpha = picture[..., 3] / 255.0
        on_white = grey * alpha + 1.0 - alpha
        # White ink on a transparent sheet would vanish on white paper.
        grey = on_white if np.ptp(on_white) > np.ptp(grey * alpha) / 4 else grey * alpha
    return grey


def _rescale(grey: np.ndarray) -> np.ndarray:
    """Bring a picture to working size: small ones enlarged smoothly, large ones reduced."""
    longer = max(grey.shape)
    if longer > 200:
        shape = [max(1, round(side * 160 / longer)) for side in grey.shape]
        return resize(grey, shape, order=1, anti_aliasing=True)
    # A whole factor keeps pixel edges where they are, so that MNIST comes out as it went in.
    factor = max(1, round(112 / longer))
    if factor == 1:
        return grey
    return np.clip(ndimage.zoom(grey, factor, order=3, mode="nearest", grid_mode=True), 0, 1)


def _find_digit(grey: np.ndarray, minimum_contrast: float) -> tuple[np.ndarray, np.ndarray]:
    """Return ink (float, 0 paper to 1 stroke) and mask (bool) of the digit, cropped alike."""
    for attempt in range(2):
        work = _rescale(grey)
        ink, noise = _lift_ink(work)
        mask = _select_strokes(ink, noise, minimum_contrast)
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        height, width = bottom - top, right - left
        ratio = max(grey.shape) / max(work.shape)
        if attempt == 1 or ratio <= 1 or max(height, width) > 0.5 * max(work.shape):
            break
        # A small digit in a large photograph: look again, closer.
        margin = 0.3 * max(height, width)
        grey = grey[
            max(0, int((top - margin) * ratio)) : int((bottom + margin) * ratio) + 1,
            max(0, int((left - margin) * ratio)) : int((right + margin) * ratio) + 1,
        ]
    ink = np.clip(ink / _stroke_level(ink, mask), 0, 1)
    # Faint pixels beside the strokes are their anti-aliasing; everything farther off is paper.
    near = ndimage.binary_dilation(mask, iterations=max(2, max(work.shape) // 28))
    pad = max(2, max(work.shape) // 28)
    ink, mask = np.pad(ink * near, pad), np.pad(mask, pad)
    window = (slice(top, bottom + 2 * pad), slice(left, right + 2 * pad))
    return ink[window], mask[window]


def _stroke_level(ink: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the contrast of full ink around each pixel: a pencil presses here more than there."""
    overall = np.percentile(ink[mask], 75)
    reach = max(3, max(ink.shape) // 14)
    nearby = ndimage.grey_dilation(np.where(mask, ink, 0), size=(reach, reach))
    nearby = ndimage.gaussian_filter(nearby, reach / 2)
    return np.clip(nearby, overall / 3, overall)


def _is_light_on_dark(work: np.ndarray) -> bool:
    """Decide which is the ink: what is rarer, seen against its surroundings."""
    reduction = max(1, round(max(work.shape) / 20))
    small = ndimage.uniform_filter(work, reduction, mode="nearest")[::reduction, ::reduction]
    surroundings = ndimage.median_filter(small, size=max(small.shape) * 2 // 3, mode="nearest")
    return bool(((small - surroundings) ** 3).sum() > 0)


def _lift_ink(work: np.ndarray) -> tuple[np.ndarray, float]:
    """Remove the paper: return the ink's contrast (0 on paper) and the paper's noise level."""
    light_on_dark = _is_light_on_dark(work)
    bright = 1.0 - work if light_on_dark else work
    # A closing wider than any stroke sees the paper only, shadows and their edges included. At the
    # edge of the picture it is blind to a slope, which the trend knows; the trend knows no steps.
    size = int(0.4 * max(work.shape)) | 1
    smooth, trend = ndimage.gaussian_filter(bright, 1.0), _fit_trend(bright)
    paper = np.minimum(
        ndimage.grey_closing(smooth, size=(size, size)),
        ndimage.grey_closing(smooth - trend, size=(size, size)) + trend,
    )
    # Less light on the paper is less light on the ink too, so contrast is relative to the paper.
    contrast = (paper - bright) / np.maximum(paper, 0.2)
    # Paper's mean and spread from its own low quantiles: ink may cover more than half of a picture
    # that is cropped tightly. In a normal distribution they lie 1.64 and 0.67 spreads below.
    low, quarter = np.quantile(contrast, [0.05, 0.25])
    noise = (quarter - low) / (1.645 - 0.674)
    return contrast - (quarter + 0.674 * noise), float(noise)


def _fit_trend(bright: np.ndarray) -> np.ndarray:
    """Return the plane of least absolute deviation: the slope of the light, with no heed to ink."""
    step = max(1, max(bright.shape) // 20)
    y, x = np.mgrid[: bright.shape[0], : bright.shape[1]] / max(bright.shape)
    terms = np.stack([np.ones_like(x), y, x], axis=-1)
    points, values = terms[::step, ::step].reshape(-1, 3), bright[::step, ::step].ravel()
    plane = np.array([np.median(values), 0.0, 0.0])
    for _ in range(10):
        # Iteratively reweighted least squares
        weights = 1.0 / np.maximum(np.abs(values - points @ plane), 0.01)
        weighted = points * weights[:, None]
        plane = np.linalg.lstsq(weighted.T @ points, weighted.T @ values, rcond=None)[0]
    return terms @ plane


def _select_strokes(ink: np.ndarray, noise: float, minimum_contrast: float) -> np.ndarray:
    """Return the mask of the digit's strokes, without grid lines and fragments of neighbours."""
    smooth = ndimage.gaussian_filter(ink, max(ink.shape) / 160)
    high = threshold_otsu(smooth)
    # A stroke is followed where it grows faint, but not into the texture of the paper.
    low = min(high, max(0.6 * high, 4.0 * noise))
    strokes = apply_hysteresis_threshold(smooth, low, high)
    strokes = _erase_grid_lines(strokes)
    regions = regionprops(label(strokes, connectivity=2), intensity_image=smooth)
    shape = np.array(ink.shape)
    middle = (shape - 1) / 2

    def weight(region) -> float:  # noqa: ANN001 (scikit-image names no public type)
        off = np.abs((np.array(region.centroid) - middle) / shape).max()
        return region.area * region.intensity_mean * (1.0 - off)

    if not regions:
        raise NoDigitError("no digit: nothing stands out from the paper")
    main = max(regions, key=weight)
    extent = max(main.bbox[2] - main.bbox[0], main.bbox[3] - main.bbox[1])
    if main.intensity_mean < max(minimum_contrast, 3.0 * noise):
        raise NoDigitError("no digit: nothing stands out from the noise of the paper")
    if extent < 0.08 * max(ink.shape):
        raise NoDigitError("no digit: only specks, none large enough to be a stroke")
    mask = np.zeros(ink.shape, dtype=bool)
    for region in regions:
        if region is main or _belongs(region, main, shape):
            mask[region.coords[:, 0], region.coords[:, 1]] = True
    return mask


def _belongs(region, main, shape: np.ndarray) -> bool:  # noqa: ANN001
    """Tell a detached stroke of the digit from a speck and from a neighbour's fragment."""
    low, high = np.array(region.bbox[:2]), np.array(region.bbox[2:])
    main_low, main_high = np.array(main.bbox[:2]), np.array(main.bbox[2:])
    if region.area < 0.03 * main.area:
        return False
    touches = (low == 0).any() or (high == shape).any()
    in_margin = (high <= 0.2 * shape).any() or (low >= 0.8 * shape).any()
    if touches and in_margin:
        return False
    gap = np.maximum(0, np.maximum(main_low - high, low - main_high)).max()
    return bool(gap <= 0.25 * (main_high - main_low).max())


def _erase_grid_lines(strokes: np.ndarray) -> np.ndarray:
    """Clear lines that run along an edge of the picture from one end to the other."""
    strokes = strokes.copy()
    for _ in range(4):
        strokes = np.rot90(strokes)
        margin = max(1, round(0.1 * strokes.shape[0]))
        columns = np.flatnonzero(strokes[:margin].any(axis=0))
        if columns.size < 0.8 * strokes.shape[1]:
            continue
        # The line may be tilted: follow it column by column. Where a stroke crosses it, take
        # away no more than the line's own thickness, so that the stroke stays.
        start = strokes[:, columns].argmax(axis=0)
        beyond = ~strokes[:, columns] & (np.arange(len(strokes))[:, None] > start)
        end = np.where(beyond.any(axis=0), beyond.argmax(axis=0), len(strokes))
        thickness = int(np.percentile(end - start, 25)) + 1
        if thickness > 0.08 * len(strokes):
            continue  # as thick as a stroke: the bar of a 7 that was cropped tightly
        for column, first, last in zip(columns, start, end, strict=True):
            strokes[first : min(last, first + thickness), column] = False
    return strokes
