use fire_and_forget::fire_and_forget;

struct Full;

type Stored<T> = Result<T, Full>;

#[fire_and_forget]
async fn audit(line: String) -> Stored<()> {
    drop(line);
    Err(Full)
}

fn main() {}
