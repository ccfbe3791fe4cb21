import html

from hypothesis import given
from hypothesis import strategies as st

from usage_tracker import formatting
from usage_tracker.render.html.markup import Markup, element, join, leaf


def test_what_is_not_markup_is_escaped_and_what_is_stays() -> None:
    inner = element("b", "a<b & 'c'")
    assert element("p", inner, "</p>") == "<p><b>a&lt;b &amp; &#x27;c&#x27;</b>&lt;/p&gt;</p>"


def test_attributes_are_escaped_named_as_html_names_them_and_left_out_when_none() -> None:
    shown = leaf("path", class_='"><script>', aria_label="x", d="M0 1", id=None, x=1.5)
    assert shown == '<path class="&quot;&gt;&lt;script&gt;" aria-label="x" d="M0 1" x="1.5"/>'


def test_an_attribute_may_be_called_name() -> None:
    assert leaf("meta", name="referrer") == '<meta name="referrer"/>'


def test_parts_are_put_together_without_becoming_markup() -> None:
    joined = join((Markup("<i/>"), "<i/>"))
    assert joined == "<i/>&lt;i/&gt;"
    assert join([joined]) == joined


@given(st.text())
def test_any_text_comes_out_of_an_element_as_it_went_in(text: str) -> None:
    shown = text if text.isprintable() else formatting.plain(text, len(text))
    written = element("p", text, title=text)
    assert written.count("<") == written.count(">") == 2
    assert html.unescape(written) == f'<p title="{shown}">{shown}</p>'


def test_what_is_invisible_or_reversing_is_seen_in_text_and_in_attributes() -> None:
    assert element("p", "a\x08b", title="\u202ecba") == '<p title="\ufffdcba">a\ufffdb</p>'
