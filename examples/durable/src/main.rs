//! A shop that stores orders and sends a mail for each, and can be killed at any moment.
//!
//! ```text
//! cargo run --release -p shop                                    # 100 orders in shop.db
//! cargo run --release -p shop -- sqlite:other.db 500
//! cargo run --release -p shop -- postgres://user@localhost/shop 500
//! ```
//!
//! Kill it in the middle (`kill -9`), and start it again: it goes on where it was. In the end there is one mail for each order,
//! and none without: the order and the launch of its mail are one transaction.

mod orders;

use std::time::Duration;

use anyhow::Context as _;
use fire_and_forget::{durable, fire_and_forget};

use crate::orders::Orders;

/// Sends the mail. It may be run twice, if the program dies between the sending and the store's learning of it: so what it
/// does is a row with the number of the order as its key.
#[fire_and_forget(
    backend = "durable",
    name = "shop::confirm",
    queue = "mail",
    attempts = 10
)]
async fn confirm(url: String, order: i64, to: String) -> anyhow::Result<()> {
    let job = durable::job().context("it runs in a job")?;
    // The other end takes a moment, and does not answer now and then.
    tokio::time::sleep(Duration::from_millis(5)).await;
    if order % 10 == 7 && job.attempt() == 1 {
        anyhow::bail!("the server of {to} does not answer");
    }
    Orders::open(&url).await?.mail(order).await
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .unwrap_or_else(|| "sqlite:shop.db".to_owned());
    let last: i64 = match arguments.next() {
        Some(number) => number.parse().context("how many orders?")?,
        None => 100,
    };
    // Made before the store is opened, so that both are there when the first job is run.
    let orders = Orders::open(&url).await?;
    let jobs = fire_and_forget_durable::open(&url).await?;
    jobs.work_on("mail", 8);
    println!("{} orders are there already", orders.count().await?);
    for number in orders.next().await?..=last {
        let to = format!("customer-{number}@example.com");
        orders
            .place(&jobs, number, || confirm(url.clone(), number, to.clone()))
            .await?;
    }
    // Until each mail is out, or somebody wants the program to stop.
    let all_sent = async {
        while orders.mails().await? < last {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        sent = all_sent => sent?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    println!(
        "{} orders, {} mails",
        orders.count().await?,
        orders.mails().await?
    );
    fire_and_forget::shutdown(Duration::from_secs(10)).await?;
    Ok(())
}
