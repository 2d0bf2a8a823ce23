"""From a folder to a skill, or to every fault that keeps it from being one."""

from __future__ import annotations

import os
import pickle
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring import SKILL_MD, write
from skillrm.errors import SkillError
from skillrm.judgment import Readout
from skillrm.skill import check_skill, load_skill

BANK = """\
criteria:
  - {id: helps, text: It helps., weight: 2, scale: graded(5)}
  - id: long
    text: It is long.
resources:
  - {id: rubric, kind: rubric, description: Anchors, file: rubrics/helps.md}
  - {id: check, kind: verifier, verifier: "authoring:longer", args: {than: 3}, decides: [long], hard: true}
plan:
  - when: {tags: length}
    criteria: [long]
readout: {kind: weighted, tolerance: 0.1}
open: {max: 4, weight: 0.5}
limits: {turns: 3}
"""


def test_a_skill_is_what_its_files_say(tmp_path):
    skill = load_skill(write(tmp_path, BANK, rubrics__helps_dot_md="5: all. 1: none."))
    assert (skill.name, skill.version, skill.description) == ("demo", "1.2", "Judges answers in tests.")
    assert skill.procedure == "# Procedure\n\nEstablish what is asked, then decide."
    assert [(one.id, one.weight, one.scale) for one in skill.criteria] == [
        ("helps", 2, "graded(5)"),
        ("long", 1, "binary"),
    ]
    assert skill.resources[0].text == "5: all. 1: none."
    assert skill.resources[1].args == {"than": 3}
    assert skill.plan[0].when.tags == ("length",)
    assert skill.readout == Readout(tolerance=0.1)
    assert (skill.open.max, skill.open.weight, skill.open.scale) == (4, 0.5, "graded(5)")
    assert skill.limits.turns == 3
    assert check_skill(skill.path) == ()


def test_a_script_becomes_a_verifier_with_its_source(tmp_path):
    pytest.importorskip("skillrm.verifiers.script")
    bank = "criteria: [{id: c, text: x}]\nresources:\n  - {id: s, kind: verifier, script: scripts/x.py, decides: [c]}\n"
    source = "def check(prompt, answer):\n    return True\n"
    (resource,) = load_skill(write(tmp_path, bank, scripts__x_dot_py=source)).resources
    assert (resource.verifier, resource.args["source"]) == ("script:python", source)


def test_an_unchanged_skill_is_parsed_once_and_a_changed_one_again(tmp_path):
    folder = write(tmp_path, "criteria: [{id: c, text: x}]\n")
    skill = load_skill(folder)
    (folder / "tests").mkdir()
    (folder / "tests" / "cases.jsonl").write_text("{}")
    assert load_skill(str(folder)) is skill
    (folder / "resources.yaml").write_text("criteria: [{id: d, text: x}]\n")
    assert load_skill(folder).criteria[0].id == "d"
    assert load_skill(folder).digest != skill.digest


def test_two_copies_of_a_skill_are_equal_by_name_and_digest(tmp_path):
    folder = write(tmp_path, "criteria: [{id: c, text: x}]\n")
    copy = shutil.copytree(folder, tmp_path / "elsewhere" / "demo")
    assert load_skill(folder) == load_skill(copy)
    assert hash(load_skill(folder)) == hash(load_skill(copy))


def test_skill_md_itself_may_be_named(tmp_path):
    folder = write(tmp_path, "criteria: [{id: c, text: x}]\n")
    assert load_skill(folder / "SKILL.md").name == "demo"


def test_a_folder_may_be_named_relative_to_here(tmp_path, monkeypatch):
    folder = write(tmp_path, "criteria: [{id: c, text: x}]\n")
    monkeypatch.chdir(folder)
    assert load_skill(".").name == "demo"
    monkeypatch.chdir(tmp_path)
    assert load_skill("demo").name == load_skill("./demo").name == "demo"


@pytest.mark.parametrize("name", ["generl", "no/such/folder", "", "\0", "/", "x" * 5000])
def test_what_is_no_skill_is_a_skill_error(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SkillError):
        load_skill(name)
    assert check_skill(name)


def test_a_misspelt_bundled_name_is_told_the_nearest():
    with pytest.raises(SkillError, match="did you mean math-answer"):
        load_skill("maths-answer")


def test_a_file_that_is_not_called_exactly_skill_md_is_told_so(tmp_path):
    folder = write(tmp_path, "criteria: [{id: c, text: x}]\n")
    os.rename(folder / "SKILL.md", folder / "skill.md")
    assert "rename skill.md" in str(check_skill(folder)[0])


