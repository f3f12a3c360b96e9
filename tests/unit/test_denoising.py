"""How denoisers are measured, compared, summarised, drawn, and asked for."""

import math
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from scipy.ndimage import gaussian_filter
from torch import nn

from convatlas.data.denoising_pictures import cut_photographs
from convatlas.evaluation.claims import judge_claims
from convatlas.evaluation.denoising import (
    add_noise,
    compare_pictures,
    denoise,
    describe_network,
    load_denoiser,
    noisy_held_out,
    score_learnt,
    score_networks,
)
from convatlas.evaluation.denoising_references import (
    average_alike,
    blur,
    choose_option,
    score_references,
)
from convatlas.evaluation.denoising_rows import arrange_denoised
from convatlas.evaluation.denoising_summary import (
    NOT_HERE,
    denoisers_table,
    quality_of,
    sizes_table,
    summarise_denoisers,
    summarise_histories,
)
from convatlas.figures.denoising import draw_denoising_curves, draw_training_sizes
from convatlas.models.registry import build_model, save_weights

SQUARES = cut_photographs()[::60]  # nine, all unlike


# --- measuring ------------------------------------------------------------------------------------
@pytest.mark.parametrize("sigma", [5.0, 25.0, 50.0])
def test_the_noisy_inputs_psnr_is_that_of_its_noise(sigma):
    pictures = np.full((20, 64, 64, 3), 128, np.uint8)
    found = compare_pictures(pictures, noisy_held_out(pictures, sigma, seed=0))["psnr"].mean()
    assert found == pytest.approx(20 * math.log10(255 / sigma), abs=0.03)


def test_noise_is_the_seeds_and_neither_rounded_nor_clipped():
    noise = noisy_held_out(SQUARES, 25.0, seed=0) - SQUARES
    assert np.array_equal(noise, noisy_held_out(SQUARES, 25.0, seed=0) - SQUARES)
    assert not np.array_equal(noise, noisy_held_out(SQUARES, 25.0, seed=1) - SQUARES)
    np.testing.assert_allclose(noisy_held_out(SQUARES, 50.0, seed=0) - SQUARES, 2 * noise)
    other = add_noise(SQUARES, 25.0, seed=0, purpose="noise of choosing") - SQUARES
    assert abs(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) < 0.02
    assert noise.std() == pytest.approx(25, rel=0.02)
    assert (SQUARES + noise).min() < 0


def test_equal_pictures_have_an_ssim_of_1_and_a_known_error_its_psnr():
    same = compare_pictures(SQUARES[:2], SQUARES[:2] + 1e-9)
    assert same["ssim"].tolist() == pytest.approx([1, 1])
    assert (same["psnr"] > 200).all()
    shifted = compare_pictures(SQUARES, SQUARES + 5.0)
    np.testing.assert_allclose(shifted["psnr"], 20 * math.log10(255 / 5))
    assert shifted["picture"].tolist() == list(range(len(SQUARES)))


def test_ssim_is_that_of_the_paper_written_out():
    clean = SQUARES[4].astype(float)
    noisy = noisy_held_out(SQUARES, 25.0, seed=0)[4]
    (found,) = compare_pictures(clean[None], noisy[None])["ssim"]

    def local(x):
        return gaussian_filter(x, (1.5, 1.5, 0), truncate=3.5)

    a, b = local(clean), local(noisy)
    spread_a, spread_b = local(clean**2) - a**2, local(noisy**2) - b**2
    shared = local(clean * noisy) - a * b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = (2 * a * b + c1) * (2 * shared + c2)
    values /= (a**2 + b**2 + c1) * (spread_a + spread_b + c2)
    assert found == pytest.approx(values[5:-5, 5:-5].mean(), abs=1e-6)


