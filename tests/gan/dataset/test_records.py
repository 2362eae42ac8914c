"""TFRecord files: what they hold is read, what is wrong with them is one line."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from click.testing import Result
from PIL import Image

from gan.dataset.files import BadDataset, read_dataset
from gan.dataset.folder import FolderOptions
from gan.dataset.records import build_records_dataset

OPTIONS = FolderOptions(16)


def picture(i: int, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 30), (10 * i, 40, 90)).save(file, kind)
    return file.getvalue()


def text(value: str | bytes) -> tf.train.Feature:
    data = value if isinstance(value, bytes) else value.encode()
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[data]))


def write(path: Path, examples: list[dict[str, tf.train.Feature]], packed: bool = False) -> Path:
    options = tf.io.TFRecordOptions("GZIP" if packed else "")
    with tf.io.TFRecordWriter(str(path), options) as writer:
        for features in examples:
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_pictures_and_categories_are_read(packed: bool, tmp_path: Path) -> None:
    examples = [
        {
            "image/encoded": text(picture(i, "PNG" if i % 2 else "JPEG")),
            "image/class/text": text(("red dragon", "Yeti")[i % 2]),
        }
        for i in range(8)
    ]
    path = write(tmp_path / f"a.tfrecord{'.gz' if packed else ''}", examples, packed)
    dataset = build_records_dataset([path], "monsters", OPTIONS, print)
    assert [label.slug for label in dataset.categories] == ["yeti", "red_dragon"]
    assert dataset.pictures.shape == (8, 16, 16, 4)
    assert {record.split for record in dataset.records} == {"train", "held-out"}


def test_numbers_are_categories_too_and_none_is_one(tmp_path: Path) -> None:
    number = [tf.train.Feature(int64_list=tf.train.Int64List(value=[i])) for i in (0, 0, 1, 1)]
    numbered = [{"image": text(picture(i)), "label": n} for i, n in enumerate(number)]
    dataset = build_records_dataset(
        [write(tmp_path / "a.tfrecord", numbered)], "monsters", OPTIONS, print
    )
    assert [label.slug for label in dataset.categories] == ["0", "1"]
    plain = write(tmp_path / "b.tfrecord", [{"image": text(picture(i))} for i in range(3)])
    dataset = build_records_dataset([plain], "monsters", OPTIONS, print)
    assert [label.slug for label in dataset.categories] == ["monsters"]


def whole(*values: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def test_raw_pixels(tmp_path: Path) -> None:
    """As TensorFlow's examples write MNIST, and as StyleGAN's tools do: no pixel is changed."""
    pixels = np.random.RandomState(0).randint(0, 256, (4, 16, 16, 3), np.uint8)
    mnist = [
        {
            "image_raw": text(each[..., 0].tobytes()), "height": whole(16), "width": whole(16),
            "depth": whole(1), "label": whole(i % 2),
        }
        for i, each in enumerate(pixels)
    ]  # fmt: skip
    grey = build_records_dataset([write(tmp_path / "m.tfrecord", mnist)], "m", OPTIONS, print)
    assert [label.slug for label in grey.categories] == ["0", "1"]
    found = {each.tobytes() for each in grey.pictures[..., 1]}
    assert found == {each[..., 0].tobytes() for each in pixels}
    stylegan = [
        {"shape": whole(3, 16, 16), "data": text(each.transpose(2, 0, 1).tobytes())}
        for each in pixels
    ]
    path = write(tmp_path / "s-r04.tfrecord", stylegan)
    colours = build_records_dataset([path], "s", OPTIONS, print)
    assert {each.tobytes() for each in colours.pictures[..., :3]} == {
        each.tobytes() for each in pixels
    }
    # a length that is not that of the shape is no picture, and counted
    odd = [*stylegan, {"shape": whole(3, 16, 16), "data": text(b"short")}]
    odd += [{"image_raw": text(b"short"), "height": whole(0), "width": whole(2)}]
    said: list[str] = []
    build_records_dataset([write(tmp_path / "o.tfrecord", odd)], "o", OPTIONS, said.append)
    assert said == ["left out 2: not a picture that can be read"]


def test_what_cannot_be_read_is_counted_and_left_out(tmp_path: Path) -> None:
    examples = [{"image": text(picture(i))} for i in range(3)]
    examples += [{"image": text(b"no picture")}, {"name": text("x")}, {"image": text(b"")}]
    said: list[str] = []
    path = write(tmp_path / "a.tfrecord", examples)
    assert len(build_records_dataset([path], "m", OPTIONS, said.append).records) == 3
    assert said == [
        "left out 2: not a picture that can be read",
        "left out 1: no picture under image/encoded, image, image_raw",
    ]


def test_what_is_wrong_is_one_line(
    tmp_path: Path, gan_command: Callable[..., Result], home: Path
) -> None:
    garbage = tmp_path / "garbage.tfrecord"
    garbage.write_bytes(b"not a record" * 9)
    one = write(tmp_path / "one.tfrecord", [{"image": text(picture(1))}])
    other = tmp_path / "other.tfrecord"
    with tf.io.TFRecordWriter(str(other)) as writer:
        writer.write(b"\xff\xff\xff no example")
    for path, message in [
        (tmp_path / "none.tfrecord", "there is no file"),
        (garbage, "damaged or no TFRecord file"),
        (other, "holds no tf.train.Example"),
        (one, "1 pictures can be read"),
    ]:
        done = gan_command("dataset", "records", str(path), "--size", "16")
        assert done.exit_code == 1, done.output
        assert message in done.output.strip().splitlines()[-1]
    assert not list(home.rglob("*.npy"))
    with pytest.raises(BadDataset, match="only one picture in b"):
        examples = [{"image": text(picture(i)), "label": text("aab"[i])} for i in range(3)]
        build_records_dataset([write(tmp_path / "b.tfrecord", examples)], "m", OPTIONS, print)


def test_the_command_writes_it_once(
    tmp_path: Path, gan_command: Callable[..., Result], home: Path
) -> None:
    path = write(tmp_path / "My Monsters.tfrecord", [{"image": text(picture(i))} for i in range(4)])
    words = ("dataset", "records", str(path), "--size", "16", "--mirror")
    done = gan_command(*words)
    assert done.exit_code == 0, done.output
    # a run of its own: the recipe's name may be taken by another data set
    assert "--recipe wgan --dataset my_monsters-16 --run my_monsters-16" in done.output
    assert len(read_dataset(home / "datasets" / "my_monsters-16").records) == 8
    assert "nothing to do" in gan_command(*words).output
