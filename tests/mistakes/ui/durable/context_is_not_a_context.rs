use fire_and_forget::fire_and_forget;

#[derive(serde::Serialize, serde::Deserialize)]
struct Tenant(String);

#[fire_and_forget(backend = "durable", context = Tenant)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
