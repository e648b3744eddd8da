//! A password before everything: HTTP basic authentication.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The digest of the name and the password that are asked for: as long as any other, so that its comparison tells nothing.
#[derive(Clone, Copy)]
pub(crate) struct Password([u8; 32]);

impl Password {
    /// None if it is empty.
    pub(crate) fn new(password: &str) -> Option<Self> {
        (!password.is_empty()).then(|| Self(digest(format!("{USER}:{password}").as_bytes())))
    }

    /// Every request to this router needs the password, also one for what is not there.
    pub(crate) fn required_for(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self, ask))
    }

    fn admits(self, request: &Request) -> bool {
        let Some(credentials) = credentials(request) else {
            return false;
        };
        digest(&credentials).ct_eq(&self.0).into()
    }
}

async fn ask(State(password): State<Password>, request: Request, next: Next) -> Response {
    if password.admits(&request) {
        return next.run(request).await;
    }
    let challenge = [(
        WWW_AUTHENTICATE,
        r#"Basic realm="dashboard", charset="UTF-8""#,
    )];
    (StatusCode::UNAUTHORIZED, challenge).into_response()
}

/// What the request says of who sends it: the name, a colon and the password.
fn credentials(request: &Request) -> Option<Vec<u8>> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    BASE64_STANDARD.decode(credentials.trim()).ok()
}

fn digest(credentials: &[u8]) -> [u8; 32] {
    Sha256::digest(credentials).into()
}

const USER: &str = "admin";
