//! Metrics of each function, served to Prometheus at `/metrics`; nothing else knows of them.
//!
//! ```sh
//! cargo run --release -p prometheus
//! curl http://127.0.0.1:9000/metrics
//! ```
//!
//! It serves them until its standard input ends. The environment variable `METRICS_ADDRESS` says where: `127.0.0.1:9000`.

use std::error::Error;
use std::io::{self, Read};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use fire_and_forget::{Pool, fire_and_forget};
use metrics_exporter_prometheus::PrometheusBuilder;

static THUMBNAILS: Pool = Pool::new("thumbnails").threads(1).queue(64);

#[fire_and_forget(name = "thumbnail", backend = THUMBNAILS)]
fn thumbnail(picture: u32) -> Result<(), String> {
    if picture.is_multiple_of(10) {
        return Err(format!("picture {picture} is not a picture"));
    }
    std::thread::sleep(Duration::from_millis(1));
    Ok(())
}

#[fire_and_forget(name = "mail")]
async fn mail(to: String) {
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(to.contains('@'), "`{to}` is no address");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Before the first launch, so that none is missing.
    let buckets = [0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1.0];
    let recorder = PrometheusBuilder::new()
        .set_buckets(&buckets)?
        .install_recorder()?;
    fire_and_forget::meters::describe();
    let routes = Router::new().route("/metrics", get(move || async move { recorder.render() }));
    let address = std::env::var("METRICS_ADDRESS").unwrap_or_else(|_| "127.0.0.1:9000".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await?;
    let address = format!("http://{}/metrics", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, routes).await });

    for picture in 1..=30 {
        thumbnail(picture);
    }
    mail("ada@example.com".into());
    mail("nobody".into());
    fire_and_forget::flush(Duration::from_secs(10)).await?;

    println!("{}", fire_and_forget::ledger());
    println!("serving {address}");
    tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}
