"""Power indices: axioms, closed forms from the literature, and slow calculations straight from the definitions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from routes.games import banzhaf, nucleolus, prenucleolus, shapley

Floats = NDArray[np.float64]
INDICES = [shapley, banzhaf, nucleolus]


def game(players: int, worth: Callable[[tuple[int, ...]], float]) -> Floats:
    """The table of a game given by a function of the members."""
    return np.array([worth(tuple(i for i in range(players) if c >> i & 1)) for c in range(1 << players)], dtype=np.float64)


def payoffs(payoff: Sequence[float] | Floats) -> Floats:
    """What the members of each coalition get together."""
    return game(len(payoff), lambda members: math.fsum(payoff[i] for i in members))


def relabelled(worth: Floats, order: Sequence[int]) -> Floats:
    """The same game with player i called order[i]."""
    table = np.empty_like(worth)
    for coalition in range(len(worth)):
        table[sum(1 << to for i, to in enumerate(order) if coalition >> i & 1)] = worth[coalition]
    return table


def backwards(worth: Floats) -> Floats:
    """The table as it is read by who takes the last player for the first."""
    return relabelled(worth, range(len(worth).bit_length() - 1)[::-1])


def random_game(seed: int, players: int) -> Floats:
    """Whole numbers with many ties for an even seed, any numbers for an odd one; together never less than apart."""
    random = np.random.default_rng(seed)
    worth = random.integers(-2, 4, 1 << players).astype(np.float64) if seed % 2 == 0 else random.normal(size=1 << players)
    worth[0] = 0.0
    worth[-1] = max(worth[-1], sum(worth[1 << i] for i in range(players)) + seed % 3)
    return worth


def tables(players: st.SearchStrategy[int]) -> st.SearchStrategy[Floats]:
    numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
    return players.flatmap(lambda n: st.lists(numbers, min_size=2**n - 1, max_size=2**n - 1)).map(lambda rest: np.array([0.0, *rest]))


def by_orders(worth: Floats) -> Floats:
    """The Shapley value from every order in which the players can join."""
    players = len(worth).bit_length() - 1
    total = np.zeros(players)
    for order in permutations(range(players)):
        present = 0
        for player in order:
            total[player] += worth[present | 1 << player] - worth[present]
            present |= 1 << player
    return total / math.factorial(players)


def by_swings(worth: Floats) -> Floats:
    """The Banzhaf value from every coalition of the others."""
    players = len(worth).bit_length() - 1
    others = [[c for c in range(len(worth)) if not c >> i & 1] for i in range(players)]
    return np.array([math.fsum(worth[c | 1 << i] - worth[c] for c in others[i]) / len(others[i]) for i in range(players)])


def by_full_programs(worth: Floats) -> Floats:
    """The nucleolus from linear programs over all coalitions, with neither duals nor ranks.

    A coalition is fixed at a level where no best payoff gives it less excess; the last payoff is the nucleolus when all are.
    """
    players = len(worth).bit_length() - 1
    indicators = np.array([[c >> i & 1 for i in range(players)] for c in range(len(worth))], dtype=np.float64)
    bounds: list[tuple[float | None, float | None]] = [*((float(worth[1 << i]), None) for i in range(players)), (None, None)]
    fixed = {len(worth) - 1: 0.0}
    free = list(range(1, len(worth) - 1))
    payoff = np.full(players, worth[-1] / players)
    while free:
        # Variables: the payoff, then the level. A hair of room keeps what rounding did to the levels feasible.
        columns = np.column_stack([indicators, np.zeros(len(worth))])
        sums = {c: worth[c] - level for c, level in fixed.items()}
        upper = [-columns[c] - np.eye(players + 1)[-1] for c in free] + [columns[c] for c in sums] + [-columns[c] for c in sums]
        most = [-worth[c] for c in free] + [at + 1e-9 for at in sums.values()] + [1e-9 - at for at in sums.values()]
        best = linprog(np.eye(players + 1)[-1], A_ub=np.array(upper), b_ub=np.array(most), bounds=bounds)
        payoff, level = best.x[:players], best.x[-1]
        ends = [*bounds[:-1], (None, level + 1e-9)]
        tight = [c for c in free if worth[c] - indicators[c] @ payoff > level - 1e-6]
        gets = {c: -linprog(-columns[c], A_ub=np.array(upper), b_ub=np.array(most), bounds=ends).fun for c in tight}
        fixed |= {c: level for c in tight if worth[c] - gets[c] > level - 1e-6}
        free = [c for c in free if c not in fixed]
    return np.asarray(payoff)


# Axioms and definitions


@settings(max_examples=40, deadline=None)
@given(worth=tables(st.integers(1, 6)))
def test_values_follow_from_their_definitions(worth: Floats) -> None:
    near = 1e-12 * np.abs(worth).max()
    assert shapley(worth) == pytest.approx(by_orders(worth), abs=near)
    assert banzhaf(worth) == pytest.approx(by_swings(worth), abs=near)


@settings(max_examples=40, deadline=None)
@given(worth=tables(st.integers(1, 7)))
def test_the_shapley_value_shares_out_all(worth: Floats) -> None:
    assert shapley(worth).sum() == pytest.approx(worth[-1], abs=1e-12 * np.abs(worth).max())


@settings(max_examples=30, deadline=None)
@given(data=st.data(), worth=tables(st.integers(2, 6)))
def test_names_do_not_matter(data: st.DataObject, worth: Floats) -> None:
    order = data.draw(st.permutations(range(len(worth).bit_length() - 1)))
    for index in (shapley, banzhaf):
        assert index(relabelled(worth, order))[order] == pytest.approx(index(worth), abs=1e-12 * np.abs(worth).max())


@settings(max_examples=30, deadline=None)
@given(data=st.data(), worth=tables(st.integers(1, 5)), own=st.floats(-1e6, 1e6))
def test_who_adds_one_amount_to_all_gets_that_amount(data: st.DataObject, worth: Floats, own: float) -> None:
    """The null player, whose amount is 0, among them; the others get what they got without."""
    players = len(worth).bit_length()
    place = data.draw(st.integers(0, players - 1))
    order = [i for i in range(players) if i != place] + [place]
    wider = relabelled(np.concatenate([worth, worth + own]), order)
    for index in (shapley, banzhaf):
        near = 1e-12 * np.abs(wider).max()
        assert index(wider)[place] == pytest.approx(own, abs=near)
        assert np.delete(index(wider), place) == pytest.approx(index(worth), abs=near)
    nothing = relabelled(np.concatenate([worth, worth]), order)
    assert shapley(nothing)[place] == banzhaf(nothing)[place] == 0.0


@settings(max_examples=30, deadline=None)
@given(data=st.data(), players=st.integers(1, 6))
def test_values_of_a_sum_are_the_sums_of_values(data: st.DataObject, players: int) -> None:
    one, other = (data.draw(tables(st.just(players))) for _ in range(2))
    for index in (shapley, banzhaf):
        near = 1e-12 * (np.abs(one).max() + np.abs(other).max())
        assert index(one + other) == pytest.approx(index(one) + index(other), abs=near)


# Voting


@pytest.fixture(scope="module")
def council() -> Floats:
    """The UN Security Council: five permanent members with 7 votes, ten others with 1, and 39 votes to decide."""
    return (payoffs([7.0] * 5 + [1.0] * 10) >= 39).astype(np.float64)


def test_the_security_council(council: Floats) -> None:
    assert shapley(council) == pytest.approx([421 / 2145] * 5 + [4 / 2145] * 10, abs=1e-14)
    # A veto counts when four or more of the ten agree; one of the ten when the five and just three of the nine others do.
    swings = [sum(math.comb(10, k) for k in range(4, 11)), math.comb(9, 3)]
    assert banzhaf(council) == pytest.approx([swings[0] / 2**14] * 5 + [swings[1] / 2**14] * 10, abs=1e-14)


def test_those_with_a_veto_share_the_nucleolus(council: Floats) -> None:
    assert nucleolus(council) == pytest.approx([1 / 5] * 5 + [0.0] * 10, abs=1e-9)


# Airports: a runway as long as the longest that a member needs


def airport(costs: Sequence[float]) -> Floats:
    return game(len(costs), lambda members: -max((costs[i] for i in members), default=0.0))


def airport_shapley(costs: Sequence[float]) -> list[float]:
    """Littlechild and Owen: each piece of runway is shared equally by those who need it. Costs in rising order."""
    shares = [(high - low) / (len(costs) - at) for at, (low, high) in enumerate(pairwise([0.0, *costs]))]
    return [-math.fsum(shares[: at + 1]) for at in range(len(costs))]


def airport_nucleolus(costs: Sequence[float]) -> list[float]:
    """Littlechild's recursion: a group pays the least share, counting one more head unless it is the last. Costs rise."""
    paid: list[float] = []
    while len(paid) < len(costs):
        done, last = len(paid), len(costs) - 1
        before = (costs[done - 1] - paid[-1]) if done else 0.0
        shares = [(costs[at] - before) / (at - done + (2 if at < last else 1)) for at in range(done, last + 1)]
        paid += [min(shares)] * (1 + max(at for at, share in enumerate(shares) if share <= min(shares)))
    return [-amount for amount in paid]


