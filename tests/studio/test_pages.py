"""What a visitor does, in a real browser: draw, drop, make, stop, look."""

import re

import av
import numpy as np
import pytest
from PIL import Image
from visits import drag_finger, draw


def open_tab(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def hand_in(page, where, path):
    page.locator(f"{where} input[type=file]").set_input_files(path)


def width_of(page):
    # a phone's window grows with what does not fit: only the page's own width tells
    return page.evaluate("document.documentElement.scrollWidth")


def test_a_drawn_seven_is_read_as_seven_beside_its_mnist_form(page):
    draw(page)
    assert page.wait_for_selector("[data-digit]").get_attribute("data-digit") == "7"
    form = page.locator("#digit-answer figure img")
    size = form.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [28, 28]
    counts = [row.locator("img").count() for row in page.locator("#digit-maps .row").all()]
    assert counts == [6, 6, 16, 16]
    shares = page.locator("table.bars td:last-child").all_inner_texts()
    assert sum(float(share.split()[0]) for share in shares) == pytest.approx(100, abs=0.6)
    page.get_by_role("button", name="Clear the sheet").click()
    page.wait_for_selector("[data-digit]", state="detached")


def test_a_finger_draws_on_a_phone_and_nothing_is_wider_than_it(phone):
    drag_finger(phone)
    assert phone.wait_for_selector("[data-digit]").get_attribute("data-digit") == "7"
    sheet, answer = (phone.locator(one).bounding_box() for one in (".sheet", "#digit-answer"))
    network = phone.locator("#reader").bounding_box()
    assert sheet["y"] < answer["y"] < network["y"]
    for name in ("Digit", "Picture", "Video", "GAN", "Results"):
        tab = phone.get_by_role("tab", name=name, exact=True)
        if not tab.is_visible():  # those that find no room are in a menu
            phone.locator(".overflow-menu button").first.click()
            tab = phone.locator(".overflow-dropdown button", has_text=name)
        tab.click()
        assert width_of(phone) <= 390, name


def test_a_picture_of_a_digit_is_read_and_one_of_nothing_says_so(page, tmp_path):
    from convatlas.data.embedded import embedded_mnist

    images, labels = embedded_mnist()
    three = int(np.flatnonzero(labels == 3)[0])
    path = tmp_path / "three.png"
    Image.fromarray(255 - images[three]).resize((200, 200)).save(path)
    hand_in(page, "#digit-picture", path)
    assert page.wait_for_selector("[data-digit]").get_attribute("data-digit") == "3"
    Image.new("RGB", (90, 90), "grey").save(path)
    page.locator("#digit-picture").get_by_label(re.compile("remove|clear", re.IGNORECASE)).click()
    hand_in(page, "#digit-picture", path)
    page.wait_for_selector("#digit-answer .told.error")
    assert "no digit" in page.locator("#digit-answer").inner_text().lower()


def test_a_picture_dropped_is_a_picture_got_and_gone_after(page, studio, photograph):
    before = set(studio.files())
    open_tab(page, "Picture")
    hand_in(page, "#photograph", photograph)
    page.wait_for_selector("#photograph img")
    (file,) = set(studio.files()) - before
    assert file.name == "upload.jpg"
    page.locator("#make-picture").click()
    page.wait_for_selector("#picture-slider img")
    with page.expect_download() as got:
        page.locator("#picture-download").click()
    made = Image.open(got.value.path())
    given = Image.open(photograph)
    assert made.size == given.size
    assert made.text["Software"] == "Convatlas"
    assert np.abs(np.asarray(made).astype(int) - np.asarray(given)).mean() > 5
    page.close()
    assert studio.wait_until(lambda: not set(studio.files()) - before)


def test_a_clip_comes_back_as_long_and_with_its_sound(page, clip):
    from convatlas.video.probe import probe_clip

    open_tab(page, "Video")
    hand_in(page, "#clip", clip)
    page.wait_for_function("document.querySelector('#original video')?.videoWidth === 96")
    page.locator("#make-video").click()
    page.wait_for_function("document.querySelector('#restyled video')?.videoWidth === 96")
    with page.expect_download() as got:
        page.locator("#video-download").click()
    made, given = probe_clip(got.value.path()), probe_clip(clip)
    assert (made.frames, made.width, made.height) == (24, 96, 64)
    assert made.sounds[0].packets == given.sounds[0].packets
    assert float(made.sounds[0].duration) == pytest.approx(2, abs=0.05)
    with av.open(str(got.value.path())) as opened:
        loud = max(np.abs(frame.to_ndarray()).max() for frame in opened.decode(audio=0))
    assert loud > 0.02


def test_a_long_job_tells_how_far_it_is_and_stops_when_told(page, photograph):
    open_tab(page, "Picture")
    hand_in(page, "#photograph", photograph)
    page.wait_for_selector("#photograph img")
    page.get_by_label("Style by optimisation (Gatys)").check()
    page.locator("#make-picture").click()
    bar = page.wait_for_selector("#picture-status [role=progressbar]")
    assert 0 <= float(bar.get_attribute("aria-valuenow")) < 100
    page.locator("#stop-picture").click()
    page.wait_for_selector("#picture-status >> text=Stopped.")
    # the device is free again
    page.get_by_label("Any style").check()
    page.locator("#make-picture").click()
    page.wait_for_selector("#picture-slider img")


def test_a_corrupt_file_says_so_and_leaves_nothing(page, studio, photograph, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(photograph.read_bytes()[:700])
    before = set(studio.files())
    open_tab(page, "Picture")
    hand_in(page, "#photograph", broken)
    page.wait_for_selector("text=damaged and cannot be read")
    assert not set(studio.files()) - before
    assert any("415" in words for words in page.said)
    page.said.clear()


def test_the_gan_page_walks_and_judges(page):
    open_tab(page, "GAN")
    page.wait_for_selector("#grid figure")
    verdicts = page.locator("#grid figcaption").all_inner_texts()
    assert len(verdicts) == 40
    assert all(re.fullmatch(r"(real|fake) \d+ %", verdict) for verdict in verdicts)
    large = page.locator("#walk figure img")
    before = large.get_attribute("src")
    page.locator("#share input[type=range]").fill("1")
    page.wait_for_function(
        "before => document.querySelector('#walk figure img').src !== before", arg=before
    )
    last = page.locator("#walk .row img").last.get_attribute("src")
    assert large.get_attribute("src") == last  # at the end of the way stands its last digit


def test_without_a_report_the_page_says_what_makes_one(page):
    open_tab(page, "Results")
    assert "make demo" in page.locator("#results").inner_text()
