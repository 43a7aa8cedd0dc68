"""How an understanding shows itself in a notebook."""

from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult


def test_repr_html_escapes_what_customers_and_authors_wrote() -> None:
    result = NluResult(
        text="<script>alert(1)</script> in York & Bath",
        ranking=(IntentScore(intent_id="<b>travel</b>", confidence=0.75),),
        entities=(EntitySpan(start=29, end=33, type="city", value="<York>", role="target"),),
        out_of_scope_score=1.5,
    )
    shown = result._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; in <mark" in shown
    assert "York <small>target: &lt;York&gt;</small></mark> &amp; Bath" in shown
    assert "&lt;b&gt;travel&lt;/b&gt;" in shown
    assert "75.0%" in shown
    assert "out of scope: 1.50" in shown


def test_repr_html_of_nothing_understood() -> None:
    assert "<mark" not in NluResult(text="?!", ranking=())._repr_html_()
