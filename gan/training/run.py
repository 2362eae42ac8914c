"""A training run: begins or continues, checkpoints, logs, draws grids, stops cleanly."""

import io
import json
import math
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from core.errors import NonesuchError
from core.files import write_durably
from gan.batches.labelled import Draws
from gan.dataset.files import Dataset
from gan.machine import choose_dtype_policy
from gan.methods import method_module
from gan.methods.method import BuildsOn, Method, ShowsSamples, WarmStarts, state_of
from gan.methods.recorded import check_continues, read_options, write_options
from gan.networks.generator import all_inputs, draw_latents, width_of
from gan.networks.standing import standing_statistics
from gan.pixels import on_white, tile, to_uint8
from gan.runs.checkpoint import (
    Checkpoint,
    checkpoints_in,
    last_checkpoint,
    numbers_of,
    restore,
    save_checkpoint,
    set_aside,
)
from gan.runs.options import BadOptions, RunOptions
from gan.training.collapse import CollapseWatch, diversity

GRID_SEED = 7
GRID_PICTURES = 160
LOG_EVERY = 25  # steps
LOG_SECONDS = 20.0  # at most, between rows


class TrainingFailed(NonesuchError):
    """A run that cannot go on: not finite, collapsed, or the disk is full."""


@dataclass
class RunProgress:
    """How far a run is."""

    step: int = 0
    seconds: float = 0.0  # trained, over all sessions


