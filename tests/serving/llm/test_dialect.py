import pytest

from serving.llm.dialect import Dialect


@pytest.mark.parametrize(
    ("complaint", "simpler"),
    [
        ("`logprobs` is not supported with this model", Dialect(has_logprobs=False)),
        ('[{"type":"extra_forbidden","loc":["body","logprobs"]}]', Dialect(has_logprobs=False)),
        ("response_format type must be one of 'text' or 'json_object'", Dialect(format="json_object")),
        ("This model does not support response format `json_schema`.", Dialect(format="json_object")),
        ("The specified schema produces a constraint that has too many states", Dialect(format="json_object")),
        ("Use 'max_completion_tokens' instead of 'max_tokens'", Dialect(limit_name="max_completion_tokens")),
        ("'temperature' does not support 0.0 with this model", Dialect(has_temperature=False)),
    ],
)
def test_simpler_leaves_out_what_the_complaint_names(complaint: str, simpler: Dialect) -> None:
    assert Dialect().simpler(complaint) == simpler


def test_simpler_ends_in_a_plain_request() -> None:
    dialect, complaint = Dialect(), "logprobs, max_completion_tokens, response_format and temperature are unknown"
    seen = []
    while (simpler := dialect.simpler(complaint)) is not None:
        seen.append(dialect := simpler)
    assert len(seen) == 5
    assert seen[-1] == Dialect("text", has_logprobs=False, has_temperature=False, limit_name="max_completion_tokens")


def test_simpler_knows_no_answer_to_other_complaints() -> None:
    assert Dialect().simpler("This model's maximum context length is 4096 tokens") is None
