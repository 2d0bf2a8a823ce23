"""A verifier of your own, bound to a criterion of the sample it is for."""

from skillrm import Candidate, Criterion, Resource, RewardModel, Sample, run, verifier
from skillrm.verifiers import Finding, decided


@verifier("mine:palindrome", version="1", sample_safe=True)
def palindrome(sample: Sample, candidate: Candidate, args: object) -> Finding:
    """Whether the letters read the same in both directions."""
    letters = [c for c in candidate.final.lower() if c.isalpha()]
    return decided(letters == letters[::-1], f"{len(letters)} letters, backwards {''.join(letters[::-1])!r}")


sample = Sample(
    prompt="Write a palindrome.",
    candidates=(Candidate(label="first", text="Never odd or even"), Candidate(label="second", text="Nearly odd")),
    criteria=(Criterion(id="palindrome", text="It reads the same backwards."),),
    resources=(Resource(id="check", kind="verifier", verifier="mine:palindrome", decides=("palindrome",), hard=True),),
)
judgment = run(RewardModel("instruction-following").judge(sample))
for row in judgment.evidence:
    print(row.criterion, row.candidate, row.decision, "-", row.reason)