class Run:
    """One run in a folder; `train` goes on until the recipe's length or a signal."""

    def __init__(
        self,
        folder: Path,
        dataset: Dataset,
        options: RunOptions,
        echo: Callable[[str], None],
        policy: str | None = None,
        home: Path | None = None,
    ) -> None:
        """Begin a run, or continue the one in ``folder``.

        ``policy``: the Keras dtype policy to compute under; what is fastest here when None.
        Variables, the EMA generator and checkpoints are float32 under all of them. ``home`` keeps
        pretrained weights; the folder that holds the runs' folder when None. Raises
        `BadOptions`, `BadDataset`, `BadNetwork` or `BadCheckpoint`.
        """
        if policy is None:
            policy = choose_dtype_policy(gpus=len(tf.config.list_physical_devices("GPU")))
        begun = read_options(folder)
        if begun is not None:
            check_continues(begun, options, folder)
        self.folder, self.dataset, self.options, self.echo = folder, dataset, options, echo
        self._data = dataset.digest()
        keras.utils.set_random_seed(options.seed)
        self.batches: Draws = options.batches(dataset)
        home = folder.parent.parent if home is None else home
        self.method: Method = method_module(options.method).build(
            options, dataset, policy, home, echo
        )
        self.progress = RunProgress()
        self._watch = CollapseWatch(diversity(self.batches.draw(0, 256).pictures))
        self._continue_from_last(home)
        folder.mkdir(parents=True, exist_ok=True)
        write_options(folder, options)

    def _continue_from_last(self, home: Path) -> None:
        found = last_checkpoint(self.folder, self.echo)
        if found is not None:
            path, checkpoint = found
            self._check_data(checkpoint)
            restore(state_of(self.method), checkpoint, path)
            self.progress = RunProgress(checkpoint.about["step"], checkpoint.about["seconds"])
            if isinstance(self.method, BuildsOn):  # as it was when this run began
                self.method.made_from = checkpoint.about["made_from"]
            self.echo(f"continuing at {self.kimg:.1f} kimg from {path.name}")
        elif isinstance(self.method, WarmStarts):
            self.method.warm_start(home, self.echo)
        for path in checkpoints_in(self.folder):
            if found is None or path > found[0]:
                set_aside(path)

    def _check_data(self, checkpoint: Checkpoint) -> None:
        """Raise `BadOptions` where the run was begun on other pictures."""
        if checkpoint.about.get("data", self._data) != self._data:  # older ones do not say
            raise BadOptions(
                f"the data set {self.dataset.name} was made anew since the run in {self.folder} "
                "began, from other pictures or with other options",
                "begin another run with --run NAME, or make the data set as it was",
            )

    @property
    def kimg(self) -> float:
        """Thousands of real pictures seen."""
        return self.options.pictures_seen(self.progress.step) / 1000

    def save(self) -> Path:
        """Write a checkpoint now. Raises `TrainingFailed` when a number is not finite."""
        about = {
            "recipe": self.options.recipe,
            "dataset": self.dataset.name,
            "data": self._data,
            "step": self.progress.step,
            "pictures_seen": self.options.pictures_seen(self.progress.step),
            "seconds": self.progress.seconds,
        }
        if isinstance(self.method, BuildsOn):
            about["made_from"] = self.method.made_from
        arrays = numbers_of(state_of(self.method))
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise self._not_finite("weights")
        return save_checkpoint(self.folder, self.progress.step, Checkpoint(arrays, about))

    def train(
        self,
        minutes: float | None = None,
        checkpoint_minutes: float = 10.0,
        grid_minutes: float | None = None,
    ) -> None:
        """Train until ``total_kimg``, until ``minutes`` have passed, or SIGINT or SIGTERM.

        Grids are drawn as often as checkpoints are written unless ``grid_minutes`` is given.
        Raises `TrainingFailed`; the last good checkpoint is kept.
        """
        options = self.options
        writer = tf.summary.create_file_writer(str(self.folder / "tensorboard"))
        stopped: list[int] = []
        before = {
            s: signal.signal(s, lambda number, _: stopped.append(number))
            for s in (signal.SIGINT, signal.SIGTERM)
        }
        last_save = last_grid = started = last = time.monotonic()
        grid_minutes = checkpoint_minutes if grid_minutes is None else grid_minutes
        logged, logged_kimg, begun = started, self.kimg, self.kimg
        steps = options.steps()
        bar = tqdm(
            total=options.pictures_seen(steps), initial=round(begun * 1000), unit="img",
            unit_scale=True, disable=None,
        )  # fmt: skip
        try:
            while self.progress.step < steps and not stopped:
                metrics = self._one_step()
                now = time.monotonic()
                self.progress.seconds += now - last
                last = now
                bar.update(round(self.kimg * 1000) - bar.n)
                if self.progress.step % LOG_EVERY == 0 or now - logged > LOG_SECONDS:
                    rate = 1000 * (self.kimg - logged_kimg) / (now - logged)
                    self._log(writer, metrics, rate)
                    logged, logged_kimg = now, self.kimg
                if now - last_grid > grid_minutes * 60:
                    self.draw_grid(writer)
                    if bar.disable:
                        self.echo(self._how_far(now - started, begun, minutes))
                    last_grid = last = time.monotonic()
                if now - last_save > checkpoint_minutes * 60 and not self._watch.is_suspicious:
                    self.save()
                    last_save = last = time.monotonic()
                if minutes is not None and now - started > minutes * 60:
                    break
            self.save()
            self.draw_grid(writer)
        except OSError as error:
            raise TrainingFailed(
                f"nothing could be written at {self.kimg:.1f} kimg ({error.strerror})",
                f"{self._last_good()}; make room, then give the same command again",
            ) from error
        finally:
            bar.close()
            writer.close()
            for number, handler in before.items():
                signal.signal(number, handler)
        state = "stopped" if self.progress.step < steps else "finished"
        self.echo(f"{state} at {self.kimg:.1f} kimg, {self.progress.seconds / 60:.0f} min trained")

    def _how_far(self, seconds: float, begun_kimg: float, minutes: float | None) -> str:
        rate = (self.kimg - begun_kimg) / seconds
        left_min = (self.options.total_kimg - self.kimg) / rate / 60
        if minutes is not None:
            left_min = min(left_min, max(0.0, minutes - seconds / 60))
        return (
            f"{self.kimg:.1f} of {self.options.total_kimg:g} kimg, {rate * 1000:.3g} images/s, "
            f"{left_min // 60:.0f} h {left_min % 60:02.0f} min left"
        )

    def _one_step(self) -> dict[str, tf.Tensor]:
        step = self.progress.step
        count = self.options.pictures_seen(step + 1) - self.options.pictures_seen(step)
        metrics = self.method.step(step, self.batches.draw(step, count), self.kimg)
        self.progress.step += 1
        return metrics

    def _last_good(self) -> str:
        saved = checkpoints_in(self.folder)
        if not saved:
            return "no checkpoint was written yet"
        return f"the last good checkpoint is {saved[-1]}"

    def _not_finite(self, what: str) -> TrainingFailed:
        return TrainingFailed(
            f"the {what} are no longer finite at {self.kimg:.1f} kimg",
            f"{self._last_good()}; begin anew with --run NAME and {self.options.advice}",
        )

    def _log(
        self, writer: tf.summary.SummaryWriter, metrics: dict[str, tf.Tensor], rate: float
    ) -> None:
        values = {name: float(value) for name, value in metrics.items()}
        if not all(math.isfinite(value) for value in values.values()):
            raise self._not_finite("losses")
        self._watch.see(values.get("diversity", math.inf))
        if self._watch.has_collapsed:
            raise TrainingFailed(
                f"the generator draws one picture only at {self.kimg:.1f} kimg: diversity "
                f"{values['diversity']:.4f}",
                f"{self._last_good()}; begin anew with --run NAME and {self.options.advice}",
            )
        values["images_per_second"] = rate
        with writer.as_default(step=self.progress.step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        row = {"step": self.progress.step, "kimg": round(self.kimg, 3), **values}
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def draw_grid(self, writer: tf.summary.SummaryWriter | None = None) -> Path:
        """Draw the same samples at every call; return the path of the picture.

        The file is grid-<step>.png in the run's folder; ``writer`` shows it in TensorBoard too.
        """
        shows = self.method.samples if isinstance(self.method, ShowsSamples) else self._drawn
        image = tile(shows(self.dataset), 16)
        if writer is not None:
            with writer.as_default(step=self.progress.step):
                tf.summary.image("samples", np.asarray(image)[None])
        path = self.folder / f"grid-{self.progress.step:09d}.png"
        file = io.BytesIO()
        image.save(file, "PNG")
        write_durably(path, file.getvalue())
        return path

    def _drawn(self, dataset: Dataset) -> np.ndarray:
        """Return pictures of the same latents and labels at every call, uint8 [N, H, W, 3]."""
        random = np.random.RandomState(GRID_SEED)
        spec = self.method.networks
        latents = draw_latents(spec.inputs, GRID_PICTURES, random, cut=None)
        trained = [
            i for i, s in enumerate(dataset.styles) if s not in self.options.leave_out_styles
        ]
        labels = {
            "category": np.arange(GRID_PICTURES) // 2 % max(1, width_of(spec, "category")),
            "choice": random.choice(trained, GRID_PICTURES),
        }
        given = all_inputs(spec.inputs, latents, labels, np.ones(GRID_PICTURES))
        with standing_statistics(self.method.ema, spec) as generator:
            parts = [
                spec.picture(generator, {name: v[i : i + 32] for name, v in given.items()})
                for i in range(0, GRID_PICTURES, 32)
            ]
        levels = to_uint8(np.concatenate([np.asarray(part, np.float32) for part in parts]))
        return on_white(levels) if levels.shape[-1] == 4 else levels
