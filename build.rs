//! New migrations are noticed: `sqlx::migrate!` embeds them, and cargo does not watch the directory by itself.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
