"""Inputs and outputs of a step instance."""

import hashlib
import json

import pytest

from execution.runner import inputs
from tests.local_site import instance, output, step

COPY = ("sh", "-c", 'cat "$1" "$2" "$3"', "copy", "{inputs}", "{outputs}", "{config}")


def given(kind, path, after=None, **data_id):
    """An input of a job file."""
    return {"type": kind, "dataId": data_id, "path": str(path), "after": after}


def write(name, content="data"):
    """A command that writes one of its outputs."""
    return step("sh", "-c", f"printf '{content}' > \"$(dirname $1)/../out/{name}\"", "write", "{outputs}")


def test_a_command_finds_inputs_outputs_and_settings_in_three_files(site):
    (site.root / "raw").write_text("x")
    one = instance(
        inputs=[given("raw", site.root / "raw", exposure=1), given("dark", site.root / "absent")],
        outputs=[output("image.fits")], minimum={"flat": 0},
        many=[{"type": "star", "dimension": "source", "directory": "out/star/1", "suffix": ".json", "required": False}],
    )  # fmt: skip
    token = site.attempt({"isr": step(*COPY, config={"threshold": 5}, inputs=["raw", "bias"])}, [one])
    result = site.result(token)
    text = site.stream(token, result["stdout"]).decode()
    decode = json.JSONDecoder().raw_decode
    found, end = decode(text)
    where, more = decode(text[end:])
    assert found == {
        "dataId": {"exposure": 1},
        "inputs": {
            "raw": [{"dataId": {"exposure": 1}, "path": str(site.root / "raw")}], "bias": [], "flat": [], "dark": [],
        },
    }  # fmt: skip
    directory = site.directory(token)
    assert where == {
        "outputs": {
            "image": [{"dataId": {}, "path": f"{directory}/out/image.fits"}],
            "star": {"many": "source", "directory": f"{directory}/out/star/1", "suffix": ".json"},
        }
    }
    assert json.loads(text[end + more :]) == {"threshold": 5}
    assert result["inputs"] == [0]
    assert (directory / "out/star/1").is_dir()


def test_the_three_files_are_removed_afterwards(site):
    token = site.attempt({"isr": step(*COPY)})
    site.run(token)
    assert list((site.directory(token) / "run").iterdir()) == []


def test_inputs_come_sorted_by_data_id_numbers_by_size():
    entries = [given("raw", f"/{n}", exposure=n, detector=d) for n, d in [(10, 1), (9, 2), (9, 1)]]
    one = instance(inputs=entries)
    found = inputs.inputs_document(one, [], [0, 1, 2], "/")["inputs"]["raw"]
    assert [each["dataId"] for each in found] == [
        {"exposure": 9, "detector": 1}, {"exposure": 10, "detector": 1}, {"exposure": 9, "detector": 2},
    ]  # fmt: skip


def test_an_instance_without_its_least_inputs_is_skipped_and_the_others_go_on(site):
    (site.root / "raw").write_text("x")
    (site.root / "empty").write_text("")
    lacking = instance(
        1, inputs=[given("raw", site.root / "raw"), given("raw", site.root / "empty")], minimum={"raw": 2}
    )
    token = site.attempt({"isr": step("sh", "-c", "echo ran >> $HOME/ran")}, [lacking, instance(2)])
    assert site.run(token) == 1
    first, second = site.note(token)["instances"]
    assert (first["outcome"], first["cause"], first["exit"], first["inputs"]) == ("skipped", "input", None, [0])
    assert first["message"] == f"1 of 2 raw present, at least 2 needed, the first missing is {site.root}/empty"
    assert second["outcome"] == "succeeded"
    assert (site.root / "ran").read_text() == "ran\n"


def test_an_instance_reads_what_an_earlier_one_of_the_same_job_made(site):
    steps = {"isr": write("a.fits", "42"), "measure": step("sh", "-c", "cat ../out/a.fits")}
    second = instance(2, "measure", inputs=[given("a", "out/a.fits", after=0)], minimum={"a": 1})
    token = site.attempt(steps, [instance(1, outputs=[output("a.fits")]), second])
    assert site.run(token) == 0
    assert site.stream(token, site.note(token)["instances"][1]["stdout"]) == b"42"


def test_what_a_failed_instance_left_behind_is_no_input(site):
    steps = {"isr": step("sh", "-c", "echo half > ../out/a.fits; exit 1"), "measure": step("true")}
    second = instance(2, "measure", inputs=[given("a", "out/a.fits", after=0)], minimum={"a": 1})
    independent = instance(3, "measure")
    token = site.attempt(steps, [instance(1, outputs=[output("a.fits")]), second, independent])
    site.run(token)
    assert [each["outcome"] for each in site.note(token)["instances"]] == ["failed", "skipped", "succeeded"]


