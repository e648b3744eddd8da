//! What is done to them, in an order that the seed decides.

mod away;
mod calm;
pub(crate) mod network;
pub(crate) mod processes;

use std::time::{Duration, Instant};

use fastrand::Rng;
use tokio::task::JoinHandle;

use self::away::Scene;
use self::network::Network;
use self::processes::{Maker, Slot};
use crate::arguments::Arguments;
use crate::child::Role;
use crate::child::log::micros;
use crate::history::{Away, Event, Fault, History, Round};
use crate::store::Store;

/// Launchers and workers, and who makes faults.
pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) slots: Vec<Slot>,
    pub(crate) maker: Maker,
    pub(crate) history: History,
    pub(crate) away: Duration,
    pub(crate) dead_after: Duration,
    pub(crate) stops: Vec<Stop>,
    pub(crate) under_way: Option<JoinHandle<anyhow::Result<()>>>,
}

/// A process that is stopped.
pub(crate) struct Stop {
    slot: usize,
    number: u32,
    is_long: bool,
    from: u64,
    until: Instant,
    /// Does it hold the lock of SQLite?
    holds: Option<JoinHandle<anyhow::Result<bool>>>,
}

/// What is chosen by chance.
#[derive(Debug, Clone, Copy)]
enum Act {
    StopBriefly,
    StopLong,
    Kill,
    AskToEnd,
    Hurry,
    GoAway,
}

impl Act {
    fn any(random: &mut Rng) -> Self {
        match random.u32(0..100) {
            0..20 => Self::StopBriefly,
            20..36 => Self::StopLong,
            36..60 => Self::Kill,
            60..72 => Self::AskToEnd,
            72..82 => Self::Hurry,
            _ => Self::GoAway,
        }
    }
}

impl Stage {
    /// Makes faults, each time until a calm, as long as there is time for another round.
    pub(crate) async fn play(
        &mut self,
        arguments: &Arguments,
        random: &mut Rng,
    ) -> anyhow::Result<()> {
        // At first they are all up.
        self.wait(Duration::from_secs(2)).await?;
        let began = Instant::now();
        while began.elapsed() < arguments.time {
            let round_began = micros();
            let left = arguments.time.saturating_sub(began.elapsed());
            self.rough(arguments.rough.min(left), arguments.pause, random)
                .await?;
            let calm = self.calm(arguments.calm()).await?;
            self.history.end_round(Round {
                began: round_began,
                calm,
            });
            let told = self.history.told();
            println!(
                "{:>5} s  {} faults, {} processes",
                began.elapsed().as_secs(),
                told.events.len(),
                told.past.len() + self.slots.len()
            );
        }
        Ok(())
    }

