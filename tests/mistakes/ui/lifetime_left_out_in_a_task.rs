use fire_and_forget::fire_and_forget;

struct Line<'a>(&'a mut String);

#[fire_and_forget]
async fn audit(line: Line) {
    line.0.push('!');
}

fn main() {
    audit(Line(&mut String::new()));
}
