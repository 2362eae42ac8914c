"""`flask site`: writes a file with everything explained, and says what is wrong in one."""

from dataclasses import replace
from functools import partial

from app import create_app
from core.settings import Settings
from tests.app.test_start import run as run_python
from tests.conftest import Filled


def flask(settings: Settings, *words: str) -> tuple[int, str]:
    done = create_app(settings).test_cli_runner().invoke(args=words)
    return done.exit_code, done.output


def test_init_writes_one_that_is_right_and_never_a_second(settings: Settings) -> None:
    path = settings.site_file
    assert flask(settings, "site", "check") == (
        1, f"Error: there is no {path}; write one with: flask site init\n"
    )  # fmt: skip
    status, said = flask(settings, "site", "init")
    assert status == 0 and str(path) in said
    assert flask(settings, "site", "check") == (0, f"{path} can be read: Nonesuch\n")
    path.write_text('name = "Mine"')
    status, said = flask(settings, "site", "init")
    assert status == 1 and said.startswith(f"Error: there is a {path}; change it")
    assert path.read_text() == 'name = "Mine"'


def test_check_names_categories_that_are_not_there_and_what_the_environment_beats(
    filled: Filled,
) -> None:
    filled.settings.site_file.write_text("name = 'Mine'\n[categories.hats]\n[categories.hat]\n")
    status, said = flask(replace(filled.settings, site_name="Yours"), "site", "check")
    assert (status, said.splitlines()) == (0, [
        "NONESUCH_SITE_NAME is set, and beats what the file says",
        "[categories.hats] has no pictures here: did you mean hat?",
        f"{filled.settings.site_file} can be read: Yours",
    ])  # fmt: skip


def test_other_commands_work_where_the_file_is_wrong(filled: Filled) -> None:
    filled.settings.site_file.write_text("nmae = 'x'")
    run = partial(run_python, filled.settings)
    checked = run("-m", "flask", "site", "check")
    assert checked.returncode == 1
    assert checked.stderr.endswith("line 1: nmae means nothing; did you mean name?\n")
    assert run("-m", "flask", "curate", "token").returncode == 0
    for words in (("-m", "flask", "export-site", "public"), ("-c", "import app.wsgi")):
        done = run(*words)
        assert done.returncode in (1, 3)
        assert "nmae means nothing" in done.stderr and "Traceback" not in done.stderr
