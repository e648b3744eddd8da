use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", context = auth::Tenant, billing::Tenant)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
