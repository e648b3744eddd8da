//! Rows that are kept long enough: jobs that are done or dead, and workers that nobody remembers.

use std::time::Duration;

use crate::store::Store;

/// Deletes them now and then, in small pieces, so that nobody waits for it.
pub(crate) async fn run(store: Store, keep_done: Duration, keep_dead: Duration) {
    let pause = keep_done
        .min(keep_dead)
        .clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    loop {
        for (status, age) in [("Done", keep_done), ("Killed", keep_dead)] {
            // An error is the next one's business: the store may be away.
            while let Ok(pruned) = store.prune(status, age.as_secs_f64(), PIECE).await
                && pruned > 0
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let _ = store.prune_workers().await;
        tokio::time::sleep(pause).await;
    }
}

const PIECE: i64 = 1000;
const SHORTEST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