class Doubling(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        assert x.shape[1:] == (3, 32, 32)
        return self.weight * x


def test_what_a_network_gives_is_clipped_and_in_its_place():
    found = denoise(Doubling(), SQUARES.astype(float) - 20)
    np.testing.assert_allclose(found, (2 * (SQUARES - 20.0)).clip(0, 255), atol=1e-3)
    assert found.shape == SQUARES.shape


def test_learnt_pictures_are_measured_as_many_as_there_were():
    found = score_learnt(
        {"few": [Doubling()], "many": [Doubling()]},
        SQUARES,
        {"few": 2, "many": 500},
        sigma=25.0,
        seed=0,
    )
    assert found["denoiser"].value_counts().to_dict() == {"few": 2, "many": len(SQUARES)}
    noisy = add_noise(SQUARES, 25.0, seed=0, purpose="noise of learnt pictures")
    wanted = compare_pictures(SQUARES, (2 * noisy).clip(0, 255))["psnr"]
    np.testing.assert_allclose(found["psnr"][2:], wanted, atol=1e-4)
    np.testing.assert_allclose(found["psnr"][:2], wanted[:2], atol=1e-4)


def test_networks_are_measured_at_every_sigma_with_the_same_noise(tmp_path):
    path = tmp_path / "w.pt"
    entry = {"network": "denoiser.GatedDenoiser", "options": {"channels": 2, "residual": True}}
    save_weights(
        build_model(entry["network"], seed=0, options=entry["options"]),
        path,
        network=entry["network"],
    )
    network = load_denoiser(entry, path, torch.device("cpu"))
    assert not network.training
    scores, shown = score_networks(
        {"idle": [network]}, SQUARES, sigmas=[25.0, 50.0], seed=0, shown=2
    )
    for sigma in (25.0, 50.0):  # it gives the picture back
        noisy = noisy_held_out(SQUARES, sigma, seed=0).clip(0, 255)
        wanted = compare_pictures(SQUARES, noisy)
        own = scores[scores["sigma"] == sigma]
        np.testing.assert_allclose(own["psnr"], wanted["psnr"], atol=1e-4)
        np.testing.assert_allclose(own["ssim"], wanted["ssim"], atol=1e-4)
    assert shown["idle"].shape == (2, 32, 32, 3)
    assert shown["idle"].dtype == np.uint8
    about = describe_network(network)
    assert about == {"weights": 2 * 54 + 72 * 4 + 9 * 2 + 3, "gates": [0.5] * 5,
                     "learnt_gates": False}  # fmt: skip
    assert describe_network(build_model("denoiser.DnCNN", seed=0))["gates"] is None


# --- references -----------------------------------------------------------------------------------
def test_the_best_width_is_chosen_by_the_pictures_given():
    def to_grey(picture, sigma, *, width):
        return picture + abs(width - 1.3)

    assert choose_option(to_grey, "width", [0.9, 1.2, 1.6], SQUARES, 1e-6, seed=0) == 1.2
    # the stronger the noise, the wider the blur
    widths = [0.4, 0.6, 0.8, 1.0, 1.4, 2.0]
    few, much = (choose_option(blur, "width", widths, SQUARES, s, seed=0) for s in (5.0, 50.0))
    assert few < much


def test_references_take_noise_out_and_are_chosen_on_other_pictures():
    names = ["gaussian_blur", "non_local_means"]
    train, clean = SQUARES[:4], SQUARES[4:]
    calls = []
    scores, shown, about = score_references(
        names, train, clean, sigmas=[25.0, 15.0], seed=0, shown=3,
        progress=lambda *told: calls.append(told),
    )  # fmt: skip
    means = scores.groupby(["sigma", "denoiser"])["psnr"].mean()
    for sigma in (15.0, 25.0):
        for name in names:
            assert means[sigma, name] > means[sigma, "noisy"] + 1
    assert set(shown) == {"clean", "noisy", *names}
    assert all(len(pictures) == 3 for pictures in shown.values())
    assert about["left_out"] == []
    assert set(about["chosen"]["gaussian_blur"]) == {"25", "15"}
    assert calls[-1][:2] == (20, 20)
    # held-out pictures change nothing of what is chosen
    _, _, again = score_references(names, train, clean[:1], sigmas=[25.0, 15.0], seed=0, shown=1)
    assert again["chosen"] == about["chosen"]


def test_non_local_means_is_told_how_strong_the_noise_is():
    picture = SQUARES[2].astype(float)
    assert np.abs(average_alike(picture, 0.01, strength=0.8) - picture).max() < 1
    assert average_alike(picture, 60.0, strength=1.0).std() < picture.std()


def test_without_its_package_bm3d_is_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "bm3d", None)  # then it cannot be imported
    scores, shown, about = score_references(
        ["gaussian_blur", "bm3d"], SQUARES, SQUARES[:2], sigmas=[25.0], seed=0, shown=1
    )
    assert about["left_out"] == ["bm3d"]
    assert "bm3d" not in set(scores["denoiser"]) | set(shown)
    metrics = summarise_denoisers(scores, {}, left_out=["bm3d"], dataset="d")
    assert metrics["bm3d"]["psnr_sigma_25"]["mean"] is None
    assert metrics["gaussian_blur"]["psnr_over_bm3d_sigma_25"]["mean"] is None
    titles = {"noisy": "noisy", "gaussian_blur": "blur", "bm3d": "BM3D"}
    table = denoisers_table(metrics, titles=titles, counts={}, sigmas=[25.0]).set_index("denoiser")
    assert table.loc["BM3D"].tolist().count(NOT_HERE) == 2
    assert table.loc["blur", [c for c in table if c.startswith("over BM3D")]].item() == NOT_HERE


