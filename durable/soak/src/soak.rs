//! The whole of it, from an empty store to what was found.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::arguments::{Arguments, Child};
use crate::child::Role;
use crate::faults::Stage;
use crate::faults::network::Network;
use crate::faults::processes::{Maker, Slot};
use crate::found;
use crate::history::History;
use crate::store::Store;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    println!(
        "soak on {} for {} s, with the seed {}",
        if arguments.is_postgres {
            "Postgres"
        } else {
            "SQLite"
        },
        arguments.time.as_secs(),
        arguments.seed
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut folder = tempfile::Builder::new().prefix("durable-soak-").tempdir()?;
    let history = History::default();
    let played = runtime.block_on(play(arguments, folder.path(), &history));
    let (store, wrong) = match played {
        Ok((store, wrong)) => (Some(store), wrong),
        Err(error) => {
            let mut wrong = history.told().wrong;
            wrong.push(format!("it came to no end: {error:#}"));
            (None, wrong)
        }
    };
    if let Some(store) = &store
        && !arguments.keeps
        && wrong.is_empty()
    {
        runtime.block_on(store.remove())?;
    }
    if arguments.keeps || !wrong.is_empty() {
        folder.disable_cleanup(true);
        println!("\nlogs are in {}", folder.path().display());
    }
    if wrong.is_empty() {
        println!("\nnothing is lost, and all accounts balance");
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nwrong, with the seed {}:", arguments.seed);
    for what in wrong.iter().take(MOST_LINES) {
        println!("  {what}");
    }
    if wrong.len() > MOST_LINES {
        println!("  and {} more", wrong.len() - MOST_LINES);
    }
    Ok(ExitCode::FAILURE)
}

/// Returns the store, and what is wrong.
async fn play(
    arguments: &Arguments,
    folder: &std::path::Path,
    history: &History,
) -> anyhow::Result<(Store, Vec<String>)> {
    let store = Store::create(arguments.is_postgres, folder).await?;
    let mut random = Rng::with_seed(arguments.seed);
    let template = Child {
        role: Role::Worker,
        process: 0,
        url: String::new(),
        folder: folder.to_owned(),
        heartbeat: arguments.heartbeat,
        rate: arguments.rate,
        seed: random.u64(..),
    };
    let mut slots = Vec::new();
    for role in [Role::Launcher, Role::Launcher, Role::Worker, Role::Worker] {
        let url = store.url();
        slots.push(if arguments.is_postgres {
            let address = store.address()?;
            let network = Network::start(address.clone()).await?;
            let url = url.replace(&address, &network.address().to_string());
            Slot::new(role, url, Some(network))
        } else {
            Slot::new(role, url, None)
        });
    }
    let mut stage = Stage {
        store: store.clone(),
        slots,
        maker: Maker {
            template,
            history: history.clone(),
        },
        history: history.clone(),
        away: arguments.away,
        dead_after: arguments.dead_after(),
        stops: Vec::new(),
        under_way: None,
    };
    stage.play(arguments, &mut random).await?;
    // From here on nothing is done to them.
    stage.end(Role::Launcher).await?;
    let began = Instant::now();
    stage.slots.push(Slot::new(Role::Closer, store.url(), None));
    stage.wait(Duration::from_secs(2)).await?;
    loop {
        let unfinished = store.unfinished().await?.len();
        if unfinished == 0 {
            break;
        }
        if began.elapsed() > PATIENCE {
            history.wrong(format!(
                "{unfinished} jobs are neither done nor dead {PATIENCE:?} after the last fault"
            ));
            break;
        }
        stage.wait(Duration::from_millis(200)).await?;
    }
    let drained = began.elapsed();
    stage.end(Role::Worker).await?;
    stage.end(Role::Closer).await?;
    drop(stage);
    println!(
        "and {:.1} s until all was worked off\n",
        drained.as_secs_f64()
    );
    let wrong = found::look(arguments, folder, &store, &history.told()).await?;
    Ok((store, wrong))
}

/// So long it may take to work off what is left.
const PATIENCE: Duration = Duration::from_mins(2);
const MOST_LINES: usize = 40;
