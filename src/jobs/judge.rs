//! The verdict on a queue, from what was seen of it.

use super::groups::GroupHealth;
use super::verdict::HealthVerdict;
use super::window::Rates;

/// After how long without a sign of life a queue with work in it is stalled, in seconds.
const SILENCE_SECS: i64 = 120;

/// Fewer jobs that ended say nothing about how many fail.
const FEW: u64 = 3;

/// The facts behind a verdict. Ages are in seconds; none is not known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Signs {
    /// The age of the oldest job that can be claimed.
    pub oldest: Option<i64>,
    /// Number of jobs that can be claimed.
    pub claimable: Option<u64>,
    /// Some of these do not say since when they wait, or may not.
    pub undated: bool,
    /// A job runs.
    pub running: bool,
    /// A worker has a job that it may still have.
    pub held: bool,
    /// The jobs that were added, and those that ended.
    pub rates: Option<Rates>,
    /// Jobs that are done are deleted so soon that more may be done than is known.
    pub pruned: bool,
    /// None that is done is left of these.
    pub emptied: bool,
    /// Jobs that are taken after the first ones were not read, so that they may wait for longer.
    pub outranked: bool,
    /// Not all jobs that wait were looked at, so that there may be more kinds of them.
    pub deep: bool,
    /// A registered worker is there, whether it takes anything or not.
    pub alive: bool,
    /// Since when a worker was seen last.
    pub last_seen: Option<i64>,
    /// Number of running jobs past their lease.
    pub past_lease: u64,
    /// The longest wait of a job.
    pub patience: i64,
    /// Jobs that are done are deleted.
    pub forgets: bool,
    /// Number of jobs that wait in queues that are paused.
    pub paused: u64,
    /// Jobs are held back for longer than they may wait.
    pub held_back: bool,
    /// Row level security may hide rows, so that nothing follows from what was not seen.
    pub hidden: bool,
    /// What ended, runs or is held back could not be read in time, so that nothing can be said to be well.
    pub unread: bool,
}

impl Signs {
    /// True if nothing can be said to be well.
    fn is_partial(&self) -> bool {
        self.unread || self.hidden
    }

    /// After how long nobody can be said to be there.
    fn silence(&self) -> i64 {
        silence(self.patience)
    }
}

/// After how long without a sign of life a worker is gone, in seconds.
pub(super) fn silence(patience: i64) -> i64 {
    patience.max(SILENCE_SECS)
}

/// The verdict on all of it, and on each group, which it is written into. One bad group makes the whole bad.
pub(super) fn judged(signs: &Signs, groups: &mut [GroupHealth]) -> HealthVerdict {
    for at in 0..groups.len() {
        let others = groups.iter().enumerate().filter(|(other, _)| *other != at);
        let youngest = others.filter_map(|(_, group)| group.youngest_taken).min();
        let verdict = of_group(&groups[at], youngest, signs);
        let group = &mut groups[at];
        group.verdict = verdict.unless_hidden(group.held_back > 0, signs.is_partial() || group.waiting_untold);
    }
    // Silence beats every average: what was done before the last worker went tells nothing of now.
    let whole = whole(signs);
    // Those that were not looked at wait for a shorter time, unless others are taken first.
    let hides = signs.outranked || signs.deep && matches!(whole, HealthVerdict::Draining { .. });
    let unread = signs.is_partial() || hides;
    let whole = whole.unless_hidden(signs.held_back, unread);
    if let HealthVerdict::Stalled { secs } = whole {
        let mut stalled = groups.is_empty();
        for group in groups.iter_mut() {
            let Some(oldest) = group.oldest_secs.filter(|oldest| *oldest > signs.patience) else { continue };
            // Where workers are there, and none of them takes such jobs, that says more.
            if signs.alive && group.workers == Some(0) {
                continue;
            }
            group.verdict = HealthVerdict::Stalled { secs: secs.min(oldest) };
            stalled = true;
        }
        if stalled {
            return whole;
        }
    }
    let several = groups.len() > 1;
    if let [only] = groups
        && !only.paused
        && !matches!(only.verdict, HealthVerdict::Failing { .. } | HealthVerdict::Unattended { .. })
    {
        only.verdict = whole.clone();
    }
    let worst = groups.iter().map(|g| &g.verdict).max_by_key(|v| v.severity());
    match worst {
        Some(bad @ HealthVerdict::Unattended { .. }) => bad.clone(),
        Some(bad @ HealthVerdict::Failing { .. }) if several => bad.clone(),
        Some(HealthVerdict::Failing { failed, ended, .. }) => {
            HealthVerdict::Failing { failed: *failed, ended: *ended, queue: None, kind: None }
        }
        Some(bad @ HealthVerdict::FallingBehind) if whole.severity() < bad.severity() => bad.clone(),
        _ => whole,
    }
}

