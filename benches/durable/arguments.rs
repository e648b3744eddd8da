//! What the command line asks for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How it is told.
pub(crate) const USAGE: &str = "\
usage: cargo bench -p durable-bench -- [OPTION…]

  --quick        a tenth of the rounds: to see that it runs, not what it costs
  --json PATH    where the results go (default: target/durable.json)

DURABLE_TEST_POSTGRES names a Postgres server that is measured, too.";

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) effort: Effort,
    json: Option<PathBuf>,
    /// What another process of this program asks for.
    pub(crate) child: Option<Child>,
}

/// A task, the store that it is for, and a number that the task explains.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) task: String,
    pub(crate) url: String,
    pub(crate) number: usize,
    pub(crate) effort: Effort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// As many rounds as the numbers need.
    Full,
    /// A tenth of them.
    Quick,
    /// One small round, and nothing written: it is run as a test.
    Smoke,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amounts {
    pub(crate) rounds: usize,
    /// Bursts of a thousand launches, in each round.
    pub(crate) bursts: usize,
    /// Stretches of rows that are stored, at once and one after the other, in each round.
    pub(crate) stretches: usize,
    /// Rows of a stretch that are stored at once.
    pub(crate) stored: usize,
    /// Rows of a stretch that are stored one after the other.
    pub(crate) awaited: usize,
    /// Jobs that are worked off, in each round.
    pub(crate) worked: usize,
    /// Those of the engine's worker, which is slower with each job that it has worked off.
    pub(crate) worked_by_engine: usize,
    /// Jobs that wait behind those.
    pub(crate) backlog: usize,
}

impl Effort {
    pub(crate) fn amounts(self) -> Amounts {
        let full = Amounts {
            rounds: 8,
            bursts: 10,
            stretches: 4,
            stored: 20_480,
            awaited: 25,
            worked: 20_000,
            worked_by_engine: 1_000,
            backlog: 160_000,
        };
        match self {
            Self::Full => full,
            Self::Quick => Amounts { rounds: 1, ..full },
            Self::Smoke => Amounts {
                rounds: 1,
                bursts: 1,
                stretches: 1,
                stored: 1_024,
                awaited: 2,
                worked: 200,
                worked_by_engine: 50,
                backlog: 400,
            },
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Quick => "quick",
            Self::Smoke => "smoke",
        }
    }
}

impl Arguments {
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::{Long, ValueExt};

        let mut parsed = Self {
            effort: Effort::Smoke,
            json: None,
            child: None,
        };
        let mut is_quick = false;
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                // `cargo bench` says this, and `cargo test` does not.
                Long("bench") => parsed.effort = Effort::Full,
                Long("quick") => is_quick = true,
                Long("json") => parsed.json = Some(parser.value()?.into()),
                Long("child") => {
                    parsed.child = Some(Child {
                        task: parser.value()?.string()?,
                        url: parser.value()?.string()?,
                        number: parser.value()?.parse()?,
                        effort: match &*parser.value()?.string()? {
                            "full" => Effort::Full,
                            "quick" => Effort::Quick,
                            _ => Effort::Smoke,
                        },
                    });
                }
                _ => return Err(argument.unexpected()),
            }
        }
        if is_quick && parsed.effort == Effort::Full {
            parsed.effort = Effort::Quick;
        }
        Ok(parsed)
    }

    /// Where the results go.
    pub(crate) fn json(&self) -> PathBuf {
        // `cargo bench` runs in the folder of the package; what is built is in that of the workspace.
        let default = || {
            let benches = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
            benches.with_file_name("target").join("durable.json")
        };
        self.json.clone().unwrap_or_else(default)
    }
}

impl Child {
    /// The command line that [`Arguments::parse`] reads.
    pub(crate) fn arguments(&self) -> [String; 5] {
        [
            "--child".into(),
            self.task.clone(),
            self.url.clone(),
            self.number.to_string(),
            self.effort.name().into(),
        ]
    }
}
