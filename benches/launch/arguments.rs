//! What the command line asks for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::shapes::SHAPES;

/// How it is told.
pub(crate) const USAGE: &str = "\
usage: cargo bench -p benches --bench launch -- [SHAPE…] [OPTION…]

  SHAPE          burst, paced, sparse, end-to-end, blocked, growth, counts, exact (default: all of them)
  --syscalls     counts system calls instead, with strace
  --instructions counts instructions instead, with valgrind
  --scale        measures what grows with functions and pools instead
  --quick        a tenth of the rounds: to see that it runs, not what it costs
  --json PATH    where the results go (default: target/launch.json, syscalls.json, instructions.json or scale.json)";

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) view: View,
    pub(crate) shapes: Vec<String>,
    pub(crate) effort: Effort,
    json: Option<PathBuf>,
    /// The task and its subject that another process of this program asks for.
    pub(crate) child: Option<(String, String)>,
}

/// With what to look at launches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// A clock, and counters of our own.
    Launch,
    Syscalls,
    Instructions,
    /// A clock, with more and more functions and pools.
    Scale,
}

impl View {
    /// The name of the file of results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Syscalls => "syscalls",
            Self::Instructions => "instructions",
            Self::Scale => "scale",
        }
    }
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
            view: View::Launch,
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
                Long("syscalls") => parsed.view = View::Syscalls,
                Long("instructions") => parsed.view = View::Instructions,
                Long("scale") => parsed.view = View::Scale,
                Long("json") => parsed.json = Some(parser.value()?.into()),
                Long("child") => {
                    parsed.child = Some((parser.value()?.string()?, parser.value()?.string()?));
                }
                Value(shape) => {
                    let shape = shape.string()?;
                    if SHAPES.iter().all(|known| known.name != shape) {
                        return Err(format!("there is no shape `{shape}`").into());
                    }
                    parsed.shapes.push(shape);
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
            let target = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target");
            target.join(self.view.name()).with_extension("json")
        };
        self.json.clone().unwrap_or_else(default)
    }

    /// Whether this shape is to be measured.
    pub(crate) fn wants(&self, shape: &str) -> bool {
        self.shapes.is_empty() || self.shapes.iter().any(|wanted| wanted == shape)
    }
}
