"""deploy/serving: what is there to be put into an image is what TensorFlow Serving reads."""

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from core.model_kinds import is_translation
from core.settings import PROJECT
from tests.deploy.container.dockerfile import read_stages

FOLDER = PROJECT / "deploy/serving/models"
MODELS = {folder.name for folder in (PROJECT / "models").iterdir() if folder.is_dir()}


def test_the_models_config_names_the_shipped_models() -> None:
    config = model_server_config_pb2.ModelServerConfig()
    text = (FOLDER / "models.config").read_text()
    text_format.Parse(text, config)
    named = {c.name: c.base_path for c in config.model_config_list.config}
    assert named == {name: f"/models/{name}" for name in MODELS}
    for name in named:
        assert list((PROJECT / "models" / name).glob("[0-9]*/saved_model.pb"))
    assert sum(is_translation(str(PROJECT / "models" / name)) for name in named) == 1
    with pytest.raises(text_format.ParseError):
        text_format.Parse(text.replace("base_path", "path"), config)


def test_the_image_holds_what_the_config_names() -> None:
    (stage,) = read_stages((FOLDER / "Dockerfile").read_text())
    assert stage.image.startswith("tensorflow/serving:")
    copied = dict(text.split() for name, text in stage.instructions if name == "COPY")
    assert copied == {"models": "/models", "models.config": "/models/models.config"}
    command = " ".join(stage.words("CMD"))
    assert "--model_config_file=/models/models.config" in command
    assert '--rest_api_port="$PORT"' in command and stage.environment["PORT"] == "8501"
    order = [name for name, _ in stage.instructions]
    assert order.index("ENTRYPOINT") < order.index("CMD")  # else they are its arguments
    for folder in ("models", "site"):
        assert "web: Dockerfile" in (PROJECT / "deploy/serving" / folder / "heroku.yml").read_text()


def test_what_tensorflow_reads_gets_into_the_image() -> None:
    rules = (FOLDER / ".dockerignore").read_text().splitlines()
    endings = {rule.removeprefix("**/*") for rule in rules if not rule.startswith("#")}
    assert endings == {".tflite", ".npz", ".zip"}
