"""What a benchmark promises, what it measured, and whether the promise held."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise: in words, the figure measured, and whether it held."""

    promise: str
    measured: str
    is_held: bool


@dataclass
class Bars:
    """All promises of one run."""

    all: list[Bar] = field(default_factory=list)

    def at_least(self, promise: str, measured: float, least: float, form: str = ".1f") -> None:
        """Note a figure that must be this high or higher."""
        self.all.append(Bar(promise, f"{measured:{form}}", measured >= least))

    def at_most(self, promise: str, measured: float, most: float, form: str = ".3f") -> None:
        """Note a figure that must be this low or lower."""
        self.all.append(Bar(promise, f"{measured:{form}}", measured <= most))

    def ended(self, promise: str, status: int) -> None:
        """Note a part that says by its status whether its own promises held."""
        self.all.append(Bar(promise, "all held" if status == 0 else "see above", status == 0))

    @property
    def missed(self) -> int:
        """How many promises did not hold."""
        return sum(not bar.is_held for bar in self.all)

    def show(self) -> None:
        """Print the table."""
        width = max((len(bar.promise) for bar in self.all), default=0)
        print(f"\n{'bar':<{width}}  {'measured':>12}  held")
        for bar in self.all:
            print(f"{bar.promise:<{width}}  {bar.measured:>12}  {'yes' if bar.is_held else 'NO'}")
        print(f"{len(self.all) - self.missed} of {len(self.all)} bars held", flush=True)