def test_a_small_airport_by_hand() -> None:
    """Costs 1, 2, 3. The first pays half its piece, the second half of what is left of 1.5, the last one the rest."""
    assert shapley(airport([1, 2, 3])) == pytest.approx([-1 / 3, -5 / 6, -11 / 6], abs=1e-14)
    assert nucleolus(airport([1, 2, 3])) == pytest.approx([-0.5, -0.75, -1.75], abs=1e-9)
    assert airport_nucleolus([1, 2, 3]) == [-0.5, -0.75, -1.75]


@settings(max_examples=20, deadline=None)
@given(costs=st.lists(st.integers(1, 30), min_size=1, max_size=7).map(sorted))
def test_airports(costs: list[int]) -> None:
    assert shapley(airport(costs)) == pytest.approx(airport_shapley(costs), abs=1e-12)
    assert nucleolus(airport(costs)) == pytest.approx(airport_nucleolus(costs), abs=1e-8)


# Bankruptcy: a coalition is worth what the others' claims leave of the estate


def bankruptcy(estate: float, claims: Sequence[float]) -> Floats:
    owed = payoffs(claims)
    return np.maximum(0.0, estate - (owed[-1] - owed))


def contested_garment(estate: float, claims: Sequence[float]) -> Floats:
    """Aumann and Maschler: equal gains up to half of each claim, beyond half of all claims equal losses up to half."""
    halves = np.array(claims, dtype=np.float64) / 2
    if estate > halves.sum():
        return 2 * halves - contested_garment(2 * halves.sum() - estate, claims)
    left, award = estate, np.zeros(len(halves))
    for at, player in enumerate(np.argsort(halves)):
        award[player] = min(halves[player], left / (len(halves) - at))
        left -= award[player]
    return award


