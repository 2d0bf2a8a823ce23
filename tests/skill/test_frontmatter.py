"""SKILL.md by the Agent Skills specification; where we can, in agreement with its reference validator."""

from __future__ import annotations

import pytest
import skills_ref
from hypothesis import given
from hypothesis import strategies as st

from skillrm.skill.frontmatter import read

BODY = "\n---\n# Do it\n"


def parsed(head, folder="demo", body=BODY):
    return read(f"---\n{head}{body}", "SKILL.md", folder)


def faults(head, folder="demo"):
    return [(fault.line, fault.field, fault.message) for fault in parsed(head, folder)[1]]


GOOD = "name: demo\ndescription: Judges."


def test_the_procedure_is_the_body_without_the_frontmatter():
    front, found = parsed(f'{GOOD}\nmetadata:\n  version: "0.3"')
    assert not found
    assert (front.name, front.description, front.version, front.procedure) == ("demo", "Judges.", "0.3", "# Do it")


def test_block_scalars_are_read_as_yaml_reads_them():
    front, found = parsed("name: demo\ndescription: >-\n  Judges answers:\n  with care.\n")
    assert not found
    assert front.description == "Judges answers: with care."


def test_a_rule_in_the_body_does_not_end_it():
    front, _ = parsed(GOOD, body="\n---\none\n---\ntwo\n")
    assert front.procedure == "one\n---\ntwo"


@pytest.mark.parametrize(
    "name", ["Demo", "de_mo", "-demo", "demo-", "de--mo", "d" * 65, "", "1.0", "3", "demo ", "dé", "[demo]"]
)
def test_a_name_that_is_none_is_a_fault(name):
    assert parsed(f"name: {name}\ndescription: Judges.", folder=name)[1]


@pytest.mark.parametrize("name", ["d", "1st", "a-b-c", "d" * 64])
def test_a_name_of_small_letters_digits_and_single_hyphens_is_good(name):
    assert not parsed(f"name: {name}\ndescription: Judges.", folder=name)[1]


def test_the_name_must_be_the_folders():
    assert faults(GOOD, folder="other") == [(2, "name", "the name is 'demo', the folder 'other'")]


def test_every_fault_comes_at_once_with_its_line():
    found = faults("name: Bad Name\nversion: 1\nmetadata:\n  version: 1.0\n  author: me\ntags: [x]")
    assert [(line, field) for line, field, _ in found] == [
        (3, "version"),
        (7, "tags"),
        (2, None),
        (2, "name"),
        (2, "name"),
        (5, "metadata.version"),
    ]


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ("compatibility: " + "x" * 501, "compatibility"),
        ("compatibility: ''", "compatibility"),
        ("license: [MIT]", "license"),
        ("allowed-tools: [read, run]", "allowed-tools"),
        ("metadata: just text", "metadata"),
    ],
)
def test_optional_fields_are_checked(extra, field):
    assert [found for _, found, _ in faults(f"{GOOD}\n{extra}")] == [field]


@pytest.mark.parametrize("description", ["", "''", "'  '", "x" * 1025, "[a]", "null"])
def test_a_description_is_1_to_1024_characters_of_text(description):
    assert [field for _, field, _ in faults(f"name: demo\ndescription: {description}")] == ["description"]


@pytest.mark.parametrize("text", ["", "# Title\n", " ---\nname: x\n---\nbody", "---\nname: demo\n", "---\n- a\n---\nb"])
def test_what_has_no_frontmatter_is_a_fault(text):
    front, found = read(text, "SKILL.md", "demo")
    assert front is None
    assert found


def test_an_empty_body_is_a_fault():
    assert [fault.message for fault in parsed(GOOD, body="\n---\n \n")[1]] == ["there is no procedure"]


def test_windows_line_ends_close_the_frontmatter():
    assert not read("---\r\nname: demo\r\ndescription: x\r\n---\r\nbody", "SKILL.md", "demo")[1]


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["demo", "de-mo", "-demo", "de--mo", "DEMO", "x" * 65]),
        "description": st.sampled_from(["Judges.", "x" * 1024, "x" * 1025]),
        "license": st.just("MIT"),
        "compatibility": st.sampled_from(["Any.", "x" * 501]),
        "version": st.just("v1"),
    },
)


@given(FIELDS)
def test_we_accept_what_the_reference_validator_accepts(tmp_path_factory, fields):
    folder = tmp_path_factory.mktemp("any") / "demo"
    folder.mkdir()
    text = "---\n" + "".join(f"{key}: {value}\n" for key, value in fields.items()) + "---\nDo it.\n"
    (folder / "SKILL.md").write_text(text)
    assert bool(skills_ref.validate(folder)) == bool(read(text, "SKILL.md", "demo")[1])