/// The verdict on all jobs together.
fn whole(signs: &Signs) -> HealthVerdict {
    let failing = signs.rates.filter(|_| !signs.forgets).and_then(|rates| failing(rates.done, rates.failed));
    let Some(oldest) = signs.oldest else {
        return match signs.claimable {
            _ if failing.is_some() => failing.unwrap_or_default(),
            Some(0) if signs.past_lease > 0 => HealthVerdict::Stuck,
            Some(0) if signs.running => HealthVerdict::KeepingUp,
            // What is hidden may wait elsewhere.
            Some(0) if signs.paused > 0 && !signs.hidden => HealthVerdict::Paused,
            Some(0) => HealthVerdict::Idle,
            // They are there, and do not say since when.
            Some(_) => HealthVerdict::Waiting,
            None => HealthVerdict::Unknown,
        };
    };
    // Nobody can have been at it before there was something to do.
    let silent = signs.last_seen.map_or(oldest, |seen| seen.min(oldest));
    let is_silent = silent >= signs.silence();
    // What the queue itself gave up was ended by nobody. Where what was done may be deleted, a job that runs may be one of many.
    let nobody_ended = signs.rates.map_or(signs.emptied && !signs.running, |r| r.done + r.failed == r.rescued);
    let told = signs.last_seen.is_some() || nobody_ended;
    if oldest > signs.patience && is_silent && told && !signs.held && !signs.forgets && !signs.hidden {
        return HealthVerdict::Stalled { secs: silent };
    }
    if let Some(failing) = failing {
        return failing;
    }
    if oldest <= signs.patience {
        return match signs.past_lease {
            0 if signs.undated => HealthVerdict::Waiting,
            0 => HealthVerdict::KeepingUp,
            _ => HealthVerdict::Stuck,
        };
    }
    // More of what is hidden may come or be done.
    let Some(rates) = signs.rates.filter(|_| !signs.hidden) else { return HealthVerdict::Waiting };
    // The only worker has one long job: nothing else goes on meanwhile, whatever the average was.
    let falls = is_silent && told && !signs.forgets;
    match paced(rates.added, rates.done, signs.claimable, rates.secs) {
        Some(draining) if !falls => draining,
        None if signs.pruned && !falls => HealthVerdict::Waiting,
        _ => HealthVerdict::FallingBehind,
    }
}

/// The verdict on one queue and kind. `youngest` is the age of the youngest job of the others that a worker took.
fn of_group(group: &GroupHealth, youngest: Option<i64>, signs: &Signs) -> HealthVerdict {
    let (added, done) = (group.added.cast_unsigned(), group.done.cast_unsigned());
    let unattended = unattended(group, youngest, signs);
    if let Some(HealthVerdict::Failing { failed, ended, .. }) = failing(done, group.failed.cast_unsigned())
        && !signs.forgets
    {
        // Where the queue itself gave all of them up, workers are gone: that nobody takes what waits says more.
        return match unattended {
            Some(unattended) if group.failed == group.rescued => unattended,
            _ => HealthVerdict::Failing { failed, ended, queue: group.queue.clone(), kind: group.kind.clone() },
        };
    }
    if group.paused {
        return if group.past_lease > 0 { HealthVerdict::Stuck } else { HealthVerdict::Paused };
    }
    let late = group.oldest_secs.filter(|oldest| *oldest > signs.patience);
    if late.is_none() {
        return match group.oldest_secs {
            None if group.waiting > 0 => HealthVerdict::Waiting,
            _ if group.past_lease > 0 => HealthVerdict::Stuck,
            _ if group.undated > 0 => HealthVerdict::Waiting,
            None if group.running == 0 => HealthVerdict::Idle,
            _ => HealthVerdict::KeepingUp,
        };
    }
    if let Some(unattended) = unattended {
        return unattended;
    }
    let Some(secs) = signs.rates.filter(|_| !signs.hidden).map(|rates| rates.secs) else {
        return HealthVerdict::Waiting;
    };
    let waiting = u64::try_from(group.waiting).ok().filter(|_| group.waiting_exact);
    match paced(added, done, waiting, secs) {
        Some(draining) => draining,
        None if overtaken(group, youngest) && !signs.pruned => HealthVerdict::FallingBehind,
        // Its turn has not come.
        None => HealthVerdict::Waiting,
    }
}

