use crate::layer::*;
use crate::protocol::*;
use std::mem::size_of;

/// The gated linear unit: one half of the channels decides how much of the other half passes.
pub struct Glu {
    gate: Gate,
    /// The channels of y, half of those of x.
    width: usize,
}

enum Gate {
    Sigmoid,
    Silu,
    Relu,
    Identity,
}

impl Gate {
    /// The gate at b, and its slope there.
    fn at(&self, b: f32) -> (f32, f32) {
        let s = 1.0 / (1.0 + (-b).exp());
        match self {
            Gate::Sigmoid => (s, s * (1.0 - s)),
            Gate::Silu => (b * s, s + b * s * (1.0 - s)),
            Gate::Relu => (if b < 0.0 { 0.0 } else { b }, if b > 0.0 { 1.0 } else { 0.0 }),
            Gate::Identity => (b, 1.0),
        }
    }
}

impl Layer for Glu {
    const NAME: &'static str = "gates.glu";
    const SUMMARY: &'static str = "Lets one half of the channels decide how much of the other passes.";
    const FORMULA: &'static str = "y = a gate(b), where x is a and then b along the last axis";
    const REFERENCE: &'static str = "Dauphin et al. 2017, Language modeling with gated convolutional networks, arXiv:1612.08083; \
         with other functions than the sigmoid: Shazeer 2020, arXiv:2002.05202";
    const ATTRIBUTES: &'static [AttributeInfo] = &[AttributeInfo {
        size: size_of::<AttributeInfo>() as u32,
        kind: TEXT_TYPE,
        flags: 0,
        choice_count: 4,
        name: text("gate"),
        about: text("What the second half goes through."),
        choices: [text("sigmoid"), text("silu"), text("relu"), text("identity")].as_ptr(),
        fallback: Attribute { kind: TEXT_TYPE, is_set: 1, text: text("sigmoid"), ..NOTHING },
        minimum: 0.0,
        maximum: 0.0,
    }];
    const INPUTS: &'static [PortInfo] = &[port("x", "[..., 2C]")];
    const OUTPUTS: &'static [PortInfo] = &[port("y", "[..., C]")];
    const CASES: &'static [CheckCase] = &[
        case("", "f32[3, 4]"),
        case("", "f32[2]"),
        case(r#"{"gate": "silu"}"#, "f32[2, 5, 6]"),
        case(r#"{"gate": "relu"}"#, "f32[7, 2]"),
        case(r#"{"gate": "identity"}"#, "f32[1, 14]"),
    ];

    fn new(attributes: &[Attribute]) -> Self {
        let gate = match attributes[0].text.words() {
            "silu" => Gate::Silu,
            "relu" => Gate::Relu,
            "identity" => Gate::Identity,
            _ => Gate::Sigmoid,
        };
        Glu { gate, width: 0 }
    }

    fn plan(&mut self, inputs: &[Spec]) -> Result<Plan, Failure> {
        let mut shape = inputs[0].float("x")?;
        let axes = shape.axes().len();
        if axes == 0 || shape.width() == 0 || shape.width() % 2 != 0 {
            let words = format!("x must have an even number of channels, but its shape is {:?}", shape.axes());
            return Err(Failure { status: BAD_SHAPE, words });
        }
        self.width = shape.width() / 2;
        shape.shape[axes - 1] = self.width as i64;
        let flops = 5.0 * shape.axes().iter().map(|&n| n as f64).product::<f64>();
        Ok(Plan { outputs: vec![shape], parameters: vec![], needs_inputs: 1, flops })
    }

    fn forward(&self, call: &Call) {
        let rows = call.input(0).chunks_exact(2 * self.width);
        for (x, y) in rows.zip(call.output(0).chunks_exact_mut(self.width)) {
            let (a, b) = x.split_at(self.width);
            for i in 0..self.width {
                y[i] = a[i] * self.gate.at(b[i]).0;
            }
        }
    }

    fn backward(&self, call: &Call) {
        let Some(dx) = call.input_gradient(0) else { return };
        let Some(dy) = call.output_gradient(0) else { return dx.fill(0.0) };
        let rows = call.input(0).chunks_exact(2 * self.width).zip(dy.chunks_exact(self.width));
        for ((x, dy), dx) in rows.zip(dx.chunks_exact_mut(2 * self.width)) {
            let (a, b) = x.split_at(self.width);
            let (da, db) = dx.split_at_mut(self.width);
            for i in 0..self.width {
                let (gate, slope) = self.gate.at(b[i]);
                da[i] = dy[i] * gate;
                db[i] = dy[i] * a[i] * slope;
            }
        }
    }
}
