//! How fast the engine's own worker is.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use apalis::prelude::{BackendExt, ParallelizeExt, WorkerBuilder, WorkerBuilderExt};
use apalis_core::backend::codec::Codec;
use apalis_core::error::BoxDynError;
use apalis_postgres::PostgresStorage;
use apalis_sqlite::SqliteStorage;

use crate::bare::Bare;
use crate::storing::runtime;
use crate::working::{AT_ONCE, Worked};
use crate::{Result, functions};

/// Bytes as they are: the engine reads no envelope, and does less than ours.
#[derive(Debug, Clone, Copy)]
struct Raw;

impl Codec<Vec<u8>> for Raw {
    type Error = Infallible;
    type Compact = Vec<u8>;

    fn encode(&self, bytes: &Vec<u8>) -> std::result::Result<Vec<u8>, Infallible> {
        Ok(bytes.clone())
    }

    fn decode(&self, bytes: &Vec<u8>) -> std::result::Result<Vec<u8>, Infallible> {
        Ok(bytes.clone())
    }
}

async fn handle(job: Vec<u8>) -> std::result::Result<(), BoxDynError> {
    drop(job);
    functions::ended();
    Ok(())
}

macro_rules! run {
    ($storage:expr, $config:expr, $enough:expr) => {
        WorkerBuilder::new("engine")
            .backend(
                $storage
                    .with_config($config.queue("default").batch_size(AT_ONCE))
                    .with_codec(Raw)
                    .poll_with_interval(POLL),
            )
            .concurrency(AT_ONCE)
            .parallelize(tokio::spawn)
            .build(handle)
            .run_until($enough)
            .await?
    };
}

/// Works off so many jobs, until each is acknowledged.
pub(crate) fn work_off(url: &str, jobs: usize) -> Result<Worked> {
    runtime()?.block_on(async {
        let bare = Bare::open(url).await?;
        let begun = Instant::now();
        let enough = async move {
            tokio::task::spawn_blocking(move || functions::wait_for(jobs))
                .await
                .map_err(std::io::Error::other)
        };
        match &bare {
            Bare::Sqlite(pool) => run!(
                SqliteStorage::<Vec<u8>>::new(pool),
                apalis_sqlite::Config::default(),
                enough
            ),
            Bare::Postgres(pool) => run!(
                PostgresStorage::<Vec<u8>>::new(pool),
                apalis_postgres::Config::default(),
                enough
            ),
        }
        let secs = begun.elapsed().as_secs_f64();
        let done = bare.done().await?;
        Ok(Worked { done, secs })
    })
}

const POLL: Duration = Duration::from_millis(50);
