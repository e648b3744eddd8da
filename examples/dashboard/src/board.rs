//! The engine's dashboard: its page, and the API that the page asks.

use apalis_board::axum::framework::{ApiBuilder, RegisterRoute};
use apalis_board::axum::sse::TracingBroadcaster;
use apalis_board::axum::ui::ServeUI;
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePool, SqliteStorage};
use axum::{Extension, Router};

/// Shows the jobs of one queue. The file is there already, with its tables.
pub(crate) fn router(file: &str, queue: &str) -> Router {
    // It could add jobs, too; through a connection that only reads, it cannot.
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let pool = SqlitePool::connect_lazy_with(options);
    // What is in a row is JSON, and no more is known of it here.
    let storage =
        SqliteStorage::<serde_json::Value>::new(&pool).with_config(Config::default().queue(queue));
    let api = ApiBuilder::new(Router::new())
        .register(queue, storage)
        .build();
    // The page asks for events of `tracing`, too. There are none here, so its view of logs stays empty.
    let api = api.layer(Extension(TracingBroadcaster::create()));
    Router::new()
        .nest("/api/v1", api)
        .fallback_service(ServeUI::new())
}
