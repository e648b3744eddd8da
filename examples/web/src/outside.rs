//! The world outside of the service, in the same process for once: a mail server and the receiver of a webhook. Each
//! appends what it gets to a file, a line each: the number and what it was.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Where to reach them.
pub(crate) struct Outside {
    pub(crate) smtp: SocketAddr,
    pub(crate) webhook: SocketAddr,
}

impl Outside {
    /// Starts both; they write `mails.txt` and `webhooks.txt`.
    pub(crate) async fn start(folder: &Path) -> io::Result<Self> {
        let mails = Inbox::create(&folder.join("mails.txt"))?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let smtp = listener.local_addr()?;
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(receive_mail(connection, mails.clone()));
            }
        });

        let calls = Inbox::create(&folder.join("webhooks.txt"))?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let webhook = listener.local_addr()?;
        let receive = move |body: String| async move {
            match calls.add(&body) {
                Ok(()) => StatusCode::OK,
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
            }
        };
        let routes = Router::new().route("/", post(receive));
        tokio::spawn(async { axum::serve(listener, routes).await });
        Ok(Self { smtp, webhook })
    }
}

/// As much of SMTP as it takes to get a mail; of the mail, only the subject is kept.
async fn receive_mail(connection: TcpStream, mails: Inbox) -> io::Result<()> {
    let (reader, mut writer) = connection.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 outside\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let answer: &[u8] = match line.split(' ').next().unwrap_or_default() {
            "EHLO" | "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP" => b"250 fine\r\n",
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                while let Some(line) = lines.next_line().await?
                    && line != "."
                {
                    if let Some(subject) = line.strip_prefix("Subject: ") {
                        mails.add(subject)?;
                    }
                }
                b"250 taken\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"502 what?\r\n",
        };
        writer.write_all(answer).await?;
    }
    Ok(())
}

/// A file that lines are appended to.
#[derive(Clone)]
struct Inbox(Arc<Mutex<File>>);

impl Inbox {
    fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Arc::new(Mutex::new(file))))
    }

    fn add(&self, line: &str) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{line}")
    }
}
