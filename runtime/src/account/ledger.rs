//! The ledger: how many launches each function made, and how each of them ended.

use std::fmt;
use std::panic::Location;

use crate::account::counts::Counts;
use crate::account::functions;
use crate::account::namesakes::Namesakes;
use crate::account::site::Site;
use crate::report::line::in_one_line;

/// Takes a snapshot of what every annotated function has launched so far.
///
/// A function appears with its first launch. Each row is consistent: [`Counts::in_flight`] is never negative,
/// and is zero once the function is quiet. The rows are read one after the other, so [`Ledger::total`] is not a
/// consistent cut across functions while launches go on.
///
/// The guide says [how to read it](crate::guide::failures#reading-the-ledger) and how to
/// [alert](crate::guide::failures#alerting) on it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use fire_and_forget::fire_and_forget;
///
/// #[fire_and_forget(name = "greet")]
/// fn greet(name: String) {
///     println!("hello, {name}");
/// }
///
/// greet("Ada".into());
/// fire_and_forget::flush(Duration::from_secs(5)).wait()?;
///
/// let ledger = fire_and_forget::ledger();
/// let counts = ledger.get("greet").expect("it has launched").counts();
/// assert_eq!((counts.launched, counts.ok, counts.in_flight()), (1, 1, 0));
/// println!("{ledger}");
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
#[must_use]
pub fn ledger() -> Ledger {
    // The full capacity at once: growing the vector would copy and fault in a megabyte again and again for 10,000
    // functions.
    let mut entries = Vec::with_capacity(functions::len());
    entries.extend(functions::rows().map(Entry::of_function));
    Ledger { entries }
}

/// A snapshot of all functions, from [`ledger`].
///
/// Its `Display` is an aligned table with a line of totals: see
/// [the guide](crate::guide::failures#reading-the-ledger).
///
/// # Examples
///
/// ```
/// use fire_and_forget::fire_and_forget;
///
/// #[fire_and_forget]
/// fn audit(line: String) {
///     println!("{line}");
/// }
///
/// audit("Ada logged in".into());
///
/// let ledger = fire_and_forget::ledger();
/// println!("{ledger}"); // a table, for people
/// let total = ledger.total(); // a sum, for an alarm
/// if total.lost + total.refused > 0 {
///     println!("{} launches never finished", total.lost + total.refused);
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    /// The functions that have launched, in the order of their first launches.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Looks a function up by its [name](Entry::function).
    ///
    /// Where several functions share it, this is the one that launched first; [`get_all`](Self::get_all) has them all.
    #[must_use]
    pub fn get(&self, function: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.function == function)
    }

    /// Looks up all functions of a [name](Entry::function), in the order of their first launches.
    ///
    /// [`Entry::defined_at`] tells them apart. The two rows of a durable function have one place, and two
    /// [backends](Entry::backend).
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::fire_and_forget;
    ///
    /// #[fire_and_forget(name = "notify")]
    /// fn notify_by_mail(to: String) {
    ///     println!("a mail to {to}");
    /// }
    ///
    /// #[fire_and_forget(name = "notify")]
    /// fn notify_by_phone(number: u64) {
    ///     println!("a call of {number}");
    /// }
    ///
    /// notify_by_mail("ada@example.com".into());
    /// notify_by_phone(5_550_100);
    ///
    /// let ledger = fire_and_forget::ledger();
    /// assert_eq!(ledger.get_all("notify").count(), 2);
    /// let launched: u64 = ledger.get_all("notify").map(|entry| entry.counts().launched).sum();
    /// assert_eq!(launched, 2);
    /// ```
    pub fn get_all(&self, function: &str) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.function == function)
    }

    /// The sum over all functions.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.entries.iter().map(Entry::counts).sum()
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.entries.iter();
        let namesakes = Namesakes::among(all.map(|entry| (entry.function, entry.defined_at)));
        // A name may contain line breaks, but each function has one line.
        let cells = self.entries.iter().map(|entry| {
            let place = namesakes.place_of(entry.function, entry.defined_at);
            [
                in_one_line(&format!("{}{place}", entry.function)).collect(),
                in_one_line(entry.backend)
                    .chain(entry.mark().chars())
                    .collect(),
            ]
        });
        let cells: Vec<[String; 2]> = cells.chain([[TOTAL.into(), String::new()]]).collect();
        let [function_width, backend_width] = [0, 1].map(|column| {
            let widths = cells.iter().map(|row| row[column].chars().count());
            widths.fold(HEADER[column].len(), usize::max)
        });
        write!(
            f,
            "{:<function_width$}  {:<backend_width$}",
            HEADER[0], HEADER[1]
        )?;
        for title in &HEADER[2..] {
            write!(f, " {title:>9}")?;
        }
        let counts = self.entries.iter().map(Entry::counts);
        for ([function, backend], counts) in cells.iter().zip(counts.chain([self.total()])) {
            write!(
                f,
                "\n{function:<function_width$}  {backend:<backend_width$}"
            )?;
            for number in counts.columns() {
                write!(f, " {number:>9}")?;
            }
        }
        Ok(())
    }
}

