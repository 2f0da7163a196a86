"""`sanh export` as it is typed."""

import json

import pytest

from server.cli import main

pytestmark = pytest.mark.usefixtures("_house")


@pytest.mark.parametrize("subject", ["delegations", "visitors", "movements"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_each_subject_goes_into_either_file(tmp_path, capsys, subject, suffix):
    file = tmp_path / f"{subject}{suffix}"
    assert main(["export", subject, str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"rows": 0, "file": str(file)}
    assert file.stat().st_size > 0


def test_a_csv_file_has_no_byte_order_mark(tmp_path):
    main(["export", "visitors", "v.csv"])
    assert (tmp_path / "v.csv").read_bytes().startswith(b"id,")


@pytest.mark.parametrize("words", [["movements", "m.txt"], ["movements"], ["secrets", "s.csv"]])
def test_what_cannot_be_exported_is_wrong_usage(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["export", *words])
    assert stopped.value.code == 2
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_refused_with_a_sentence(capsys):
    assert main(["export", "visitors", "missing/v.csv", "--json"]) == 1
    streams = capsys.readouterr()
    assert (streams.out, "missing/v.csv" in streams.err) == ("", True)
