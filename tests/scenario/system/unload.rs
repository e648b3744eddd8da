//! A library that launches, and is unloaded.

#![expect(unsafe_code, reason = "the system loads libraries")]

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::{CStr, CString, c_void};
use std::fs;
use std::thread;

use waiting::wait_until;

crate::scenarios!(
    unload_after_shutdown,
    unload_what_has_no_threads,
    unload_what_has_no_threads_and_is_unfinished,
);

/// `tests/plugin`.
struct Plugin(*mut c_void);

impl Plugin {
    fn load() -> Self {
        let mut path = std::env::current_exe().unwrap();
        path.pop();
        path.push(format!("deps/{DLL_PREFIX}plugin{DLL_SUFFIX}"));
        let path = CString::new(path.into_os_string().into_encoded_bytes()).unwrap();
        // SAFETY: what the library does when it is loaded is what the standard library does.
        let plugin = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!plugin.is_null(), "{path:?} cannot be loaded");
        assert!(is_loaded());
        Self(plugin)
    }

    /// Calls functions of it, in a thread that has gone when this returns, and with it what it had of the library.
    fn call(&self, names: &[&CStr]) {
        let functions: Vec<_> = names
            .iter()
            .map(|name| {
                // SAFETY: the library is loaded, and the name ends with a NUL.
                let function = unsafe { libc::dlsym(self.0, name.as_ptr()) };
                assert!(!function.is_null(), "there is no {name:?}");
                // SAFETY: all functions that the library exports have this signature.
                unsafe { std::mem::transmute::<*mut c_void, extern "C" fn()>(function) }
            })
            .collect();
        let call = || functions.into_iter().for_each(|function| function());
        thread::scope(|scope| {
            scope.spawn(call).join().unwrap();
        });
    }

    fn unload(self) {
        // SAFETY: it was loaded, and is not used again.
        assert_eq!(unsafe { libc::dlclose(self.0) }, 0);
    }
}

/// Is its code in memory?
fn is_loaded() -> bool {
    let file = format!("{DLL_PREFIX}plugin{DLL_SUFFIX}");
    fs::read_to_string("/proc/self/maps")
        .unwrap()
        .lines()
        .any(|line| line.ends_with(&file))
}

fn threads() -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .map(|name| name.trim().to_owned())
        .collect();
    names.sort();
    names
}

/// One thread is left, and keeps the code in memory: it has thread-locals, whose destructors are there.
fn unload_after_shutdown() {
    let plugin = Plugin::load();
    plugin.call(&[c"plugin_launch", c"plugin_shut_down"]);
    wait_until("all threads but two are gone", || {
        threads() == ["fire-and-forget", "scenario"]
    });
    plugin.unload();
    assert!(is_loaded());
    fork();
}

/// Nothing calls into the library any more: neither the exit of the process nor a fork.
fn unload_what_has_no_threads() {
    let plugin = Plugin::load();
    plugin.call(&[c"plugin_launch_in_place"]);
    plugin.unload();
    assert!(!is_loaded());
    fork();
}

/// It is said when the library goes.
fn unload_what_has_no_threads_and_is_unfinished() {
    let plugin = Plugin::load();
    plugin.call(&[c"plugin_launch_and_keep"]);
    plugin.unload();
    assert!(!is_loaded());
}

fn fork() {
    // SAFETY: the new process exits at once.
    let child = unsafe {
        match libc::fork() {
            0 => libc::exit(0),
            child => child,
        }
    };
    let mut status = 0;
    // SAFETY: the pointer is to a number of ours.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((waited, status), (child, 0));
}