def test_outputs_are_told_with_size_and_checksum(site):
    entry = {"type": "image", "dataId": {"exposure": 1}, "path": "out/image.fits", "required": True}
    result = site.result(site.attempt({"isr": write("image.fits", "pixels")}, [instance(outputs=[entry])]))
    assert result["outputs"] == [
        {
            "type": "image", "dataId": {"exposure": 1}, "path": "out/image.fits", "size": 6,
            "sha256": hashlib.sha256(b"pixels").hexdigest(),
        }
    ]  # fmt: skip
    assert (result["missing"], result["unexpected"]) == ([], [])


@pytest.mark.parametrize(
    "script",
    [
        "true",
        ": > ../out/image.fits",
        "mkdir ../out/image.fits",
        "mkfifo ../out/image.fits",
        "ln -s /etc/passwd ../out/image.fits",
        "ln -s nowhere ../out/image.fits",
        "rmdir ../out; mkdir $HOME/else; echo x > $HOME/else/image.fits; ln -s $HOME/else ../out",
    ],
)
def test_exit_0_without_a_required_output_is_a_failure(site, script):
    token = site.attempt({"isr": step("sh", "-c", script)}, [instance(outputs=[output("image.fits")])])
    result = site.result(token)
    assert (result["outcome"], result["cause"], result["exit"], result["missing"]) == ("failed", "output", 0, [0])
    assert result["message"] == "required output missing or empty: out/image.fits"
    assert result["outputs"] == []


def test_an_optional_output_may_be_missing(site):
    outputs = [output("image.fits"), output("plot.png", required=False)]
    result = site.result(site.attempt({"isr": write("image.fits")}, [instance(outputs=outputs)]))
    assert (result["outcome"], result["missing"], len(result["outputs"])) == ("succeeded", [1], 1)


def test_a_failed_program_has_made_nothing(site):
    script = "echo half > ../out/image.fits; exit 1"
    result = site.result(site.attempt({"isr": step("sh", "-c", script)}, [instance(outputs=[output("image.fits")])]))
    assert (result["outcome"], result["outputs"], result["missing"]) == ("failed", [], [0])


def test_files_that_nobody_asked_for_are_told_once(site):
    script = "mkdir -p ../out/deep; echo x > ../out/deep/extra; echo x > ../out/image.fits.tmp; ln -s /etc ../out/link"
    steps = {"isr": step("sh", "-c", script), "next": step("true")}
    first = instance(1, outputs=[output("image.fits", required=False)])
    token = site.attempt(steps, [first, instance(2, "next")])
    site.run(token)
    found = [each["unexpected"] for each in site.note(token)["instances"]]
    assert found == [["out/deep/extra", "out/image.fits.tmp", "out/link"], []]


def many(**more):
    """An output type of which only the run tells how many there are."""
    entry = {"type": "star", "dimension": "source", "directory": "out/star/1", "suffix": ".json", "required": False}
    return {**entry, **more}


def test_outputs_of_unknown_number_are_found_by_their_suffix(site):
    script = (
        "cd ../out/star/1; echo a > 7.json; echo b > blue.json; : > empty.json; echo c > .hidden.json; echo d > x.txt"
    )
    result = site.result(site.attempt({"isr": step("sh", "-c", script)}, [instance(1, many=[many()])]))
    assert [(each["dataId"], each["path"]) for each in result["outputs"]] == [
        ({"exposure": 1, "source": "7"}, "out/star/1/7.json"),
        ({"exposure": 1, "source": "blue"}, "out/star/1/blue.json"),
    ]
    assert result["unexpected"] == ["out/star/1/.hidden.json", "out/star/1/x.txt"]
    assert result["outcome"] == "succeeded"


@pytest.mark.parametrize(("required", "outcome"), [(False, "succeeded"), (True, "failed")])
def test_none_of_an_unknown_number_is_fine_unless_required(site, required, outcome):
    result = site.result(site.attempt({"isr": step("true")}, [instance(1, many=[many(required=required)])]))
    assert result["outcome"] == outcome


def test_file_names_that_no_note_can_hold_are_passed_over(site):
    script = (
        r"cd ../out/star/1; echo x > \"$(printf 'a\nb').json\"; echo x > \"$(printf '\377').json\"; echo x > 1.json"
    )
    result = site.result(site.attempt({"isr": step("sh", "-c", script)}, [instance(1, many=[many()])]))
    assert all("\n" not in each["path"] and "\udcff" not in each["path"] for each in result["outputs"])
    assert "out/star/1/1.json" in [each["path"] for each in result["outputs"]]