def test_bm3d_takes_more_noise_out_than_the_blur():
    pytest.importorskip("bm3d")
    scores, _, about = score_references(
        ["gaussian_blur", "bm3d"], SQUARES, SQUARES[3:6], sigmas=[25.0], seed=0, shown=1
    )
    means = scores.groupby("denoiser")["psnr"].mean()
    assert about["left_out"] == []
    assert means["bm3d"] > means["gaussian_blur"] + 0.5


# --- summaries ------------------------------------------------------------------------------------
HISTORY = pd.DataFrame(
    {
        "step": [0, 10, 20, 30, 40],
        "epoch": [0.0, 1.0, 2.0, 3.0, 4.0],
        "loss": [math.nan, 1600.0, 900.0, 300.0, 100.0],
        "train_mse": [625.0, 1000.0, 500.0, 200.0, 100.0],
        "held_out_mse": [625.0, 1000.0, 400.0, 250.0, 300.0],
        "held_out_psnr": [20.2, 18.1, 22.1, 24.2, 23.4],
        "seconds": [0.0, 30.0, 60.0, 90.0, 120.0],
    }
)


def scores_of(values, training=0):
    return pd.DataFrame(
        [
            {
                "denoiser": name, "training": training, "sigma": 25.0, "picture": number,
                "psnr": value, "ssim": value / 100,
            }
            for name, listed in values.items()
            for number, value in enumerate(listed)
        ]
    )  # fmt: skip


def test_a_history_is_told_in_single_numbers():
    found = {name: each["mean"] for name, each in summarise_histories([HISTORY]).items()}
    assert found == {
        "mse_first_half": 1250.0,
        "mse_lowest": 100.0,
        "epoch_of_fall": 3.0,  # 300 is the first under sqrt(1600 * 100)
        "train_psnr": pytest.approx(20 * math.log10(25.5)),
        "held_out_psnr": 23.4,
        "held_out_over_train_mse": 3.0,
        "held_out_rise": 1.2,
        "training_minutes": 2.0,
    }
    short = summarise_histories([HISTORY.iloc[[0, 4]]])
    assert short["mse_first_half"]["mean"] is None


def test_trainings_have_an_interval_over_them_and_pictures_count_once():
    slower = HISTORY.assign(seconds=2 * HISTORY["seconds"])
    scores = [scores_of({"net": [30, 31, 32]}), scores_of({"net": [32, 31, 36]}, training=1)]
    learnt = [scores_of({"net": [33, 35]}), scores_of({"net": [35, 39]}, training=1)]
    metrics = summarise_denoisers(
        pd.concat(scores), {"net": [HISTORY, slower]}, left_out=[], dataset="d",
        learnt=pd.concat(learnt),
    )["net"]  # fmt: skip
    minutes = metrics["training_minutes"]
    assert (minutes["values"], minutes["mean"], minutes["seeds"]) == ([2.0, 4.0], 3.0, 2)
    half = stats.t.ppf(0.975, 1) * math.sqrt(2) / math.sqrt(2)
    assert minutes["high"] - minutes["mean"] == pytest.approx(half)
    psnr = metrics["psnr_sigma_25"]  # of 31, 31, 34
    assert (psnr["mean"], psnr["seeds"], psnr["unit"]) == (pytest.approx(32), 3, "pictures")
    assert psnr["high"] - psnr["mean"] == pytest.approx(4.302653, rel=1e-6)
    assert metrics["learnt_psnr_sigma_25"]["mean"] == pytest.approx(35.5)


