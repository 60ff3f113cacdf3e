//! What a layer is in Rust, and how one gets behind the protocol's functions. Nothing unwinds through them: a panic becomes a status.

use crate::protocol::*;
use std::cell::Cell;
use std::ffi::c_void;
use std::mem::size_of;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;

/// Why a layer cannot do what it is asked to.
pub struct Failure {
    pub status: Status,
    /// One sentence without the layer's name, which the host adds.
    pub words: String,
}

/// One type of layer. The host makes one from attributes that it has checked, plans it once for one shape, and calls it many times.
pub trait Layer: Sized {
    const NAME: &'static str;
    const SUMMARY: &'static str;
    const FORMULA: &'static str;
    const REFERENCE: &'static str;
    const ATTRIBUTES: &'static [AttributeInfo];
    const INPUTS: &'static [PortInfo];
    const OUTPUTS: &'static [PortInfo];
    /// What `zoo check` cannot find by itself: attributes, and inputs that its plan accepts.
    const CASES: &'static [CheckCase] = &[];
    const CHECK: &'static Check =
        &Check { size: size_of::<Check>() as u32, case_count: Self::CASES.len() as u32, cases: Self::CASES.as_ptr() };

    fn new(attributes: &[Attribute]) -> Self;
    fn plan(&mut self, inputs: &[Spec]) -> Result<Plan, Failure>;

    /// Writes every element of every output, and allocates nothing.
    fn forward(&self, call: &Call);

    /// Writes every element of every gradient that is wanted, and allocates nothing.
    fn backward(&self, call: &Call);
}

/// What a layer answers once it knows the shapes.
pub struct Plan {
    pub outputs: Vec<Spec>,
    pub parameters: Vec<Parameter>,
    /// Bit k: backward reads input k.
    pub needs_inputs: u64,
    pub flops: f64,
}

impl Spec {
    /// The axes in use.
    pub fn axes(&self) -> &[i64] {
        &self.shape[..self.rank.clamp(0, 8) as usize]
    }

    /// The last axis; 1 for a scalar.
    pub fn width(&self) -> usize {
        self.axes().last().map_or(1, |&n| n as usize)
    }

    /// This spec if it is f32 and memory can hold it.
    pub fn float(&self, name: &str) -> Result<Spec, Failure> {
        if self.dtype != F32 {
            return Err(Failure { status: BAD_DTYPE, words: format!("{name} must be f32") });
        }
        let bytes = self.axes().iter().try_fold(4i64, |product, &n| if n < 0 { None } else { product.checked_mul(n.max(1)) });
        match bytes {
            Some(_) => Ok(*self),
            None => Err(Failure { status: BAD_SHAPE, words: format!("{name} is too large: its shape is {:?}", self.axes()) }),
        }
    }
}

/// The tensors of one forward or backward.
pub struct Call<'a> {
    table: &'a CallTable,
    /// What has been given out to be written, which must not be given out twice: bits for outputs, gradients of inputs, of parameters.
    taken: [Cell<u64>; 3],
}

impl<'a> Call<'a> {
    pub fn input(&self, i: usize) -> &'a [f32] {
        read(self.table.inputs, self.table.input_count, i).expect("an input that the plan does not need")
    }

    pub fn parameter(&self, i: usize) -> &'a [f32] {
        read(self.table.parameters, self.table.parameter_count, i).expect("a parameter that was not planned")
    }

    pub fn output(&self, i: usize) -> &'a mut [f32] {
        self.write(0, self.table.outputs, self.table.output_count, i).expect("an output without memory")
    }

    /// The derivative of the loss by an output; `None`: it is zero.
    pub fn output_gradient(&self, i: usize) -> Option<&'a [f32]> {
        read(self.table.output_gradients, self.table.output_count, i)
    }

    /// Where the derivative by an input goes; `None`: it is not wanted.
    pub fn input_gradient(&self, i: usize) -> Option<&'a mut [f32]> {
        self.write(1, self.table.input_gradients, self.table.input_count, i)
    }

    /// Where the derivative by a parameter goes; `None`: it is not wanted.
    pub fn parameter_gradient(&self, i: usize) -> Option<&'a mut [f32]> {
        self.write(2, self.table.parameter_gradients, self.table.parameter_count, i)
    }

    fn write(&self, what: usize, tensors: *const Tensor, count: u32, i: usize) -> Option<&'a mut [f32]> {
        let (data, length) = find(tensors, count, i)?;
        let taken = &self.taken[what];
        assert!(taken.get() >> i & 1 == 0, "the same tensor is written from two places");
        taken.set(taken.get() | 1 << i);
        // The host gives every tensor memory of its own, unless the plan has aliases, and this one's have none.
        Some(unsafe { slice::from_raw_parts_mut(data, length) })
    }
}

fn read<'a>(tensors: *const Tensor, count: u32, i: usize) -> Option<&'a [f32]> {
    find(tensors, count, i).map(|(data, length)| unsafe { slice::from_raw_parts(data, length) })
}