/// One function in a [`Ledger`].
///
/// # Examples
///
/// A line per function, for metrics:
///
/// ```
/// use fire_and_forget::fire_and_forget;
///
/// #[fire_and_forget]
/// fn audit(line: String) {
///     println!("{line}");
/// }
///
/// audit("Ada logged in".into());
///
/// for entry in fire_and_forget::ledger().entries() {
///     let counts = entry.counts();
///     println!("launched{{function={:?}}} {}", entry.function(), counts.launched);
///     println!("in_flight{{function={:?}}} {}", entry.function(), counts.in_flight());
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Entry {
    function: &'static str,
    backend: &'static str,
    defined_at: &'static Location<'static>,
    is_daemon: bool,
    counts: Counts,
}

impl Entry {
    /// Of a function, on all its backends.
    pub(crate) fn of_function(site: &'static Site) -> Self {
        let (backend, counts) = site.of_all_backends();
        Self::new(site, backend, counts)
    }

    /// Of a function on the backend of this site alone.
    pub(crate) fn of_site(site: &'static Site) -> Self {
        Self::new(site, site.backend(), site.counts())
    }

    fn new(site: &'static Site, backend: &'static str, counts: Counts) -> Self {
        Self {
            function: site.name(),
            backend,
            defined_at: site.defined_at(),
            is_daemon: site.is_daemon(),
            counts,
        }
    }

    /// The name of the function, or what `name = "…"` says: `app::mail::welcome`, and `app::mail::Mail::send` for a method. See
    /// [the guide](crate::guide::failures#names).
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.function
    }

    /// The name of the backend: `thread`, `pool`, `tokio`, or that of the static given as a path.
    ///
    /// A function whose backend is an expression has one row for all its backends: with their name, if it is the same, else with
    /// `(several)`. In the [`Unfinished`](crate::Unfinished) of a [`Pool::flush`](crate::Pool::flush), the entry is that of
    /// its launches on this pool.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        self.backend
    }

    /// Where the function is written.
    #[must_use]
    pub fn defined_at(&self) -> &'static Location<'static> {
        self.defined_at
    }

    /// Is it a [daemon](macro@crate::fire_and_forget#daemon)? What is in flight of it is not waited for by
    /// [`flush`](crate::flush).
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.is_daemon
    }

    /// Returns what the table appends to the name of the backend.
    fn mark(&self) -> &'static str {
        if self.is_daemon { ", daemon" } else { "" }
    }

    /// The numbers, all of one moment.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

const HEADER: [&str; 9] = [
    "function",
    "backend",
    "launched",
    "in flight",
    "ok",
    "failed",
    "panicked",
    "lost",
    "refused",
];

const TOTAL: &str = "total";