/// True if younger jobs of others are taken, so that these do not merely wait for their turn.
fn overtaken(group: &GroupHealth, youngest: Option<i64>) -> bool {
    youngest.zip(group.oldest_secs).is_some_and(|(youngest, oldest)| youngest < oldest)
}

/// The verdict that no worker takes jobs of a queue and kind, which wait longer than they may, if that is so.
fn unattended(group: &GroupHealth, youngest: Option<i64>, signs: &Signs) -> Option<HealthVerdict> {
    // Those that took some may be hidden.
    let oldest = group.oldest_secs.filter(|oldest| *oldest > signs.patience && !group.paused && !signs.hidden)?;
    let overtaken = overtaken(group, youngest);
    let secs = group.taken_secs.map_or(oldest, |seen| seen.min(oldest));
    // No worker that is registered takes such jobs, whatever becomes of others.
    let nobody = group.workers == Some(0) && group.held == 0;
    (nobody || overtaken && group.held == 0 && secs >= signs.silence() && !signs.forgets).then(|| {
        let secs = group.untaken_secs.map_or(secs, |known| known.min(secs));
        let (queue, kind) = (group.queue.clone(), group.kind.clone());
        let outranked = group.outranked && !nobody;
        let queues_first = if nobody { Vec::new() } else { group.queues_first.clone() };
        HealthVerdict::Unattended { secs, waiting: group.waiting, queue, kind, overtaken, outranked, queues_first }
    })
}

/// The verdict that more than half of what ended failed, if that is so.
fn failing(done: u64, failed: u64) -> Option<HealthVerdict> {
    let ended = done + failed;
    (ended >= FEW && failed * 2 > ended).then_some(HealthVerdict::Failing { failed, ended, queue: None, kind: None })
}

/// The verdict that more is done than comes, if that is so, and when it will all be done.
fn paced(added: u64, done: u64, waiting: Option<u64>, secs: i64) -> Option<HealthVerdict> {
    let net = done.checked_sub(added).filter(|net| *net > 0)?;
    let eta =
        waiting.and_then(|jobs| i64::try_from(jobs).ok()?.checked_mul(secs)?.checked_div(i64::try_from(net).ok()?));
    Some(HealthVerdict::Draining { eta_secs: eta })
}

#[cfg(test)]
mod tests {
    use super::{HealthVerdict, Rates, Signs, judged, whole};

    #[test]
    fn the_verdict_follows_from_age_and_pace_and_not_from_depth() {
        let rates = |added, done| Some(Rates { added, done, failed: 0, rescued: 0, ended: done, secs: 600 });
        let of = |oldest, claimable, running, rates, last_seen| {
            whole(&Signs { oldest, claimable, running, rates, last_seen, patience: 60, ..Signs::default() })
        };
        assert_eq!(of(None, Some(0), false, rates(0, 0), None), HealthVerdict::Idle);
        assert_eq!(of(None, Some(0), true, rates(5, 5), Some(1)), HealthVerdict::KeepingUp);
        assert_eq!(of(None, Some(1), true, rates(5, 5), Some(1)), HealthVerdict::Waiting);
        assert_eq!(of(None, None, false, rates(0, 0), None), HealthVerdict::Unknown);
        assert_eq!(of(Some(60), Some(1_000_000), true, rates(9, 0), Some(1)), HealthVerdict::KeepingUp);
        assert_eq!(
            of(Some(61), Some(1_200), true, rates(100, 700), Some(1)),
            HealthVerdict::Draining { eta_secs: Some(1_200) }
        );
        assert_eq!(of(Some(61), None, true, rates(100, 700), Some(1)), HealthVerdict::Draining { eta_secs: None });
        assert_eq!(of(Some(61), Some(1), true, rates(700, 700), Some(1)), HealthVerdict::FallingBehind);
        assert_eq!(of(Some(7_200), Some(1), false, rates(0, 0), Some(1_920)), HealthVerdict::Stalled { secs: 1_920 });
        assert_eq!(of(Some(7_200), Some(1), false, rates(3, 0), None), HealthVerdict::Stalled { secs: 7_200 });
        // What was done before the last worker went does not count.
        assert_eq!(of(Some(1_800), Some(50), false, rates(0, 100), Some(480)), HealthVerdict::Stalled { secs: 480 });
        // A worker that was last seen long before the job came has not been silent for longer than the job waits.
        assert_eq!(of(Some(130), Some(1), false, rates(1, 0), Some(90_000)), HealthVerdict::Stalled { secs: 130 });
        assert_eq!(of(Some(61), Some(1), false, rates(1, 0), Some(90_000)), HealthVerdict::FallingBehind);
        // A worker on a long job is no silence, but nothing comes out of the queue either.
        assert_eq!(of(Some(600), Some(9), true, rates(9, 0), Some(30)), HealthVerdict::FallingBehind);
        assert_eq!(of(Some(600), Some(9), true, None, None), HealthVerdict::Waiting);
        assert_eq!(
            of(Some(600), Some(u64::MAX), true, rates(0, 1), Some(1)),
            HealthVerdict::Draining { eta_secs: None }
        );
    }

