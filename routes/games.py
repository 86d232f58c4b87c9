"""What each player of a cooperative game is due: the Shapley value, the Banzhaf value and the nucleolus.

A game of n players is the table of worths of all 2^n coalitions: entry c is the worth of the players whose bits are set
in c (bit i: player i), so the first entry is the empty coalition's 0 and the last one the worth of all together.
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import null_space
from scipy.optimize import linprog

Floats = NDArray[np.float64]
Coalitions = NDArray[np.int64]

# Of the largest worth: what sums of worths may lose to rounding.
ROUNDING = 1e-12
# Of the scaled game: how far an excess may stand above the level of its stage (the finest tolerance that HiGHS takes).
FEASIBLE = 1e-10
# A dual above this settles its coalition. A true one below it only waits for a later stage, whereas a false one would
# give a wrong answer. The coalitions' duals add up to 1 and n + 1 of them at most are not 0, so each stage settles one.
POSITIVE = 1e-6
# Distance of an indicator from the span of the settled ones. Squared it is a ratio of two determinants of whole numbers,
# which by Hadamard's bound keeps it above this, where it is not 0, for 20 players and fewer.
OUTSIDE = 1e-8


def shapley(worth: ArrayLike) -> Floats:
    """The Shapley value of each player: the mean marginal contribution over all orders in which the players can join.

    A coalition S of the others counts with weight |S|! (n - |S| - 1)! / n! (L. S. Shapley, "A value for n-person games",
    Contributions to the Theory of Games II, 1953). Raises ValueError where the table is not a game.

    Player 0 has a left glove, players 1 and 2 a right one each; a pair is worth 6.

    >>> shapley([0, 0, 0, 6, 0, 6, 0, 6]).round(9).tolist()
    [4.0, 1.0, 1.0]
    """
    table, players = _game(worth)
    weight = np.array([1.0 / (players * comb(players - 1, size)) for size in range(players)])
    # The first half of the table, the coalitions without the last player, has the sizes of those without any one player.
    weights = weight[_sums(np.ones(players))[: table.size // 2].astype(np.int64)]
    return np.array([(weights * _marginal(table, player)).sum() for player in range(players)], dtype=np.float64)


def banzhaf(worth: ArrayLike) -> Floats:
    """The Banzhaf value of each player: the mean marginal contribution over the 2^(n-1) coalitions of the others.

    In the unit of the worths and not normalised, so the values need not add up to the worth of all (J. F. Banzhaf,
    "Weighted voting doesn't work", Rutgers Law Review 19, 1965; P. Dubey and L. S. Shapley, "Mathematical properties of
    the Banzhaf power index", Mathematics of Operations Research 4, 1979). Raises ValueError where the table is not a game.

    >>> banzhaf([0, 0, 0, 6, 0, 6, 0, 6]).tolist()
    [4.5, 1.5, 1.5]
    """
    table, players = _game(worth)
    return np.array([_marginal(table, player).mean() for player in range(players)], dtype=np.float64)


def nucleolus(worth: ArrayLike) -> Floats:
    """The nucleolus: the imputation whose excesses, sorted from the largest down, come first in lexicographic order.

    The excess of a coalition is its worth less what its members get, and an imputation shares out the worth of all and
    gives each player no less than the worth of that player alone (D. Schmeidler, "The nucleolus of a characteristic
    function game", SIAM Journal on Applied Mathematics 17, 1969). Found by the sequence of linear programs of
    M. Maschler, B. Peleg and L. S. Shapley, "Geometric properties of the kernel, nucleolus, and related solution
    concepts", Mathematics of Operations Research 4, 1979: each stage lowers the largest excess still open as far as it
    goes, then holds the coalitions that stop it. Raises ValueError where the table is not a game, and where there is no
    imputation because the players alone are worth more than all together.

    An estate of 200 for claims of 100, 200 and 300 (Talmud, Ketubot 93a): a coalition is worth what the others leave it.

    >>> nucleolus([0, 0, 0, 0, 0, 0, 100, 200]).round(6).tolist()
    [50.0, 75.0, 75.0]
    """
    table, players = _game(worth)
    alone = table[1 << np.arange(players)]
    spare, rounding = table[-1] - alone.sum(), ROUNDING * np.abs(table).max()
    if spare < -rounding:
        raise ValueError(f"there is no imputation: all players together are worth {table[-1]:g}, each alone {alone.sum():g} in sum")
    if spare <= rounding:
        return alone
    # The nucleolus moves along when each player's own worth is taken out and when the unit changes: then payoffs are not
    # negative and the linear programs' absolute tolerances are relative ones.
    surplus = table - _sums(alone)
    scale = float(surplus.max())
    return alone + _settle(surplus / scale, 0.0) * scale


def prenucleolus(worth: ArrayLike) -> Floats:
    """The payoff that `nucleolus` seeks, among all that share out the worth of all, even to less than a player's own worth.

    It exists for every game; where nobody gets less than alone it is the nucleolus. Raises ValueError where the table is
    not a game. Two players of whom one would be enough:

    >>> prenucleolus([0, 10, 10, 10]).tolist()
    [5.0, 5.0]
    """
    table, _ = _game(worth)
    scale = float(np.abs(table).max())
    return _settle(table / scale, -np.inf) * scale if scale > 0 else np.zeros(table.size.bit_length() - 1)


def _game(worth: ArrayLike) -> tuple[Floats, int]:
    """The table as floats, and the number of players."""
    table = np.asarray(worth, dtype=np.float64)
    if table.ndim != 1 or table.size == 0 or table.size & (table.size - 1):
        raise ValueError(f"a game is one row of 2^n worths, one for each coalition, not an array of shape {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError(f"the worth of coalition {np.flatnonzero(~np.isfinite(table))[0]} is not a finite number")
    if table[0] != 0.0:
        raise ValueError(f"the empty coalition is worth {table[0]:g}; it has to be 0")
    return table, table.size.bit_length() - 1


def _sums(amounts: Floats) -> Floats:
    """The sum of the members' amounts, for each coalition."""
    total = np.zeros(1)
    for amount in amounts:
        total = np.concatenate([total, total + amount])
    return total


def _marginal(table: Floats, player: int) -> Floats:
    """What a player adds to each coalition of the others, in the order of the table without that player."""
    pairs = table.reshape(-1, 2, 1 << player)
    return (pairs[:, 1] - pairs[:, 0]).ravel()


def _members(coalitions: Coalitions, players: int) -> Floats:
    """The indicator of each coalition, one a row."""
    return (coalitions[:, None] >> np.arange(players) & 1).astype(np.float64)


def _settle(surplus: Floats, least: float) -> Floats:
    """The nucleolus of a scaled game among the payoffs that give each player no less than ``least``.

    The stages run with few coalitions in place of all. Where none of the others then stands above the level of the last
    stage that it was open in, the payoff and the duals of each stage prove it optimal among all coalitions too;
    otherwise the worst offenders come in and the stages run again. To do so stage by stage takes far longer: a solution
    in the middle of the sequence is an arbitrary corner, which many coalitions object to that do not matter in the end.
    """
    players = surplus.size.bit_length() - 1
    alone = 1 << np.arange(players)
    # Those of one player span everything, so a stage never runs out of coalitions.
    rows = np.concatenate([alone, surplus.size - 1 - alone])
    while True:
        payoff, stages = _stages(surplus, rows, least)
        excess = surplus - _sums(payoff)
        excess[rows] = -np.inf
        # Levels never rise from stage to stage, so who is not above the last one breaches none.
        above = np.flatnonzero(excess > stages[-1][1] + FEASIBLE)
        limit = np.full(above.size, np.inf)
        for free, level in stages:
            limit[_outside(above, free)] = level
        worst = _worst(above, excess[above] - limit, 2 * players)
        if not worst.size:
            return payoff
        rows = np.concatenate([rows, worst])


def _stages(surplus: Floats, rows: Coalitions, least: float) -> tuple[Floats, list[tuple[Floats, float]]]:
    """The payoff that the stages lead to when only some coalitions count, and each stage's open directions and level.

    ``settled`` has independent indicators of coalitions whose payoff is the same in every solution still possible; when
    as many as there are players, the payoff is unique. The excess of a coalition in their span is constant too and no
    longer matters.
    """
    players = surplus.size.bit_length() - 1
    payoff = np.full(players, surplus[-1] / players)
    settled = np.ones((1, players))
    stages: list[tuple[Floats, float]] = []
    while (free := null_space(settled)).size:
        rows = rows[_outside(rows, free)]
        payoff, level, stopping = _stage(surplus, rows, (settled, payoff, least))
        stages.append((free, level))
        for coalition in stopping:
            if _outside(coalition[None], null_space(settled))[0]:
                settled = np.vstack([settled, _members(coalition[None], players)])
    return payoff, stages


def _outside(coalitions: Coalitions, free: Floats) -> NDArray[np.bool_]:
    """Which coalitions are not in the span of the settled ones, whose complement ``free`` has as its columns."""
    return np.asarray(np.linalg.norm(_members(coalitions, len(free)) @ free, axis=1) > OUTSIDE)


def _stage(surplus: Floats, rows: Coalitions, held: tuple[Floats, Floats, float]) -> tuple[Floats, float, Coalitions]:
    """Lower the largest excess of some coalitions as far as it goes: the payoff, that level, and the coalitions that stop it.

    The settled sums of the payoff before are held, so that payoff stays feasible and an error of rounding cannot leave
    the linear program without a solution.
    """
    settled, payoff, least = held
    players = len(payoff)
    solved = linprog(
        np.append(np.zeros(players), 1.0),
        A_ub=-np.column_stack([_members(rows, players), np.ones(len(rows))]),
        b_ub=-surplus[rows],
        A_eq=np.column_stack([settled, np.zeros(len(settled))]),
        b_eq=settled @ payoff,
        bounds=[*((min(least, amount), None) for amount in payoff.tolist()), (None, None)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": FEASIBLE, "dual_feasibility_tolerance": FEASIBLE},
    )
    if not solved.success:
        raise ArithmeticError(f"a linear program of the nucleolus was not solved: {solved.message}")
    # A player held down at the own worth in every solution is settled just as a coalition is.
    alone = 1 << np.flatnonzero(solved.lower.marginals[:players] > POSITIVE)
    return solved.x[:players], float(solved.fun), np.concatenate([rows[-solved.ineqlin.marginals > POSITIVE], alone])


def _worst(coalitions: Coalitions, breach: Floats, most: int) -> Coalitions:
    """The coalitions that breach their level most; of equal ones, those that come first in the table."""
    coalitions, breach = coalitions[breach > FEASIBLE], breach[breach > FEASIBLE]
    if coalitions.size <= most:
        return coalitions
    least = np.partition(breach, -most)[-most]
    larger, equal = coalitions[breach > least], coalitions[breach == least]
    return np.concatenate([larger, equal[: most - larger.size]])