/// Where an f32 tensor's elements are, and how many.
fn find(tensors: *const Tensor, count: u32, i: usize) -> Option<(*mut f32, usize)> {
    if tensors.is_null() || i >= count as usize {
        return None;
    }
    let tensor = unsafe { &*tensors.add(i) };
    let length = (0..tensor.rank as usize).map(|axis| unsafe { *tensor.shape.add(axis) } as usize).product();
    if tensor.data.is_null() { None } else { Some((tensor.data.cast(), length)) }
}

/// A layer with the memory that its plan points to.
struct Planned<L> {
    layer: L,
    plan: Option<Plan>,
}

/// The table of a kind.
pub const fn kind<L: Layer>() -> Kind {
    Kind {
        size: size_of::<Kind>() as u32,
        flags: 0,
        data: std::ptr::null(),
        name: text(L::NAME),
        summary: text(L::SUMMARY),
        formula: text(L::FORMULA),
        reference: text(L::REFERENCE),
        attribute_count: L::ATTRIBUTES.len() as u32,
        input_count: L::INPUTS.len() as u32,
        output_count: L::OUTPUTS.len() as u32,
        attributes: L::ATTRIBUTES.as_ptr(),
        inputs: L::INPUTS.as_ptr(),
        outputs: L::OUTPUTS.as_ptr(),
        create: create::<L>,
        plan: plan::<L>,
        pack: std::ptr::null(),
        forward: forward::<L>,
        backward: backward::<L>,
        destroy: destroy::<L>,
        extension: extension::<L>,
    }
}

/// A case for `zoo check`.
pub const fn case(attributes: &'static str, inputs: &'static str) -> CheckCase {
    CheckCase {
        size: size_of::<CheckCase>() as u32,
        reserved: 0,
        attributes: text(attributes),
        inputs: text(inputs),
        tolerance: 0.0,
        gradient_tolerance: 0.0,
    }
}

/// An input or output that may have any number of axes.
pub const fn port(name: &'static str, shape: &'static str) -> PortInfo {
    PortInfo { size: size_of::<PortInfo>() as u32, flags: 0, name: text(name), about: text(""), shape: text(shape) }
}

/// Runs `body`, and turns a failure or a panic into a status and words.
fn guarded(host: *const Host, context: *mut Context, body: impl FnOnce() -> Result<(), Failure>) -> Status {
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return OK,
        Ok(Err(failure)) => failure,
        Err(panic) => {
            let words = panic.downcast_ref::<String>().cloned().or(panic.downcast_ref::<&str>().map(|words| words.to_string()));
            Failure { status: INTERNAL, words: words.unwrap_or_else(|| "the family panicked".into()) }
        }
    };
    unsafe { ((*host).fail)(context, failure.status, text(&failure.words)) }
}

unsafe fn list<'a, T>(start: *const T, count: u32) -> &'a [T] {
    if start.is_null() { &[] } else { slice::from_raw_parts(start, count as usize) }
}

extern "C" fn create<L: Layer>(_: *const Kind, request: *const CreateRequest, layer: *mut *mut c_void) -> Status {
    let request = unsafe { &*request };
    guarded(request.host, request.context, || {
        let made = L::new(unsafe { list(request.attributes, request.attribute_count) });
        unsafe { *layer = Box::into_raw(Box::new(Planned { layer: made, plan: None })).cast() };
        Ok(())
    })
}

extern "C" fn plan<L: Layer>(layer: *mut c_void, request: *const PlanRequest, table: *mut PlanTable) -> Status {
    let request = unsafe { &*request };
    guarded(request.host, request.context, || {
        let (planned, table) = unsafe { (&mut *layer.cast::<Planned<L>>(), &mut *table) };
        let plan = planned.plan.insert(planned.layer.plan(unsafe { list(request.inputs, request.input_count) })?);
        table.output_count = plan.outputs.len() as u32;
        table.outputs = plan.outputs.as_ptr();
        table.parameter_count = plan.parameters.len() as u32;
        table.parameters = plan.parameters.as_ptr();
        table.needs_inputs = plan.needs_inputs;
        table.flops = plan.flops;
        Ok(())
    })
}

extern "C" fn forward<L: Layer>(layer: *mut c_void, call: *const CallTable) -> Status {
    let (planned, table) = unsafe { (&*layer.cast::<Planned<L>>(), &*call) };
    guarded(table.host, table.context, || {
        planned.layer.forward(&Call { table, taken: Default::default() });
        Ok(())
    })
}

extern "C" fn backward<L: Layer>(layer: *mut c_void, call: *const CallTable) -> Status {
    let (planned, table) = unsafe { (&*layer.cast::<Planned<L>>(), &*call) };
    guarded(table.host, table.context, || {
        planned.layer.backward(&Call { table, taken: Default::default() });
        Ok(())
    })
}

extern "C" fn destroy<L: Layer>(layer: *mut c_void) {
    if !layer.is_null() {
        drop(unsafe { Box::from_raw(layer.cast::<Planned<L>>()) });
    }
}

extern "C" fn extension<L: Layer>(_: *const Kind, id: Text) -> *const c_void {
    if id.words() == CHECK { (&raw const *L::CHECK).cast() } else { std::ptr::null() }
}
