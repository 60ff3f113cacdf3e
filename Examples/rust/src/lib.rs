//! A family in Rust, without a crate but this one: `protocol` is Zoo's headers, `layer` what stands between them and the kinds.

mod glu;
mod layer;
mod protocol;
mod swish;

use protocol::*;
use std::mem::size_of;

static GLU: Kind = layer::kind::<glu::Glu>();
static SWISH: Kind = layer::kind::<swish::Swish>();

static FAMILY: Family = Family {
    size: size_of::<Family>() as u32,
    abi_major: ABI_MAJOR,
    abi_minor: ABI_MINOR,
    kind_count: 2,
    codec_count: 0,
    name: text("gates"),
    version: text(env!("CARGO_PKG_VERSION")),
    summary: text("Two ways of letting through a part of what comes."),
    build: text("Rust"),
    kinds: [&raw const GLU, &raw const SWISH].as_ptr(),
    codecs: std::ptr::null(),
};

/// The family's one exported symbol.
#[no_mangle]
pub extern "C" fn zoo_family_v1(_: *const Host) -> *const Family {
    // What a panic has to say travels to the host as words.
    std::panic::set_hook(Box::new(|_| {}));
    &FAMILY
}
