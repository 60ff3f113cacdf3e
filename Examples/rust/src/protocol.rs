//! The structs of Zoo's protocol that this family uses, as `zoo.h` declares them; the headers say what each field means.
//!
//! Their layout is frozen: they grow at their ends alone. The sizes at the end of this file are those of version 1.0.

use std::ffi::c_void;
use std::mem::size_of;

pub type Status = i32;
pub const OK: Status = 0;
pub const BAD_SHAPE: Status = 2;
pub const BAD_DTYPE: Status = 3;
pub const INTERNAL: Status = 7;

pub const ABI_MAJOR: u32 = 1;
pub const ABI_MINOR: u32 = 0;

/// UTF-8 text that is not NUL-terminated.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    pub data: *const u8,
    pub length: u64,
}

impl Text {
    /// The text itself, which lives as long as the call that it came with.
    pub fn words(&self) -> &str {
        if self.data.is_null() {
            return "";
        }
        std::str::from_utf8(unsafe { std::slice::from_raw_parts(self.data, self.length as usize) }).unwrap_or_default()
    }
}

pub const fn text(words: &str) -> Text {
    Text { data: words.as_ptr(), length: words.len() as u64 }
}

#[repr(C)]
#[derive(Clone, Copy, PartialEq)]
pub struct DType {
    pub code: u8,
    pub bits: u8,
    pub lanes: u16,
}

pub const F32: DType = DType { code: 2, bits: 32, lanes: 1 };

