use fire_and_forget::fire_and_forget;

#[fire_and_forget]
unsafe fn audit(line: String) {
    drop(line);
}

fn main() {}
