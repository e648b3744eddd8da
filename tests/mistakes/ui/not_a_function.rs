use fire_and_forget::fire_and_forget;

#[fire_and_forget]
struct Audit {
    line: String,
}

fn main() {}
