"""SVG: charts that fit into a page as they are."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskull.report.svg import PALETTE, TEXT_COLOUR, chart_style, colour_of, shorten, soften_axes, to_svg
from deskull.system.installation import install_command


def _chart(prefix, title="A chart"):
    from matplotlib.figure import Figure

    with chart_style():
        figure = Figure(figsize=(2, 2))
        figure.add_subplot().plot([1, 2, 3], [1, 4, 9])
        return to_svg(figure, prefix, title)


@pytest.fixture(scope="module")
def svg():
    return _chart("one")


def test_text_has_the_colour_of_the_page(svg):
    assert "currentColor" in svg
    assert TEXT_COLOUR not in svg


def test_svg_can_be_placed_in_html(svg):
    assert svg.startswith('<svg class="chart"')
    assert "<?xml" not in svg


def test_svg_refers_to_nothing_outside_itself(svg):
    links = re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', svg)
    assert links
    assert all((one or other).startswith("#") for one, other in links)


def test_references_inside_a_chart_point_to_its_own_ids(svg):
    ids = set(re.findall(r'id="([^"]*)"', svg))
    assert set(re.findall(r'href="#([^"]*)"', svg)) <= ids


def test_ids_of_two_charts_differ(svg):
    one, two = (set(re.findall(r'id="([^"]*)"', chart)) for chart in (svg, _chart("two")))
    assert one
    assert not one & two


def test_the_same_chart_gives_the_same_bytes(svg):
    assert _chart("one") == svg


def test_title_is_escaped():
    assert 'aria-label="&lt;b&gt; &amp; &quot;x&quot;"' in _chart("x", '<b> & "x"')


def test_colours_are_reused_after_the_last():
    assert colour_of(len(PALETTE)) == colour_of(0)


@given(st.text(max_size=80))
def test_shortened_names_keep_both_ends(name):
    short = shorten(name)
    assert len(short) <= 22
    assert short == name or (name.startswith(short.split("…")[0]) and name.endswith(short[-10:]))


def test_missing_matplotlib_is_one_sentence_that_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"  # as if it were not installed
        "from deskull.errors import UsageError\n"
        "from deskull.report.svg import require_matplotlib\n"
        "try:\n    require_matplotlib()\nexcept UsageError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"the evaluation page needs matplotlib; {install_command('report')}.\n"


def test_user_settings_of_matplotlib_do_not_change_charts_and_are_kept(svg):
    import matplotlib

    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert _chart("one") == svg
        assert matplotlib.rcParams["font.size"] == 30


def test_charts_have_no_background_and_no_metadata(svg):
    assert "metadata" not in svg
    assert "#ffffff" not in svg


def test_texts_stay_texts_in_the_font_of_the_page(svg):
    assert "<text" in svg
    assert "DejaVu" not in svg
    assert "system-ui" in svg


@pytest.mark.parametrize("which", ["x", "y"])
def test_softened_axes_have_grid_lines_in_one_direction(which):
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    soften_axes(axes, which)
    shown = {name: any(line.get_visible() for line in getattr(axes, f"get_{name}gridlines")()) for name in "xy"}
    assert shown == {"x": which == "x", "y": which == "y"}


def test_softened_axes_have_few_ticks():
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    axes.plot([0, 1000], [0, 1])
    soften_axes(axes, "both")
    assert len(axes.get_xticks()) <= 8


def test_colours_of_the_first_models_differ():
    assert len({colour_of(index) for index in range(7)}) == 7


def test_name_of_exactly_the_longest_length_is_not_shortened():
    assert shorten("x" * 22) == "x" * 22
    assert "…" in shorten("x" * 23)
