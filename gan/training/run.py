"""A training run: begins or continues, checkpoints, logs, draws grids, stops cleanly."""

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
from gan.dataset.files import Dataset
from gan.methods import method_module
from gan.training.batches import Batches, on_white
from gan.training.checkpoint import (
    Checkpoint,
    checkpoints_in,
    last_checkpoint,
    restore,
    save_checkpoint,
    set_aside,
)
from gan.training.grid import tile, to_uint8
from gan.training.machine import choose_dtype_policy
from gan.training.method import Method
from gan.training.options import TrainingOptions, check_continues, read_options, write_options

GRID_SEED = 7
GRID_PICTURES = 160
LOG_EVERY = 25  # steps


class TrainingFailed(NonesuchError):
    """A run that cannot go on: its numbers are no longer finite."""


@dataclass
class Progress:
    """How far a run is."""

    step: int = 0
    seconds: float = 0.0  # trained, over all sessions


class Run:
    """One run in a folder; `train` goes on until the recipe's length or a signal."""

    def __init__(
        self,
        folder: Path,
        dataset: Dataset,
        options: TrainingOptions,
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
        keras.utils.set_random_seed(options.seed)
        self.batches = Batches(
            dataset,
            options.seed,
            options.leave_out_styles,
            options.no_mirror,
            options.picture_channels,
        )
        self.method: Method = method_module(options.method).build(
            options, dataset, policy, folder.parent.parent if home is None else home, echo
        )
        self.progress = Progress()
        self._continue_from_last()
        folder.mkdir(parents=True, exist_ok=True)
        write_options(folder, options)

    def _state(self) -> dict[str, tf.Variable]:
        """Every variable of the run under a stable name."""
        return {
            f"{part}/{i:03d}": variable
            for part, variables in self.method.variables().items()
            for i, variable in enumerate(variables)
        }

    def _continue_from_last(self) -> None:
        found = last_checkpoint(self.folder, self.echo)
        if found is not None:
            path, checkpoint = found
            restore(self._state(), checkpoint, path)
            self.progress = Progress(checkpoint.about["step"], checkpoint.about["seconds"])
            self.echo(f"continuing at {self.kimg:.1f} kimg from {path.name}")
        for path in checkpoints_in(self.folder):
            if found is None or path > found[0]:
                set_aside(path)

    @property
    def kimg(self) -> float:
        """Thousands of real pictures seen."""
        return self.progress.step * self.options.batch / 1000

    def save(self) -> Path:
        """Write a checkpoint now. Raises `TrainingFailed` when a number is not finite."""
        about = {
            "recipe": self.options.recipe,
            "dataset": self.dataset.name,
            "step": self.progress.step,
            "pictures_seen": self.progress.step * self.options.batch,
            "seconds": self.progress.seconds,
        }
        arrays = {name: np.asarray(variable) for name, variable in self._state().items()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise self._not_finite("weights")
        return save_checkpoint(self.folder, self.progress.step, Checkpoint(arrays, about))

    def train(self, minutes: float | None = None, checkpoint_minutes: float = 10.0) -> None:
        """Train until ``total_kimg``, until ``minutes`` have passed, or SIGINT or SIGTERM."""
        options = self.options
        writer = tf.summary.create_file_writer(str(self.folder / "tensorboard"))
        stopped: list[int] = []
        before = {
            s: signal.signal(s, lambda number, _: stopped.append(number))
            for s in (signal.SIGINT, signal.SIGTERM)
        }
        last_save = started = last = time.monotonic()
        logged, logged_step = started, self.progress.step
        steps = math.ceil(options.total_kimg * 1000 / options.batch)
        bar = tqdm(total=steps, initial=self.progress.step, unit="step", disable=None)
        try:
            while self.progress.step < steps and not stopped:
                metrics = self._one_step()
                now = time.monotonic()
                self.progress.seconds += now - last
                last = now
                bar.update()
                if self.progress.step % LOG_EVERY == 0:
                    rate = (self.progress.step - logged_step) * options.batch / (now - logged)
                    self._log(writer, metrics, rate)
                    logged, logged_step = now, self.progress.step
                if now - last_save > checkpoint_minutes * 60:
                    self.save()
                    self.draw_grid()
                    last_save = last = time.monotonic()
                if minutes is not None and now - started > minutes * 60:
                    break
            self.save()
            self.draw_grid()
        finally:
            bar.close()
            writer.close()
            for number, handler in before.items():
                signal.signal(number, handler)
        state = "stopped" if self.progress.step < steps else "finished"
        self.echo(f"{state} at {self.kimg:.1f} kimg, {self.progress.seconds / 60:.0f} min trained")

    def _one_step(self) -> dict[str, tf.Tensor]:
        batch = self.batches.draw(self.progress.step, self.options.batch)
        metrics = self.method.step(self.progress.step, batch, self.kimg)
        self.progress.step += 1
        return metrics

    def _not_finite(self, what: str) -> TrainingFailed:
        saved = checkpoints_in(self.folder)
        return TrainingFailed(
            f"the {what} are no longer finite at {self.kimg:.1f} kimg",
            f"the last good checkpoint is {saved[-1]}; lower the learning rate"
            if saved
            else "no checkpoint was written yet; lower the learning rate",
        )

    def _log(
        self, writer: tf.summary.SummaryWriter, metrics: dict[str, tf.Tensor], rate: float
    ) -> None:
        values = {name: float(value) for name, value in metrics.items()}
        if not all(math.isfinite(value) for value in values.values()):
            raise self._not_finite("losses")
        values["images_per_second"] = rate
        with writer.as_default(step=self.progress.step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        row = {"step": self.progress.step, "kimg": round(self.kimg, 3), **values}
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def draw_grid(self) -> Path:
        """Draw the same latents and labels at every call, by the EMA generator; return the path.

        The file is grid-<step>.png in the run's folder.
        """
        random = np.random.RandomState(GRID_SEED)
        networks = self.method.networks
        latent = random.standard_normal((GRID_PICTURES, networks.latent)).astype(np.float32)
        categories = np.arange(GRID_PICTURES) // 2 % networks.categories
        trained = [
            i for i, s in enumerate(self.dataset.styles) if s not in self.options.leave_out_styles
        ]
        styles = random.choice(trained, GRID_PICTURES)
        pictures = self.method.ema.predict(
            [
                latent,
                np.eye(networks.categories, dtype=np.float32)[categories],
                np.eye(networks.styles, dtype=np.float32)[styles],
            ],
            batch_size=32,
            verbose=0,
        )
        path = self.folder / f"grid-{self.progress.step:09d}.png"
        levels = to_uint8(pictures)
        tile(on_white(levels) if levels.shape[-1] == 4 else levels, 16).save(path)
        return path
