//! OpenTelemetry's context without spans: the baggage of a request reaches its jobs, on whichever thread they run.
//!
//! ```sh
//! cargo run --release -p context
//! ```

use std::error::Error;
use std::fmt;
use std::time::Duration;

use fire_and_forget::{Report, fire_and_forget};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, KeyValue};

/// The context that the caller has attached to its thread.
struct Otel(Context);

impl fire_and_forget::Context for Otel {
    fn capture() -> Self {
        Self(Context::current())
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        let _attached = self.0.clone().attach();
        code()
    }
}

/// Some code far below the bodies.
fn tenant() -> String {
    let context = Context::current();
    let tenant = context.baggage().get("tenant").map(ToString::to_string);
    tenant.unwrap_or_else(|| "nobody".into())
}

#[fire_and_forget(name = "audit", context = Otel)]
fn audit(line: String) {
    println!("audit: {line}, for {}", tenant());
}

/// A failure.
#[derive(Debug)]
struct Bounced;

impl fmt::Display for Bounced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the mail came back")
    }
}

#[fire_and_forget(name = "mail", context = Otel)]
async fn mail(to: String) -> Result<(), Bounced> {
    println!("mail: to {to}, for {}", tenant());
    tokio::task::yield_now().await;
    println!("mail: refused, for {}", tenant());
    Err(Bounced)
}

fn sign_up(address: &str) {
    audit(format!("{address} has signed up"));
    mail(address.to_owned());
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A report is in the context of its launch as well.
    fire_and_forget::set_observer(|report: &Report<'_>| {
        println!("report: {report}, for {}", tenant());
    })?;
    for (tenant, address) in [("acme", "ada@example.com"), ("initech", "bob@example.com")] {
        let of_request = Context::current_with_baggage([KeyValue::new("tenant", tenant)]);
        let _attached = of_request.attach();
        sign_up(address);
    }
    fire_and_forget::shutdown(Duration::from_secs(10)).await?;
    println!("main: for {}", tenant());
    Ok(())
}