@pytest.mark.parametrize(("estate", "awards"), [(100, [100 / 3] * 3), (200, [50, 75, 75]), (300, [50, 100, 150])])
def test_the_estates_of_the_talmud(estate: float, awards: list[float]) -> None:
    assert nucleolus(bankruptcy(estate, [100, 200, 300])) == pytest.approx(awards, abs=1e-7)
    assert contested_garment(estate, [100, 200, 300]) == pytest.approx(awards)


@settings(max_examples=25, deadline=None)
@given(claims=st.lists(st.integers(1, 50), min_size=2, max_size=7), part=st.floats(0.05, 1.0))
def test_bankruptcies(claims: list[int], part: float) -> None:
    estate = part * sum(claims)
    assert nucleolus(bankruptcy(estate, claims)) == pytest.approx(contested_garment(estate, claims), abs=1e-8 * estate)


# The nucleolus


def test_gloves() -> None:
    """One left glove and two right ones: competition leaves the right ones nothing. Two of each: all are alike."""
    assert nucleolus([0, 0, 0, 1, 0, 1, 0, 1]) == pytest.approx([1, 0, 0], abs=1e-9)
    pairs = game(4, lambda members: min(len({0, 1} & set(members)), len({2, 3} & set(members))))
    assert nucleolus(pairs) == pytest.approx([0.5] * 4, abs=1e-9)


