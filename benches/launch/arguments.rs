//! What the command line asks for.

use std::ffi::OsString;
use std::path::PathBuf;

/// How it is told.
pub(crate) const USAGE: &str = "\
usage: cargo bench -p benches --bench launch -- [SHAPE…] [OPTION…]

  SHAPE          burst, paced, sparse, end-to-end, growth, counts, refusals (default: all of them)
  --quick        a tenth of the rounds: to see that it runs, not what it costs
  --json PATH    where the results go (default: target/launch.json)";

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) shapes: Vec<String>,
    pub(crate) effort: Effort,
    pub(crate) json: Option<PathBuf>,
    /// The task and the peer that another process of this program asks for.
    pub(crate) child: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// As many rounds as the numbers need.
    Full,
    /// A tenth of them.
    Quick,
    /// One round, and nothing written: it is run as a test.
    Smoke,
}

impl Effort {
    pub(crate) fn rounds(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Quick => full.div_ceil(10),
            Self::Smoke => 1,
        }
    }
}

impl Arguments {
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::{Long, Value, ValueExt};

        let mut parsed = Self {
            shapes: Vec::new(),
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
                    parsed.child = Some((parser.value()?.string()?, parser.value()?.string()?));
                }
                Value(shape) => parsed.shapes.push(shape.string()?),
                _ => return Err(argument.unexpected()),
            }
        }
        if is_quick && parsed.effort == Effort::Full {
            parsed.effort = Effort::Quick;
        }
        Ok(parsed)
    }

    /// Whether this shape is to be measured.
    pub(crate) fn wants(&self, shape: &str) -> bool {
        self.shapes.is_empty() || self.shapes.iter().any(|wanted| wanted == shape)
    }
}
