"""Plots of a benchmark run, drawn without a display; needs matplotlib (extra `report`)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from skillrm.benching.record import Record
from skillrm.benchmarks.best_of_n import Curve
from skillrm.benchmarks.calibration import Calibration
from skillrm.errors import ConfigError, Fault

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, ACCENT = "#1f2933", "#8a96a3", "#1f5fa8"
_LINES: dict[str, dict[str, Any]] = {
    "judge": {"color": ACCENT, "linewidth": 2.0, "marker": "o", "markersize": 3.5},
    "majority": {"color": "#b5651d", "linewidth": 1.4},
    "longest": {"color": "#6b7f5e", "linewidth": 1.4, "linestyle": (0, (5, 2))},
    "random": {"color": SOFT, "linewidth": 1.4, "linestyle": (0, (1, 1.5))},
    "oracle": {"color": INK, "linewidth": 1.0, "linestyle": (0, (6, 2, 1, 2))},
}
_SETTINGS: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: readable, selectable, small
    "svg.hashsalt": "skillrm",  # equal runs give equal files
}


def available() -> bool:
    """Whether plots can be drawn here."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def best_of_n(curves: Mapping[str, Curve], form: Literal["png", "svg"]) -> bytes:
    """Worth of what is selected among N, the lines that need no judge beside it. Raises `ConfigError`."""

    def draw(axes: Axes) -> None:
        ends = []
        for name, style in _LINES.items():
            if name in curves:
                numbers = range(1, len(curves[name]) + 1)
                axes.plot(numbers, curves[name], clip_on=False, **style)
                ends.append((curves[name][-1], name, str(style["color"])))
        size = len(next(iter(curves.values())))
        axes.set_xlabel("answers to choose from, N")
        axes.set_ylabel("expected worth of the chosen answer")
        axes.set_xlim(1, size)
        axes.locator_params(axis="x", integer=True)
        _name_ends(axes, ends, size)

    return _drawn(draw, (5.2, 3.2), form)


def _name_ends(axes: Axes, ends: list[tuple[float, str, str]], size: int) -> None:
    """Each line is named at its end, apart from its neighbours, so that no legend need be looked up."""
    low, high = axes.get_ylim()
    least, place = (high - low) * 0.065, low - 1.0
    for value, name, colour in sorted(ends):
        place = max(value, place + least)
        axes.annotate(
            f"{name} {value:.3f}", (size, value), (size + (size - 1) * 0.03, place),
            color=colour, va="center", annotation_clip=False,
        )  # fmt: skip


def reliability(found: Calibration, of: str, form: Literal["png", "svg"]) -> bytes:
    """Stated confidence against what came true, with 95 % intervals. Raises `ConfigError`."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8)
        centres = [one.confidence for one in found.bins]
        right = [one.accuracy for one in found.bins]
        below = [one.accuracy - one.interval.low for one in found.bins]
        above = [one.interval.high - one.accuracy for one in found.bins]
        axes.errorbar(centres, right, [below, above], color=SOFT, linewidth=0, elinewidth=1.2, zorder=2)
        most = max(one.n for one in found.bins)
        axes.scatter(centres, right, [18 + 90 * one.n / most for one in found.bins], color=ACCENT, zorder=3)
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.set_aspect("equal")
        axes.set_xlabel(f"stated confidence ({of})")
        axes.set_ylabel("share that is right")

    return _drawn(draw, (3.4, 3.4), form)


def by_subset(record: Record, form: Literal["png", "svg"]) -> bytes:
    """Headline with its interval for every subset, upstream's number beside it. Raises `ConfigError`."""
    rows = [*record.metrics.subsets.items(), ("overall", record.metrics.overall)][::-1]

    def draw(axes: Axes) -> None:
        for place, (_, line) in enumerate(rows):
            axes.plot(
                [line.low, line.high], [place, place], color=SOFT, linewidth=1.6, solid_capstyle="round", zorder=1
            )
        places = range(len(rows))
        axes.scatter(
            [line.upstream for _, line in rows],
            places,
            26,
            facecolor="white",
            edgecolor=INK,
            label="upstream",
            clip_on=False,
            zorder=2,
        )
        axes.scatter(
            [line.headline for _, line in rows],
            places,
            26,
            color=ACCENT,
            label="headline, 95 %",
            clip_on=False,
            zorder=3,
        )
        axes.set_yticks(places, [name for name, _ in rows])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        low = min(0.0, *(line.low for _, line in rows), *(line.upstream for _, line in rows))
        axes.set_xlim(low - (0.03 if low < 0 else 0.0), 1.02)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color="#e4e7eb", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.22 if len(rows) < 4 else -0.16), ncols=2, handletextpad=0.3
        )

    return _drawn(draw, (5.2, 1.3 + 0.33 * len(rows)), form)


def _drawn(draw: Any, size: tuple[float, float], form: Literal["png", "svg"]) -> bytes:
    try:
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        mend = "pip install 'skillrm[report]'"
        raise ConfigError(Fault("plots need matplotlib", mend=mend)) from None
    with matplotlib.rc_context(_SETTINGS):
        figure: Figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        into = io.BytesIO()
        figure.savefig(into, format=form, dpi=200, metadata={"Date": None} if form == "svg" else None)
    return into.getvalue()
