//! Deletes old rows: jobs that have been done or dead for long enough, and workers that are gone.

use std::time::Duration;

use crate::store::Store;

/// Prunes every 1 to 10 minutes, 1,000 rows at a time with pauses between, so that no other statement waits long for a lock.
pub(crate) async fn run(store: Store, keep_done: Duration, keep_dead: Duration) {
    let pause = keep_done
        .min(keep_dead)
        .clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    loop {
        for (status, age) in [("Done", keep_done), ("Killed", keep_dead)] {
            // The store may be away. An error is ignored, and the next round tries again.
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

/// The number of rows that one statement deletes.
const PIECE: i64 = 1000;
const SHORTEST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
