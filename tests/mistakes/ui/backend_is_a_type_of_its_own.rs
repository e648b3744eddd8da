use fire_and_forget::fire_and_forget;

struct Mail;

static MAIL: Mail = Mail;

#[fire_and_forget(backend = self::MAIL, on_full = "reject")]
async fn audit(line: String) {
    drop(line);
}

fn main() {}