#[repr(C)]
pub struct Tensor {
    pub data: *mut c_void,
    pub device_type: i32,
    pub device_id: i32,
    pub rank: i32,
    pub dtype: DType,
    pub shape: *const i64,
    pub strides: *const i64,
    pub byte_offset: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Spec {
    pub rank: i32,
    pub dtype: DType,
    pub shape: [i64; 8],
}

pub const REAL: i32 = 3;
pub const TEXT_TYPE: i32 = 4;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Attribute {
    pub kind: i32,
    pub is_set: i32,
    pub integer: i64,
    pub real: f64,
    pub text: Text,
    pub integers: *const i64,
    pub reals: *const f64,
    pub count: u64,
}

/// No value at all: where the other fields of an attribute come from.
pub const NOTHING: Attribute = Attribute {
    kind: 0,
    is_set: 0,
    integer: 0,
    real: 0.0,
    text: text(""),
    integers: std::ptr::null(),
    reals: std::ptr::null(),
    count: 0,
};

#[repr(C)]
pub struct AttributeInfo {
    pub size: u32,
    pub kind: i32,
    pub flags: u32,
    pub choice_count: u32,
    pub name: Text,
    pub about: Text,
    pub choices: *const Text,
    pub fallback: Attribute,
    pub minimum: f64,
    pub maximum: f64,
}

#[repr(C)]
pub struct PortInfo {
    pub size: u32,
    pub flags: u32,
    pub name: Text,
    pub about: Text,
    pub shape: Text,
}

/// The host's own, of which only pointers are seen here.
pub type Context = c_void;

#[repr(C)]
pub struct Host {
    pub size: u32,
    pub abi_minor: u32,
    pub fail: extern "C" fn(*mut Context, Status, Text) -> Status,
    /// `log`, `parallel_for`, `random`, `is_cancelled`, `write` and `extension`, which this family does not call.
    pub unused: [*const c_void; 6],
}

pub const CONSTANT: i32 = 2;

#[repr(C)]
pub struct Initializer {
    pub method: i32,
    pub reserved: i32,
    pub a: f64,
    pub b: f64,
    pub fan_in: i64,
    pub fan_out: i64,
}

pub const NO_DECAY: u32 = 2;

#[repr(C)]
pub struct Parameter {
    pub size: u32,
    pub flags: u32,
    pub name: Text,
    pub spec: Spec,
    pub initializer: Initializer,
}

#[repr(C)]
pub struct Epilogue {
    pub size: u32,
    pub kind: u32,
    pub alpha: f32,
    pub beta: f32,
}

#[repr(C)]
pub struct CreateRequest {
    pub size: u32,
    pub attribute_count: u32,
    pub host: *const Host,
    pub context: *mut Context,
    pub attributes: *const Attribute,
}

#[repr(C)]
pub struct PlanRequest {
    pub size: u32,
    pub flags: u32,
    pub host: *const Host,
    pub context: *mut Context,
    pub input_count: u32,
    pub thread_count: u32,
    pub inputs: *const Spec,
    pub epilogue: *const Epilogue,
}

#[repr(C)]
pub struct PlanTable {
    pub size: u32,
    pub flags: u32,
    pub output_count: u32,
    pub parameter_count: u32,
    pub saved_count: u32,
    pub alias_count: u32,
    pub outputs: *const Spec,
    pub parameters: *const Parameter,
    pub saved: *const Spec,
    pub aliases: *const i32,
    pub scratch_forward: u64,
    pub scratch_backward: u64,
    pub packed_bytes: u64,
    pub needs_inputs: u64,
    pub needs_outputs: u64,
    pub epilogues: u64,
    pub epilogue: Epilogue,
    pub flops: f64,
    pub bytes: f64,
}

#[repr(C)]
pub struct CallTable {
    pub size: u32,
    pub flags: u32,
    pub host: *const Host,
    pub context: *mut Context,
    pub input_count: u32,
    pub output_count: u32,
    pub parameter_count: u32,
    pub saved_count: u32,
    pub inputs: *const Tensor,
    pub outputs: *const Tensor,
    pub parameters: *const Tensor,
    pub saved: *const Tensor,
    pub packed: *const c_void,
    pub output_gradients: *const Tensor,
    pub input_gradients: *const Tensor,
    pub parameter_gradients: *const Tensor,
    pub accumulate_inputs: u64,
    pub accumulate_parameters: u64,
    pub scratch: *mut c_void,
}

#[repr(C)]
pub struct Kind {
    pub size: u32,
    pub flags: u32,
    pub data: *const c_void,
    pub name: Text,
    pub summary: Text,
    pub formula: Text,
    pub reference: Text,
    pub attribute_count: u32,
    pub input_count: u32,
    pub output_count: u32,
    pub attributes: *const AttributeInfo,
    pub inputs: *const PortInfo,
    pub outputs: *const PortInfo,
    pub create: extern "C" fn(*const Kind, *const CreateRequest, *mut *mut c_void) -> Status,
    pub plan: extern "C" fn(*mut c_void, *const PlanRequest, *mut PlanTable) -> Status,
    pub pack: *const c_void,
    pub forward: extern "C" fn(*mut c_void, *const CallTable) -> Status,
    pub backward: extern "C" fn(*mut c_void, *const CallTable) -> Status,
    pub destroy: extern "C" fn(*mut c_void),
    pub extension: extern "C" fn(*const Kind, Text) -> *const c_void,
}

#[repr(C)]
pub struct Family {
    pub size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub kind_count: u32,
    pub codec_count: u32,
    pub name: Text,
    pub version: Text,
    pub summary: Text,
    pub build: Text,
    pub kinds: *const *const Kind,
    pub codecs: *const c_void,
}

/// A layer and its inputs that `zoo check` tries, beside those that it finds from the declaration.
#[repr(C)]
pub struct CheckCase {
    pub size: u32,
    pub reserved: u32,
    pub attributes: Text,
    pub inputs: Text,
    pub tolerance: f64,
    pub gradient_tolerance: f64,
}

pub const CHECK: &str = "zoo.check/1";

/// What a kind's extension of that id is.
#[repr(C)]
pub struct Check {
    pub size: u32,
    pub case_count: u32,
    pub cases: *const CheckCase,
}

// The tables are never written after they are made.
unsafe impl Sync for Kind {}
unsafe impl Sync for Family {}

macro_rules! assert_sizes {
    ($($name:ident $bytes:literal),*) => { $(const _: () = assert!(size_of::<$name>() == $bytes);)* };
}

assert_sizes! {
    Text 16, DType 4, Tensor 48, Spec 72, Attribute 64, AttributeInfo 136, PortInfo 56, Host 64, Initializer 40, Parameter 136,
    Epilogue 16, CreateRequest 32, PlanRequest 48, PlanTable 136, CallTable 128, Kind 176, Family 104, CheckCase 56, Check 16
}
