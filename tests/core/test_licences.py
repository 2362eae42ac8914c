"""The licence of the pictures: one line of a setting, or one line that says what is wrong."""

import pytest

from core.licences import CC0, Licence, Licences
from core.settings import BadSetting, Settings, read_settings


def licences(**variables: str) -> Licences:
    return read_settings({f"NONESUCH_{name}": text for name, text in variables.items()}).licences


def test_generated_pictures_are_free_unless_the_owner_says_otherwise() -> None:
    assert Settings().licences == Licences(CC0, None)
    assert licences(PICTURE_LICENCE="").of("emoji/3") is None
    said = licences(
        PICTURE_LICENCE="CC BY 4.0 https://creativecommons.org/licenses/by/4.0/",
        ADOPTED_LICENCE="  My terms  http://x.example/terms ",
    )
    assert said.of("emoji/3") == Licence(
        "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"
    )
    assert said.of(None) == Licence("My terms", "http://x.example/terms")


@pytest.mark.parametrize("variable", ["PICTURE_LICENCE", "ADOPTED_LICENCE"])
@pytest.mark.parametrize(
    "text",
    ["CC0 1.0", "CC0", "https://x.example/", "CC0 ftp://x.example/", "CC0 https://",
     "a\nb https://x.example/", "CC0 https://[x/", "x" * 290 + " https://x.example/"],
)  # fmt: skip
def test_what_is_no_licence_is_one_line(variable: str, text: str) -> None:
    with pytest.raises(BadSetting) as error:
        licences(**{variable: text})
    line = str(error.value)
    assert line.startswith(f"NONESUCH_{variable}=") and "\n" not in line
    assert "is no licence; write its name, then its address, for example: CC BY 4.0 https" in line
