"""A studio as people start it, with networks trained here in seconds, and a real browser."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image
from visits import ROOT, SECONDS


@dataclass
class Studio:
    """A studio that runs in a process of its own."""

    url: str
    temporary: Path
    process: subprocess.Popen
    log: Path

    def folders(self) -> list[Path]:
        """Private folders of this studio, and of those before it in the same place."""
        return list(self.temporary.glob("convatlas-studio-*"))

    def files(self) -> list[Path]:
        """Every file of any visitor's."""
        return [path for path in self.temporary.glob("*/visitors/*/**/*") if path.is_file()]

    def wait_until(self, holds, seconds=SECONDS) -> bool:
        end = time.monotonic() + seconds
        while not (found := holds()) and time.monotonic() < end:
            time.sleep(0.1)
        return bool(found)


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """Results with a LeNet-5 of scikit-learn's digits, a small GAN, and networks that restyle."""
    from convatlas.data.embedded import embedded_mnist
    from convatlas.data.splits import Part
    from convatlas.models.gan_files import save_snapshots
    from convatlas.models.registry import build_model, save_weights
    from convatlas.stylization.loading import build_network
    from convatlas.training.adversarial import train_pair
    from convatlas.training.adversarial_settings import AdversarialSettings
    from convatlas.training.supervised import FitSettings, fit_classifier

    results = tmp_path_factory.mktemp("run") / "results"
    images, labels = embedded_mnist()
    part = Part(images, labels, np.arange(len(labels)))
    model = build_model("lenet.LeNet5", seed=0)
    settings = FitSettings(epochs=10, batch_size=50, learning_rate=0.003)
    fit_classifier(model, train=part, monitor=part, settings=settings, seed=0)
    save_weights(model, results / "models" / "lenet5" / "0" / "weights.pt", network="lenet.LeNet5")

    options = {"latent_dim": 100, "channels": 64}  # as the config's, of which there is no other yet
    pair = build_model("dcgan.DCGAN", seed=0, options=options)
    few = AdversarialSettings(epochs=1, batch_size=32)
    snapshots = train_pair(pair, images=images[:160], settings=few, snapshots=(1,), seed=0)
    kept = snapshots.snapshots
    save_snapshots(results / "gans" / "dcgan" / "0" / "snapshots.pt", kept, network="dcgan.DCGAN")

    # weights as drawn: what is tested is the way of a picture, which does not depend on them
    network = build_network("stylizer", {})
    save_weights(network, results / "stylizers" / "arbitrary" / "weights.pt", network="stylizer")
    return results


@contextlib.contextmanager
def start_studio(folder, results):
    """Start the studio by its own tool, without a mirror or a cache; end it as a terminal does."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "TMPDIR": str(temporary), "CONVATLAS_CACHE": str(folder / "cache")}
    environment.pop("CONVATLAS_MIRROR", None)
    command = [sys.executable, str(ROOT / "tools" / "studio.py"), "--port", str(port)]
    log = folder / "studio.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--results", str(results)],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Studio(f"http://127.0.0.1:{port}", temporary, process, log)
    try:
        assert running.wait_until(lambda: answers(running), SECONDS), log.read_text()
        yield running
    finally:
        process.terminate()
        process.wait(SECONDS)


@pytest.fixture(scope="session")
def studio(trained, tmp_path_factory):
    """A studio for all tests."""
    with start_studio(tmp_path_factory.mktemp("studio"), trained) as running:
        yield running
    assert not running.folders(), "the private folder is to go at the end"


@pytest.fixture
def start(trained, tmp_path):
    """Start a studio of the test's own."""
    return lambda: start_studio(tmp_path, trained)


def answers(studio: Studio) -> bool:
    assert studio.process.poll() is None, studio.log.read_text()
    try:
        return requests.get(studio.url, timeout=SECONDS).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def page(browser, studio):
    """A page of the studio, which asks this machine alone and says no error."""
    yield from open_page(browser, studio, viewport={"width": 1280, "height": 900})


@pytest.fixture
def phone(browser, studio):
    """The same on a phone."""
    size = {"width": 390, "height": 844}
    yield from open_page(browser, studio, viewport=size, has_touch=True, is_mobile=True)


def open_page(browser, studio, **options):
    context = browser.new_context(**options)
    context.set_default_timeout(1000 * SECONDS)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else 0)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.said = said
    page.goto(studio.url)
    page.wait_for_selector(".sheet canvas")
    page.wait_for_function("document.querySelector('#reader input')?.value")
    yield page
    context.close()
    own = (studio.url, f"blob:{studio.url}", "data:")
    assert not [url for url in asked if not url.startswith(own)]
    assert not said


@pytest.fixture(scope="session")
def photograph(tmp_path_factory) -> Path:
    """A photograph under an awkward name."""
    from convatlas.data.pan import sample_photographs

    path = tmp_path_factory.mktemp("given") / "..; rm -rf ~ & 'été'.jpg"
    Image.fromarray(sample_photographs()[0]).resize((256, 170)).save(path, format="JPEG")
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """Two seconds with sound."""
    from convatlas.data.pan import chord, pan_frames
    from convatlas.video.make import make_clip

    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    make_clip(pan_frames(24, width=96, height=64), 12, chord(2), path)
    return path