def test_nobody_gets_less_than_alone() -> None:
    """Without the bound, player 2 would have to pay 3 to the two who could do better without."""
    assert nucleolus([0, 0, 0, 10, 0, 0, 0, 4]) == pytest.approx([2, 2, 0], abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(players=st.integers(2, 6), seed=st.integers(0, 10_000))
def test_the_nucleolus_is_in_the_core(players: int, seed: int) -> None:
    """All that comes of a sum of projects, each of which needs some players, can be shared without objection."""
    random = np.random.default_rng(seed)
    teams, gains = random.integers(1, 2**players, 6), random.integers(1, 10, 6)
    worth = np.array([sum(gains[(teams & coalition) == teams]) for coalition in range(2**players)], dtype=np.float64)
    payoff = nucleolus(worth)
    assert payoff.sum() == pytest.approx(worth[-1], abs=1e-9)
    assert (worth - payoffs(payoff)).max() < 1e-8


@pytest.mark.parametrize(("players", "seeds"), [(2, range(6)), (3, range(40)), (4, range(16)), (5, range(4))])
def test_the_nucleolus_is_that_of_the_full_programs(players: int, seeds: range) -> None:
    for seed in seeds:
        worth = random_game(seed, players)
        assert nucleolus(worth) == pytest.approx(by_full_programs(worth), abs=1e-6), seed


@pytest.mark.parametrize("seed", range(10))
def test_no_imputation_comes_before_the_nucleolus(seed: int) -> None:
    """Sorted excesses against those of random steps to other imputations, near and far."""
    worth, random = random_game(seed, 4), np.random.default_rng(seed)
    payoff = nucleolus(worth)
    least = np.sort(worth - payoffs(payoff))[::-1]
    alone = worth[[1, 2, 4, 8]]
    for step in (1e-4, 1e-2, 1.0):
        for _ in range(20):
            share = random.dirichlet(np.ones(4)) * (worth[-1] - alone.sum()) + alone
            excess = np.sort(worth - payoffs(payoff + step * (share - payoff)))[::-1]
            apart = np.flatnonzero(np.abs(excess - least) > 1e-8)
            assert not len(apart) or excess[apart[0]] > least[apart[0]]


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("own", [[0.0] * 5, [5.0, -3.0, 0.5, 40.0, 0.0], [1e6, 2e6, -3e6, 4e6, 0.0]])
def test_neither_unit_nor_own_worth_matters(unit: float, own: list[float]) -> None:
    worth = random_game(3, 5)
    assert nucleolus((worth + payoffs(own)) * unit) / unit == pytest.approx(nucleolus(worth) + own, rel=1e-12, abs=1e-7)


def test_the_same_answer_each_time() -> None:
    worth = random_game(4, 7)
    assert all((nucleolus(worth) == nucleolus(worth.copy())).all() for _ in range(3))


def test_sixteen_players() -> None:
    """65,536 coalitions, against the closed forms."""
    costs = [1.0, 1.0, 2.0, 3.5, 4.0, 4.5, 6.0, 8.0, 9.0, 9.0, 12.0, 14.0, 15.0, 15.5, 20.0, 30.0]
    assert shapley(airport(costs)) == pytest.approx(airport_shapley(costs), abs=1e-12)
    assert nucleolus(airport(costs)) == pytest.approx(airport_nucleolus(costs), abs=1e-7)
    assert nucleolus(bankruptcy(90.0, costs)) == pytest.approx(contested_garment(90.0, costs), abs=1e-7)


# Games with next to nothing in them, and what is no game


@pytest.mark.parametrize("index", INDICES)
def test_the_smallest_games(index: Callable[[Sequence[float]], Floats]) -> None:
    assert index([0.0]).tolist() == []
    assert index([0.0, -4.0]).tolist() == [-4.0]
    assert index([0.0] * 32).tolist() == [0.0] * 5
    # 0.1 + 0.2 is more than 0.3 by a rounding, which is no reason to find no imputation.
    assert index([0.0, 0.1, 0.2, 0.3]) == pytest.approx([0.1, 0.2])


def test_without_imputation_there_is_no_nucleolus() -> None:
    with pytest.raises(ValueError, match="there is no imputation: all players together are worth 4, each alone 5 in sum"):
        nucleolus([0, 2, 3, 4])


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize(
    ("worth", "said"),
    [
        ([], r"2\^n worths"),
        ([0, 1, 2], r"2\^n worths"),
        ([[0, 1], [1, 2]], r"not an array of shape \(2, 2\)"),
        ([1, 1], "the empty coalition is worth 1"),
        ([0, 1, math.nan, 2], "the worth of coalition 2 is not a finite number"),
        ([0, math.inf], "the worth of coalition 1 is not a finite number"),
    ],
)
def test_what_is_no_game(index: Callable[[object], Floats], worth: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        index(worth)


def test_the_checks_can_fail() -> None:
    """Players read in the wrong order, one coalition's worth changed, or one value taken for another: each is noticed."""
    worth = random_game(1, 4)
    for index, slow in ((shapley, by_orders), (banzhaf, by_swings), (nucleolus, by_full_programs)):
        assert index(backwards(worth)) != pytest.approx(slow(worth), abs=1e-3)
        assert index(backwards(worth))[::-1] == pytest.approx(slow(worth), abs=1e-6)
    changed = worth.copy()
    changed[6] += 1.0
    assert shapley(changed) != pytest.approx(by_orders(worth), abs=1e-3)
    assert shapley(worth) != pytest.approx(by_full_programs(worth), abs=1e-3)
    assert nucleolus(bankruptcy(200, [300, 200, 100])) != pytest.approx([50, 75, 75], abs=1e-3)


def test_the_prenucleolus_exists_where_players_replace_each_other() -> None:
    """Each of three ways alone carries 6 of 8, so alone they are worth 18 together and no imputation is left."""
    worth = [0.0, 6, 6, 8, 6, 8, 8, 8]
    with pytest.raises(ValueError, match="no imputation"):
        nucleolus(worth)
    assert prenucleolus(worth) == pytest.approx([8 / 3] * 3)


@pytest.mark.parametrize("seed", range(20))
def test_the_prenucleolus_of_a_convex_game_is_the_nucleolus(seed: int) -> None:
    size = np.array([bin(at).count("1") for at in range(32)], dtype=float)
    weight = np.random.default_rng(seed).random(5)
    held = np.array([weight[[at for at in range(5) if mask >> at & 1]].sum() for mask in range(32)])
    worth = held**2 + size**2
    assert prenucleolus(worth) == pytest.approx(nucleolus(worth), abs=1e-6)
