use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit<I: Iterator + Send>(lines: I)
where
    I::Item: Send + 'static,
{
    drop(lines);
}

fn main() {}
