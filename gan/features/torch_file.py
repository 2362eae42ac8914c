"""Reading a PyTorch weights file without PyTorch and without running what is in it.

torch.save before version 1.6 wrote five pickles (magic number, protocol, machine, the dictionary
of tensors, the names of the storages) and then, per storage, its length as int64 and its numbers.
A pickle may call any function it can name; here it can name four things.
"""

import io
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import NonesuchError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


class BadTorchFile(NonesuchError):
    """A file that is no PyTorch dictionary of tensors, or asks for more than to be read."""


@dataclass(frozen=True)
class _Storage:
    """A run of numbers that comes later in the file."""

    key: str
    dtype: np.dtype
    count: int


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage; counted in numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild(
    storage: _Storage,
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_: object,
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


# all that a pickle may name
_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "LongStorage"): np.dtype("<i8"),
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise BadTorchFile(
                f"the weights file wants to load {module}.{name}, which is no tensor",
                "do not use this file",
            ) from None

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, count, view = pid
        if kind != "storage" or view is not None or not isinstance(dtype, np.dtype):
            raise BadTorchFile("the weights file holds something other than plain tensors")
        return _Storage(key, dtype, count)


def read_torch_file(data: bytes) -> dict[str, np.ndarray]:
    """Return the tensors of a state dictionary by name, float32 or int64, in PyTorch's layout.

    Raises `BadTorchFile` for anything else, also for the zip files that newer versions write.
    """
    file = io.BytesIO(data)
    try:
        head = [_Unpickler(file).load() for _ in range(3)]
        if head[:2] != [MAGIC_NUMBER, PROTOCOL] or not head[2]["little_endian"]:
            raise BadTorchFile("this is no weights file of PyTorch's older, little-endian form")
        tensors: dict[str, _Tensor] = _Unpickler(file).load()
        keys: list[str] = _Unpickler(file).load()
        storages = {t.storage.key: t.storage for t in tensors.values()}
        numbers = {key: _read_storage(file, storages[key]) for key in keys}
        return {name: _view(tensor, numbers) for name, tensor in tensors.items()}
    except BadTorchFile:
        raise
    # a damaged pickle fails in any of these ways
    except (
        pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError,
        AttributeError,
    ) as error:  # fmt: skip
        raise BadTorchFile(f"the weights file cannot be read ({error})") from error


def _read_storage(file: io.BytesIO, storage: _Storage) -> np.ndarray:
    count = int.from_bytes(file.read(8), "little", signed=True)
    if count != storage.count:
        raise BadTorchFile(f"storage {storage.key} holds {count} numbers, not {storage.count}")
    return np.frombuffer(file.read(count * storage.dtype.itemsize), storage.dtype, count)


def _view(tensor: _Tensor, numbers: dict[str, np.ndarray]) -> np.ndarray:
    """Return a copy; an index array rather than as_strided, so that nothing outside is read."""
    index = np.full(tensor.shape, tensor.offset, np.int64)
    for axis, (size, stride) in enumerate(zip(tensor.shape, tensor.strides, strict=True)):
        index += (np.arange(size) * stride).reshape((size,) + (1,) * (len(tensor.shape) - axis - 1))
    if index.size and index.min() < 0:
        raise BadTorchFile("a tensor lies outside its storage")
    return numbers[tensor.storage.key][index]
