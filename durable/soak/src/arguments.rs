//! What the command line asks for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::child::Role;

pub(crate) const USAGE: &str = "\
usage: cargo run --release -p durable-soak -- --store KIND [OPTION…]

Two launchers and two workers on one store, which are stopped, killed and asked to end, while the store
goes away and comes back; at the end, what they have logged is held against what is in the store.
Rough times alternate with calm ones, in which nothing is done to anybody: what dead workers have left
is to be taken over by then. A calm is five times as long as it takes a worker to be dead.

  --store KIND          sqlite: a file in a folder of its own; postgres: a database of its own on the server
                        that DURABLE_TEST_POSTGRES names (`.ci/postgres COMMAND` runs COMMAND beside one)
  --seconds N           for how many seconds rough times begin; the last one ends, and a calm follows it (60)
  --rough N             for how many seconds faults are made before a calm (20)
  --seed N              which faults are made, and in which order (another one each time)
  --pause MILLISECONDS  how long on average between two faults (1200)
  --away MILLISECONDS   how long the store is away each time (5000)
  --heartbeat MILLISECONDS  how often a worker says that it is alive (1000); it is dead after four of them and
                        a second, is stopped for at most half as long, or for longer than that
  --rate N              how many launches a second each launcher makes, about (80)
  --keep                keep the folder with the logs and the store, which is kept anyhow if anything is wrong

It prints what was done and what was found, and exits with 1 and the seed if anything is wrong.";

#[derive(Debug)]
pub(crate) enum Asked {
    Help,
    Soak(Arguments),
    /// What another process of this program asks for.
    Child(Child),
}

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) is_postgres: bool,
    pub(crate) time: Duration,
    /// How long faults are made before a calm.
    pub(crate) rough: Duration,
    pub(crate) seed: u64,
    pub(crate) pause: Duration,
    pub(crate) away: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) rate: u32,
    pub(crate) keeps: bool,
}

/// One process on the store.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub(crate) role: Role,
    /// Which process this is, from 1 on: none has the number of another.
    pub(crate) process: u32,
    pub(crate) url: String,
    /// Where logs and the spool files are.
    pub(crate) folder: PathBuf,
    pub(crate) heartbeat: Duration,
    pub(crate) rate: u32,
    pub(crate) seed: u64,
}

impl Asked {
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::{Long, Short, ValueExt};

        let mut is_postgres = None;
        let mut parsed = Arguments {
            is_postgres: false,
            time: Duration::from_mins(1),
            rough: Duration::from_secs(20),
            seed: fastrand::u64(0..1_000_000),
            pause: Duration::from_millis(1200),
            away: Duration::from_secs(5),
            heartbeat: Duration::from_secs(1),
            rate: 80,
            keeps: false,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("help") | Short('h') => return Ok(Self::Help),
                Long("child") => return Child::parse(&mut parser).map(Self::Child),
                Long("store") => {
                    is_postgres = Some(match &*parser.value()?.string()? {
                        "sqlite" => false,
                        "postgres" => true,
                        other => return Err(format!("there is no store `{other}`").into()),
                    });
                }
                Long("seconds") => parsed.time = Duration::from_secs(parser.value()?.parse()?),
                Long("rough") => parsed.rough = Duration::from_secs(parser.value()?.parse()?),
                Long("seed") => parsed.seed = parser.value()?.parse()?,
                Long("pause") => parsed.pause = milliseconds(&mut parser, 10)?,
                Long("away") => parsed.away = milliseconds(&mut parser, 0)?,
                // What a store does with shorter ones is another.
                Long("heartbeat") => parsed.heartbeat = milliseconds(&mut parser, 100)?,
                Long("rate") => parsed.rate = parser.value()?.parse::<u32>()?.max(1),
                Long("keep") => parsed.keeps = true,
                _ => return Err(argument.unexpected()),
            }
        }
        parsed.is_postgres = is_postgres.ok_or("`--store sqlite` or `--store postgres`?")?;
        Ok(Self::Soak(parsed))
    }
}

fn milliseconds(parser: &mut lexopt::Parser, least: u64) -> Result<Duration, lexopt::Error> {
    use lexopt::ValueExt as _;

    let number: u64 = parser.value()?.parse()?;
    if number < least {
        return Err(format!("it takes at least {least} ms").into());
    }
    Ok(Duration::from_millis(number))
}

impl Arguments {
    /// After how long without a heartbeat a worker is dead: as documented, four of them; and a second, because stores cut to
    /// whole ones.
    pub(crate) fn dead_after(&self) -> Duration {
        self.heartbeat * 4 + Duration::from_secs(1)
    }

    /// How long a calm lasts: a worker has to be dead, and the one that takes its jobs over has to be older than it takes to
    /// be dead, four times older for a job whose worker has died twice before.
    pub(crate) fn calm(&self) -> Duration {
        self.dead_after() * 5
    }
}

impl Child {
    fn parse(parser: &mut lexopt::Parser) -> Result<Self, lexopt::Error> {
        use lexopt::ValueExt as _;

        Ok(Self {
            role: Role::parse(&parser.value()?.string()?).ok_or("there is no such role")?,
            process: parser.value()?.parse()?,
            url: parser.value()?.string()?,
            folder: parser.value()?.into(),
            heartbeat: Duration::from_millis(parser.value()?.parse()?),
            rate: parser.value()?.parse()?,
            seed: parser.value()?.parse()?,
        })
    }

    /// The command line that [`Asked::parse`] reads.
    pub(crate) fn arguments(&self) -> [OsString; 8] {
        [
            "--child".into(),
            self.role.name().into(),
            self.process.to_string().into(),
            (&self.url).into(),
            (&self.folder).into(),
            self.heartbeat.as_millis().to_string().into(),
            self.rate.to_string().into(),
            self.seed.to_string().into(),
        ]
    }
}