    #[test]
    fn nothing_follows_from_what_may_be_hidden() {
        let rates = |added, done| Some(Rates { added, done, failed: 0, rescued: 0, ended: done, secs: 600 });
        let of = |signs: Signs| whole(&Signs { patience: 60, ..signs });
        let (silent, shown) =
            (Signs { oldest: Some(7_200), claimable: Some(1), ..Signs::default() }, HealthVerdict::Waiting);
        let silent = Signs { last_seen: Some(1_920), rates: rates(0, 0), ..silent };
        assert_eq!(of(silent), HealthVerdict::Stalled { secs: 1_920 });
        for rates in [rates(0, 0), rates(700, 1), rates(1, 700), None] {
            assert_eq!(of(Signs { rates, hidden: true, ..silent }), shown);
        }
        let paused = Signs { claimable: Some(0), paused: 3, patience: 60, ..Signs::default() };
        assert_eq!(judged(&paused, &mut []), HealthVerdict::Paused);
        assert_eq!(judged(&Signs { hidden: true, ..paused }, &mut []), HealthVerdict::Unknown);
        // What is seen stands.
        assert_eq!(
            of(Signs { hidden: true, past_lease: 1, claimable: Some(0), ..Signs::default() }),
            HealthVerdict::Stuck
        );
    }

    #[test]
    fn nothing_is_well_of_which_not_all_was_read_or_that_is_held_back() {
        let idle = Signs { claimable: Some(0), patience: 60, ..Signs::default() };
        let verdict = |signs: Signs| judged(&signs, &mut []);
        assert_eq!(verdict(idle), HealthVerdict::Idle);
        assert_eq!(verdict(Signs { unread: true, ..idle }), HealthVerdict::Unknown);
        assert_eq!(verdict(Signs { unread: true, running: true, ..idle }), HealthVerdict::Unknown);
        assert_eq!(verdict(Signs { unread: true, oldest: Some(9), ..idle }), HealthVerdict::Unknown);
        assert_eq!(verdict(Signs { held_back: true, ..idle }), HealthVerdict::HeldBack);
        assert_eq!(verdict(Signs { held_back: true, unread: true, running: true, ..idle }), HealthVerdict::HeldBack);
        assert_eq!(verdict(Signs { held_back: true, past_lease: 1, ..idle }), HealthVerdict::Stuck);
        // More kinds may wait behind those that were looked at, but none for longer.
        let rates = Some(Rates { added: 0, done: 700, failed: 0, rescued: 0, ended: 700, secs: 600 });
        let deep = Signs { deep: true, running: true, rates, last_seen: Some(1), patience: 60, ..Signs::default() };
        assert_eq!(verdict(Signs { oldest: Some(600), ..deep }), HealthVerdict::Unknown);
        assert_eq!(verdict(Signs { oldest: Some(9), ..deep }), HealthVerdict::KeepingUp);
        assert_eq!(verdict(Signs { oldest: Some(9), outranked: true, ..deep }), HealthVerdict::Unknown);
    }
}