    /// Makes faults for so long, and then ends those that last.
    async fn rough(
        &mut self,
        time: Duration,
        pause: Duration,
        random: &mut Rng,
    ) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < time {
            // One alone, or several at once.
            let acts = [1, 1, 1, 1, 2, 2, 3][random.usize(0..7)];
            for _ in 0..acts {
                self.act(Act::any(random), random)?;
            }
            self.wait(pause * random.u32(20..180) / 100).await?;
        }
        while !self.stops.is_empty() || self.under_way.is_some() {
            self.wait(TICK).await?;
        }
        Ok(())
    }

    /// Looks after everything meanwhile.
    pub(crate) async fn wait(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        loop {
            self.tend().await?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            tokio::time::sleep(left.min(TICK)).await;
        }
    }

    async fn tend(&mut self) -> anyhow::Result<()> {
        for slot in &mut self.slots {
            slot.tend(&mut self.maker)?;
        }
        let mut index = 0;
        while index < self.stops.len() {
            if Instant::now() < self.stops[index].until {
                index += 1;
                continue;
            }
            let stop = self.stops.swap_remove(index);
            self.go_on(stop).await?;
        }
        if let Some(task) = self.under_way.take_if(|task| task.is_finished()) {
            task.await??;
        }
        Ok(())
    }

    /// The same numbers come from the seed, whatever can be done with them.
    fn act(&mut self, act: Act, random: &mut Rng) -> anyhow::Result<()> {
        let index = random.usize(0..self.slots.len());
        let share = random.u32(10..100);
        let away = {
            let kinds = away::kinds(&self.store);
            kinds[random.usize(0..kinds.len())]
        };
        let history = self.history.clone();
        let role = self.slots[index].role;
        match act {
            Act::GoAway => self.go_away(index, away),
            Act::Kill => {
                if let Some(running) = self.slots[index].running() {
                    running.kill(role, &history)?;
                }
            }
            Act::AskToEnd | Act::Hurry => {
                let is_hurried = matches!(act, Act::Hurry);
                let Some(running) = self.slots[index].at_work() else {
                    return Ok(());
                };
                running.ask_to_end(is_hurried)?;
                let now = micros();
                history.add(Event {
                    fault: if is_hurried {
                        Fault::Hurried(role)
                    } else {
                        Fault::AskedToEnd(role)
                    },
                    process: Some(running.number),
                    from: now,
                    to: now,
                });
            }
            Act::StopBriefly => self.stop(index, self.dead_after / 2 * share / 100, false)?,
            Act::StopLong => {
                let time = self.dead_after + Duration::from_secs(3) * share / 100;
                self.stop(index, time + Duration::from_secs(1), true)?;
            }
        }
        Ok(())
    }

    fn stop(&mut self, index: usize, time: Duration, is_long: bool) -> anyhow::Result<()> {
        let store = self.store.clone();
        let Some(running) = self.slots[index].running() else {
            return Ok(());
        };
        if running.is_stopped {
            return Ok(());
        }
        let from = micros();
        running.stop()?;
        let until = Instant::now() + time;
        let holds = matches!(store, Store::Sqlite { .. }).then(|| {
            let by = until.min(Instant::now() + Duration::from_secs(1));
            tokio::spawn(async move { away::is_held(&store, by).await })
        });
        self.stops.push(Stop {
            slot: index,
            number: running.number,
            is_long,
            from,
            until,
            holds,
        });
        Ok(())
    }

    async fn go_on(&mut self, stop: Stop) -> anyhow::Result<()> {
        let Some(slot) = self.slots.get_mut(stop.slot) else {
            return Ok(());
        };
        let role = slot.role;
        // It may have been killed meanwhile, and another one be there.
        if let Some(running) = slot.running().filter(|it| it.number == stop.number) {
            running.go_on()?;
        }
        let event = |fault, process| Event {
            fault,
            process,
            from: stop.from,
            to: micros(),
        };
        let fault = if stop.is_long {
            Fault::StoppedLong(role)
        } else {
            Fault::StoppedBriefly(role)
        };
        self.history.add(event(fault, Some(stop.number)));
        if let Some(holds) = stop.holds
            && holds.await??
        {
            self.history.add(event(Fault::Held, None));
        }
        Ok(())
    }

    fn go_away(&mut self, index: usize, kind: Away) {
        if self.under_way.is_some() {
            return;
        }
        let network_of_one = {
            let slot = &mut self.slots[index];
            let number = slot.running().map(|running| running.number);
            slot.network.clone().zip(number)
        };
        if matches!(kind, Away::CutForOne | Away::SilentForOne) && network_of_one.is_none() {
            return;
        }
        let networks: Vec<Network> = self
            .slots
            .iter()
            .filter_map(|slot| slot.network.clone())
            .collect();
        let scene = Scene {
            store: self.store.clone(),
            history: self.history.clone(),
            networks,
            network_of_one,
        };
        self.under_way = Some(tokio::spawn(away::go(kind, self.away, scene)));
    }

    /// Asks those of this role to end, and waits for it.
    pub(crate) async fn end(&mut self, role: Role) -> anyhow::Result<()> {
        // The last ones may be on their way.
        self.wait(Duration::from_secs(1)).await?;
        for slot in self.slots.iter_mut().filter(|slot| slot.role == role) {
            if let Some(running) = slot.at_work() {
                running.ask_to_end(false)?;
            }
        }
        loop {
            for slot in self.slots.iter_mut().filter(|slot| slot.role == role) {
                slot.close();
            }
            if self
                .slots
                .iter()
                .all(|slot| slot.role != role || slot.is_empty())
            {
                return Ok(());
            }
            self.wait(TICK).await?;
            for slot in self.slots.iter_mut().filter(|slot| slot.role == role) {
                // One that was started meanwhile.
                if let Some(running) = slot.at_work() {
                    running.ask_to_end(false)?;
                }
            }
        }
    }
}

const TICK: Duration = Duration::from_millis(10);
