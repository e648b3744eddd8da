#![deny(warnings)]

pub fn caller() {
    fire_and_forget::flush(std::time::Duration::from_secs(1));
}

fn main() {}
