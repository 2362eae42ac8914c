"""A weights file gives its tensors, and nothing that it names is run."""

import io
import os
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gan.features.torch_file import MAGIC_NUMBER, PROTOCOL, BadTorchFile, read_torch_file

KINDS = {"f": ("FloatStorage", "<f4"), "l": ("LongStorage", "<i8")}

Shape = tuple[int, ...]


class FakeTorch:
    """Stands for torch while a file is written: what pickle looks up by name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        torch, inner = ModuleType("torch"), ModuleType("torch._utils")
        for name, _ in KINDS.values():
            setattr(torch, name, type(name, (), {"__module__": "torch"}))

        def _rebuild_tensor_v2(*_: object) -> None: ...

        _rebuild_tensor_v2.__module__ = "torch._utils"
        _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
        inner._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "torch", torch)
        monkeypatch.setitem(sys.modules, "torch._utils", inner)
        self.torch, self.rebuild = torch, _rebuild_tensor_v2

    def write(self, tensors: dict[str, tuple[str, list[float], Shape, Shape, int]]) -> bytes:
        """``tensors``: name → (kind, numbers of its storage, shape, strides, offset)."""
        fake = self

        class Tensor:
            def __init__(self, key: str, given: tuple[Any, ...]) -> None:
                self.key, self.given = key, given

            def __reduce__(self) -> tuple[Any, ...]:
                kind, numbers, shape, strides, offset = self.given
                storage = Storage(kind, self.key, len(numbers))
                return fake.rebuild, (storage, offset, shape, strides, False, OrderedDict())

        class Storage:
            def __init__(self, kind: str, key: str, count: int) -> None:
                self.kind, self.key, self.count = kind, key, count

        class Pickler(pickle.Pickler):
            def persistent_id(self, value: Any) -> Any:
                if isinstance(value, Storage):
                    known = getattr(fake.torch, KINDS[value.kind][0])
                    return ("storage", known, value.key, "cpu", value.count, None)
                return None

        file = io.BytesIO()
        machine = {"protocol_version": PROTOCOL, "little_endian": True, "type_sizes": {}}
        for head in (MAGIC_NUMBER, PROTOCOL, machine):
            pickle.dump(head, file, protocol=2)
        made = OrderedDict((n, Tensor(str(i), t)) for i, (n, t) in enumerate(tensors.items()))
        Pickler(file, protocol=2).dump(made)
        pickle.dump([str(i) for i in range(len(tensors))], file, protocol=2)
        for kind, numbers, *_ in tensors.values():
            file.write(struct.pack("<q", len(numbers)))
            file.write(np.array(numbers, KINDS[kind][1]).tobytes())
        return file.getvalue()


@pytest.fixture
def fake_torch(monkeypatch: pytest.MonkeyPatch) -> FakeTorch:
    return FakeTorch(monkeypatch)


def test_tensors_come_with_their_layout(fake_torch: FakeTorch) -> None:
    data = fake_torch.write(
        {
            "plain": ("f", [0, 1, 2, 3, 4, 5], (2, 3), (3, 1), 0),
            "turned": ("f", [0, 1, 2, 3, 4, 5], (2, 3), (1, 2), 0),
            "part": ("f", [0, 1, 2, 3, 4, 5], (2,), (1,), 4),
            "count": ("l", [7], (), (), 0),
        }
    )
    found = read_torch_file(data)
    assert {name: (a.tolist(), a.dtype.name) for name, a in found.items()} == {
        "plain": ([[0, 1, 2], [3, 4, 5]], "float32"),
        "turned": ([[0, 2, 4], [1, 3, 5]], "float32"),
        "part": ([4, 5], "float32"),
        "count": (7, "int64"),
    }


def test_what_a_file_names_is_not_called(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "evil"),)

    with pytest.raises(BadTorchFile, match=r"wants to load posix\.mkdir, which is no tensor"):
        read_torch_file(pickle.dumps(Evil(), protocol=2))
    assert not (tmp_path / "evil").exists()
    pickle.loads(pickle.dumps(Evil(), protocol=2))  # the control: plain pickle does call it
    assert (tmp_path / "evil").exists()


def test_views_outside_their_storage_are_refused(fake_torch: FakeTorch) -> None:
    for shape, strides, offset in (((3,), (1,), 0), ((2,), (1,), 1), ((2,), (-1,), 0)):
        data = fake_torch.write({"a": ("f", [1, 2], shape, strides, offset)})
        with pytest.raises(BadTorchFile):
            read_torch_file(data)


def test_damaged_and_other_files_are_refused(fake_torch: FakeTorch) -> None:
    whole = fake_torch.write({"a": ("f", [1, 2, 3, 4], (2, 2), (2, 1), 0)})
    assert read_torch_file(whole)["a"].tolist() == [[1, 2], [3, 4]]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("data.pkl", b"x")
    others = [b"", b"hello", archive.getvalue(), pickle.dumps(5, protocol=2) * 5]
    for data in [whole[:n] for n in range(0, len(whole), 7)] + others:
        with pytest.raises(BadTorchFile):
            read_torch_file(data)