def test_each_training_is_measured_and_the_first_is_shown():
    idle, doubling = nn.Identity(), Doubling()
    idle.weight = nn.Parameter(torch.tensor(1.0))
    scores, shown = score_networks(
        {"net": [idle, doubling]}, SQUARES, sigmas=[25.0], seed=0, shown=1
    )
    noisy = noisy_held_out(SQUARES, 25.0, seed=0)
    for training, factor in enumerate((1, 2)):
        wanted = compare_pictures(SQUARES, (factor * noisy).clip(0, 255))
        own = scores[scores["training"] == training]
        np.testing.assert_allclose(own["psnr"], wanted["psnr"], atol=1e-4)
    np.testing.assert_array_equal(shown["net"], noisy[:1].clip(0, 255).round().astype("uint8"))


def test_differences_are_taken_picture_by_picture():
    scores = scores_of({"noisy": [20, 21, 19], "bm3d": [29, 33, 28], "net": [30, 31, 32]})
    metrics = summarise_denoisers(scores, {"net": [HISTORY]}, left_out=[], dataset="d")
    over = metrics["net"]["psnr_over_bm3d_sigma_25"]
    assert over["mean"] == pytest.approx(1)
    # of 1, -2, 4: Student with two degrees of freedom
    assert over["high"] - over["mean"] == pytest.approx(4.302653 * 3 / math.sqrt(3), rel=1e-6)
    assert (over["seeds"], over["unit"]) == (3, "pictures")
    assert metrics["bm3d"]["psnr_over_noisy_sigma_25"]["mean"] == pytest.approx(10)
    assert metrics["net"]["ssim_sigma_25"]["mean"] == pytest.approx(0.31)
    assert "training_minutes" not in metrics["bm3d"]
    learnt = scores_of({"net": [33, 35]})
    metrics = summarise_denoisers(
        scores, {"net": [HISTORY]}, left_out=[], dataset="d", learnt=learnt
    )
    assert "own_gain_sigma_25" not in metrics["net"]
    sizes = sizes_table(metrics, {"net": 150}, 25.0)
    assert sizes.loc[0, ["pictures", "mean", "learnt"]].tolist() == [150, 31, 34]
    assert quality_of(metrics, {"bm3d": "BM3D"}, 25.0) == {"BM3D": 30}


def test_what_a_network_gains_on_its_own_pictures_is_beside_another_with_more():
    held_out = scores_of({"noisy": [20, 20, 20], "few": [30, 31, 29], "many": [31, 31, 31]})
    # picture 2 is much easier, for both: that is no overfitting
    learnt = scores_of({"few": [33, 35, 43], "many": [31, 32, 41, 29]})
    metrics = summarise_denoisers(
        held_out, {"few": [HISTORY], "many": [HISTORY]}, left_out=[], dataset="d",
        learnt=learnt, counts={"few": 3, "many": 4},
    )  # fmt: skip
    gain = metrics["few"]["own_gain_sigma_25"]
    # 2, 3, 2 on its own, -1, 0, -2 on held-out ones
    assert gain["mean"] == pytest.approx(7 / 3 + 1)
    # Welch by hand: variances of the means 1/9 and 1/3
    freedom = (1 / 9 + 1 / 3) ** 2 / ((1 / 9) ** 2 / 2 + (1 / 3) ** 2 / 2)
    half = stats.t.ppf(0.975, freedom) * math.sqrt(1 / 9 + 1 / 3)
    assert gain["high"] - gain["mean"] == pytest.approx(half)
    assert metrics["many"]["own_gain_sigma_25"]["mean"] is None


def test_claims_are_judged_by_them():
    scores = scores_of({"noisy": [20, 21, 19], "net": [29, 29, 26]})
    metrics = summarise_denoisers(scores, {"net": [HISTORY]}, left_out=["bm3d"], dataset="d")
    claim = {
        "id": "a", "source": "s", "document_value": None, "model": "denoising", "target": "net",
        "metric": "psnr_over_noisy_sigma_25", "better": "higher", "at_least": 7.5, "comment": "c.",
    }  # fmt: skip
    claims = [
        claim,
        {**claim, "at_least": 8.5},
        {**claim, "metric": "psnr_over_bm3d_sigma_25"},
        {**claim, "metric": "training_minutes", "document_value": 37.43, "better": "lower"},
    ]
    del claims[3]["at_least"]
    table = judge_claims(claims, {"denoising": metrics}, stand_ins={})
    assert table["verdict"].tolist() == ["reproduced", "differs", "cannot be had", "better"]
    assert table["seeds"].tolist()[::3] == ["3 pictures", "1 training"]
    made_here = judge_claims(claims[:1], {"denoising": metrics}, stand_ins={"d": "squares"})
    assert made_here["verdict"].tolist() == ["cannot be had"]


