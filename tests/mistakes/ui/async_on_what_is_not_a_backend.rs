use fire_and_forget::fire_and_forget;

static MAIL: u8 = 0;

#[fire_and_forget(backend = MAIL)]
async fn audit(line: String) {
    drop(line);
}

#[fire_and_forget(backend = MAIL, on_full = "reject")]
async fn mail(line: String) {
    drop(line);
}

fn main() {}
