use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) -> impl Future<Output = ()> {
    async move { drop(line) }
}

fn main() {}