MANY = """\
criteria:
  - {id: a, text: x, wieght: 2}
  - {id: b, text: x, scale: graded(99)}
  - {id: c, text: x, scale: graded(5), gate: 0.2}
  - {id: d, text: x, origin: judge}
  - {id: e, text: x}
  - {id: e, text: y}
  - {text: no id}
  - just text
resources:
  - {id: r1, kind: rubric, file: rubrics/none.md}
  - {id: r2, kind: rubric, file: ../../etc/passwd}
  - {id: r3, kind: rubric, text: a, file: b}
  - {id: r4, kind: rubrik, text: a}
  - {id: r5, kind: verifier, verifier: "authoring:longr"}
  - {id: r6, kind: verifier, verifier: "authoring:longer", args: {then: 1}}
  - {id: r7, kind: verifier, verifier: "authoring:longer", decides: [nothing]}
  - {id: r8, kind: verifier, verifier: "authoring:longer", hard: true}
  - {id: r9, kind: verifier, script: scripts/missing.py}
plan:
  - {when: {tag: x}, criteria: [e]}
  - {criteria: [zz]}
  - {when: {tags: x}}
  - {detect: nobody}
  - {when: {goal: best}, criteria: [e]}
  - {when: {matches: "(?=x)"}, criteria: [e]}
  - {when: {undetected: true, min_candidates: 0}, criteria: [e]}
readout: {kind: mean}
open: {max: 0}
limits: {turns: 0}
weights: {}
"""
EXPECTED = [
    (2, "criteria.0.wieght", "unknown key"),
    (3, "criteria.1.scale", "must be binary or graded(n)"),
    (4, "criteria.2", "a graded gate needs pass_at"),
    (5, "criteria.3.origin", "is set by skillrm"),
    (7, "criteria.5.id", "the id e stands here a second time; first on line 6"),
    (8, "criteria.6", "id is missing"),
    (9, "criteria.7", "must be a mapping"),
    (11, "resources.0.file", "there is no file rubrics/none.md"),
    (12, "resources.1.file", "../../etc/passwd leaves the skill's folder"),
    (13, "resources.2", "a resource has exactly one of text, file, script, verifier, endpoint; this one has text and"),
    (14, "resources.3.kind", "must be 'rubric'"),
    (15, "resources.4.verifier", "no verifier 'authoring:longr'; did you mean authoring:longer"),
    (16, "resources.5.args.then", "unknown key (verifier authoring:longer)"),
    (17, "resources.6.decides.0", "there is no criterion nothing"),
    (18, "resources.7.hard", "hard says nothing where nothing is decided"),
    (19, "resources.8.script", "there is no file scripts/missing.py"),
    (21, "plan.0.when.tag", "unknown key"),
    (22, "plan.1.criteria.0", "there is no criterion zz"),
    (23, "plan.2", "the rule names nothing"),
    (24, "plan.3.detect", "no detector 'nobody'"),
    (25, "plan.4.when.goal.0", "must be 'scores'"),
    (26, "plan.5.when.matches", "is no RE2 expression"),
    (27, "plan.6.when.min_candidates", "must be at least 1"),
    (28, "readout.kind", "must be 'weighted'"),
    (29, "open.max", "must be at least 1"),
    (30, "limits.turns", "must be at least 1"),
    (31, "weights", "unknown key"),
]


def test_every_fault_comes_at_once_each_with_file_line_and_field(tmp_path):
    folder = write(tmp_path, MANY)
    found = {(fault.line, fault.field): fault for fault in check_skill(folder)}
    for line, field, message in EXPECTED:
        assert found.pop((line, field)).message.startswith(message)
    assert not found
    with pytest.raises(SkillError) as raised:
        load_skill(folder)
    assert raised.value.faults == check_skill(folder)
    assert str(raised.value).count(str(folder / "resources.yaml")) == len(EXPECTED)


def test_faults_of_both_files_come_together(tmp_path):
    folder = write(tmp_path, "criteria: [{id: c}]\n", skill_md=SKILL_MD.format(name="other"))
    assert [(fault.file.rsplit("/", 1)[1], fault.field) for fault in check_skill(folder)] == [
        ("SKILL.md", "name"),
        ("resources.yaml", "criteria.0"),
    ]


def only(tmp_path, bank, **files):
    (fault,) = check_skill(write(tmp_path, bank, **files))
    return fault


def test_a_file_that_nothing_points_to_is_a_fault(tmp_path):
    fault = only(tmp_path, "criteria: [{id: c, text: x}]\n", rubrics__old_dot_md="x", README_dot_md="x", LICENSE="x")
    assert (fault.file, fault.message) == (str(tmp_path / "demo/rubrics/old.md"), "nothing points to this file")


def test_a_file_named_in_skill_md_is_pointed_to_and_a_dead_link_is_a_fault(tmp_path):
    text = (
        SKILL_MD.format(name="demo") + "\nSee `references/a.md`, [b](references/b.md#top), [c](https://x.org/c.md).\n"
    )
    good = {"references__a_dot_md": "x", "references__b_dot_md": "x"}
    assert not check_skill(write(tmp_path, "criteria: [{id: c, text: x}]\n", skill_md=text, **good))
    (fault,) = check_skill(
        write(tmp_path / "demo", "criteria: [{id: c, text: x}]\n", name="demo", skill_md=text, references__a_dot_md="x")
    )
    assert (fault.line, fault.message) == (11, "there is no file references/b.md#top")


def test_an_empty_bank_is_a_fault(tmp_path):
    assert only(tmp_path, "").message == "there is no criterion"


