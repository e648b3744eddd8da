//! What follows from an order, and nobody waits for.

use std::path::Path;
use std::sync::OnceLock;

use fire_and_forget::{Pool, fire_and_forget};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use rusqlite::Connection;

use crate::outside::Outside;

/// One thread: the database has one writer, and the lines stay in their order.
static AUDIT: Pool = Pool::new("audit").threads(1).queue(4096);

/// Confirms by mail; a task on the server's runtime.
#[fire_and_forget(name = "confirm")]
pub(crate) async fn confirm(number: u64, what: &'static str) -> anyhow::Result<()> {
    let mail = Message::builder()
        .from("shop@example.com".parse()?)
        .to("customer@example.com".parse()?)
        .subject(format!("{number} {what}"))
        .body(format!("We have received your {what}."))?;
    services().mailer.send(mail).await?;
    Ok(())
}

/// Tells the webhook; a task as well.
#[fire_and_forget(name = "announce")]
pub(crate) async fn announce(number: u64, what: &'static str) -> anyhow::Result<()> {
    let Services {
        client, webhook, ..
    } = services();
    let request = client.post(webhook).body(format!("{number} {what}"));
    request.send().await?.error_for_status()?;
    Ok(())
}

/// Writes a line of the audit log. Blocking, so on a pool; and not to be dropped in silence, so `reject`.
#[fire_and_forget(name = "audit", backend = AUDIT, on_full = "reject")]
pub(crate) fn audit(number: u64, what: &'static str) -> rusqlite::Result<()> {
    thread_local! {
        static DATABASE: rusqlite::Result<Connection> = open(&services().database);
    }
    DATABASE.with(|database| match database {
        Ok(database) => {
            let insert = "INSERT INTO audit (number, what) VALUES (?1, ?2)";
            database.prepare_cached(insert)?.execute((number, what))?;
            Ok(())
        }
        Err(_) => Err(rusqlite::Error::InvalidQuery),
    })
}

/// What the jobs talk to.
struct Services {
    mailer: AsyncSmtpTransport<Tokio1Executor>,
    client: reqwest::Client,
    webhook: String,
    database: std::path::PathBuf,
}

static SERVICES: OnceLock<Services> = OnceLock::new();

fn services() -> &'static Services {
    SERVICES.get().expect("set before the first request")
}

/// Says what the jobs talk to, once.
pub(crate) fn connect(outside: &Outside, folder: &Path) -> anyhow::Result<()> {
    let mailer = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(outside.smtp.port())
        .build();
    let database = folder.join("audit.db");
    open(&database)?;
    let services = Services {
        mailer,
        client: reqwest::Client::new(),
        webhook: format!("http://{}/", outside.webhook),
        database,
    };
    assert!(SERVICES.set(services).is_ok(), "it connects once");
    Ok(())
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let database = Connection::open(path)?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.execute_batch("CREATE TABLE IF NOT EXISTS audit (number INTEGER, what TEXT)")?;
    Ok(database)
}
