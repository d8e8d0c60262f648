"""A state machine that plays an owner, a thief and time against the session algorithm.

What it calls is real: `sessions` on a real database, tokens with real signatures, both clocks
steered. What it knows is only what the two of them can see: the answers to their requests. From
those it keeps its own account of the session, and each promise of the algorithm is a method that
bears its name. The owner's browser stores what it gets; tabs may refresh together, answers may be
lost or overtake one another. The thief copies what the browser holds, at any time, and may wait.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from .. import sessions, subjects, tokens
from ..conf import LEEWAY_SECONDS, conf
from ..errors import InvalidToken, RefreshReused, SessionEnded
from ..models import Session
from ..sessions import revocation, session
from ..tokens import key_store, signing
from .clock import SteeredClock
from .people import let_in, make_user, shut_out

OWNER, THIEF = "owner", "thief"
GRACE = timedelta(seconds=10)

# Time before something happens: around each edge of the window and of an access token's life.
waits = st.sampled_from([0.0, 0.4, 4.9, 9.9, 10, 10.1, 16, 31, 299, 306, 3600, 43_199, 200_000])


def claims_of(token: str) -> dict:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


@dataclass(frozen=True)
class Pair:
    """Two tokens as the browser holds them, and what anybody can read in them."""

    access: str
    refresh: str

    @property
    def claims(self) -> dict:
        return claims_of(self.refresh)

    @property
    def generation(self) -> int:
        return int(self.claims["gen"])

    @property
    def meaning(self) -> tuple[str, str, int, int]:
        claims = self.claims
        return claims["sid"], claims["sub"], claims["gen"], claims["exp"]


@dataclass(frozen=True)
class Use:
    """Somebody showed that they hold a generation: the API saw it, or it rotated."""

    side: str
    generation: int
    at: datetime


class SessionMachine(RuleBasedStateMachine):
    clock: SteeredClock
    a_thief_is_about = False

    def __init__(self) -> None:
        super().__init__()
        Session.objects.all().delete()
        subjects.rows().delete()
        self.another_process_answers()
        self.clock.start_again()
        self.user = make_user("alice")
        self.signed_in = 0
        self.alive = False
        self.issued: list[Pair] = []

    def teardown(self) -> None:
        if self.signed_in and not self.alive:
            self.after_the_end_nothing_is_accepted()

    # ---- what the owner does

    @precondition(lambda self: not self.alive)
    @rule(remember=st.booleans(), skew=st.sampled_from([0, -4, 4]))
    def sign_in(self, remember: bool, skew: int) -> None:
        self.clock.part(skew)
        self.user = let_in(self.user)
        issued = sessions.start(
            self.user, evidence=sessions.BY_PASSWORD, client="web", remember=remember
        )
        pair = Pair(issued.access, issued.refresh)
        idle, absolute = conf.lifetimes(remember)
        if self.signed_in:
            self.after_the_end_nothing_is_accepted()
        self.issued, self.uses, self.loot = [pair], [], []
        self.sid, self.idle = issued.session.id, timedelta(seconds=idle)
        self.absolute_end = self.clock.now + timedelta(seconds=absolute)
        self.idle_end = self.clock.now + self.idle
        self.generation, self.previous = pair.generation, 0
        self.rotated_at, self.confirmed_at = self.clock.now, None
        self.jar = {OWNER: pair, THIEF: pair}
        self.signed_in += 1
        self.alive, self.disturbed, self.reason = True, False, ""

    @precondition(lambda self: self.alive)
    @rule(after=waits)
    def refresh(self, after: float) -> None:
        self.clock.advance(after)
        answer = self.owner_presents(self.jar[OWNER])
        if answer:
            self.jar[OWNER] = answer

    @precondition(lambda self: self.alive)
    @rule(after=waits)
    def refresh_whose_answer_is_lost(self, after: float) -> None:
        self.clock.advance(after)
        self.owner_presents(self.jar[OWNER])

    @precondition(lambda self: self.alive and not self.near_an_edge())
    @rule(
        tabs=st.lists(
            st.tuples(
                st.lists(st.floats(0, 9.9), min_size=3, max_size=3).map(sorted),
                st.sampled_from(["arrives", "arrives and is used", "is lost"]),
            ),
            min_size=2,
            max_size=5,
        )
    )
    def parallel_tabs_refresh(self, tabs: list[tuple[list[float], str]]) -> None:
        """Each sends, is handled and hears at its own moment, all within one window."""
        began = self.clock.now
        steps = sorted(
            (at, step, tab) for tab, (ats, _) in enumerate(tabs) for step, at in enumerate(ats)
        )
        sent: dict[int, Pair] = {}
        answers: dict[int, Pair | None] = {}
        for at, step, tab in steps:
            self.clock.advance((began + timedelta(seconds=at) - self.clock.now).total_seconds())
            fate = tabs[tab][1]
            if step == 0:
                sent[tab] = self.jar[OWNER]
            elif step == 1:
                answers[tab] = self.owner_presents(sent[tab]) if self.alive else None
            elif answers[tab] and fate != "is lost":
                self.jar[OWNER] = answers[tab]
                if fate == "arrives and is used" and self.alive:
                    self.calls_the_api(OWNER)

    def near_an_edge(self) -> bool:
        """Whether a window would close while the tabs refresh: one lock in the browser's tabs is
        what keeps answers of two generations from overtaking one another there."""
        latest = max(self.rotated_at, self.confirmed_at or self.rotated_at)
        return any(
            moment <= self.clock.now + GRACE and self.clock.now < moment + GRACE
            for moment in (self.rotated_at, latest)
        )

    @precondition(lambda self: self.alive)
    @rule(after=waits)
    def use_the_api(self, after: float) -> None:
        self.clock.advance(after)
        self.calls_the_api(OWNER)

    @precondition(lambda self: self.alive and len(self.issued) > 8)
    @rule(how=st.sampled_from(["signed_out", "deactivated", "a long time"]))
    def the_session_ends(self, how: str) -> None:
        if how == "signed_out":
            assert sessions.end(Session.objects.filter(id=self.sid), how) == 1
            self.ends(how)
        elif how == "deactivated":
            shut_out(self.user)
            self.ends(Session.objects.get(id=self.sid).end_reason)
        else:
            self.clock.advance(
                (min(self.idle_end, self.absolute_end) - self.clock.now).total_seconds()
            )

    @rule()
    def another_process_answers(self) -> None:
        """It has verified and confirmed nothing yet."""
        for module in (key_store, revocation, signing):
            module.reset()
        session.confirmed.clear()

    # ---- what the thief does

    @precondition(lambda self: self.alive and self.a_thief_is_about)
    @rule()
    def thief_copies_the_cookies(self) -> None:
        self.jar[THIEF] = self.jar[OWNER]

    @precondition(lambda self: self.alive and self.a_thief_is_about)
    @rule(after=waits)
    def thief_refreshes(self, after: float) -> None:
        self.clock.advance(after)
        answer = self.present(THIEF, self.jar[THIEF])
        if answer:
            self.jar[THIEF] = answer

    @precondition(lambda self: self.alive and self.a_thief_is_about)
    @rule(after=waits)
    def thief_uses_the_api(self, after: float) -> None:
        self.clock.advance(after)
        self.calls_the_api(THIEF)

    @precondition(lambda self: self.alive and self.a_thief_is_about and len(self.issued) > 4)
    @rule(which=st.integers(0, 1000))
    def thief_replays_any_older_token(self, which: int) -> None:
        self.present(THIEF, self.issued[which % len(self.issued)])

    # ---- what happens then

    def calls_the_api(self, side: str) -> None:
        """As web.authentication does it."""
        pair = self.jar[side]
        if not self.has_not_expired(pair.access):
            return
        claims = tokens.verify_access(pair.access)
        revocation.check(claims)
        sessions.confirm(claims.sid, claims.gen)
        if claims.gen == self.generation:
            self.uses.append(Use(side, claims.gen, self.clock.now))
            self.confirmed_at = self.confirmed_at or self.clock.now

    def has_not_expired(self, token: str) -> bool:
        latest = claims_of(token)["exp"] + LEEWAY_SECONDS
        return bool(self.clock.process_now.timestamp() < latest)

    def in_time(self) -> bool:
        return self.clock.now < min(self.idle_end, self.absolute_end)

    def in_window(self) -> bool:
        return self.clock.now - max(self.rotated_at, self.confirmed_at or self.rotated_at) < GRACE

    def ends(self, reason: str) -> None:
        self.alive, self.reason = False, reason
        self.after_the_end_nothing_is_accepted()

    def owner_presents(self, pair: Pair) -> Pair | None:
        answer = self.present(OWNER, pair)
        self.nobody_honest_is_signed_out(pair, answer)
        return answer

    def present(self, side: str, pair: Pair) -> Pair | None:
        """One refresh request, its promises, and the account of what it changed."""
        shown = pair.generation
        try:
            issued = sessions.rotate(pair.refresh, client="web")
        except RefreshReused:
            self.no_alarm_is_false(shown)
            self.ends("reuse_detected")
            return None
        except SessionEnded:
            self.a_refusal_has_a_reason(pair)
            if not self.in_time():
                self.ends("expired")
            return None
        answer = Pair(issued.access, issued.refresh)
        self.nothing_old_yields_a_token(shown)
        self.a_thief_is_caught_once_the_other_has_gone_on(side, shown)
        self.the_generation_is_right(shown, answer.generation)
        if answer.generation > self.generation:
            if shown == self.generation:
                self.uses.append(Use(side, shown, self.clock.now))
                self.previous = shown
            self.generation = answer.generation
            self.rotated_at, self.confirmed_at = self.clock.now, None
            self.idle_end = min(self.clock.now + self.idle, self.absolute_end)
        self.issued.append(answer)
        self.disturbed |= side == THIEF
        return answer

    # ---- the promises on one refresh

    def nobody_honest_is_signed_out(self, pair: Pair, answer: Pair | None) -> None:
        """Lost answers and parallel tabs sign nobody out, as long as no one else refreshes."""
        assert (
            answer or self.disturbed or not (self.in_time() and self.has_not_expired(pair.refresh))
        )

    def nothing_old_yields_a_token(self, shown: int) -> None:
        """Older than the previous: never. The previous: not once its successor is confirmed,
        outside the window."""
        assert self.alive
        assert self.in_time()
        assert shown in (self.generation, self.previous)
        assert shown == self.generation or self.confirmed_at is None or self.in_window()

    def a_thief_is_caught_once_the_other_has_gone_on(self, side: str, shown: int) -> None:
        """Whoever comes with an older generation than the other side has used is refused: at
        once, or a window after that use. (The session ends for both, whichever is the thief.)"""
        for use in self.uses:
            if use.side != side and use.generation > shown:
                assert self.clock.now - use.at < GRACE

    def the_generation_is_right(self, shown: int, answered: int) -> None:
        """A refresh moves the generation by one, a repeated one by none."""
        fresh = self.clock.now - self.rotated_at < GRACE
        repeated = fresh if shown == self.generation else self.in_window()
        assert answered == self.generation + (0 if repeated else 1)

    def no_alarm_is_false(self, shown: int) -> None:
        """Reuse is only what comes from before the current generation and had its answer."""
        assert shown < self.generation
        if shown == self.previous:
            assert self.confirmed_at
            assert not self.in_window()

    def a_refusal_has_a_reason(self, pair: Pair) -> None:
        assert not (self.in_time() and self.has_not_expired(pair.refresh))

    def after_the_end_nothing_is_accepted(self) -> None:
        """After an end no token that was ever issued yields another or opens the API."""
        for pair in {pair.meaning: pair for pair in self.issued}.values():
            with pytest.raises(SessionEnded):
                sessions.rotate(pair.refresh, client="web")
            if self.reason == "expired":
                continue  # its access tokens end by themselves, by their own clock's leeway
            with pytest.raises(InvalidToken):
                revocation.check(tokens.verify_access(pair.access))

    # ---- the promises at all times

    @invariant()
    def there_is_one_row_a_session_and_it_says_what_the_answers_said(self) -> None:
        """So the generation never falls: each answer's was the last one's or one more."""
        rows = {row.id: row for row in Session.objects.annotate(now=Now())}
        assert len(rows) == self.signed_in
        if not self.signed_in:
            return
        row = rows[self.sid]
        assert (row.generation, row.previous_generation) == (self.generation, self.previous)
        assert (row.confirmed_at is None) == (self.confirmed_at is None)
        assert row.end_reason == ("" if self.reason == "expired" else self.reason)
        # And that all of this happened at the times that we think it did.
        for said, known in ((row.now, self.clock.now), (row.rotated_at, self.rotated_at)):
            assert abs(said - known) <= timedelta(milliseconds=1)

    @invariant()
    def answers_for_one_generation_mean_the_same(self) -> None:
        meanings = {pair.meaning for pair in self.issued}
        assert len(meanings) == len({pair.generation for pair in self.issued})

    @invariant()
    def no_refresh_token_outlives_the_absolute_end(self) -> None:
        for pair in self.issued:
            assert datetime.fromtimestamp(pair.claims["exp"], UTC) <= self.absolute_end