def test_faults_alone_cannot_earn_a_score(tmp_path):
    bank = "criteria: [{id: c, text: x, weight: -1}]\n"
    assert "positive weight" in only(tmp_path, bank).message
    assert not check_skill(write(tmp_path, bank + "open: {max: 3}\n", name="open"))
    assert not check_skill(write(tmp_path, bank + "readout: {kind: lexicographic}\n", name="tiers"))


TWO = """\
criteria: [{id: c, text: x%s}]
resources:
  - {id: one, kind: verifier, verifier: "authoring:longer", decides: [c], hard: true}
  - {id: two, kind: verifier, verifier: "authoring:longer", decides: [c], hard: true%s}
"""


def test_two_hard_deciders_of_one_criterion_are_a_fault(tmp_path):
    fault = only(tmp_path, TWO % ("", ""))
    assert (fault.line, fault.field) == (4, "resources.1.decides")
    assert fault.message == "one and two both decide c, and both are hard"


@pytest.mark.parametrize("combine", ["all", "any"])
def test_unless_the_criterion_combines_them(tmp_path, combine):
    assert not check_skill(write(tmp_path, TWO % (f", combine: {combine}", "")))


@pytest.mark.parametrize(
    ("first", "second", "fine"),
    [
        ("needs: [reference]", "without: [reference]", True),
        ("tags: exact", "without: exact", True),
        ("goal: winner", "goal: [scores, ranking]", True),
        ("matches: '^A'", "matches_not: '^A'", True),
        ("matches_not: x", "matches: x", True),
        ("tags: [a, b]", "without: [b, a]", True),
        ("tags: [a, b]", "without: [a]", False),
        ("needs: [reference]", "needs: [tests]", False),
        ("goal: winner", "goal: [scores, winner]", False),
        ("matches: '^A'", "matches_not: '^B'", False),
    ],
)
def test_or_their_rules_exclude_each_other(tmp_path, first, second, fine):
    plan = f"plan:\n  - {{when: {{{first}}}, resources: [one]}}\n  - {{when: {{{second}}}, resources: [two]}}\n"
    assert (not check_skill(write(tmp_path, TWO % ("", "") + plan))) == fine


def test_or_what_they_need_excludes_each_other(tmp_path):
    plan = "plan:\n  - {when: {without: [tests]}, resources: [one]}\n"
    assert not check_skill(write(tmp_path, TWO % ("", ", needs: [tests]") + plan))


def test_broken_yaml_is_one_fault_and_hides_no_false_ones(tmp_path):
    fault = only(tmp_path, "criteria:\n\t- {id: c}\n", rubrics__a_dot_md="x")
    assert (fault.line, fault.mend) == (2, "indent with spaces: YAML takes no tabs")


def test_a_byte_order_mark_is_named(tmp_path):
    folder = write(tmp_path, "criteria: [{id: c, text: x}]\n")
    (folder / "resources.yaml").write_bytes(b"\xef\xbb\xbfcriteria: [{id: c, text: x}]\n")
    (fault,) = check_skill(folder)
    assert (fault.line, fault.message) == (1, "starts with a UTF-8 byte order mark")


def test_a_text_resource_that_is_not_text_is_a_fault(tmp_path):
    folder = write(tmp_path, "criteria: [{id: c, text: x}]\nresources: [{id: r, kind: rubric, file: r.md}]\n")
    (folder / "r.md").write_bytes(b"\xff\xfe\x00")
    assert [fault.message for fault in check_skill(folder)] == ["starts with UTF-16"]


def test_far_too_many_faults_are_cut_short(tmp_path):
    faults = check_skill(write(tmp_path, "criteria:\n" + "  - x\n" * 1000))
    assert len(faults) == 201
    assert faults[-1].message == "and 800 more faults"


def test_a_skill_travels_to_another_process(tmp_path):
    skill = load_skill(write(tmp_path, BANK, rubrics__helps_dot_md="x"))
    assert pickle.loads(pickle.dumps(skill)) == skill


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return write(tmp_path_factory.mktemp("any"), "")


WORDS = (
    r"criteria: | resources: | plan: | - |   | {id: a, text: b} | id: a | text: b | [ | ] | { | } | file: x"
    r" | kind: rubric | verifier: authoring:longer | when:  | open:  | max: 3 | name: demo | &a | *a"
)
pieces = st.sampled_from([*WORDS.split(" | "), "\n", "\n---\n", "\t"])


@given(st.lists(pieces, max_size=30).map("".join) | st.binary(max_size=60), st.lists(pieces, max_size=12).map("".join))
def test_whatever_the_files_hold_a_check_gives_faults_and_never_raises(scratch, bank, head):
    (scratch / "resources.yaml").write_bytes(bank if isinstance(bank, bytes) else bank.encode())
    (scratch / "SKILL.md").write_text(f"---\nname: demo\ndescription: x\n{head}\n---\nDo it.\n")
    for fault in check_skill(scratch):
        assert fault.message
        assert fault.file is not None
