"""docs/serving.md: what it says to put into an image is what TensorFlow Serving reads."""

import re

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from core.settings import PROJECT


def block(language: str) -> str:
    text = (PROJECT / "docs/serving.md").read_text(encoding="utf-8")
    match = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert match is not None
    return match[1]


def test_the_models_config_is_one() -> None:
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse(block("proto"), config)
    assert {c.name: c.base_path for c in config.model_config_list.config} == {
        "emoji": "/models/emoji",
        "monsters": "/models/monsters",
    }
    with pytest.raises(text_format.ParseError):
        text_format.Parse(block("proto").replace("base_path", "path"), config)


def test_the_image_holds_what_the_config_names() -> None:
    lines = block("dockerfile").replace("\\\n", " ").splitlines()
    copied = dict(line.split()[1:] for line in lines if line.startswith("COPY"))
    assert copied == {
        "models/emoji": "/models/emoji",
        "models/monsters": "/models/monsters",
        "models.config": "/models/models.config",
    }
    command = next(line for line in lines if line.startswith("CMD"))
    assert "--model_config_file=/models/models.config" in command
    assert "--rest_api_port=${PORT:-8501}" in command
    assert lines.index("ENTRYPOINT []") < lines.index(command)  # else they are its arguments
    assert (PROJECT / "models/emoji/3/saved_model.pb").exists()
    assert "web: Dockerfile" in block("yaml")
