//! Where and when it was measured.

use std::process::Command;

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) compiler: String,
}

impl Machine {
    /// This one, now.
    pub(crate) fn describe() -> Self {
        let system = sysinfo::System::new_with_specifics(
            sysinfo::RefreshKind::nothing().with_cpu(sysinfo::CpuRefreshKind::nothing()),
        );
        let unknown = || "unknown".to_owned();
        let name = sysinfo::System::name().unwrap_or_else(unknown);
        let version = sysinfo::System::kernel_version().unwrap_or_else(unknown);
        Self {
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            processor: system
                .cpus()
                .first()
                .map_or_else(unknown, |cpu| cpu.brand().trim().to_owned()),
            cores: system.cpus().len(),
            kernel: format!("{name}, kernel {version}"),
            compiler: compiler().unwrap_or_else(unknown),
        }
    }

    pub(crate) fn print(&self) {
        println!(
            "{}; {}, {} cores; {}; {}",
            self.date, self.processor, self.cores, self.kernel, self.compiler
        );
    }
}

/// Cargo's own, as far as the environment says.
fn compiler() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