def test_the_table_tells_weights_minutes_gates_and_intervals():
    scores = scores_of({"noisy": [20, 21, 19], "bm3d": [29, 33, 28], "net": [30, 31, 32]})
    metrics = summarise_denoisers(scores, {"net": [HISTORY]}, left_out=[], dataset="d")
    metrics["net"]["network"] = {"weights": 1234, "gates": [0.5] * 5, "learnt_gates": False}
    titles = {"noisy": "noisy input", "idle": "not here", "bm3d": "BM3D", "net": "a network"}
    table = denoisers_table(metrics, titles=titles, counts={"net": 3500}, sigmas=[25.0])
    assert table["denoiser"].tolist() == ["noisy input", "BM3D", "a network"]
    row = table.iloc[2]
    assert row["weights"] == "1,234"
    assert row["training pictures"] == "3,500"
    assert row["training"] == "2 min"
    assert row.iloc[-1] == "stated: 0.5"
    assert row.filter(like="PSNR").item().startswith("31 (28.5")
    metrics["net"]["network"] |= {"gates": [0.25, 0.5, 0.5, 0.5, 0.75], "learnt_gates": True}
    table = denoisers_table(metrics, titles=titles, counts={"net": 3500}, sigmas=[25.0])
    assert table.iloc[2, -1] == "learnt: 0.25, 0.5, 0.5, 0.5, 0.75"


# --- figures --------------------------------------------------------------------------------------
def test_rows_have_a_label_a_denoiser_and_the_psnr_of_each_picture():
    pictures = dict.fromkeys(("clean", "noisy", "net"), SQUARES[:2])
    scores = scores_of({"noisy": [20, 21, 19], "net": [30.04, 31.06, 32]})
    rows = arrange_denoised(
        pictures, scores, titles={"noisy": "noisy input", "net": "a network of this project"},
        sigma=25.0, names=["bm3d", "net"],
    )  # fmt: skip
    assert [label for label, _ in rows] == [
        "clean",
        "noisy input\n\N{GREEK SMALL LETTER SIGMA} = 25",
        "a network of\nthis project",
    ]
    assert [caption for caption, _ in rows[2][1]] == ["30.0 dB", "31.1 dB"]
    assert rows[0][1][0][0] == ""


def test_curves_show_both_parts_the_noise_and_what_is_stated():
    figure = draw_denoising_curves(
        {"a": [HISTORY], "b": [HISTORY]},
        titles={"a": "A", "b": "B"},
        noisy_mse={"a": 625.0, "b": 900.0},
        stated={"the document": 2500},
    )
    first, second = figure.axes
    assert first.get_title(loc="left") == "A"
    assert first.get_yscale() == "log"
    drawn = {tuple(np.unique(line.get_ydata())) for line in first.lines}
    assert (625.0,) in drawn
    assert (2500,) in drawn
    assert tuple(np.unique(HISTORY["held_out_mse"])) in drawn
    assert (900.0,) in {tuple(np.unique(line.get_ydata())) for line in second.lines}
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "noisy input itself",
        "training pictures",
        "held-out pictures",
    ]


def test_sizes_are_drawn_in_their_order_beside_levels():
    sizes = pd.DataFrame(
        {"pictures": [500, 50], "mean": [31, 29], "low": [30, 28], "high": [32, 30],
         "learnt": [31.5, 33]}
    )  # fmt: skip
    levels = {"noisy input": 20.2, "BM3D": math.nan}
    figure = draw_training_sizes(sizes, levels, sigma=25.0)
    (axes,) = figure.axes
    train, held_out, noisy = axes.lines
    assert train.get_xdata().tolist() == held_out.get_xdata().tolist() == [50, 500]
    assert held_out.get_ydata().tolist() == [29, 31]
    assert np.unique(noisy.get_ydata()).tolist() == [20.2]
